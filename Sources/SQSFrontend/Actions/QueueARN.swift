package import RoostModel

/// How queues are named in policies and moves: `arn:aws:sqs:<region>:<account>:<queue>`.
package struct QueueARNs: Sendable, Equatable {
    package let account: String
    package let region: String

    package init(account: String, region: String) {
        self.account = account
        self.region = region
    }

    /// - Parameter queue: nil for all queues.
    package func arn(of queue: QueueName?) -> String { "arn:aws:sqs:\(region):\(account):\(queue?.text ?? "*")" }

    /// For those who ask for what is elsewhere.
    var place: String { "This server has the account \(account) and the region \(region)." }

    package enum Found: Equatable {
        case queue(QueueName)
        /// An ARN, but of nothing that this server has.
        case elsewhere
        case invalid
    }

    package func queue(of arn: String) -> Found {
        let parts = arn.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "sqs", !parts[5].isEmpty else { return .invalid }
        guard parts[3] == region, parts[4] == account, let name = try? QueueName(String(parts[5])) else {
            return .elsewhere
        }
        return .queue(name)
    }
}
