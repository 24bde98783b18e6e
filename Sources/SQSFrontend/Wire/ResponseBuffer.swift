import NIOCore
import RoostModel

/// What the head of a response says, beside what stands in all of them.
struct ResponseHead {
    enum Content {
        case json, xml

        fileprivate var line: StaticString {
            switch self {
            case .json: "\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-RequestId: "
            case .xml: "\r\ncontent-type: text/xml\r\nx-amzn-RequestId: "
            }
        }
    }

    var status = HTTPStatus.ok
    var content = Content.json
    /// Set for errors: `x-amzn-query-error: <code>;<Sender or Receiver>`.
    var error: SQSErrorCode?
    var closes = false
}

/// One response, head and body in one buffer, so that it costs one write.
///
/// The head is written as bytes instead of through NIO's HTTPResponseEncoder: a HTTPHeaders value costs several
/// allocations, and here nothing in a head comes from outside. The length of the body is filled in afterwards, right
/// aligned in a field of fixed width, as HTTP allows spaces before a value.
struct ResponseBuffer {
    var bytes: ByteBuffer
    private let lengthEnd: Int
    private let bodyStart: Int

    private static let lengthField: StaticString = "\r\ncontent-length:           "

    /// `bytes` must be empty.
    init(_ head: ResponseHead, id: MessageID, in bytes: consuming ByteBuffer) {
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeStaticString(head.status.line)
        bytes.writeStaticString(head.content.line)
        bytes.write(id)
        if let error = head.error {
            bytes.writeStaticString("\r\nx-amzn-query-error: ")
            bytes.writeStaticString(error.row.queryCode)
            bytes.writeStaticString(error.row.isSenderFault ? ";Sender" : ";Receiver")
        }
        // Refused for the moment. SDKs wait by rules of their own; others may read it.
        if head.status == .serviceUnavailable { bytes.writeStaticString("\r\nretry-after: 1") }
        if head.status == .methodNotAllowed { bytes.writeStaticString("\r\nallow: GET, HEAD, POST") }
        if head.closes { bytes.writeStaticString("\r\nconnection: close") }
        bytes.writeStaticString(Self.lengthField)
        lengthEnd = bytes.writerIndex
        bytes.writeStaticString("\r\n\r\n")
        bodyStart = bytes.writerIndex
        self.bytes = bytes
    }

    /// The whole response. `omitsBody`: it answers HEAD, which gets the length alone.
    consuming func finished(omitsBody: Bool = false) -> ByteBuffer {
        var rest = bytes.writerIndex &- bodyStart
        var index = lengthEnd
        repeat {
            index &-= 1
            bytes.setInteger(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10), at: index)
            rest /= 10
        } while rest > 0
        if omitsBody { bytes.moveWriterIndex(to: bodyStart) }
        return bytes
    }
}

/// Makes ids of requests: they have to differ, not to be secret. SplitMix64 from a random start costs 2 ns.
struct RequestIDs {
    private var state: UInt64

    init(seed: UInt64 = .random(in: 0 ... .max)) { state = seed }

    mutating func next() -> MessageID {
        let high = word() & ~0xF000 | 0x4000
        let low = word() & ~(0b11 << 62) | 0b10 << 62
        return MessageID(high: high, low: low)
    }

    private mutating func word() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
