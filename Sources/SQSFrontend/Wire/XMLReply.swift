import NIOCore
import RoostModel
import RoostStorage

// The XML of each reply of the Query protocol.
//
// Lists and maps are flattened: their elements stand beside the other elements, named in the singular.
extension ByteBuffer {
    private static var start: StaticString { "<?xml version=\"1.0\"?><" }
    private static var namespace: StaticString { " xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">" }

    /// - Parameter id: of the request.
    mutating func writeXMLReply(_ content: ReplyContent, of action: StaticString, _ place: ReplyPlace, id: MessageID) {
        writeStaticString(Self.start)
        writeStaticString(action)
        writeStaticString("Response")
        writeStaticString(Self.namespace)
        if case .empty = content {
            // An action that returns nothing has no result.
        } else if content.isEmptyInXML {
            writeOpenTag(action, "Result/")
        } else {
            writeOpenTag(action, "Result")
            writeResult(content, of: action, place)
            writeCloseTag(action, "Result")
        }
        writeStaticString("<ResponseMetadata><RequestId>")
        write(id)
        writeStaticString("</RequestId></ResponseMetadata>")
        writeCloseTag(action, "Response")
    }

    mutating func writeXMLFault(_ fault: SQSFault, id: MessageID) {
        writeStaticString(Self.start)
        writeStaticString("ErrorResponse")
        writeStaticString(Self.namespace)
        writeStaticString("<Error><Type>")
        writeStaticString(fault.code.row.isSenderFault ? "Sender" : "Receiver")
        writeStaticString("</Type><Code>")
        writeStaticString(fault.code.row.queryCode)
        writeStaticString("</Code>")
        writeElement("Message", fault.message)
        writeStaticString("<Detail/></Error><RequestId>")
        write(id)
        writeStaticString("</RequestId></ErrorResponse>")
    }

    private mutating func writeResult(_ content: ReplyContent, of action: StaticString, _ place: ReplyPlace) {
        switch content {
        case .empty: break
        case .sent(let sent): writeSentElements(sent)
        case .received(let messages, let selection):
            // One allocation instead of one for each doubling.
            reserveCapacity(minimumWritableBytes: messages.reduce(0) { $0 &+ $1.body.count &+ 512 })
            for message in messages { writeMessageElement(message, selection, place) }
        case .queueURL(let name): writeQueueURLElement(name, place)
        case .queueURLs(let list): writeQueueURLElements(list, place)
        case .queueAttributes(let queue, let names):
            for (name, value) in names.values(of: queue, place.arns) {
                writePair("Attribute", name) { $0.writeXML(value) }
            }
        case .tags(let tags):
            for tag in tags {
                writeStaticString("<Tag>")
                writeElement("Key", tag.key)
                writeElement("Value", tag.value)
                writeStaticString("</Tag>")
            }
        case .moveStarted(let task): writeElement("TaskHandle", TaskHandle(task).text(place.arns))
        case .moves(let tasks): for task in tasks { writeMoveElement(task, place) }
        case .moveCancelled(let moved): writeElement("ApproximateNumberOfMessagesMoved", "\(moved)")
        case .batch(let batch): writeBatchElements(batch, of: action)
        }
    }

    // MARK: Queues

    private mutating func writeQueueURLElement(_ name: QueueName, _ place: ReplyPlace) {
        writeStaticString("<QueueUrl>")
        writeStaticString(place.scheme)
        // Host, account and name have no characters that XML wants escaped.
        writeString(place.host)
        writeStaticString("/")
        writeString(place.account)
        writeStaticString("/")
        writeString(name.text)
        writeStaticString("</QueueUrl>")
    }

    private mutating func writeQueueURLElements(_ list: QueueList, _ place: ReplyPlace) {
        for name in list.names { writeQueueURLElement(name, place) }
        guard let nextAfter = list.nextAfter else { return }
        writeOpenTag("NextToken")
        writeBase64([UInt8](nextAfter.text.utf8))
        writeCloseTag("NextToken")
    }

    private mutating func writeMoveElement(_ task: MoveTask, _ place: ReplyPlace) {
        writeOpenTag("ListMessageMoveTasksResultEntry")
        task.forEachMember(place.arns) { name, value in
            switch value {
            case .text(let text): writeElement(name, text)
            case .number(let number): writeElement(name, "\(number)")
            }
        }
        writeCloseTag("ListMessageMoveTasksResultEntry")
    }

    /// An entry of a map.
    private mutating func writePair(
        _ element: StaticString, _ name: StaticString, _ writeValue: (inout ByteBuffer) -> Void
    ) {
        writeOpenTag(element)
        writeStaticString("<Name>")
        writeStaticString(name)
        writeStaticString("</Name><Value>")
        writeValue(&self)
        writeStaticString("</Value>")
        writeCloseTag(element)
    }

    // MARK: Messages

    private mutating func writeSentElements(_ sent: SentContent) {
        writeMessageID(sent.id)
        writeElement("MD5OfMessageBody", sent.sums.body)
        if let sum = sent.sums.attributes { writeElement("MD5OfMessageAttributes", sum) }
        if let sum = sent.sums.systemAttributes { writeElement("MD5OfMessageSystemAttributes", sum) }
        guard let sequence = sent.sequence else { return }
        writeOpenTag("SequenceNumber")
        writeSequence(sequence)
        writeCloseTag("SequenceNumber")
    }

    private mutating func writeMessageID(_ id: MessageID) {
        writeStaticString("<MessageId>")
        write(id)
        writeStaticString("</MessageId>")
    }

    private mutating func writeMessageElement(
        _ message: ReceivedMessage, _ selection: MessageSelection, _ place: ReplyPlace
    ) {
        writeStaticString("<Message>")
        writeMessageID(message.id)
        writeStaticString("<ReceiptHandle>")
        write(message.handle)
        writeStaticString("</ReceiptHandle>")
        writeElement("MD5OfBody", MD5Sum(ofBodyInXML: message.body))
        writeStaticString("<Body>")
        writeXML(message.body)
        writeStaticString("</Body>")
        message.forEachSystemAttribute(selection.system, place) { name, value in
            writePair("Attribute", name) { buffer in
                switch value {
                case .text(let text): buffer.writeXML(text)
                case .number(let number): buffer.writeDecimal(number)
                case .sequence(let number): buffer.writeSequence(number)
                }
            }
        }
        let attributes = selection.attributes.selected(from: message.attributes)
        // The sum covers what is returned, not what was sent (SQS), and is left out with nothing to cover.
        if let sum = MD5Sum(of: attributes) {
            writeElement("MD5OfMessageAttributes", sum)
            for attribute in attributes { writeAttributeElement(attribute) }
        }
        writeStaticString("</Message>")
    }

    private mutating func writeAttributeElement(_ attribute: MessageAttribute) {
        writeStaticString("<MessageAttribute>")
        writeElement("Name", attribute.name)
        writeStaticString("<Value>")
        switch attribute.value {
        case .text(let text): writeElement("StringValue", text)
        case .binary(let bytes):
            writeStaticString("<BinaryValue>")
            writeBase64(bytes)
            writeStaticString("</BinaryValue>")
        }
        writeElement("DataType", attribute.type)
        writeStaticString("</Value></MessageAttribute>")
    }

    // MARK: Batches

    private mutating func writeBatchElements(_ batch: Batch, of action: StaticString) {
        for entry in batch.entries where entry.failure == nil {
            writeOpenTag(action, "ResultEntry")
            writeElement("Id", entry.id)
            if let sent = batch.sent(entry) { writeSentElements(sent) }
            writeCloseTag(action, "ResultEntry")
        }
        for entry in batch.entries {
            if let fault = entry.failure { writeFailureElement(fault.inQuery, of: entry.id) }
        }
    }

    private mutating func writeFailureElement(_ fault: SQSFault, of id: String) {
        let row = fault.code.row
        writeStaticString("<BatchResultErrorEntry>")
        writeElement("Id", id)
        writeStaticString("<SenderFault>")
        writeStaticString(row.isSenderFault ? "true" : "false")
        writeStaticString("</SenderFault><Code>")
        writeStaticString(row.queryCode)
        writeStaticString("</Code>")
        writeElement("Message", fault.message)
        writeStaticString("</BatchResultErrorEntry>")
    }
}

extension ReplyContent {
    /// The result has no elements.
    fileprivate var isEmptyInXML: Bool {
        switch self {
        case .empty: true
        case .received(let messages, _): messages.isEmpty
        case .queueURLs(let list): list.names.isEmpty
        case .queueAttributes(_, let names): names.isEmpty
        case .tags(let tags): tags.isEmpty
        case .moves(let tasks): tasks.isEmpty
        case .batch(let batch): batch.entries.isEmpty
        case .sent, .queueURL, .moveStarted, .moveCancelled: false
        }
    }
}
