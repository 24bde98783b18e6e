package import RoostModel

/// One change of the core, as it stands in the log. Everything that was decided is in it; `Broker.apply` decides
/// nothing.
package enum Entry: Sendable, Equatable {
    // Those that are large and rare stand elsewhere, so that the others are quick to move.

    indirect case createQueue(CreateQueueEntry)
    case deleteQueue(DeleteQueueEntry)
    case purgeQueue(PurgeQueueEntry)
    indirect case changeSettings(ChangeSettingsEntry)
    indirect case pauseQueue(PauseQueueEntry)
    case resumeQueue(ResumeQueueEntry)
    case send(SendEntry)
    case lease(LeaseEntry)
    case delete(DeleteEntry)
    case changeVisibility(ChangeVisibilityEntry)
    case move(MoveEntry)
    case damage(DamageEntry)
    case transfer(TransferEntry)
    indirect case bury(BuryEntry)
    case kick(KickEntry)
    indirect case startMove(StartMoveEntry)
    case endMove(EndMoveEntry)
    case take(TakeEntry)
    case tick(TickEntry)
    case keys(KeysEntry)
    case transaction(TransactionEntry)
}

/// What kind of record an entry is in the log. Numbers are for ever; a number that fell out of use is not used again.
package enum EntryKind: UInt8, Sendable, CaseIterable {
    case createQueue = 1
    case deleteQueue = 2
    case purgeQueue = 3
    case changeSettings = 4
    case pauseQueue = 5
    case resumeQueue = 6
    case send = 16
    case lease = 17
    case delete = 18
    case changeVisibility = 19
    case move = 20
    case damage = 21
    case transfer = 22
    case bury = 23
    case kick = 24
    case startMove = 25
    case endMove = 26
    case take = 27
    case tick = 32
    case keys = 40
    case transaction = 41
}

package struct CreateQueueEntry: Sendable, Equatable {
    package var queue: UInt32
    package var at: BrokerTime
    package var name: QueueName
    package var settings: QueueSettings
}

package struct DeleteQueueEntry: Sendable, Equatable {
    package var queue: UInt32
}

package struct PurgeQueueEntry: Sendable, Equatable {
    package var queue: UInt32
    /// All messages of the queue with lower numbers go: that is all there are.
    package var below: UInt64
}

package struct ChangeSettingsEntry: Sendable, Equatable {
    package var queue: UInt32
    package var at: BrokerTime
    package var settings: QueueSettings
}

package struct PauseQueueEntry: Sendable, Equatable {
    package var queue: UInt32
    package var pause: Pause
}

package struct ResumeQueueEntry: Sendable, Equatable {
    package var queue: UInt32
}

/// The fixed part of a send. The content (attributes, body) follows it in the record and is not held by the core.
package struct SendEntry: Sendable, Equatable {
    package var queue: UInt32
    package var slot: UInt32
    package var number: UInt64
    package var sentAt: BrokerTime
    /// When the message becomes available: `sentAt` without a delay.
    package var availableAt: BrokerTime
    package var group: GroupName?
    package var deduplication: DeduplicationKey?
}

package struct LeaseEntry: Sendable, Equatable {
    package var queue: UInt32
    package var at: BrokerTime
    package var deadline: BrokerTime
    package var slots: [UInt32]
}

/// Received and deleted in one step: what a pop of the Redis protocol does with a queue.
package struct TakeEntry: Sendable, Equatable {
    package var queue: UInt32
    package var at: BrokerTime
    package var slots: [UInt32]
}

/// The records behind this one belong together: a restart carries out all of them or none.
///
/// A count of zero says that the records of the transaction before are not to be carried out: the process ended before
/// the last of them was on disk.
package struct TransactionEntry: Sendable, Equatable {
    package var count: UInt32

    package init(count: UInt32) { self.count = count }

    package static let void = Self(count: 0)
}

package struct DeleteEntry: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64
}

package struct ChangeVisibilityEntry: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64
    /// Nil: the message goes back to its queue at once.
    package var deadline: BrokerTime?
}

/// The message's record was written again: its place is now that of this entry. The payload is that of the send, byte
/// for byte, so that whoever reads bodies does not ask how often one was moved.
package struct MoveEntry: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64

    package init(slot: UInt32, number: UInt64) {
        self.slot = slot
        self.number = number
    }
}

/// The message's record cannot be read: it is not delivered any more, and waits for somebody to delete it.
package struct DamageEntry: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64

    package init(slot: UInt32, number: UInt64) {
        self.slot = slot
        self.number = number
    }
}

/// Messages go to another queue. Only their index entries move; their records stay where they are.
package struct TransferEntry: Sendable, Equatable {
    package enum Purpose: UInt8, Sendable {
        /// Received too often: the message remembers where it was, and how often it was received.
        case deadLetter = 1
        /// Sent on its way again, as if it had never been received.
        case redrive = 2
    }

    package var from: UInt32
    package var to: UInt32
    package var at: BrokerTime
    package var purpose: Purpose
    package var slots: [UInt32]
    /// The move in the background that does it; 0: none. Redrives only.
    package var move: UInt64

    package init(from: UInt32, to: UInt32, at: BrokerTime, purpose: Purpose, slots: [UInt32], move: UInt64 = 0) {
        self.from = from
        self.to = to
        self.at = at
        self.purpose = purpose
        self.slots = slots
        self.move = move
    }
}

/// What time did: at most `Limits.timersPerTickMax` slots in all three parts together.
package struct TickEntry: Sendable, Equatable {
    package var at: BrokerTime
    /// Ends of delays and leases, in the order of their deadlines.
    package var fired: [UInt32] = []
    /// Messages whose retention is over.
    package var expired: [UInt32] = []
    /// Dead messages to free, from the first queue that has some.
    package var reaped: UInt32 = 0

    package init(at: BrokerTime) { self.at = at }

    package var isEmpty: Bool { fired.isEmpty && expired.isEmpty && reaped == 0 }
}

/// An entry that does not fit the state it is applied to: the log is not the one that made the state.
package struct EntryMismatch: Error, Sendable, Equatable {
    package var kind: EntryKind
    package var reason: String
}

extension Entry {
    package var kind: EntryKind {
        switch self {
        case .createQueue: .createQueue
        case .deleteQueue: .deleteQueue
        case .purgeQueue: .purgeQueue
        case .changeSettings: .changeSettings
        case .pauseQueue: .pauseQueue
        case .resumeQueue: .resumeQueue
        case .send: .send
        case .lease: .lease
        case .delete: .delete
        case .changeVisibility: .changeVisibility
        case .move: .move
        case .damage: .damage
        case .transfer: .transfer
        case .bury: .bury
        case .kick: .kick
        case .startMove: .startMove
        case .endMove: .endMove
        case .tick: .tick
        case .keys: .keys
        case .take: .take
        case .transaction: .transaction
        }
    }
}
