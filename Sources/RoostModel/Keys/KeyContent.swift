/// All that a key holds, without its expiry: what DUMP answers, and RESTORE puts back.
package enum KeyContent: Sendable, Equatable {
    case string(Bytes)
    case list([Bytes])
    case hash([KeyValuePair])
    case set([Bytes])
    case sortedSet([ScoredMember])

    /// A key without any is none.
    package var isEmpty: Bool {
        switch self {
        case .string: false
        case .list(let elements), .set(let elements): elements.isEmpty
        case .hash(let fields): fields.isEmpty
        case .sortedSet(let members): members.isEmpty
        }
    }
}
