/// Which pair of links a list runs through.
package protocol LinkField {
    static func previous(_ slot: borrowing MessageSlot) -> UInt32
    static func next(_ slot: borrowing MessageSlot) -> UInt32
    static func setPrevious(_ slot: inout MessageSlot, _ value: UInt32)
    static func setNext(_ slot: inout MessageSlot, _ value: UInt32)
}

/// `previous` and `next`: the ready messages of a lane, or the buried ones of a queue.
package enum PlaceLinks: LinkField {
    package static func previous(_ slot: borrowing MessageSlot) -> UInt32 { slot.previous }
    package static func next(_ slot: borrowing MessageSlot) -> UInt32 { slot.next }
    package static func setPrevious(_ slot: inout MessageSlot, _ value: UInt32) { slot.previous = value }
    package static func setNext(_ slot: inout MessageSlot, _ value: UInt32) { slot.next = value }
}

/// `agePrevious` and `ageNext`: the messages of a queue by the time they became available, its delayed or its damaged
/// ones.
package enum AgeLinks: LinkField {
    package static func previous(_ slot: borrowing MessageSlot) -> UInt32 { slot.agePrevious }
    package static func next(_ slot: borrowing MessageSlot) -> UInt32 { slot.ageNext }
    package static func setPrevious(_ slot: inout MessageSlot, _ value: UInt32) { slot.agePrevious = value }
    package static func setNext(_ slot: inout MessageSlot, _ value: UInt32) { slot.ageNext = value }
}

/// A doubly linked list whose links stand in the slots themselves: every operation is O(1) and allocates nothing.
package struct MessageList<Links: LinkField> {
    package private(set) var head = MessageSlot.none
    package private(set) var tail = MessageSlot.none

    package init() {}

    /// A list as it was written down. Whether the links are right is for `BrokerImageCheck` to find out.
    init(head: UInt32, tail: UInt32) {
        self.head = head
        self.tail = tail
    }

    package var isEmpty: Bool { head == MessageSlot.none }

    package mutating func append(_ slot: UInt32, in index: inout MessageIndex) {
        Links.setPrevious(&index[slot], tail)
        Links.setNext(&index[slot], MessageSlot.none)
        if tail != MessageSlot.none { Links.setNext(&index[tail], slot) } else { head = slot }
        tail = slot
    }

    package mutating func remove(_ slot: UInt32, in index: inout MessageIndex) {
        let (previous, next) = (Links.previous(index[slot]), Links.next(index[slot]))
        if previous != MessageSlot.none { Links.setNext(&index[previous], next) } else { head = next }
        if next != MessageSlot.none { Links.setPrevious(&index[next], previous) } else { tail = previous }
    }

    /// Takes over all of `other`, behind the present tail.
    package mutating func append(contentsOf other: inout Self, in index: inout MessageIndex) {
        guard !other.isEmpty else { return }
        if isEmpty {
            self = other
        } else {
            Links.setNext(&index[tail], other.head)
            Links.setPrevious(&index[other.head], tail)
            tail = other.tail
        }
        other = Self()
    }
}
