import NIOCore
import RoostModel
import RoostStorage

// The JSON of each reply, written from what the storage answered.
extension ByteBuffer {
    mutating func writeJSONReply(_ content: ReplyContent, _ place: ReplyPlace) {
        switch content {
        case .empty: writeStaticString("{}")
        case .sent(let sent): writeSentReply(sent)
        case .received(let messages, let selection): writeReceivedReply(messages, selection, place)
        case .queueURL(let name): writeQueueURLReply(name, place)
        case .queueURLs(let list): writeQueueURLsReply(list, place)
        case .queueAttributes(let queue, let names):
            writeTextMapReply("Attributes", names.values(of: queue, place.arns)) { $0.writeName($1) }
        case .tags(let tags): writeTextMapReply("Tags", tags.map { ($0.key, $0.value) }) { $0.writeJSON($1) }
        case .moveStarted(let task): writeMoveStartedReply(task, place)
        case .moves(let tasks): writeMovesReply(tasks, place)
        case .moveCancelled(let moved): writeMoveCancelledReply(moved)
        case .batch(let batch): writeBatchReply(batch)
        }
    }

    private mutating func writeQueueURL(_ name: QueueName, _ place: ReplyPlace) {
        writeStaticString("\"")
        writeStaticString(place.scheme)
        writeString(place.host)
        writeStaticString("/")
        writeString(place.account)
        writeStaticString("/")
        writeString(name.text)
        writeStaticString("\"")
    }

    private mutating func writeQueueURLReply(_ name: QueueName, _ place: ReplyPlace) {
        writeStaticString("{\"QueueUrl\":")
        writeQueueURL(name, place)
        writeStaticString("}")
    }

    private mutating func writeQueueURLsReply(_ list: QueueList, _ place: ReplyPlace) {
        guard !list.names.isEmpty || list.isRequired else {
            writeStaticString("{}")
            return
        }
        writeStaticString("{\"")
        writeStaticString(list.member)
        writeStaticString("\":[")
        for (index, name) in list.names.enumerated() {
            if index > 0 { writeStaticString(",") }
            writeQueueURL(name, place)
        }
        writeStaticString("]")
        if let nextAfter = list.nextAfter {
            writeStaticString(",\"NextToken\":\"")
            writeBase64([UInt8](nextAfter.text.utf8))
            writeStaticString("\"")
        }
        writeStaticString("}")
    }

    /// Left out when empty (SQS).
    private mutating func writeTextMapReply<Name>(
        _ member: StaticString, _ map: [(Name, String)], _ writeName: (inout ByteBuffer, Name) -> Void
    ) {
        guard !map.isEmpty else {
            writeStaticString("{}")
            return
        }
        writeStaticString("{\"")
        writeStaticString(member)
        writeStaticString("\":{")
        for (index, (name, value)) in map.enumerated() {
            if index > 0 { writeStaticString(",") }
            writeName(&self, name)
            writeStaticString(":")
            writeJSON(value)
        }
        writeStaticString("}}")
    }

    private mutating func writeName(_ name: StaticString) {
        writeStaticString("\"")
        writeStaticString(name)
        writeStaticString("\"")
    }

    private mutating func writeSent(_ sent: SentContent) {
        writeStaticString("\"MessageId\":\"")
        write(sent.id)
        writeStaticString("\",\"MD5OfMessageBody\":\"")
        write(sent.sums.body)
        if let sum = sent.sums.attributes {
            writeStaticString("\",\"MD5OfMessageAttributes\":\"")
            write(sum)
        }
        if let sum = sent.sums.systemAttributes {
            writeStaticString("\",\"MD5OfMessageSystemAttributes\":\"")
            write(sum)
        }
        if let sequence = sent.sequence {
            writeStaticString("\",\"SequenceNumber\":\"")
            writeSequence(sequence)
        }
        writeStaticString("\"")
    }

    private mutating func writeSentReply(_ sent: SentContent) {
        writeStaticString("{")
        writeSent(sent)
        writeStaticString("}")
    }

    // MARK: Move tasks

    private mutating func writeMoveStartedReply(_ task: MoveTask, _ place: ReplyPlace) {
        writeStaticString("{\"TaskHandle\":")
        writeJSON(TaskHandle(task).text(place.arns))
        writeStaticString("}")
    }

    private mutating func writeMoveCancelledReply(_ moved: Int) {
        writeStaticString("{\"ApproximateNumberOfMessagesMoved\":")
        writeDecimal(Int64(moved))
        writeStaticString("}")
    }

    private mutating func writeMovesReply(_ tasks: [MoveTask], _ place: ReplyPlace) {
        writeStaticString("{\"Results\":[")
        for (index, task) in tasks.enumerated() {
            if index > 0 { writeStaticString(",") }
            var separator: StaticString = "{"
            task.forEachMember(place.arns) { name, value in
                writeStaticString(separator)
                separator = ","
                writeName(name)
                writeStaticString(":")
                switch value {
                case .text(let text): writeJSON(text)
                case .number(let number): writeDecimal(number)
                }
            }
            writeStaticString("}")
        }
        writeStaticString("]}")
    }

    // MARK: Received messages

