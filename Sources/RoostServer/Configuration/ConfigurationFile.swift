import Configuration
import Foundation
import Yams

/// The YAML file: a flat mapping from the names of options to values, `queues:` and `bindings:`. A key that is none of
/// them is an error, because a misspelt `fsync` that is quietly ignored is noticed at the next power cut.
struct ConfigurationFile {
    /// A longer file is not a configuration but a mistake in the path.
    static let bytesMax = 1 << 20

    let path: String
    let snapshot: YAMLSnapshot
    /// What `queues:` and `bindings:` say.
    let queues: [DeclaredQueue]
    private let lines: [String: Int]

    func line(of option: String) -> Int? { lines[option] }

    init(path: String, source: ConfigurationSource) throws(ConfigurationError) {
        let data = try Self.data(at: path, source: source)
        let text = String(decoding: data, as: UTF8.self)
        let root = try Self.root(of: text, path: path)
        self.path = path
        (self.lines, self.queues) = try Self.contents(of: root, path: path)
        do {
            self.snapshot = try Self.snapshot(of: root, path: path)
        } catch {
            throw Self.failure(path, "\(error)")
        }
    }

    /// Of the options. Queues have another shape, and are read already.
    private static func snapshot(of root: Node?, path: String) throws -> YAMLSnapshot {
        var options = root?.mapping ?? [:]
        options[QueueFields.option] = nil
        options[BindingFields.option] = nil
        // An empty mapping and no document at all are the same to us, but not to the parser.
        let text = options.isEmpty ? "{}" : try Yams.serialize(node: .mapping(options))
        return try YAMLSnapshot(data: Data(text.utf8).bytes, providerName: path, parsingOptions: .default)
    }

    private static func data(at path: String, source: ConfigurationSource) throws(ConfigurationError) -> Data {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            let data = try file.read(upToCount: bytesMax + 1) ?? Data()
            guard data.count <= bytesMax else {
                throw failure(path, "longer than 1 MiB, so it is not a configuration file")
            }
            return data
        } catch let error as ConfigurationError {
            throw error
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "there is no such file"
            throw failure("\(path) (from \(source))", reason)
        }
    }

    private static func root(of text: String, path: String) throws(ConfigurationError) -> Node? {
        do {
            let node = try Yams.compose(yaml: text)
            // A file with nothing but comments is an empty configuration.
            return node?.scalar?.string.isEmpty == true ? nil : node
        } catch {
            throw failure(path, "not YAML: \(error)".trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    /// The line of each key, after all keys were found to be options with a value of the right shape, and the queues.
    private static func contents(
        of root: Node?, path: String
    ) throws(ConfigurationError) -> (lines: [String: Int], queues: [DeclaredQueue]) {
        guard let root else { return ([:], []) }
        guard let mapping = root.mapping else {
            throw failure(path, "not a list of \"option: value\" lines")
        }
        var lines: [String: Int] = [:]
        var queues: [DeclaredQueue] = []
        var bindings: BindingFields?
        var problems: [ConfigurationError.Problem] = []
        for (key, value) in mapping {
            let name = key.string ?? ""
            let line = key.mark?.line
            lines[name] = line
            if name == QueueFields.option {
                let fields = QueueFields(value, path: path)
                queues = fields.queues
                problems += fields.problems.all
            } else if name == BindingFields.option {
                let fields = BindingFields(value, path: path)
                bindings = fields
                problems += fields.problems.all
            } else if let reason = objection(to: name, value) {
                problems.append(.init(subject: line.map { "\(path):\($0)" } ?? path, reason: reason))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return (lines, bindings?.bound(queues) ?? queues)
    }

    private static func objection(to name: String, _ value: Node) -> String? {
        guard let option = ServerOption.named(name) else { return unknown(name) }
        switch value {
        case .scalar(let scalar): return scalar.string.isEmpty ? "\(name) has no value" : nil
        case .sequence where option.kind == .list: return nil
        case .sequence: return "\(name) is a list, where one value is expected"
        case .mapping: return "\(name) is a mapping; all options stand side by side, for example \"aweq-queue: jobs\""
        case .alias: return "\(name) is an alias, which is not supported here"
        }
    }

    private static func unknown(_ name: String) -> String {
        guard name != ServerOption.configFileName else { return "config has no place in the file itself" }
        let near = (ServerOption.all.map(\.name) + [QueueFields.option, BindingFields.option]).min {
            Spelling.distance($0, name) < Spelling.distance($1, name)
        }
        guard let near, Spelling.distance(near, name) <= 3 else { return "\"\(name)\" is not an option" }
        return "\"\(name)\" is not an option. Did you mean \(near)?"
    }

    private static func failure(_ subject: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(problems: [.init(subject: subject, reason: reason)])
    }
}

/// How far two words are apart, to suggest an option for a misspelt one.
enum Spelling {
    /// Letters to insert, remove or replace (Levenshtein distance).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (i, byte) in left.utf8.prefix(64).enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
