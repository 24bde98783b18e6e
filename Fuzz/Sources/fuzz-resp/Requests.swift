import FuzzRunner
import RESP

let requestReaches = [
    "request", "request: invalidMultibulkLength", "request: invalidBulkLength", "request: expectedBulk",
    "request: tooBigInlineRequest", "request: unbalancedQuotes",
    "request: unauthenticatedMultibulkLength", "request: unauthenticatedBulkLength", "request: tooBigRequest",
]

/// Mode bit 0: not authenticated. Bit 1: small limits.
func checkRequests(_ stream: [UInt8], mode: UInt8, _ pieces: Pieces) {
    var whole = RequestCollector(mode)
    whole.receive(stream[...])
    var parts = RequestCollector(mode)
    var pieces = pieces
    pieces.cut(stream) { parts.receive($0) }
    guard whole.requests == parts.requests, whole.error == parts.error else { report("pieces: other requests") }
    checkRoundTrip(whole.requests)
    if !whole.requests.isEmpty { Reach.note("request") }
    if let error = whole.error { Reach.note("request: " + "\(error)".prefix { $0 != "(" }) }
}

/// What was read, written as multibulk and read again.
private func checkRoundTrip(_ requests: [[[UInt8]]]) {
    var writer = ReplyWriter()
    for arguments in requests {
        writer.writeArray(count: arguments.count)
        for argument in arguments { writer.writeBulk(argument) }
    }
    var again = RequestCollector(0)
    again.receive(writer.bytes[...])
    guard again.requests == requests, again.error == nil, again.isEmpty else { report("written: other requests") }
}

/// A connection that keeps what its reader finds.
private struct RequestCollector {
    private(set) var requests: [[[UInt8]]] = []
    private(set) var error: ProtocolError?
    private var reader: RequestReader
    private var buffer: [UInt8] = []

    init(_ mode: UInt8) {
        var limits = RequestLimits()
        if mode & 2 != 0 { (limits.argumentsMax, limits.bulkBytesMax, limits.requestBytesMax) = (8, 24, 48) }
        reader = RequestReader(limits: limits, isAuthenticated: mode & 1 == 0)
    }

    var isEmpty: Bool { buffer.isEmpty && !reader.isMidRequest }

    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        buffer += bytes
        do {
            while try buffer.withUnsafeMutableBytes({ try reader.next(in: $0) }) {
                requests.append(reader.arguments.map { [UInt8](buffer[$0]) })
            }
            buffer.removeFirst(reader.dropConsumed())
        } catch let thrown as ProtocolError {
            if let error, error != thrown { report("an error after the error") }
            error = thrown
        } catch {}
    }
}
