import Crypto
import RoostModel

/// How a message of a FIFO queue is told from others when its sender gave it no id: by the SHA-256 sum of its body,
/// without its attributes. The SQS API does the same, so that both see the same duplicates.
enum ContentDigest {
    /// The queue refuses the digest unless it is set to know messages by their content.
    static func marked(_ message: NewMessage, for queue: QueueName) -> NewMessage {
        guard queue.isFIFO, message.deduplication == nil else { return message }
        var message = message
        message.deduplication = Deduplication(id: id(of: message.body), isOfContent: true)
        return message
    }

    static func id(of body: [UInt8]) -> String {
        String(decoding: SHA256.hash(data: body).flatMap { [hexDigit($0 >> 4), hexDigit($0 & 15)] }, as: UTF8.self)
    }
}
