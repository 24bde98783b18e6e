/// A container of a reply whose elements have not all come.
struct PendingContainer: Sendable {
    enum Kind: Sendable, Equatable {
        case array
        case set
        case push
        case map
        /// Attributes of the value behind them.
        case attributes
        /// That value is due.
        case attributed([RESPPair])
    }

    private var kind: Kind
    private var due: Int
    /// Keys and values of a map in turn.
    private var elements: [RESPValue] = []

    /// `count` as it stands on the wire: pairs of a map. Not negative, and at most `ReplyLimits.elementsMax`.
    init(_ kind: Kind, count: Int) {
        self.kind = kind
        switch kind {
        case .map: due = 2 &* count
        case .attributes where count == 0: (self.kind, due) = (.attributed([]), 1)
        case .attributes: due = 2 &* count
        default: due = count
        }
    }

    /// The container as a value, when nothing is due.
    var whole: RESPValue? {
        guard elements.count == due else { return nil }
        switch kind {
        case .array: return .array(elements)
        case .set: return .set(elements)
        case .push: return .push(elements)
        case .map: return .map(pairs)
        case .attributes: return nil
        case .attributed(let pairs): return elements.first.map { .attributed(pairs, $0) }
        }
    }

    /// The container as a value, when this was its last element.
    mutating func take(_ element: RESPValue) -> RESPValue? {
        elements.append(element)
        if kind == .attributes, elements.count == due { self = PendingContainer(.attributed(pairs), count: 1) }
        return whole
    }

    private var pairs: [RESPPair] {
        stride(from: 0, to: elements.count &- 1, by: 2).map { RESPPair(elements[$0], elements[$0 &+ 1]) }
    }
}
