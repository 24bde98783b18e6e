import RoostModel
import RoostStorage

/// What SendMessage and an entry of SendMessageBatch have in common.
struct SendParameters {
    var body: JSONText?
    var delaySeconds: Int?
    var attributes = RawMessageAttributes()

    /// A parameter that comes with FIFO queues.
    static func refuse(_ name: StaticString) -> SQSFault { .notYet("The parameter \(name)") }

    /// Some SDKs send the map empty, which says nothing.
    static func readSystemAttributes(_ reader: inout JSONReader) throws(SQSFault) {
        try reader.enterObject("MessageSystemAttributes")
        guard try reader.nextName() == nil else { throw .notYet("The parameter MessageSystemAttributes") }
    }

    /// Throws what is wrong with this message alone.
    func message(_ reader: JSONReader) throws(SQSFault) -> NewMessage {
        guard let body, !reader.isEmpty(body) else { throw .missing("MessageBody") }
        var message = NewMessage(body: reader.array(body))
        guard message.body.withUnsafeBytes({ UTF8Text.isLegalMessage($0) }) else {
            throw SQSFault(
                .invalidMessageContents,
                "Invalid characters found. Valid unicode characters are "
                    + "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            )
        }
        message.attributes = try attributes.checked()
        message.delay = try delay()
        guard message.countedBytes <= Limits.sqsMessageBytesMax else {
            throw RejectionMapping.messageTooLarge(max: Limits.sqsMessageBytesMax)
        }
        return message
    }

    private func delay() throws(SQSFault) -> Milliseconds? {
        guard let delaySeconds else { return nil }
        guard SQSRanges.delaySeconds.contains(Int64(delaySeconds)) else {
            throw .invalidValue("\(delaySeconds)", of: "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        }
        return .seconds(Int64(delaySeconds))
    }
}

extension MD5Sum {
    static func sums(of message: NewMessage) -> (body: MD5Sum, attributes: MD5Sum?) {
        (MD5Sum(of: message.body), MD5Sum(of: message.attributes))
    }
}

enum SendMessage {
    private static let members: [StaticString] = [
        "QueueUrl", "MessageBody", "MessageAttributes", "DelaySeconds", "MessageSystemAttributes", "MessageGroupId",
        "MessageDeduplicationId",
    ]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var parameters = SendParameters()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            case 1: parameters.body = try reader.readText("MessageBody")
            case 2: try parameters.attributes.read(&reader)
            case 3: parameters.delaySeconds = try reader.readInteger("DelaySeconds")
            case 4: try SendParameters.readSystemAttributes(&reader)
            default: throw SendParameters.refuse(members[index])
            }
        }
        let queue = try scope.queue(url, reader)
        let message = try parameters.message(reader)
        let sums = MD5Sum.sums(of: message)
        return .single(.send(queue, message), .sent(body: sums.body, attributes: sums.attributes))
    }
}

enum SendMessageBatch {
    private static let members: [StaticString] = [
        "Id", "MessageBody", "MessageAttributes", "DelaySeconds", "MessageSystemAttributes", "MessageGroupId",
        "MessageDeduplicationId",
    ]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let batch = try BatchReader<SendParameters>.read(
            &reader, &scope, entry: "SendMessageBatchRequestEntry", readEntry)
        guard batch.entries.allSatisfy({ $0.parameters.body != nil }) else { throw .missing("MessageBody") }
        var bytes = 0
        var entries: [Batch.Entry] = []
        entries.reserveCapacity(batch.entries.count)
        for (id, parameters) in batch.entries {
            do throws(SQSFault) {
                let message = try parameters.message(reader)
                bytes &+= message.countedBytes
                let outcome = Batch.Outcome.waiting(.send(batch.queue, message))
                entries.append(Batch.Entry(id: id, sums: MD5Sum.sums(of: message), outcome: outcome))
            } catch {
                bytes &+= parameters.body.map { $0.end &- $0.start } ?? 0
                entries.append(Batch.Entry(id: id, outcome: .failed(error)))
            }
        }
        guard bytes <= Limits.sqsMessageBytesMax else {
            throw SQSFault(
                .batchRequestTooLong,
                "Batch requests cannot be longer than \(Limits.sqsMessageBytesMax) bytes. You have sent \(bytes) bytes."
            )
        }
        return .batch(Batch(entries: entries))
    }

    private static func readEntry(_ reader: inout JSONReader) throws(SQSFault) -> (JSONText?, SendParameters) {
        var id: JSONText?
        var parameters = SendParameters()
        var seen: UInt32 = 0
        while let index = try reader.nextMember(members, seen: &seen) {
            switch index {
            case 0: id = try reader.readText("Id")
            case 1: parameters.body = try reader.readText("MessageBody")
            case 2: try parameters.attributes.read(&reader)
            case 3: parameters.delaySeconds = try reader.readInteger("DelaySeconds")
            case 4: try SendParameters.readSystemAttributes(&reader)
            default: throw SendParameters.refuse(members[index])
            }
        }
        return (id, parameters)
    }
}
