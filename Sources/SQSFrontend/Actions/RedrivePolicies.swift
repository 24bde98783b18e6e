package import RoostModel

/// RedrivePolicy: where dead letters go. A JSON text with an ARN and a number.
package enum RedrivePolicy {
    /// Nil for the empty text, which takes the policy away.
    package static func read(_ text: String, _ arns: QueueARNs) throws(SQSFault) -> DeadLetterPolicy? {
        if text.isEmpty { return nil }
        let document = RedriveDocument(text)
        guard let document else { throw invalid(text, "Redrive policy is not a valid JSON map.") }
        guard document.unknown.isEmpty else {
            throw invalid(text, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
        }
        guard let arn = document.texts["deadLetterTargetArn"] else { throw missing(text, "deadLetterTargetArn") }
        guard let count = document.texts["maxReceiveCount"] else { throw missing(text, "maxReceiveCount") }
        guard let receivesMax = Int(count), 1...Limits.deadLetterReceivesMax ~= receivesMax else {
            throw invalid(
                text,
                "Invalid value for maxReceiveCount: \(count), valid values are from 1 to "
                    + "\(Limits.deadLetterReceivesMax) both inclusive.")
        }
        switch arns.queue(of: arn) {
        case .queue(let target): return DeadLetterPolicy(target: target, receivesMax: receivesMax)
        case .elsewhere:
            throw invalid(text, "Dead letter target does not exist. \(arns.place)")
        case .invalid: throw invalid(text, "Dead letter target is not the ARN of a queue.")
        }
    }

    package static func text(_ policy: DeadLetterPolicy, _ arns: QueueARNs) -> String {
        #"{"deadLetterTargetArn":"\#(arns.arn(of: policy.target))","maxReceiveCount":\#(policy.receivesMax)}"#
    }

    private static func missing(_ text: String, _ name: String) -> SQSFault {
        invalid(text, "Redrive policy does not contain mandatory attribute: \(name).")
    }

    private static func invalid(_ text: String, _ reason: String) -> SQSFault {
        .invalidValue(String(text.prefix(1024)), of: "RedrivePolicy", reason)
    }
}

/// RedriveAllowPolicy: which queues may send their dead letters here.
package enum RedriveAllowPolicy {
    package static func read(_ text: String, _ arns: QueueARNs) throws(SQSFault) -> DeadLetterSources {
        if text.isEmpty { return .all }
        guard let document = RedriveDocument(text) else { throw invalid(text, "It is not a valid JSON map.") }
        guard document.unknown.isEmpty else {
            throw invalid(text, "Only following attributes are supported: [redrivePermission, sourceQueueArns].")
        }
        let sources = document.lists["sourceQueueArns"]
        switch document.texts["redrivePermission"] {
        case "byQueue": return .these(try queues(sources ?? [], text, arns))
        case "allowAll" where sources == nil: return .all
        case "denyAll" where sources == nil: return .none
        case "allowAll", "denyAll":
            throw invalid(text, "sourceQueueArns can only be given with the redrivePermission byQueue.")
        default: throw invalid(text, "redrivePermission must be allowAll, denyAll or byQueue.")
        }
    }

    private static func queues(
        _ sources: [String], _ text: String, _ arns: QueueARNs
    ) throws(SQSFault) -> [QueueName] {
        guard 1...Limits.deadLetterSourcesMax ~= sources.count else {
            throw invalid(text, "byQueue needs 1 to \(Limits.deadLetterSourcesMax) sourceQueueArns.")
        }
        var names: [QueueName] = []
        for source in sources {
            guard case .queue(let name) = arns.queue(of: source) else {
                throw invalid(text, "\(source.prefix(300)) is not the ARN of a queue. \(arns.place)")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Nil for the default.
    package static func text(_ sources: DeadLetterSources, _ arns: QueueARNs) -> String? {
        switch sources {
        case .all: return nil
        case .none: return #"{"redrivePermission":"denyAll"}"#
        case .these(let names):
            let list = names.map { "\"\(arns.arn(of: $0))\"" }.joined(separator: ",")
            return #"{"redrivePermission":"byQueue","sourceQueueArns":[\#(list)]}"#
        }
    }

    private static func invalid(_ text: String, _ reason: String) -> SQSFault {
        .invalidValue(String(text.prefix(1024)), of: "RedriveAllowPolicy", reason)
    }
}

/// What both policies consist of.
private struct RedriveDocument {
    /// Texts, and whole numbers as they stand.
    var texts: [String: String] = [:]
    var lists: [String: [String]] = [:]
    var unknown: [String] = []

    /// The longest that means something has ten ARNs.
    private static let bytesMax = 8192

    /// Nil when it is not JSON, or a member has another form.
    init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        var text = text
        guard let document = text.withUTF8({ try? Self(reading: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = document
    }

    private init(reading bytes: UnsafeRawBufferPointer) throws(SQSFault) {
        var reader = try JSONReader(bytes)
        var names: Set<String> = []
        try reader.enterObject("policy")
        while let text = try reader.nextName() {
            let name = reader.string(text)
            guard names.insert(name).inserted else { throw .malformed("\(name) stands twice.") }
            switch name {
            case "deadLetterTargetArn", "redrivePermission": texts[name] = try reader.readString("policy")
            case "maxReceiveCount":
                texts[name] =
                    try reader.nextIsText() ? reader.readString("policy") : String(reader.readInteger("policy"))
            case "sourceQueueArns": lists[name] = try Self.list(&reader)
            default:
                unknown.append(name)
                try reader.skipValue()
            }
        }
        try reader.finish()
    }

    private static func list(_ reader: inout JSONReader) throws(SQSFault) -> [String] {
        var list: [String] = []
        try reader.enterArray("policy")
        while try reader.hasNextElement() {
            guard list.count <= Limits.deadLetterSourcesMax else {
                try reader.skipValue()
                continue
            }
            list.append(try reader.readString("policy"))
        }
        return list
    }
}
