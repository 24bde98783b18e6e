extension KeyReply {
    /// About what it takes in memory beside itself.
    package var byteCount: Int {
        switch self {
        case .ok, .null, .nullArray, .integer, .double, .word, .failure: 0
        case .bytes(let bytes): bytes.count
        case .strings(let strings): strings.byteCount
        case .array(let replies), .map(let replies), .pairs(let replies), .set(let replies):
            replies.reduce(0) { $0 + Self.bytesPerPart + $1.byteCount }
        case .scored(let members): members.reduce(0) { $0 + Self.bytesPerPart + $1.member.count }
        case .page(_, let found): found.reduce(0) { $0 + Self.bytesPerPart + $1.count }
        }
    }

    /// Its place in an array, and the head of an array of its own.
    private static let bytesPerPart = 48
}
