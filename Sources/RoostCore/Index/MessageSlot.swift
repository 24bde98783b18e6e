package import RoostModel

/// Where the record of a message lies in the log.
package struct BodyLocation: Sendable, Hashable {
    /// Below 2^24.
    package var segment: UInt32
    /// Of the record's frame: a multiple of 8, below 2^27.
    package var offset: UInt32
    /// Bytes of the record's payload, below 2^28.
    package var length: UInt32

    package init(segment: UInt32, offset: UInt32, length: UInt32) {
        self.segment = segment
        self.offset = offset
        self.length = length
    }

    package static let none = Self(segment: 0, offset: 0, length: 0)
}

/// Whose lane a message stands in: that of its queue, or that of a group in the queue.
package struct Owner: Sendable, Hashable {
    /// 24 bits.
    package var id: UInt32
    package var isGroup: Bool

    package static func queue(_ id: UInt32) -> Self { Self(id: id, isGroup: false) }
    package static func group(_ id: UInt32) -> Self { Self(id: id, isGroup: true) }
}

/// All that is held in memory of a message: 60 bytes.
///
/// A message is always on one list through `agePrevious` and `ageNext` (its lane's messages in the order in which they
/// became available, its lane's delayed ones, or its queue's damaged ones), and in one structure through `previous` and
/// `next`: the ready list, the tree of returned messages (as left and right child), or a bucket of the timer wheel.
/// Buried messages are on their queue's list of them. Damaged messages are in none of these, nor are the ready ones of
/// a FIFO queue, which wait in the order of their group.
///
/// ```
/// word  0..3   low 32 bits of: number, order, availableAt, deadline
/// word  4      number 47..32 | order 47..32
/// word  5      availableAt 43..32 | deadline 43..32 | length 27..20        (12, 12, 8 bits)
/// word  6      first receive, milliseconds after availableAt, signed (saturates at 24 days)
/// word  7      is in a group | leases | receive count                      (1, 17, 14 bits)
/// word  8..11  previous, next, agePrevious, ageNext
/// word 12      segment | length 19..16 | place                             (24, 4, 4 bits)
/// word 13      offset / 8 | length 15..8                                   (24, 8 bits)
/// word 14      owner: queue or group | length 7..0                         (24, 8 bits)
/// ```
package struct MessageSlot {
    /// Which structure `previous` and `next` belong to.
    package enum Place: UInt32 {
        case free = 0
        case delayed = 1
        case readyList = 2
        case returnedTree = 3
        case inFlight = 4
        /// Purged and out of the timer wheel: on nothing but the list that waits to be reaped.
        case dead = 5
        /// Its record cannot be read: on nothing but its queue's list of damaged messages.
        case damaged = 6
        /// Ready in a FIFO queue, as far as the message itself goes: those before it in its group may not be.
        case readyInGroup = 7
        /// Set aside by a worker: on its queue's list of buried messages.
        case buried = 8
    }

    /// End of a list, missing child. Slots stay below 2^31, so that the timer wheel can tell its marks from slots.
    package static let none: UInt32 = .max

    private var numberLow: UInt32 = 0
    private var orderLow: UInt32 = 0
    private var availableLow: UInt32 = 0
    private var deadlineLow: UInt32 = 0
    private var numberHigh: UInt16 = 0
    private var orderHigh: UInt16 = 0
    private var timeHighsAndLength: UInt32 = 0
    /// Below zero in dead letters, which were received before they came to where they stand.
    package private(set) var firstReceivedAfter: Int32 = 0
    private var counters: UInt32 = 0
    package var previous: UInt32 = Self.none
    package var next: UInt32 = Self.none
    package var agePrevious: UInt32 = Self.none
    package var ageNext: UInt32 = Self.none
    private var segmentLengthPlace: UInt32 = 0
    private var offsetAndLength: UInt32 = 0
    private var ownerAndLength: UInt32 = 0

    package init() {}
}

extension MessageSlot {
    /// Unique for ever, 48 bits, rising with every send.
    package var number: UInt64 {
        get { UInt64(numberHigh) << 32 | UInt64(numberLow) }
        set {
            numberLow = UInt32(truncatingIfNeeded: newValue)
            numberHigh = UInt16(truncatingIfNeeded: newValue >> 32)
        }
    }

    /// The place among the ready messages of a queue, 48 bits: lower is older.
    package var order: UInt64 {
        get { UInt64(orderHigh) << 32 | UInt64(orderLow) }
        set {
            orderLow = UInt32(truncatingIfNeeded: newValue)
            orderHigh = UInt16(truncatingIfNeeded: newValue >> 32)
        }
    }

    /// When the message became ready for the first time in its queue; while it is delayed, when it will.
    package var availableAt: BrokerTime {
        get { BrokerTime(milliseconds: Int64(timeHighsAndLength >> 20) << 32 | Int64(availableLow)) }
        set {
            let bits = Self.timeBits(newValue)
            availableLow = UInt32(truncatingIfNeeded: bits)
            timeHighsAndLength = timeHighsAndLength & 0x000f_ffff | UInt32(truncatingIfNeeded: bits >> 32) << 20
        }
    }

