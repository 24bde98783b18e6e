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
        case .content(let content): content.byteCount
        }
    }

    /// Its place in an array, and the head of an array of its own.
    fileprivate static let bytesPerPart = 48
}

extension KeyContent {
    fileprivate var byteCount: Int {
        let part = KeyReply.bytesPerPart
        return switch self {
        case .string(let text): text.count
        case .list(let elements), .set(let elements): elements.reduce(0) { $0 + part + $1.count }
        case .hash(let fields): fields.reduce(0) { $0 + 2 * part + $1.key.count + $1.value.count }
        case .sortedSet(let members): members.reduce(0) { $0 + part + $1.member.count }
        }
    }
}
