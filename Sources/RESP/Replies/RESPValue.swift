/// A reply as a client reads it.
package indirect enum RESPValue: Sendable, Equatable {
    case simpleString([UInt8])
    /// From the code on, without `-` or `!`.
    case error([UInt8])
    case integer(Int64)
    case bulk([UInt8])
    /// Both nulls of RESP2, and that of RESP3.
    case null
    case array([RESPValue])
    case double(Double)
    case boolean(Bool)
    case bigNumber([UInt8])
    /// `format`: three bytes.
    case verbatim(format: [UInt8], text: [UInt8])
    case map([RESPPair])
    case set([RESPValue])
    case push([RESPValue])
    /// A value and what was said about it.
    case attributed([RESPPair], RESPValue)
}

package struct RESPPair: Sendable, Equatable {
    package var key: RESPValue
    package var value: RESPValue

    package init(_ key: RESPValue, _ value: RESPValue) {
        self.key = key
        self.value = value
    }
}
