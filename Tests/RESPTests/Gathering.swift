import RESP

/// What came out of a stream of requests.
enum RequestEvent: Equatable {
    case request([String])
    case error(ProtocolError)
}

/// A connection: gathers bytes, and asks its reader for requests.
struct RequestConnection {
    var reader: RequestReader
    /// Whether to drop bytes after each request, or only when there is none any more.
    var dropsAtOnce = false
    private(set) var events: [RequestEvent] = []
    private(set) var buffer: [UInt8] = []

    init(_ limits: RequestLimits = RequestLimits(), isAuthenticated: Bool = true) {
        reader = RequestReader(limits: limits, isAuthenticated: isAuthenticated)
    }

    mutating func receive(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
        do throws(ProtocolError) {
            while try step() {
                events.append(.request(reader.arguments.map { String(decodingLatin1: buffer[$0]) }))
                if dropsAtOnce { buffer.removeFirst(reader.dropConsumed()) }
            }
            buffer.removeFirst(reader.dropConsumed())
        } catch {
            if events.last != .error(error) { events.append(.error(error)) }
        }
    }

    private mutating func step() throws(ProtocolError) -> Bool { try next(&reader, &buffer) }
}

/// One step of a reader.
func next(_ reader: inout RequestReader, _ buffer: inout [UInt8]) throws(ProtocolError) -> Bool {
    try buffer.withUnsafeMutableBufferPointer { bytes throws(ProtocolError) in
        try reader.next(in: UnsafeMutableRawBufferPointer(bytes))
    }
}

/// The requests in `stream`, and the error that ends it.
func requests(
    _ stream: some Collection<UInt8>, _ limits: RequestLimits = RequestLimits(), isAuthenticated: Bool = true
) -> [RequestEvent] {
    var connection = RequestConnection(limits, isAuthenticated: isAuthenticated)
    connection.receive(stream)
    return connection.events
}

func requests(_ stream: String, isAuthenticated: Bool = true) -> [RequestEvent] {
    requests(Array(latin1: stream), isAuthenticated: isAuthenticated)
}

/// What came out of a stream of replies.
enum ReplyEvent: Equatable {
    case reply(RESPValue)
    case error(ReplyError)
}

/// A client: gathers bytes, and asks its reader for replies.
struct ReplyConnection {
    var reader: ReplyReader
    private(set) var events: [ReplyEvent] = []
    private(set) var buffer: [UInt8] = []

    init(_ limits: ReplyLimits = ReplyLimits()) { reader = ReplyReader(limits: limits) }

    mutating func receive(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
        do throws(ReplyError) {
            while let reply = try step() { events.append(.reply(reply)) }
            buffer.removeFirst(reader.dropConsumed())
        } catch {
            if events.last != .error(error) { events.append(.error(error)) }
        }
    }

    private mutating func step() throws(ReplyError) -> RESPValue? {
        try buffer.withUnsafeBufferPointer { bytes throws(ReplyError) in
            try reader.next(in: UnsafeRawBufferPointer(bytes))
        }
    }
}

func replies(_ stream: some Collection<UInt8>, _ limits: ReplyLimits = ReplyLimits()) -> [ReplyEvent] {
    var connection = ReplyConnection(limits)
    connection.receive(stream)
    return connection.events
}

func replies(_ stream: String) -> [ReplyEvent] { replies(Array(latin1: stream)) }

extension String {
    /// One character for each byte.
    init(decodingLatin1 bytes: some Collection<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }
}

extension [UInt8] {
    /// One byte for each character up to U+00FF.
    init(latin1 text: String) { self = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// In pieces that `random` chooses, some of them empty.
    func pieces(_ random: inout SplitMix) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        while !rest.isEmpty {
            let count = Int(random.next() % UInt64(Swift.min(rest.count, 20) + 1))
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}

/// Seeded, so that every run is the same.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
