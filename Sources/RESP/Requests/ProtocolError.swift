/// What is wrong with a request. The reply is the last thing that the client gets: its connection ends behind it.
package enum ProtocolError: Error, Sendable, Equatable {
    case invalidMultibulkLength
    case invalidBulkLength
    /// The byte that stands where `$` was due.
    case expectedBulk(UInt8)
    case tooBigMultibulkCount
    case tooBigBulkCount
    case tooBigInlineRequest
    case unbalancedQuotes
    case unauthenticatedMultibulkLength
    case unauthenticatedBulkLength
    /// More than `RequestLimits.requestBytesMax`. Redis ends the connection without a word here.
    case tooBigRequest

    /// The text of the error reply, from `ERR` on. A byte that was not expected stands in it as it came.
    package var text: [UInt8] {
        var text = Array("ERR Protocol error: \(reason)".utf8)
        if case .expectedBulk(let byte) = self { text += [byte, UInt8(ascii: "'")] }
        return text
    }

    private var reason: StaticString {
        switch self {
        case .invalidMultibulkLength: "invalid multibulk length"
        case .invalidBulkLength: "invalid bulk length"
        case .expectedBulk: "expected '$', got '"
        case .tooBigMultibulkCount: "too big mbulk count string"
        case .tooBigBulkCount: "too big bulk count string"
        case .tooBigInlineRequest: "too big inline request"
        case .unbalancedQuotes: "unbalanced quotes in request"
        case .unauthenticatedMultibulkLength: "unauthenticated multibulk length"
        case .unauthenticatedBulkLength: "unauthenticated bulk length"
        case .tooBigRequest: "too big request"
        }
    }
}
