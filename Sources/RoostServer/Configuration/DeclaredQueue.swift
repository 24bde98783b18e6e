package import RoostModel

/// A queue of the configuration file: what it is to be like at each start. What is not named stays as it is.
package struct DeclaredQueue: Sendable, Equatable {
    package var name: QueueName
    package var change: QueueSettingsChange
    /// File and line, for errors.
    package var place: String

    package init(name: QueueName, change: QueueSettingsChange, place: String) {
        self.name = name
        self.change = change
        self.place = place
    }

    package var target: QueueName? { change.deadLetters.flatMap { $0?.target } }
}

/// The names under which the SQS API keeps what only it knows.
enum SQSProperty {
    static let policy = "sqs.Policy"
    static let tagPrefix = "sqs.tag."
}

/// Settings in the words of the configuration file: the name and the value of each.
package enum SettingTexts {
    package typealias Setting = (name: String, text: String)

    /// Those that a change names, in a fixed order.
    package static func of(_ change: QueueSettingsChange) -> [Setting] {
        let fixed: [(String, String?)] = [
            ("visibility", change.visibilityTimeout.map(TimeSpan.text)), ("delay", change.delay.map(TimeSpan.text)),
            ("retention", change.retention.map(TimeSpan.text)),
            ("max-message-bytes", change.maximumMessageBytes.map(ByteSize.text)),
            ("wait", change.receiveWait.map(TimeSpan.text)), ("redelivery", change.redelivery.map { "\($0)" }),
            ("contents", change.contents.map { "\($0)" }), ("fifo", change.isFIFO.map(onOrOff)),
            ("content-based-deduplication", change.deduplicatesContent.map(onOrOff)),
            ("deduplication-scope", change.deduplicationScope.map { "\($0)" }),
            ("dead-letters", change.deadLetters.map(text)),
            ("dead-letter-sources", change.deadLetterSources.map(text)),
            ("safe-pop", change.safePop.map(onOrOff)),
        ]
        let properties = change.properties.sorted { $0.key < $1.key }.map { name, value in
            (Self.name(ofProperty: name), name.hasPrefix(ChannelBinding.propertyPrefix) ? "bound" : value ?? "none")
        }
        return fixed.compactMap { name, text in text.map { (name, $0) } } + properties
    }

    /// In one line, without what the name says and with a policy as its size.
    package static func inShort(_ change: QueueSettingsChange) -> String {
        of(change).filter { $0.name != "fifo" }.map { name, text in
            name == "policy" && text != "none" ? "policy of \(text.utf8.count) bytes" : "\(name) \(text)"
        }.joined(separator: ", ")
    }

    /// What `change` would change: the name of the setting, what it is, and what it would be.
    static func differences(
        _ change: QueueSettingsChange, from settings: QueueSettings
    ) -> [(name: String, is: String, wanted: String)] {
        let present = Dictionary(of(QueueSettingsChange(all: settings)).map { ($0.name, $0.text) }) { $1 }
        return of(change).compactMap { name, wanted in
            let text = present[name] ?? "none"
            return text == wanted ? nil : (name, text, wanted)
        }
    }

    private static func onOrOff(_ isOn: Bool) -> String { isOn ? "on" : "off" }

    private static func text(_ policy: DeadLetterPolicy?) -> String {
        policy.map { "\($0.target) after \($0.receivesMax) receives" } ?? "none"
    }

    private static func text(_ sources: DeadLetterSources) -> String {
        switch sources {
        case .all: "all"
        case .none: "none"
        case .these(let names): names.map(\.text).joined(separator: ",")
        }
    }

    private static func name(ofProperty name: String) -> String {
        if name == SQSProperty.policy { return "policy" }
        if name.hasPrefix(ChannelBinding.propertyPrefix) {
            return "bindings.\(name.dropFirst(ChannelBinding.propertyPrefix.count))"
        }
        guard name.hasPrefix(SQSProperty.tagPrefix) else { return name }
        return "tags.\(name.dropFirst(SQSProperty.tagPrefix.count))"
    }
}

extension QueueSettingsChange {
    fileprivate init(all settings: QueueSettings) {
        self.init(
            visibilityTimeout: settings.visibilityTimeout, delay: settings.delay, retention: settings.retention,
            maximumMessageBytes: settings.maximumMessageBytes, receiveWait: settings.receiveWait,
            redelivery: settings.redelivery, contents: settings.contents, isFIFO: settings.isFIFO,
            deduplicatesContent: settings.deduplicatesContent, deduplicationScope: settings.deduplicationScope,
            deadLetters: .some(settings.deadLetters), deadLetterSources: settings.deadLetterSources,
            safePop: settings.safePop, properties: settings.properties.mapValues { $0 })
    }
}
