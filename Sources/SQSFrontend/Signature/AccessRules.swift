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
        guard key.permissions?.contains(permission) ?? true, isNamed(queue, by: key.queues) else {
            return denial(key, permission, arn(queue), "no identity-based policy allows the \(permission.name) action")
        }
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

extension Plan {
    /// The queues that the plan touches, each once; nil among them: all queues.
    package var queues: [QueueName?] {
        switch self {
        case .single(let request, _): return [request.queue]
        case .batch(let batch):
            for case .waiting(let request) in batch.entries.lazy.map(\.outcome) { return [request.queue] }
            return []
        }
    }
}

extension StorageRequest {
    /// Nil: all.
    fileprivate var queue: QueueName? {
        switch self {
        case .createQueue(let queue, _), .deleteQueue(let queue), .purgeQueue(let queue), .changeSettings(let queue, _),
            .pauseQueue(let queue, _), .resumeQueue(let queue), .describeQueue(let queue), .send(let queue, _),
            .receive(let queue, _), .delete(let queue, _), .deleteByID(let queue, _),
            .changeVisibility(let queue, _, _), .giveBack(let queue, _), .peek(let queue, _):
            queue
        case .listQueues: nil
        }
    }
}