    /// End of the delay or of the lease.
    package var deadline: BrokerTime {
        get { BrokerTime(milliseconds: Int64(timeHighsAndLength >> 8 & 0xfff) << 32 | Int64(deadlineLow)) }
        set {
            let bits = Self.timeBits(newValue)
            deadlineLow = UInt32(truncatingIfNeeded: bits)
            timeHighsAndLength = timeHighsAndLength & 0xfff0_00ff | UInt32(truncatingIfNeeded: bits >> 32) << 8
        }
    }

    /// Of a buried message, in the place of the deadline: where the table of burials has the rest.
    package var burial: UInt32 {
        get { UInt32(truncatingIfNeeded: deadline.milliseconds) }
        set { deadline = BrokerTime(milliseconds: Int64(newValue)) }
    }

    /// Meaningful once `receiveCount` is above zero.
    package var firstReceivedAt: BrokerTime { availableAt + Milliseconds(Int64(firstReceivedAfter)) }

    package mutating func noteFirstReceive(at time: BrokerTime) {
        firstReceivedAfter = Int32(clamping: (time - availableAt).count)
    }

    /// For a message that goes to another queue, where it is available from `time` on.
    package mutating func noteTransfer(at time: BrokerTime) {
        let firstReceivedAt = firstReceivedAt
        availableAt = time
        noteFirstReceive(at: firstReceivedAt)
        deadline = BrokerTime(milliseconds: 0)
        // Handles from before are not the newest ones, should the message ever come back.
        setCounters(lease: lease &+ 1, receives: receiveCount)
    }

    /// Whether the message was received in the queue that it stands in. The deadline of a lease is never before the
    /// message became available, and a transfer takes the last one away.
    package var wasReceivedHere: Bool { receiveCount > 0 && deadline >= availableAt }

    package var place: Place {
        get { Place(rawValue: segmentLengthPlace & 0xf) ?? .free }
        set { segmentLengthPlace = segmentLengthPlace & ~0xf | newValue.rawValue }
    }

    /// Whose lane the message stands in.
    package var owner: Owner {
        get { Owner(id: ownerAndLength >> 8, isGroup: counters >> 31 == 1) }
        set {
            ownerAndLength = ownerAndLength & 0xff | newValue.id << 8
            counters = counters & ~(1 << 31) | (newValue.isGroup ? 1 << 31 : 0)
        }
    }

    /// Leases and transfers so far, modulo 2^17: tells the newest handle from older ones.
    package var lease: UInt32 { counters >> 14 & Self.leaseMask }
    /// Receives that count: stays at `receiveCountMax` when it is reached.
    package var receiveCount: UInt32 { counters & Self.receiveCountMax }

    package static let receiveCountMax: UInt32 = 1 << 14 - 1
    private static let leaseMask: UInt32 = 1 << 17 - 1

    package mutating func noteReceive() {
        setCounters(lease: lease &+ 1, receives: receiveCount + 1)
    }

    /// For a message that is sent on its way again.
    package mutating func forgetReceives() { setCounters(lease: lease, receives: 0) }

    private mutating func setCounters(lease: UInt32, receives: UInt32) {
        let group = counters & 1 << 31
        counters = group | (lease & Self.leaseMask) << 14 | min(receives, Self.receiveCountMax)
    }

    /// Word 7 as version 1 of the image has it: a count of 32 bits, which was the number of leases too. Word 6 has no
    /// sign there.
    package mutating func convertFromPlainCount() {
        firstReceivedAfter = Int32(clamping: UInt32(bitPattern: firstReceivedAfter))
        let count = counters
        counters = 0
        setCounters(lease: count, receives: count)
    }

    package var location: BodyLocation {
        get {
            let length =
                (timeHighsAndLength & 0xff) << 20 | (segmentLengthPlace >> 4 & 0xf) << 16
                | (offsetAndLength & 0xff) << 8 | ownerAndLength & 0xff
            return BodyLocation(
                segment: segmentLengthPlace >> 8, offset: (offsetAndLength >> 8) << 3, length: length)
        }
        set {
            precondition(newValue.segment < 1 << 24 && newValue.offset < 1 << 27 && newValue.length < 1 << 28)
            precondition(newValue.offset & 7 == 0)
            timeHighsAndLength = timeHighsAndLength & 0xffff_ff00 | newValue.length >> 20
            segmentLengthPlace =
                newValue.segment << 8 | (newValue.length >> 16 & 0xf) << 4 | segmentLengthPlace & 0xf
            offsetAndLength = (newValue.offset >> 3) << 8 | (newValue.length >> 8 & 0xff)
            ownerAndLength = ownerAndLength & 0xffff_ff00 | newValue.length & 0xff
        }
    }

    /// Times are held in 44 bits: until the year 2527.
    private static func timeBits(_ time: BrokerTime) -> UInt64 {
        UInt64(clamping: min(max(time.milliseconds, 0), 1 << 44 - 1))
    }
}
