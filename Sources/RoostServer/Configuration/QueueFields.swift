import RoostModel
import SQSFrontend
import Yams

/// Reads `queues:` of the configuration file: a mapping from names to settings.
struct QueueFields {
    static let option = "queues"
    static let names = [
        "visibility", "delay", "retention", "max-message-bytes", "wait", "redelivery", "contents", "fifo",
        "content-based-deduplication", "deduplication-scope", "dead-letters", "dead-letter-sources", "safe-pop",
        "policy", "tags",
    ]
    /// SQS.
    private static let tagsMax = 50

    private(set) var queues: [DeclaredQueue] = []
    private(set) var problems: FieldProblems

    init(_ node: Node, path: String) {
        problems = FieldProblems(path: path)
        let mapping = problems.mapping(
            node, else: "queues is no mapping from names to settings, for example \"orders: {visibility: 2m}\"")
        for (key, value) in mapping ?? [:] { read(key, value) }
    }

    private mutating func read(_ key: Node, _ value: Node) {
        guard let name = try? QueueName(key.string ?? "") else {
            return problems.object(
                key, "\"\((key.string ?? "").prefix(100))\" is not the name of a queue",
                accepted: "1 to 80 of A-Z, a-z, 0-9, - and _, with or without .fifo at the end")
        }
        var change = QueueSettingsChange()
        // The type is always said: a queue of this name that has another one cannot be made what it is to be.
        change.isFIFO = name.isFIFO
        if let mapping = value.mapping {
            for (key, value) in mapping { set(key, value, name, &change) }
        } else if value.scalar?.string.isEmpty != true {
            problems.object(value, "\(name) is no mapping of settings, for example \"visibility: 2m\"")
        }
        queues.append(DeclaredQueue(name: name, change: change, place: problems.place(of: key)))
    }

    private mutating func set(_ key: Node, _ value: Node, _ queue: QueueName, _ change: inout QueueSettingsChange) {
        let name = key.string ?? ""
        switch name {
        case "visibility":
            change.visibilityTimeout = time(name, value, .zero...Limits.visibilityTimeoutMax, "0 to 12h")
        case "delay": change.delay = time(name, value, .zero...Limits.delayMax, "0 to 100 years")
        case "wait": change.receiveWait = time(name, value, .zero...Limits.receiveWaitMax, "0 to 1h")
        case "retention": change.retention = retention(value)
        case "max-message-bytes": change.maximumMessageBytes = size(name, value)
        case "redelivery": change.redelivery = redelivery(value, queue)
        case "contents": change.contents = choice(name, value, QueueContents.allCases.map { ("\($0)", $0) })
        case "fifo", "content-based-deduplication", "deduplication-scope": setFIFO(name, value, queue, &change)
        case "dead-letters": change.deadLetters = deadLetters(value, of: queue)
        case "dead-letter-sources": change.deadLetterSources = sources(value)
        case "safe-pop": change.safePop = flag(name, value)
        case "policy": change.properties[SQSProperty.policy] = policy(value)
        case "tags": for (name, text) in tags(value) { change.properties[SQSProperty.tagPrefix + name] = text }
        default:
            let near = Self.names.min { Spelling.distance($0, name) < Spelling.distance($1, name) }
            let hint = near.flatMap { Spelling.distance($0, name) <= 3 ? ". Did you mean \($0)?" : nil } ?? ""
            problems.object(
                key, "\"\(name)\" is not a setting of a queue\(hint)", accepted: Self.names.joined(separator: ", "))
        }
    }

    // MARK: Values

    private mutating func text(_ name: String, _ node: Node) -> String? {
        if let text = node.scalar?.string, !text.isEmpty { return text }
        problems.object(node, "\(name) has no value, or not a single one")
        return nil
    }

    private mutating func time(
        _ name: String, _ node: Node, _ range: ClosedRange<Milliseconds>, _ words: String
    ) -> Milliseconds? {
        guard let text = text(name, node) else { return nil }
        if let time = TimeSpan.parse(text), range.contains(time) { return time }
        problems.object(node, "\(name) \"\(text)\" is no time in range", accepted: "\(words) (\(TimeSpan.accepted))")
        return nil
    }

    private mutating func retention(_ node: Node) -> Milliseconds? {
        if node.scalar?.string == "unlimited" { return .unlimited }
        return time("retention", node, Milliseconds(1)...Milliseconds(.max), "more than 0, or unlimited")
    }

    /// What the server allows at most is known when it starts.
    private mutating func size(_ name: String, _ node: Node) -> Int? {
        guard let text = text(name, node) else { return nil }
        if let bytes = ByteSize.parse(text), bytes > 0 { return bytes }
        problems.object(node, "\(name) \"\(text)\" is no size", accepted: ByteSize.accepted)
        return nil
    }

    private mutating func choice<Value>(_ name: String, _ node: Node, _ values: [(String, Value)]) -> Value? {
        guard let text = text(name, node) else { return nil }
        if let value = values.first(where: { $0.0 == text })?.1 { return value }
        problems.object(node, "\(name) \"\(text)\" is not known", accepted: values.map(\.0).joined(separator: " or "))
        return nil
    }

