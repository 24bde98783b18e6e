/// The places at which a stream is cut: from a byte of the input, so that the fuzzer can look for others.
struct Pieces {
    private var state: UInt8

    init(_ cut: UInt8) { state = cut }

    /// Below 64 always as many bytes; otherwise from 0 to 15 in turn.
    mutating func next() -> Int {
        guard state >= 64 else { return max(1, Int(state)) }
        state = state &* 5 &+ 13 | 64
        return Int(state >> 1 & 15)
    }

    /// Gives `stream` to `feed` piece by piece.
    mutating func cut(_ stream: [UInt8], _ feed: (ArraySlice<UInt8>) -> Void) {
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = rest.prefix(next())
            feed(piece)
            rest = rest.dropFirst(piece.count)
        }
    }
}
