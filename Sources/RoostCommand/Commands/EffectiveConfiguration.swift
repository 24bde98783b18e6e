import RoostModel
package import RoostServer

/// What `serve --print-config` writes.
package enum EffectiveConfiguration {
    package static func rendered(_ loaded: LoadedConfiguration, json: Bool, style: Style) throws -> String {
        json ? try document(loaded).rendered() : table(loaded, style)
    }

    private static func table(_ loaded: LoadedConfiguration, _ style: Style) -> String {
        var table = Table([.left("OPTION"), .left("VALUE"), .left("SET BY")])
        for value in shown(loaded) {
            table.add([value.option, value.text, source(value.source)])
        }
        let warnings = loaded.warnings.map { "warning: \($0)\n" }.joined()
        return table.rendered(style) + queues(loaded.configuration.queues, style) + warnings
    }

    private static func queues(_ queues: [DeclaredQueue], _ style: Style) -> String {
        guard !queues.isEmpty else { return "" }
        var table = Table([.left("QUEUE"), .left("SETTINGS"), .left("SET BY")])
        for queue in queues {
            let text = SettingTexts.inShort(queue.change)
            table.add([queue.name.text, text.isEmpty ? "(defaults)" : text, "file \(queue.place)"])
        }
        return "\n" + table.rendered(style)
    }

    private static func source(_ source: ConfigurationSource) -> String {
        source.place.map { "\(source.kind) \($0)" } ?? source.kind
    }

    private static func document(_ loaded: LoadedConfiguration) -> JSONValue {
        let options = shown(loaded).map { value -> (String, JSONValue) in
            let source: [String: JSONValue] = [
                "kind": .text(value.source.kind), "name": value.source.place.map { .text($0) } ?? .null,
            ]
            return (value.option, .object(["value": .text(value.text), "source": .object(source)]))
        }
        let queues = loaded.configuration.queues.map { queue -> (String, JSONValue) in
            let settings = SettingTexts.of(queue.change).map { ($0.name, JSONValue.text($0.text)) }
            let source: [String: JSONValue] = ["kind": "file", "name": .text(queue.place)]
            return (
                queue.name.text,
                .object(["settings": .object(Dictionary(settings) { $1 }), "source": .object(source)])
            )
        }
        return .object([
            "options": .object(Dictionary(options) { $1 }),
            "queues": .object(Dictionary(queues) { $1 }),
            "warnings": .list(loaded.warnings.map { .text($0) }),
        ])
    }

    /// A test switch is shown when somebody turned it on.
    private static func shown(_ loaded: LoadedConfiguration) -> [LoadedConfiguration.Value] {
        loaded.values.filter { value in
            ServerOption.named(value.option)?.kind != .testFlag || value.source != .defaultValue
        }
    }
}