    private mutating func flag(_ name: String, _ node: Node) -> Bool? {
        guard let text = text(name, node) else { return nil }
        switch text.lowercased() {
        case "on", "true", "yes": return true
        case "off", "false", "no": return false
        default:
            problems.object(node, "\(name) \"\(text)\" is neither on nor off", accepted: "on or off")
            return nil
        }
    }

    private mutating func redelivery(_ node: Node, _ queue: QueueName) -> Redelivery? {
        let value = choice("redelivery", node, Redelivery.allCases.map { ("\($0)", $0) })
        guard value == .back, queue.isFIFO else { return value }
        problems.object(node, "redelivery back is against the order of a FIFO queue", accepted: "front")
        return nil
    }

    private mutating func setFIFO(
        _ name: String, _ node: Node, _ queue: QueueName, _ change: inout QueueSettingsChange
    ) {
        guard name != "fifo" else {
            guard let isFIFO = flag(name, node), isFIFO != queue.isFIFO else { return }
            return problems.object(
                node, "fifo: \(isFIFO ? "on" : "off") and the name \(queue) contradict each other",
                accepted: "a name that ends in .fifo, and no other, for a FIFO queue")
        }
        guard queue.isFIFO else {
            return problems.object(node, "\(name) is for FIFO queues, whose names end in .fifo")
        }
        if name == "deduplication-scope" {
            change.deduplicationScope = choice(name, node, DeduplicationScope.allCases.map { ("\($0)", $0) })
        } else {
            change.deduplicatesContent = flag(name, node)
        }
    }
}

// Dead letters, policies and tags.
extension QueueFields {
    private mutating func deadLetters(_ node: Node, of queue: QueueName) -> DeadLetterPolicy?? {
        if node.scalar?.string == "none" { return .some(nil) }
        let form = "{queue: NAME, max-receives: N}, or none"
        guard let mapping = node.mapping, mapping.count == 2, let targetNode = mapping["queue"],
            let receivesNode = mapping["max-receives"]
        else {
            problems.object(node, "dead-letters of \(queue) is incomplete, or says too much", accepted: form)
            return nil
        }
        let receives = receivesNode.scalar.flatMap { Int($0.string) } ?? 0
        guard let target = try? QueueName(targetNode.string ?? ""), target != queue else {
            problems.object(targetNode, "dead-letters of \(queue) does not name another queue", accepted: form)
            return nil
        }
        guard target.isFIFO == queue.isFIFO else {
            problems.object(targetNode, "\(queue) and \(target) have to be both FIFO queues, or both not")
            return nil
        }
        guard (1...Limits.deadLetterReceivesMax).contains(receives) else {
            problems.object(
                receivesNode, "max-receives of \(queue) is out of range",
                accepted: "1 to \(Limits.deadLetterReceivesMax)")
            return nil
        }
        return .some(DeadLetterPolicy(target: target, receivesMax: receives))
    }

    private mutating func sources(_ node: Node) -> DeadLetterSources? {
        switch node.scalar?.string {
        case "all": return .all
        case "none": return DeadLetterSources.none
        default: break
        }
        let names = node.sequence?.compactMap { try? QueueName($0.string ?? "") } ?? []
        guard names.count == node.sequence?.count, (1...Limits.deadLetterSourcesMax).contains(names.count) else {
            problems.object(
                node, "dead-letter-sources cannot be read",
                accepted: "all, none, or a list of at most \(Limits.deadLetterSourcesMax) names of queues")
            return nil
        }
        return .these(names)
    }

    /// `none` takes the policy away.
    private mutating func policy(_ node: Node) -> String?? {
        if node.scalar?.string == "none" { return .some(nil) }
        var document = node.mapping == nil ? node.scalar?.string ?? "" : JSONText.of(node)
        let isValid = document.withUTF8 { (try? PolicyReader.read(UnsafeRawBufferPointer($0))) != nil }
        guard isValid else {
            problems.object(
                node, "policy is not a policy document that SQS would take",
                accepted: "the document as JSON in quotes or as YAML, or none")
            return nil
        }
        return document
    }

    private mutating func tags(_ node: Node) -> [(name: String, value: String)] {
        guard let mapping = node.mapping, mapping.count <= Self.tagsMax else {
            problems.object(node, "tags is no mapping", accepted: "{NAME: VALUE}, at most \(Self.tagsMax)")
            return []
        }
        var tags: [(name: String, value: String)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string, let text = value.scalar?.string,
                (1...128).contains(name.unicodeScalars.count), text.unicodeScalars.count <= 256
            else {
                problems.object(
                    key, "a tag cannot be read", accepted: "a name of 1 to 128 characters and a value of up to 256")
                continue
            }
            tags.append((name, text))
        }
        return tags
    }
}

/// A node as JSON. All scalars are texts: in a policy nothing else is wanted.
private enum JSONText {
    static func of(_ node: Node) -> String {
        switch node {
        case .mapping(let mapping):
            "{" + mapping.map { "\(quoted($0.key.string ?? "")):\(of($0.value))" }.joined(separator: ",") + "}"
        case .sequence(let sequence): "[" + sequence.map { of($0) }.joined(separator: ",") + "]"
        case .scalar(let scalar): quoted(scalar.string)
        case .alias: "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
