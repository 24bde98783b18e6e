import Crypto
import RoostModel

/// How a message of a FIFO queue is told from others when its sender gave it no id: by its body.
enum ContentDigest {
    /// The queue refuses the digest unless it is set to know messages by their content.
    static func marked(_ message: NewMessage, for queue: QueueName) -> NewMessage {
        guard queue.isFIFO, message.deduplication == nil else { return message }
        var message = message
        message.deduplication = SHA256.hash(data: message.body).withUnsafeBytes { Deduplication(contentSum: $0) }
        return message
    }
}
