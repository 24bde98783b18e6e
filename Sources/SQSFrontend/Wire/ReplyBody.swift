import NIOCore
import RoostModel
import RoostStorage

// The JSON of each reply, written from what the storage answered.
extension ByteBuffer {
    mutating func writeJSONReply(_ content: ReplyContent, _ place: ReplyPlace) {
        switch content {
        case .empty: writeStaticString("{}")
        case .sent(let id, let body, let attributes): writeSentReply(id, body: body, attributes: attributes)
        case .received(let messages, let selection): writeReceivedReply(messages, selection, place)
        case .queueURL(let name): writeQueueURLReply(name, place)
        case .queueURLs(let queues, let nextAfter): writeQueueURLsReply(queues, nextAfter: nextAfter, place)
        case .queueAttributes(let queue, let names): writeQueueAttributesReply(queue, names, place)
        case .batch(let batch): writeBatchReply(batch)
        }
    }

    private mutating func writeQueueURL(_ name: QueueName, _ place: ReplyPlace) {
        writeStaticString("\"http://")
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

    private mutating func writeQueueURLsReply(_ queues: [QueueInfo], nextAfter: QueueName?, _ place: ReplyPlace) {
        guard !queues.isEmpty else {
            writeStaticString("{}")
            return
        }
        writeStaticString("{\"QueueUrls\":[")
        for (index, queue) in queues.enumerated() {
            if index > 0 { writeStaticString(",") }
            writeQueueURL(queue.name, place)
        }
        writeStaticString("]")
        if let nextAfter {
            writeStaticString(",\"NextToken\":\"")
            writeBase64([UInt8](nextAfter.text.utf8))
            writeStaticString("\"")
        }
        writeStaticString("}")
    }

    private mutating func writeQueueAttributesReply(
        _ queue: QueueInfo, _ names: QueueAttributeNames, _ place: ReplyPlace
    ) {
        guard !names.isEmpty else {
            writeStaticString("{}")
            return
        }
        writeStaticString("{\"Attributes\":{")
        var isFirst = true
        names.forEach(of: queue, arn: place.arn(of: queue.name)) { name, value in
            writeStaticString(isFirst ? "\"" : ",\"")
            isFirst = false
            writeStaticString(name)
            writeStaticString("\":")
            writeJSON(value)
        }
        writeStaticString("}}")
    }

    private mutating func writeSent(_ id: MessageID, body: MD5Sum, attributes: MD5Sum?) {
        writeStaticString("\"MessageId\":\"")
        write(id)
        writeStaticString("\",\"MD5OfMessageBody\":\"")
        write(body)
        if let attributes {
            writeStaticString("\",\"MD5OfMessageAttributes\":\"")
            write(attributes)
        }
        writeStaticString("\"")
    }

    private mutating func writeSentReply(_ id: MessageID, body: MD5Sum, attributes: MD5Sum?) {
        writeStaticString("{")
        writeSent(id, body: body, attributes: attributes)
        writeStaticString("}")
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
        write(MD5Sum(of: message.body))
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
        writeStaticString(",\"Attributes\":{")
        var separator: StaticString = "\""
        message.forEachSystemAttribute(wanted, place) { name, value in
            writeStaticString(separator)
            separator = ",\""
            writeStaticString(name)
            writeStaticString("\":\"")
            switch value {
            // Nothing in these values wants to be escaped.
            case .text(let text): writeString(text)
            case .number(let number): writeDecimal(number)
            }
            writeStaticString("\"")
        }
        writeStaticString("}")
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
            if case .sent(let id) = entry.outcome, let sums = entry.sums {
                writeStaticString(",")
                writeSent(id, body: sums.body, attributes: sums.attributes)
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
