import FuzzRunner
import RESP

let replyReaches = [
    "reply: simpleString", "reply: error", "reply: integer", "reply: bulk", "reply: null", "reply: array",
    "reply: double", "reply: boolean", "reply: bigNumber", "reply: verbatim", "reply: map",
    "reply: set",
    "reply: push", "reply: attributed", "reply: unknownType", "reply: malformed", "reply: missingLineEnd",
    "reply: tooLong", "reply: tooDeep",
]

/// Mode bit 0: small limits.
func checkReplies(_ stream: [UInt8], mode: UInt8, _ pieces: Pieces) {
    var whole = ReplyCollector(mode)
    whole.receive(stream[...])
    var parts = ReplyCollector(mode)
    var pieces = pieces
    pieces.cut(stream) { parts.receive($0) }
    guard parts.replies.elementsEqual(whole.replies, by: isSame), whole.error == parts.error else {
        report("pieces: other replies")
    }
    for reply in whole.replies { note(reply) }
    if let error = whole.error { Reach.note(name("\(error)")) }
}

/// As `==`, but NaN is the same as itself.
private func isSame(_ left: RESPValue, _ right: RESPValue) -> Bool { left == right || "\(left)" == "\(right)" }

private func note(_ value: RESPValue) {
    Reach.note(name("\(value)"))
    switch value {
    case .array(let elements), .set(let elements), .push(let elements): elements.forEach(note)
    case .map(let pairs): pairs.forEach { note($0.value) }
    case .attributed(_, let value): note(value)
    default: break
    }
}

private func name(_ text: String) -> String { "reply: " + text.prefix { $0 != "(" } }

/// A client that keeps what its reader finds.
private struct ReplyCollector {
    private(set) var replies: [RESPValue] = []
    private(set) var error: ReplyError?
    private var reader: ReplyReader
    private var buffer: [UInt8] = []

    init(_ mode: UInt8) {
        var limits = ReplyLimits()
        if mode & 1 != 0 { (limits.elementsMax, limits.bulkBytesMax, limits.replyBytesMax) = (8, 24, 48) }
        reader = ReplyReader(limits: limits)
    }

    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        buffer += bytes
        do {
            while let reply = try buffer.withUnsafeBytes({ try reader.next(in: $0) }) { replies.append(reply) }
            buffer.removeFirst(reader.dropConsumed())
        } catch let thrown as ReplyError {
            if let error, error != thrown { report("an error after the error") }
            error = thrown
        } catch {}
    }
}
