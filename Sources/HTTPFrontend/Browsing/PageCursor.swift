import RoostModel
import RoostStorage

/// What `next_after` of a page of messages says: where to go on, and in which list.
struct PageCursor {
    var state: MessageState
    var from: PeekOptions.End
    var place: BrowsePlace

    init(state: MessageState, from: PeekOptions.End, place: BrowsePlace) {
        self.state = state
        self.from = from
        self.place = place
    }

    /// Throws when it is not of this state and end.
    init(_ text: String, _ state: MessageState, _ from: PeekOptions.End) throws {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == state.name, parts[1] == from.name, let place = BrowsePlace(String(parts[2]))
        else { throw Problem.invalidCursor }
        self.init(state: state, from: from, place: place)
    }
}

extension PageCursor: CustomStringConvertible {
    var description: String { "\(state.name).\(from.name).\(place)" }
}

extension PeekOptions.End {
    fileprivate var name: String { self == .head ? "head" : "tail" }
}
