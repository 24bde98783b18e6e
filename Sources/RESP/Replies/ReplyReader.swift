import RoostModel

/// Reads replies, RESP2 and RESP3, out of the bytes that a client has gathered.
///
/// As with `RequestReader`, the client keeps the bytes until `dropConsumed`, and no byte is looked at twice because
/// others were missing. Values are copies. Containers that are not full yet wait on a stack of the reader.
package struct ReplyReader: Sendable {
    package var limits: ReplyLimits
    /// Where the last whole reply ends: bytes before it are not needed any more.
    package private(set) var consumed = 0

    private var position = 0
    /// From `position` to here there is no end of a line.
    private var searched = 0
    private var bulk: PendingBulk?
    private var containers: [PendingContainer] = []
    private var failure: ReplyError?

    package init(limits: ReplyLimits = ReplyLimits()) { self.limits = limits }

    /// The next reply, or nil when it has come in part only. An error is for good: the next call throws it again.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(ReplyError) -> RESPValue? {
        if let failure { throw failure }
        do throws(ReplyError) {
            return try advance(bytes)
        } catch {
            failure = error
            throw error
        }
    }

    /// How many bytes the client has to drop from the front of its buffer, now.
    package mutating func dropConsumed() -> Int {
        defer { consumed = 0 }
        position &-= consumed
        searched &-= consumed
        return consumed
    }

    private mutating func advance(_ bytes: UnsafeRawBufferPointer) throws(ReplyError) -> RESPValue? {
        while let step = try readStep(bytes) {
            guard position &- consumed <= limits.replyBytesMax else { throw .tooLong }
            guard case .value(let value) = step, let whole = put(value) else { continue }
            consumed = position
            return whole
        }
        return nil
    }

    /// Puts a value where it belongs. Returns the outermost value when that made it whole.
    private mutating func put(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let last = containers.indices.last {
            guard let whole = containers[last].take(value) else { return nil }
            containers.removeLast()
            value = whole
        }
        return value
    }

    // MARK: One line, or the bulk behind it

    private enum Step {
        case value(RESPValue)
        /// A container, or the header of a bulk: its content follows.
        case opened
    }

    /// Nil when bytes are missing.
    private mutating func readStep(_ bytes: UnsafeRawBufferPointer) throws(ReplyError) -> Step? {
        if let bulk { return try readBulk(bulk, bytes) }
        guard let end = try endOfLine(bytes) else { return nil }
        guard end > position else { throw .unknownType(carriageReturn) }
        let line = UnsafeRawBufferPointer(rebasing: bytes[position &+ 1..<end])
        let type = bytes[position]
        move(to: end &+ 2)
        switch type {
        case UInt8(ascii: "+"): return .value(.simpleString([UInt8](line)))
        case UInt8(ascii: "-"): return .value(.error([UInt8](line)))
        case UInt8(ascii: ":"): return .value(.integer(try number(line)))
        case UInt8(ascii: "$"): return try open(.string, line)
        case UInt8(ascii: "!"): return try open(.error, line)
        case UInt8(ascii: "="): return try open(.verbatim, line)
        case UInt8(ascii: "*"): return try open(.array, line)
        case UInt8(ascii: "%"): return try open(.map, line)
        case UInt8(ascii: "~"): return try open(.set, line)
        case UInt8(ascii: ">"): return try open(.push, line)
        case UInt8(ascii: "|"): return try open(.attributes, line)
        default: return .value(try LineValue.read(type, line))
        }
    }

    private mutating func move(to place: Int) {
        position = place
        searched = place
    }

    /// Where CR LF stands.
    private mutating func endOfLine(_ bytes: UnsafeRawBufferPointer) throws(ReplyError) -> Int? {
        let end = bytes.firstIndex(of: carriageReturn, from: searched)
        searched = end ?? max(searched, bytes.count)
        guard searched &- position <= ReplyLimits.lineBytesMax else { throw .lineTooLong }
        guard let end, end &+ 1 < bytes.count else { return nil }
        guard bytes[end &+ 1] == lineFeed else { throw .missingLineEnd }
        return end
    }

    private func number(_ line: UnsafeRawBufferPointer) throws(ReplyError) -> Int64 {
        guard let number = IntegerText.parse(line) else { throw .malformed }
        return number
    }

    // MARK: Bulks

    private mutating func open(_ kind: PendingBulk.Kind, _ line: UnsafeRawBufferPointer) throws(ReplyError) -> Step {
        let count = try number(line)
        if count == -1, kind == .string { return .value(.null) }
        guard count >= 0 else { throw .malformed }
        guard count <= limits.bulkBytesMax, count <= limits.replyBytesMax else { throw .tooLong }
        bulk = PendingBulk(kind: kind, count: Int(count))
        return .opened
    }

    private mutating func readBulk(
        _ bulk: PendingBulk, _ bytes: UnsafeRawBufferPointer
    ) throws(ReplyError) -> Step? {
        guard bytes.count &- position &- 2 >= bulk.count else { return nil }
        let end = position &+ bulk.count
        guard bytes[end] == carriageReturn, bytes[end &+ 1] == lineFeed else { throw .missingLineEnd }
        let value = try bulk.value(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
        self.bulk = nil
        move(to: end &+ 2)
        return .value(value)
    }

    // MARK: Containers

    private mutating func open(
        _ kind: PendingContainer.Kind, _ line: UnsafeRawBufferPointer
    ) throws(ReplyError) -> Step {
        let count = try number(line)
        if count == -1, kind == .array { return .value(.null) }
        guard count >= 0 else { throw .malformed }
        guard count <= limits.elementsMax else { throw .tooLong }
        let container = PendingContainer(kind, count: Int(count))
        if let empty = container.whole { return .value(empty) }
        guard containers.count < ReplyLimits.depthMax else { throw .tooDeep }
        containers.append(container)
        return .opened
    }
}
