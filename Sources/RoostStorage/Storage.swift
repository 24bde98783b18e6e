package import RoostModel

/// What the front ends speak to: the embedded engine, or Redis and Valkey behind the same words.
///
/// It is not `async`: a message costs no task, no closure and no continuation. A front end collects the requests of one
/// event-loop turn, hands them over as a list, and gets the results as lists, each after what it depends on is on disk.
package protocol Storage: AnyObject, Sendable {
    /// Takes a whole turn's requests, in order. Never blocks and never calls back from inside.
    ///
    /// Every submission is answered by exactly one completion with its token, delivered to `receiver`.
    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver)

    /// Takes a waiting receive out of the line; it is answered empty. When its completion was already on its way,
    /// whoever gets it has to give the messages back.
    func cancel(_ token: UInt64, for receiver: any CompletionReceiver)

    /// Whether requests are served. Cheap, from any thread.
    var readiness: Readiness { get }

    /// Counters and gauges of the engine. Cheap, from any thread, at most a few milliseconds old.
    var metrics: StorageMetrics { get }

    /// Another number after each change of the properties of any queue, a queue made or deleted with properties
    /// included, and no later than the reply to that change. Cheap, from any thread. Nil: the storage does not know
    /// when properties change, and has to be asked for them each time.
    var propertiesVersion: UInt64? { get }

    /// Whether queues are bound to channels, so that the storage has to be told what is published. No later than the
    /// reply to the change that binds one. Cheap, from any thread.
    var hasBindings: Bool { get }

    /// Carries out one command on keys at once, without a turn of the storage. Nil: nothing was done, and it has to be
    /// submitted. Never waits, from any thread.
    ///
    /// - Parameter goesOn: right behind another small command of the same client, whose time it may have.
    func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce?
}

extension Storage {
    package var propertiesVersion: UInt64? { nil }
    package var hasBindings: Bool { false }
    package func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce? { nil }
}

/// What became of a command that was carried out without a turn.
package struct ReplyAtOnce: ~Copyable, Sendable {
    package let reply: KeyReply
    /// Whether all that it tells of is on disk. Otherwise whoever asked submits a `.barrier` soon, which also makes the
    /// storage write, and keeps the reply until that is answered, whatever the answer is.
    package let isOnDisk: Bool

    package init(_ reply: consuming KeyReply, isOnDisk: Bool) {
        self.reply = reply
        self.isOnDisk = isOnDisk
    }
}

/// Gets the results of a turn. One object for each event loop of a front end.
package protocol CompletionReceiver: AnyObject, Sendable {
    /// Whose requests they are, for metrics. It does not change.
    var door: Door { get }

    /// Called once for each commit, on any thread, never while `submit` runs on the same stack.
    func receive(_ completions: consuming [Completion])
}

extension CompletionReceiver {
    package var door: Door { .inside }
}

/// A request with the token under which its result will come back. Tokens need to be unique for one receiver.
package struct Submission: Sendable {
    package var token: UInt64
    package var request: StorageRequest

    package init(token: UInt64, request: StorageRequest) {
        self.token = token
        self.request = request
    }
}

package struct Completion: Sendable {
    package var token: UInt64
    package var result: Result<StorageReply, Rejection>

    package init(token: UInt64, result: Result<StorageReply, Rejection>) {
        self.token = token
        self.result = result
    }
}

package enum Readiness: Sendable, Equatable {
    /// The log is being read. `fraction` is from 0 to 1.
    case recovering(fraction: Double)
    case ready
    case shuttingDown
    case failed(String)
}
