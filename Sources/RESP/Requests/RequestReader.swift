import RoostModel

/// Finds requests in the bytes that a connection has gathered: multibulk (`*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`) and inline
/// (`GET k\r\n`), as Redis 7.2 reads them.
///
/// The connection keeps the bytes; the reader keeps how far it came, so that no byte is looked at again because others
/// were missing. Arguments are ranges of the connection's buffer:
///
///     while try reader.next(in: bytes) { carry out reader.arguments }
///     drop reader.dropConsumed() bytes from the front of the buffer
///
/// Between these steps the connection may append bytes and move the buffer, but not change what is in it.
/// As in Redis, two bytes end a count, a length or an argument, and only the CR behind a number is looked at.
package struct RequestReader: Sendable {
    package var limits: RequestLimits
    /// Counts and lengths that are read from now on are judged by this.
    package var isAuthenticated: Bool

    /// The arguments of the request that `next` found. At least one, until the next call. Before that: those that are
    /// there already of a request that is not whole.
    package private(set) var arguments: [Range<Int>] = []
    /// Where the last whole request ends: bytes before it are not needed any more.
    package private(set) var consumed = 0

    private var position = 0
    /// From `position` to here there is no end of a line.
    private var searched = 0
    private var argumentsDue = 0
    /// The length of the argument that is due; -1 when its length is due.
    private var bulkBytes = -1
    private var failure: ProtocolError?

    package init(limits: RequestLimits = RequestLimits(), isAuthenticated: Bool = true) {
        self.limits = limits
        self.isAuthenticated = isAuthenticated
    }

    /// Whether a request has come in part.
    package var isMidRequest: Bool { argumentsDue > 0 || searched > consumed }

    /// True when there is one more request in `bytes`, and then `arguments` are its arguments. Requests without any are
    /// read over. An error is for good: the next call throws it again.
    ///
    /// Quotes and escapes of an inline request are taken out in place; nothing else is changed.
    package mutating func next(in bytes: UnsafeMutableRawBufferPointer) throws(ProtocolError) -> Bool {
        if let failure { throw failure }
        if argumentsDue == 0 { forgetArguments() }
        do throws(ProtocolError) {
            return try advance(bytes)
        } catch {
            failure = error
            throw error
        }
    }

    /// How many bytes the connection has to drop from the front of its buffer, now. Ranges of a request that has come
    /// in part move along; those of a whole one are gone.
    package mutating func dropConsumed() -> Int {
        let count = consumed
        guard count > 0 else { return 0 }
        if argumentsDue == 0 { forgetArguments() }
        for index in arguments.indices {
            arguments[index] = arguments[index].lowerBound &- count..<arguments[index].upperBound &- count
        }
        consumed = 0
        position &-= count
        searched &-= count
        return count
    }

    private mutating func forgetArguments() {
        // One request with a million arguments is no reason to keep 16 MiB for as long as the client stays.
        if arguments.capacity > 1024 {
            arguments = []
        } else if !arguments.isEmpty {
            arguments.removeAll(keepingCapacity: true)
        }
    }

    private mutating func advance(_ bytes: UnsafeMutableRawBufferPointer) throws(ProtocolError) -> Bool {
        while position < bytes.count {
            if argumentsDue > 0 || bytes[position] == UInt8(ascii: "*") {
                guard try readMultibulk(UnsafeRawBufferPointer(bytes)) else { return false }
            } else {
                guard try readInline(bytes) else { return false }
            }
            consumed = position
            if !arguments.isEmpty { return true }
        }
        return false
    }

    // MARK: Multibulk

    /// False when bytes are missing.
    private mutating func readMultibulk(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Bool {
        if argumentsDue == 0 {
            guard let count = try readCount(bytes) else { return false }
            argumentsDue = max(0, count)
        }
        while argumentsDue > 0 {
            if bulkBytes < 0 {
                guard let length = try readLength(bytes) else { return false }
                bulkBytes = length
            }
            guard bytes.count &- position &- 2 >= bulkBytes else { return false }
            arguments.append(Range(uncheckedBounds: (position, position &+ bulkBytes)))
            move(to: position &+ bulkBytes &+ 2)
            bulkBytes = -1
            argumentsDue &-= 1
        }
        return true
    }

    private mutating func move(to place: Int) {
        position = place
        searched = place
    }

    /// `*3\r\n`. A count of zero or less means a request without arguments.
    private mutating func readCount(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int? {
        if let number = shortNumber(bytes) {
            return try checked(count: number)
        }
        guard let end = try endOfLine(bytes, otherwise: .tooBigMultibulkCount) else { return nil }
        guard let number = IntegerText.parse(bytes[position &+ 1..<end]) else { throw .invalidMultibulkLength }
        move(to: end &+ 2)
        return try checked(count: Int(number))
    }

    private func checked(count: Int) throws(ProtocolError) -> Int {
        guard count <= limits.argumentsMax else { throw .invalidMultibulkLength }
        guard isAuthenticated || count <= RequestLimits.unauthenticatedArgumentsMax else {
            throw .unauthenticatedMultibulkLength
        }
        return count
    }

    /// `$3\r\n`
    private mutating func readLength(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int? {
        if position < bytes.count, bytes[position] == UInt8(ascii: "$"), let number = shortNumber(bytes) {
            return try checked(length: number)
        }
        guard let end = try endOfLine(bytes, otherwise: .tooBigBulkCount) else { return nil }
        guard bytes[position] == UInt8(ascii: "$") else { throw .expectedBulk(bytes[position]) }
        guard let number = IntegerText.parse(bytes[position &+ 1..<end]) else { throw .invalidBulkLength }
        move(to: end &+ 2)
        return try checked(length: Int(number))
    }

    private func checked(length: Int) throws(ProtocolError) -> Int {
        guard length >= 0, length <= limits.bulkBytesMax else { throw .invalidBulkLength }
        guard isAuthenticated || length <= RequestLimits.unauthenticatedBulkBytesMax else {
            throw .unauthenticatedBulkLength
        }
        // What is there already is in memory, so this cannot overflow.
        guard length <= limits.requestBytesMax &- (position &- consumed) &- 2 else { throw .tooBigRequest }
        return length
    }

    /// The number of a header of at most nine digits that is there as a whole, and nothing special: nearly all are. The
    /// position is behind it then. Otherwise nil, and nothing has changed.
    private mutating func shortNumber(_ bytes: UnsafeRawBufferPointer) -> Int? {
        // A header that was looked at before is left to the search that goes on where it stopped.
        guard searched == position else { return nil }
        let start = position &+ 1
        let last = min(start &+ 9, bytes.count &- 2)
        var (index, number) = (start, 0)
        while index < last {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            number = number &* 10 &+ Int(digit)
            index &+= 1
        }
        guard index <= last, bytes[index] == carriageReturn, index > start,
            bytes[start] != UInt8(ascii: "0") || index == start &+ 1
        else { return nil }
        move(to: index &+ 2)
        return number
    }

    /// Where the CR stands that ends the line, when the byte behind it is there too.
    private mutating func endOfLine(
        _ bytes: UnsafeRawBufferPointer, otherwise error: ProtocolError
    ) throws(ProtocolError) -> Int? {
        let end = bytes.firstIndex(of: carriageReturn, from: searched)
        searched = end ?? max(searched, bytes.count)
        guard searched &- position <= RequestLimits.lineBytesMax else { throw error }
        guard let end, end &+ 1 < bytes.count else { return nil }
        return end
    }

    // MARK: Inline

    /// False when bytes are missing.
    private mutating func readInline(_ bytes: UnsafeMutableRawBufferPointer) throws(ProtocolError) -> Bool {
        guard let end = try endOfInline(UnsafeRawBufferPointer(bytes)) else { return false }
        // A CR before the LF is a blank as any other.
        var splitter = InlineSplitter(bytes, position..<end)
        while let argument = try splitter.next() { arguments.append(argument) }
        move(to: end &+ 1)
        return true
    }

    /// Where the LF stands that ends the line.
    ///
    /// Redis does not find it behind a NUL: it waits for 64 KiB and then says that the request is too big. Here it is
    /// said at once, so that a client that speaks TLS to this port does not wait for ever.
    private mutating func endOfInline(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int? {
        let end = bytes.firstIndex(of: lineFeed, from: searched)
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(end ?? bytes.count)])
        guard line.firstIndex(of: 0, from: searched) == nil else { throw .tooBigInlineRequest }
        searched = line.count
        guard searched &- position <= RequestLimits.lineBytesMax else { throw .tooBigInlineRequest }
        return end
    }
}
