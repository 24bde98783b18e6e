/// What to move from one queue to another, in the background.
package struct MoveOptions: Sendable, Equatable {
    package var from: QueueName
    /// Nil: each message back to the queue that it was a dead letter of.
    package var to: QueueName?
    /// Messages a second, 1 to `Limits.moveRateMax`; nil: as fast as it goes beside everything else.
    package var rate: Int?
    /// Only a queue that others send their dead letters to is a source (SQS).
    package var needsDeadLetterQueue: Bool

    package init(from: QueueName, to: QueueName? = nil, rate: Int? = nil, needsDeadLetterQueue: Bool = false) {
        self.from = from
        self.to = to
        self.rate = rate
        self.needsDeadLetterQueue = needsDeadLetterQueue
    }
}

/// A move in the background, as far as it is. It survives a restart.
package struct MoveTask: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case running
        case completed
        case cancelled
        case failed(Failure)
    }

    package enum Failure: UInt8, Sendable, CaseIterable {
        /// Source or target was deleted, or became a queue of another type.
        case queueIsGone = 1
        /// What is left does not say where it came from, or that queue is gone.
        case unknownOrigin = 2
    }

    /// Rises with every task.
    package var id: UInt64
    package var from: QueueName
    package var to: QueueName?
    package var rate: Int?
    package var status: Status
    package var moved: Int
    /// Messages in the source when the task began.
    package var toMove: Int
    package var startedAt: BrokerTime
    package var finishedAt: BrokerTime?

    package init(
        id: UInt64, from: QueueName, to: QueueName?, rate: Int?, status: Status = .running, moved: Int = 0,
        toMove: Int, startedAt: BrokerTime, finishedAt: BrokerTime? = nil
    ) {
        self.id = id
        self.from = from
        self.to = to
        self.rate = rate
        self.status = status
        self.moved = moved
        self.toMove = toMove
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
