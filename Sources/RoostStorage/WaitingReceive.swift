package import RoostModel

/// A receive that waits for a message.
package struct WaitingReceive: Sendable, Equatable {
    package var queue: QueueName
    /// Whose client waits.
    package var door: Door
    package var since: BrokerTime
    /// Nil: it waits for ever.
    package var until: BrokerTime?

    package init(queue: QueueName, door: Door, since: BrokerTime, until: BrokerTime?) {
        self.queue = queue
        self.door = door
        self.since = since
        self.until = until
    }
}
