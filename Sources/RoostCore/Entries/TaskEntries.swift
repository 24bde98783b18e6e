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
