import Crypto
import RoostModel
import RoostStorage

/// What SendMessage and an entry of SendMessageBatch have in common.
struct SendParameters {
    var body: JSONText?
    var delaySeconds: Int?
    var attributes = RawMessageAttributes()
    var systemAttributes = RawMessageAttributes()
    var group: JSONText?
    var deduplication: JSONText?

    static let members: [StaticString] = [
        "MessageBody", "MessageAttributes", "DelaySeconds", "MessageSystemAttributes", "MessageGroupId",
        "MessageDeduplicationId",
    ]

    /// Reads the member of that index.
    mutating func read(_ index: Int, _ reader: inout JSONReader) throws(SQSFault) {
        switch index {
        case 0: body = try reader.readText("MessageBody")
        case 1: try attributes.read(&reader)
        case 2: delaySeconds = try reader.readInteger("DelaySeconds")
        case 3: try systemAttributes.read(&reader)
        case 4: group = try reader.readText("MessageGroupId")
        default: deduplication = try reader.readText("MessageDeduplicationId")
        }
    }

    /// Throws what is wrong with this message alone.
    func message(
        for queue: QueueName, _ reader: JSONReader, _ caller: ActionScope.Caller
    ) throws(SQSFault) -> (NewMessage, MessageSums) {
        guard let body, !reader.isEmpty(body) else { throw .missing("MessageBody") }
        var message = NewMessage(body: reader.array(body))
        guard message.body.withUnsafeBytes({ UTF8Text.isLegalMessage($0) }) else {
            throw .messageNotText
        }
        message.attributes = try attributes.checked()
        message.delay = try delay(isFIFO: queue.isFIFO)
        guard message.countedBytes <= Limits.sqsMessageBytesMax else {
            throw RejectionMapping.messageTooLarge(max: Limits.sqsMessageBytesMax)
        }
        if let group { message.group = try MessageNames.checked(reader.string(group), "MessageGroupId") }
        message.deduplication = try deduplication(of: message, isFIFO: queue.isFIFO, reader)
        let system = try systemAttributes.checkedTrace()
        message.labels.sender = caller.sender
        message.labels.trace = system?.text ?? caller.trace
        let sums = MessageSums(
            body: MD5Sum(of: message.body), attributes: MD5Sum(of: message.attributes),
            systemAttributes: system.flatMap { MD5Sum(of: [$0.attribute]) })
        return (message, sums)
    }

    private func delay(isFIFO: Bool) throws(SQSFault) -> Milliseconds? {
        guard let delaySeconds else { return nil }
        guard SQSRanges.delaySeconds.contains(Int64(delaySeconds)) else {
            throw .invalidValue("\(delaySeconds)", of: "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        }
        guard isFIFO else { return .seconds(Int64(delaySeconds)) }
        // A message of its own delay would let others pass. 0 means that of the queue (SQS).
        guard delaySeconds == 0 else { throw MessageNames.wrongQueueType("\(delaySeconds)", "DelaySeconds") }
        return nil
    }

    private func deduplication(
        of message: NewMessage, isFIFO: Bool, _ reader: JSONReader
    ) throws(SQSFault) -> Deduplication? {
        guard let deduplication else {
            guard isFIFO else { return nil }
            return SHA256.hash(data: message.body).withUnsafeBytes { Deduplication(contentSum: $0) }
        }
        let id = try MessageNames.checked(reader.string(deduplication), "MessageDeduplicationId")
        guard isFIFO else { throw MessageNames.wrongQueueType(id, "MessageDeduplicationId") }
        return Deduplication(id: id)
    }
}

/// Names that senders and receivers give to groups, messages and calls.
enum MessageNames {
    static func checked(_ name: String, _ parameter: String) throws(SQSFault) -> String {
        guard 1...Limits.groupBytesMax ~= name.utf8.count, name.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .invalidValue(
                String(name.prefix(256)), of: parameter,
                "\(parameter) can only include alphanumeric and punctuation characters. 1 to "
                    + "\(Limits.groupBytesMax) in length.")
        }
        return name
    }

    static func wrongQueueType(_ value: String, _ parameter: String) -> SQSFault {
        .invalidValue(value, of: parameter, "The request include parameter that is not valid for this queue type.")
    }
}

enum SendMessage {
    private static let members = SendParameters.members + ["QueueUrl"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var parameters = SendParameters()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            if index == SendParameters.members.count {
                url = try reader.readText("QueueUrl")
            } else {
                try parameters.read(index, &reader)
            }
        }
        let queue = try scope.queue(url, reader)
        guard parameters.body != nil else { throw .missing("MessageBody") }
        guard !queue.isFIFO || parameters.group != nil else { throw .missing("MessageGroupId") }
        let (message, sums) = try parameters.message(for: queue, reader, scope.caller)
        let shape = ReplyShape.sent(sums, showsSequence: queue.isFIFO)
        guard BodyEncoding.isNamed(in: message) else { return .single(.send(queue, message), shape) }
        return .describe(queue) { info throws(SQSFault) in
            .single(.send(queue, try BodyEncoding.decoded(message, info.settings.contents)), shape)
        }
    }
}

enum SendMessageBatch {
    private static let members = SendParameters.members + ["Id"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let read = try BatchReader<SendParameters>.read(
            &reader, &scope, entry: "SendMessageBatchRequestEntry", readEntry)
        guard read.entries.allSatisfy({ $0.parameters.body != nil }) else { throw .missing("MessageBody") }
        if read.queue.isFIFO, read.entries.contains(where: { $0.parameters.group == nil }) {
            throw SQSFault(.invalidParameterValue, SQSFault.missing("MessageGroupId").message)
        }
        let batch = try batch(read, reader, scope.caller)
        let queue = read.queue
        let named = read.entries.count { $0.parameters.deduplication != nil }
        let isMixed = queue.isFIFO && named > 0 && named < read.entries.count
        guard isMixed || batch.namesEncoding else { return .batch(batch, of: queue) }
        return .describe(queue) { info throws(SQSFault) in
            guard !isMixed || info.settings.deduplicatesContent else {
                throw RejectionMapping.fault(for: .missingDeduplication)
            }
            return .batch(batch.decoded(info.settings.contents))
        }
    }

    private static func batch(
        _ read: BatchReader<SendParameters>, _ reader: JSONReader, _ caller: ActionScope.Caller
    ) throws(SQSFault) -> Batch {
        var bytes = 0
        var entries: [Batch.Entry] = []
        entries.reserveCapacity(read.entries.count)
        for (id, parameters) in read.entries {
            do throws(SQSFault) {
                let (message, sums) = try parameters.message(for: read.queue, reader, caller)
                bytes &+= message.countedBytes
                entries.append(Batch.Entry(id: id, sums: sums, outcome: .waiting(.send(read.queue, message))))
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
        return Batch(entries: entries, showsSequence: read.queue.isFIFO)
    }

    private static func readEntry(_ reader: inout JSONReader) throws(SQSFault) -> (JSONText?, SendParameters) {
        var id: JSONText?
        var parameters = SendParameters()
        var seen: UInt32 = 0
        while let index = try reader.nextMember(members, seen: &seen) {
            if index == SendParameters.members.count {
                id = try reader.readText("Id")
            } else {
                try parameters.read(index, &reader)
            }
        }
        return (id, parameters)
    }
}
