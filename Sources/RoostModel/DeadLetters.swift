/// Where messages of a queue go that were received too often.
package struct DeadLetterPolicy: Sendable, Equatable {
    /// A queue of the same type. While there is none of this name, messages stay where they are.
    package var target: QueueName
    /// 1 to `Limits.deadLetterReceivesMax`. A message that was received as often, and at least once in this queue, is
    /// moved instead of being received once more. So a message that is a dead letter already has a chance in every
    /// queue it comes to, and queues that name each other do not pass one to and fro for ever.
    package var receivesMax: Int

    package init(target: QueueName, receivesMax: Int) {
        self.target = target
        self.receivesMax = receivesMax
    }
}

/// Which queues may name a queue as the target of their dead letters.
package enum DeadLetterSources: Sendable, Equatable {
    case all
    case none
    /// At most `Limits.deadLetterSourcesMax`.
    case these([QueueName])

    /// A list of none is `none`: they mean the same, and are the same bytes in a log.
    package var normalized: Self { self == .these([]) ? .none : self }

    package func allow(_ name: QueueName) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .these(let names): names.contains(name)
        }
    }
}

/// What a front end keeps with a queue and the core does not understand: a name and a text.
package typealias QueueProperties = [String: String]
