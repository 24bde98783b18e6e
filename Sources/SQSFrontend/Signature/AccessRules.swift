package import RoostModel
import RoostStorage

/// Who may do what. Every action of every protocol goes through `refusal`.
package struct AccessRules: Sendable {
    let account: String
    let region: String

    package init(account: String, region: String) {
        self.account = account
        self.region = region
    }

    /// Nil when the key may do it.
    ///
    /// - Parameter queue: nil for what concerns all queues.
    /// - Parameter policy: that of the queue.
    package func refusal(
        _ key: AccessKey, _ permission: Permission, on queue: QueueName?, policy: Policy? = nil
    ) -> SQSFault? {
        if let refusal = refusalByKey(key, permission, on: queue) { return refusal }
        // As a rule: the owner, and no policy.
        if policy == nil, key.account == nil || key.account == account { return nil }
        let resource = arn(queue)
        let caller = Policy.Caller(account: key.account ?? account, name: key.id)
        switch Policy.decide(policy, caller, permission, on: resource, owner: account) {
        case .allow: return nil
        case .explicitDeny:
            return denial(key, permission, resource, "an explicit deny in a resource-based policy", because: "with")
        case .implicitDeny:
            return denial(key, permission, resource, "no resource-based policy allows the \(permission.name) action")
        }
    }

    /// Nil when the key allows it, whatever policies say.
    package func refusalByKey(_ key: AccessKey, _ permission: Permission, on queue: QueueName?) -> SQSFault? {
        if key.permissions?.contains(permission) ?? true, isNamed(queue, by: key.queues) { return nil }
        return denial(key, permission, arn(queue), "no identity-based policy allows the \(permission.name) action")
    }

    private func arn(_ queue: QueueName?) -> String { "arn:aws:sqs:\(region):\(account):\(queue?.description ?? "*")" }

    private func isNamed(_ queue: QueueName?, by patterns: [Wildcard]?) -> Bool {
        guard let patterns else { return true }
        // All queues together are more than some of them.
        guard let queue else { return patterns.contains { $0.matchesEverything } }
        return patterns.contains { $0.matches(queue.description) }
    }

    private func denial(
        _ key: AccessKey, _ permission: Permission, _ resource: String, _ reason: String, because: String = "because"
    ) -> SQSFault {
        SQSFault(
            .accessDenied,
            "User: arn:aws:iam::\(key.account ?? account):user/\(key.id) is not authorized to perform: "
                + "\(permission.name) on resource: \(resource) \(because) \(reason)")
    }
}

/// What a plan touches, and what has to be allowed there. Nearly always one thing, which takes no array.
package struct AccessNeeds: Sendable, Equatable {
    package struct Need: Sendable, Equatable {
        /// Nil for what concerns all queues.
        package let queue: QueueName?
        package let permission: Permission

        package init(_ permission: Permission, on queue: QueueName?) {
            self.permission = permission
            self.queue = queue
        }
    }

    package private(set) var first: Need?
    package private(set) var second: Need?

    package init(_ first: Need? = nil, _ second: Need? = nil) {
        self.first = first
        self.second = second
    }

    mutating func removeFirst() { (first, second) = (second, nil) }
}

extension Plan {
    package func accessNeeds(_ permission: Permission) -> AccessNeeds {
        switch self {
        case .single(.startMove(let options), _):
            // Without a target messages go back to where they came from.
            return AccessNeeds(
                .init(permission, on: options.from), options.to.map { .init(.sendMessage, on: $0) })
        case .single(let request, _), .question(let request, _):
            return AccessNeeds(.init(permission, on: request.queue))
        case .exclusive(_, let plan): return plan.accessNeeds(permission)
        case .batch(let batch):
            for case .waiting(let request) in batch.entries.lazy.map(\.outcome) {
                return AccessNeeds(.init(permission, on: request.queue))
            }
            return AccessNeeds()
        }
    }
}

extension StorageRequest {
    /// Nil: all, or not known.
    fileprivate var queue: QueueName? {
        switch self {
        case .createQueue(let queue, _), .adoptQueue(let queue, _), .deleteQueue(let queue), .purgeQueue(let queue),
            .changeSettings(let queue, _), .pauseQueue(let queue, _), .resumeQueue(let queue),
            .describeQueue(let queue), .send(let queue, _), .receive(let queue, _), .delete(let queue, _),
            .deleteByID(let queue, _), .changeVisibility(let queue, _, _), .giveBack(let queue, _),
            .renew(let queue, _, _), .peek(let queue, _), .browse(let queue, _), .look(let queue, _),
            .listGroups(let queue, _, _), .bury(let queue, _, _), .kick(let queue, _),
            .kickByID(let queue, _), .listDeadLetterSources(let queue, _, _), .listMoves(let queue, _),
            .moveByID(let queue, _, _):
            queue
        case .startMove(let options): options.from
        case .listQueues, .cancelMove, .key, .keys, .watch, .watchToRemove, .unwatch, .tellKeyEvents, .tailQueues,
            .listWaiters,
            .barrier:
            nil
        }
    }
}
