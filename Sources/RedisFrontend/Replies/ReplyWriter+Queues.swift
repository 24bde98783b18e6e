import RESP
import RoostModel
import RoostStorage

extension ReplyWriter {
    /// An array of maps, one for each message.
    mutating func write(_ messages: [ReceivedMessage]) {
        writeArray(count: messages.count)
        for message in messages { write(message) }
    }

    private mutating func write(_ message: ReceivedMessage) {
        let optional = [message.group != nil, message.deadLetterSource != nil, !message.attributes.isEmpty]
        writeMap(count: 6 + optional.count { $0 })
        write("id", message.id.description)
        write("handle", message.handle.description)
        writeName("body")
        writeBulk(message.body)
        write("receives", Int64(message.receiveCount))
        write("sent", message.sentAt.milliseconds)
        write("sequence", Int64(clamping: message.sequence))
        if let group = message.group { write("group", group) }
        if let source = message.deadLetterSource { write("dead-letter-of", source.text) }
        if !message.attributes.isEmpty { write(message.attributes) }
    }

    /// By name: type and value.
    private mutating func write(_ attributes: [MessageAttribute]) {
        writeName("attributes")
        writeMap(count: attributes.count)
        for attribute in attributes {
            writeName(attribute.name)
            writeArray(count: 2)
            writeName(attribute.type)
            switch attribute.value {
            case .text(let text): writeName(text)
            case .binary(let bytes): writeBulk(bytes)
            }
        }
    }

    private mutating func write(_ name: String, _ value: String) {
        writeName(name)
        writeName(value)
    }

    private mutating func write(_ name: String, _ value: Int64) {
        writeName(name)
        writeInteger(value)
    }

    private mutating func writeName(_ text: String) { writeBulk(Bytes(text.utf8)) }
}
