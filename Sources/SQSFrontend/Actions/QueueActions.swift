import RoostModel
import RoostStorage

enum CreateQueue {
    private static let members: [StaticString] = ["QueueName", "Attributes", "tags"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var name: QueueName?
        var change = QueueSettingsChange()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: name = try reader.readQueueName()
            case 1: change = try SettableQueueAttributes.read(&reader)
            default:
                try reader.enterObject("tags")
                guard try reader.nextName() == nil else { throw .notYet("The parameter tags") }
            }
        }
        guard let name else { throw .missing("QueueName") }
        guard !name.isFIFO else { throw .notYet("A FIFO queue (a name that ends in .fifo)") }
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
        guard owner == nil || owner == scope.account else { throw RejectionMapping.queueDoesNotExist }
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
        if let limit, !SQSRanges.listResults.contains(Int64(limit)) {
            throw SQSRanges.invalid(limit, of: "MaxResults", SQSRanges.listResults)
        }
        guard after == nil || limit != nil else {
            throw SQSFault(.invalidParameterValue, "NextToken can only be given together with MaxResults.")
        }
        let request = StorageRequest.listQueues(
            prefix: prefix, after: after, limit: limit ?? Int(SQSRanges.listResults.upperBound))
        return .single(request, .queueURLs(isPaged: limit != nil))
    }
}

/// NextToken of ListQueues: base64 of the last name that was listed.
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
        .single(.deleteQueue(try reader.readQueueURL(&scope)), .empty(nil))
    }
}

enum PurgeQueue {
    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        .single(.purgeQueue(try reader.readQueueURL(&scope)), .empty(nil))
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
        var change: QueueSettingsChange?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: change = try SettableQueueAttributes.read(&reader)
            }
        }
        let queue = try scope.queue(url, reader)
        guard let change else { throw .missing("Attributes") }
        return .single(.changeSettings(queue, change), .empty(nil))
    }
}

extension JSONReader {
    fileprivate mutating func readQueueName() throws(SQSFault) -> QueueName {
        let text = try readString("QueueName")
        guard let name = try? QueueName(text) else { throw RejectionMapping.invalidQueueName }
        return name
    }

    /// The whole body of an action that takes a queue and nothing else.
    fileprivate mutating func readQueueURL(_ scope: inout ActionScope) throws(SQSFault) -> QueueName {
        var url: JSONText?
        try readBody(["QueueUrl"]) { (reader, _) throws(SQSFault) in url = try reader.readText("QueueUrl") }
        return try scope.queue(url, self)
    }
}
