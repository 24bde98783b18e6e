import Crypto
import RoostModel
import RoostStorage

/// How SQS clients, which know text alone, see a queue of bytes: each body in base64, and an attribute that says so. A
/// sender that gives a message this attribute has it decoded; without it the text is stored as it is.
enum BodyEncoding {
    static let attribute = MessageAttribute(name: "Roost.Encoding", type: "String", value: .text("base64"))

    // MARK: Showing

    /// - Parameter messages: all of one queue.
    static func shown(_ messages: [ReceivedMessage]) -> [ReceivedMessage] {
        guard messages.first?.contents == .bytes else { return messages }
        return messages.map(encoded)
    }

    private static func encoded(_ message: ReceivedMessage) -> ReceivedMessage {
        var message = message
        var text: [UInt8] = []
        text.reserveCapacity((message.body.count + 2) / 3 * 4)
        Base64.encode(message.body) { text.append($0) }
        message.body = text
        // Another protocol may have sent one of this name.
        message.attributes.removeAll { $0.name == attribute.name }
        message.attributes.append(attribute)
        return message
    }

    // MARK: Sending

    /// Whether it takes the settings of the queue to know what is to be stored.
    static func isNamed(in message: NewMessage) -> Bool {
        message.attributes.contains { $0.name == attribute.name }
    }

    /// What is to be stored of a message for a queue with these contents. In a queue of text the attribute is one like
    /// others.
    static func decoded(_ message: NewMessage, _ contents: QueueContents) throws(SQSFault) -> NewMessage {
        guard contents == .bytes, let named = message.attributes.first(where: { $0.name == attribute.name }) else {
            return message
        }
        guard named == attribute else {
            throw SQSFault(
                .invalidParameterValue,
                "Message (user) attribute '\(attribute.name)' of a queue of bytes must be the String base64.")
        }
        guard let body = Base64.decode(message.body) else {
            throw SQSFault(
                .invalidMessageContents, "The body is not base64, as its attribute '\(attribute.name)' says.")
        }
        var message = message
        message.body = body
        message.attributes.removeAll { $0 == attribute }
        message.needsBytes = !UTF8Text.isLegalText(body)
        if message.deduplication?.isOfContent == true {
            message.deduplication = SHA256.hash(data: body).withUnsafeBytes { Deduplication(contentSum: $0) }
        }
        return message
    }
}

extension Batch {
    var namesEncoding: Bool {
        entries.contains { entry in
            if case .waiting(.send(_, let message)) = entry.outcome { BodyEncoding.isNamed(in: message) } else { false }
        }
    }

    func decoded(_ contents: QueueContents) -> Self {
        var batch = self
        for place in batch.entries.indices {
            guard case .waiting(.send(let queue, let message)) = batch.entries[place].outcome else { continue }
            do throws(SQSFault) {
                batch.entries[place].outcome = .waiting(.send(queue, try BodyEncoding.decoded(message, contents)))
            } catch {
                batch.entries[place].outcome = .failed(error)
            }
        }
        return batch
    }
}
