package import RoostModel

// What task queues and moves have in the log.

/// A worker that held the message set it aside.
package struct BuryEntry: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64
    package var at: BrokerTime
    package var burial: Burial
}

/// Buried messages return to their old place.
package struct KickEntry: Sendable, Equatable {
    package var queue: UInt32
    package var at: BrokerTime
    package var slots: [UInt32]
}

/// A move in the background begins.
package struct StartMoveEntry: Sendable, Equatable {
    package var id: UInt64
    package var from: UInt32
    package var at: BrokerTime
    package var rate: Int?
    package var toMove: Int
    /// Nil: each message back to the queue that it was a dead letter of.
    package var to: QueueName?
}

/// It is over.
package struct EndMoveEntry: Sendable, Equatable {
    package var id: UInt64
    package var at: BrokerTime
    /// Not `.running`.
    package var status: MoveTask.Status
}