    private mutating func writeReceivedReply(
        _ messages: ArraySlice<ReceivedMessage>, _ selection: MessageSelection, _ place: ReplyPlace
    ) {
        guard !messages.isEmpty else {
            writeStaticString("{}")
            return
        }
        // One allocation instead of one for each doubling.
        reserveCapacity(minimumWritableBytes: messages.reduce(0) { $0 &+ $1.body.count &+ 256 })
        writeStaticString("{\"Messages\":[")
        var isFirst = true
        for message in messages {
            if !isFirst { writeStaticString(",") }
            isFirst = false
            writeReceived(message, selection, place)
        }
        writeStaticString("]}")
    }

    private mutating func writeReceived(
        _ message: ReceivedMessage, _ selection: MessageSelection, _ place: ReplyPlace
    ) {
        writeStaticString("{\"MessageId\":\"")
        write(message.id)
        writeStaticString("\",\"ReceiptHandle\":\"")
        write(message.handle)
        writeStaticString("\",\"MD5OfBody\":\"")
        write(MD5Sum(ofBodyInJSON: message.body))
        writeStaticString("\",\"Body\":")
        writeJSON(message.body)
        if !selection.system.isEmpty { writeSystemAttributes(of: message, selection.system, place) }
        let attributes = selection.attributes.selected(from: message.attributes)
        // The sum covers what is returned, not what was sent (SQS), and is left out with nothing to cover.
        if let sum = MD5Sum(of: attributes) { writeAttributes(attributes, sum) }
        writeStaticString("}")
    }

    private mutating func writeSystemAttributes(
        of message: ReceivedMessage, _ wanted: MessageSystemAttributes, _ place: ReplyPlace
    ) {
        var separator: StaticString = ",\"Attributes\":{\""
        var isEmpty = true
        message.forEachSystemAttribute(wanted, place) { name, value in
            writeStaticString(separator)
            separator = ",\""
            isEmpty = false
            writeStaticString(name)
            writeStaticString("\":")
            switch value {
            case .text(let text): writeJSON(text)
            case .number(let number):
                writeStaticString("\"")
                writeDecimal(number)
                writeStaticString("\"")
            case .sequence(let number):
                writeStaticString("\"")
                writeSequence(number)
                writeStaticString("\"")
            }
        }
        if !isEmpty { writeStaticString("}") }
    }

    private mutating func writeAttributes(_ attributes: [MessageAttribute], _ sum: MD5Sum) {
        writeStaticString(",\"MD5OfMessageAttributes\":\"")
        write(sum)
        writeStaticString("\",\"MessageAttributes\":{")
        for (index, attribute) in attributes.enumerated() {
            if index > 0 { writeStaticString(",") }
            writeJSON(attribute.name)
            writeStaticString(":{\"DataType\":")
            writeJSON(attribute.type)
            switch attribute.value {
            case .text(let text):
                writeStaticString(",\"StringValue\":")
                writeJSON(text)
                writeStaticString("}")
            case .binary(let bytes):
                writeStaticString(",\"BinaryValue\":\"")
                writeBase64(bytes)
                writeStaticString("\"}")
            }
        }
        writeStaticString("}")
    }

    // MARK: Batches and faults

    /// Entries that went well, then those that did not; each list is left out when empty (SQS).
    private mutating func writeBatchReply(_ batch: Batch) {
        let failures = batch.entries.compactMap { entry in entry.failure.map { (entry.id, $0) } }
        let hasSuccesses = failures.count < batch.entries.count
        writeStaticString("{")
        if hasSuccesses { writeSuccesses(batch) }
        if hasSuccesses, !failures.isEmpty { writeStaticString(",") }
        if !failures.isEmpty {
            writeStaticString("\"Failed\":[")
            for (index, (id, fault)) in failures.enumerated() {
                if index > 0 { writeStaticString(",") }
                writeFailure(fault, of: id)
            }
            writeStaticString("]")
        }
        writeStaticString("}")
    }

    private mutating func writeSuccesses(_ batch: Batch) {
        writeStaticString("\"Successful\":[")
        var isFirst = true
        for entry in batch.entries where entry.failure == nil {
            writeStaticString(isFirst ? "{\"Id\":\"" : ",{\"Id\":\"")
            isFirst = false
            // Ids are letters, digits, hyphens and underscores.
            writeString(entry.id)
            writeStaticString("\"")
            if let sent = batch.sent(entry) {
                writeStaticString(",")
                writeSent(sent)
            }
            writeStaticString("}")
        }
        writeStaticString("]")
    }

    private mutating func writeFailure(_ fault: SQSFault, of id: String) {
        let row = fault.code.row
        writeStaticString("{\"Id\":")
        writeJSON(id)
        writeStaticString(",\"SenderFault\":")
        writeStaticString(row.isSenderFault ? "true" : "false")
        writeStaticString(",\"Code\":\"")
        writeStaticString(row.queryCode)
        writeStaticString("\",\"Message\":")
        writeJSON(fault.message)
        writeStaticString("}")
    }

    mutating func writeJSONFault(_ fault: SQSFault) {
        writeStaticString("{\"__type\":\"")
        writeStaticString(fault.code.row.type)
        writeStaticString("\",\"message\":")
        writeJSON(fault.message)
        writeStaticString("}")
    }
}
