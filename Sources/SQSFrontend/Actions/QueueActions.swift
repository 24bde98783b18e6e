import RoostModel
import RoostStorage

enum CreateQueue {
    private static let members: [StaticString] = ["QueueName", "Attributes", "tags"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var name: QueueName?
        var attributes = SettableQueueAttributes()
        var tags: [(key: String, value: String)] = []
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: name = try reader.readQueueName()
            case 1: attributes = try SettableQueueAttributes.read(&reader)
            default: tags = try TagReader.read(&reader, "tags")
            }
        }
        guard let name else { throw .missing("QueueName") }
        try attributes.checkName(name)
        var change = try attributes.change(of: name, scope.arns)
        guard ThroughputRule.holds(change.applied(to: QueueSettings())) else { throw ThroughputRule.fault }
        for tag in tags { change.properties[QueuePropertyNames.tag(tag.key)] = .some(tag.value) }
        return .single(.createQueue(name, change), .queueURL)
    }
}

enum GetQueueURL {
    private static let members: [StaticString] = ["QueueName", "QueueOwnerAWSAccountId"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var name: QueueName?
        var owner: String?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: name = try reader.readQueueName()
            default: owner = try reader.readString("QueueOwnerAWSAccountId")
            }
        }
        guard let name else { throw .missing("QueueName") }
        guard owner == nil || owner == scope.arns.account else { throw RejectionMapping.queueDoesNotExist }
        return .single(.describeQueue(name), .queueURL)
    }
}

enum ListQueues {
    private static let members: [StaticString] = ["QueueNamePrefix", "MaxResults", "NextToken"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var prefix = ""
        var limit: Int?
        var after: QueueName?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: prefix = try reader.readString("QueueNamePrefix")
            case 1: limit = try reader.readInteger("MaxResults")
            default: after = try ListToken.read(try reader.readString("NextToken"))
            }
        }
        let page = try ListPage(limit: limit, after: after)
        return .single(
            .listQueues(prefix: prefix, after: page.after, limit: page.limit), .queueURLs(isPaged: page.isPaged))
    }
}

enum ListDeadLetterSourceQueues {
    private static let members: [StaticString] = ["QueueUrl", "MaxResults", "NextToken"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var limit: Int?
        var after: QueueName?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            case 1: limit = try reader.readInteger("MaxResults")
            default: after = try ListToken.read(try reader.readString("NextToken"))
            }
        }
        let queue = try scope.queue(url, reader)
        let page = try ListPage(limit: limit, after: after)
        return .single(
            .listDeadLetterSources(queue, after: page.after, limit: page.limit),
            .deadLetterSources(isPaged: page.isPaged))
    }
}

/// A part of a list of queues.
private struct ListPage {
    let limit: Int
    let after: QueueName?
    let isPaged: Bool

    init(limit: Int?, after: QueueName?) throws(SQSFault) {
        if let limit, !SQSRanges.listResults.contains(Int64(limit)) {
            throw SQSRanges.invalid(limit, of: "MaxResults", SQSRanges.listResults)
        }
        guard after == nil || limit != nil else {
            throw SQSFault(.invalidParameterValue, "NextToken can only be given together with MaxResults.")
        }
        self.limit = limit ?? Int(SQSRanges.listResults.upperBound)
        self.after = after
        isPaged = limit != nil
    }
}

/// NextToken of lists of queues: base64 of the last name that was listed.
enum ListToken {
    static func read(_ token: String) throws(SQSFault) -> QueueName? {
        if token.isEmpty { return nil }
        guard token.utf8.count <= 4 * Limits.queueNameBytesMax, let bytes = Base64.decode([UInt8](token.utf8)),
            let name = try? QueueName(String(decoding: bytes, as: UTF8.self))
        else {
            throw SQSFault(.invalidParameterValue, "Invalid NextToken value.")
        }
        return name
    }
}

enum DeleteQueue {
    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let queue = try reader.readQueueURL(&scope)
        return .single(.deleteQueue(queue), .deleted(queue))
    }
}

enum PurgeQueue {
    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let queue = try reader.readQueueURL(&scope)
        return .single(.purgeQueue(queue), .purged(queue))
    }
}

enum GetQueueAttributes {
    private static let members: [StaticString] = ["QueueUrl", "AttributeNames"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var names: QueueAttributeNames = []
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: names = try .read(&reader)
            }
        }
        return .single(.describeQueue(try scope.queue(url, reader)), .queueAttributes(names))
    }
}

enum SetQueueAttributes {
    private static let members: [StaticString] = ["QueueUrl", "Attributes"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var attributes: SettableQueueAttributes?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: attributes = try SettableQueueAttributes.read(&reader)
            }
        }
        let queue = try scope.queue(url, reader)
        guard let attributes else { throw .missing("Attributes") }
        let change = try attributes.change(of: queue, scope.arns)
        let plan = Plan.single(.changeSettings(queue, change), .empty(nil))
        if change.properties[QueuePropertyNames.policy] != nil { return .exclusive(queue, plan) }
        guard ThroughputRule.needsSettings(change) else {
            guard ThroughputRule.holds(change.applied(to: QueueSettings(deduplicationScope: .group))) else {
                throw ThroughputRule.fault
            }
            return plan
        }
        return .describe(queue) { info throws(SQSFault) in
            guard ThroughputRule.holds(change.applied(to: info.settings)) else { throw ThroughputRule.fault }
            return plan
        }
    }
}

extension JSONReader {
    fileprivate mutating func readQueueName() throws(SQSFault) -> QueueName {
        let text = try readString("QueueName")
        guard let name = try? QueueName(text) else { throw RejectionMapping.invalidQueueName }
        return name
    }

    /// The whole body of an action that takes a queue and nothing else.
    mutating func readQueueURL(_ scope: inout ActionScope) throws(SQSFault) -> QueueName {
        var url: JSONText?
        try readBody(["QueueUrl"]) { (reader, _) throws(SQSFault) in url = try reader.readText("QueueUrl") }
        return try scope.queue(url, self)
    }
}
