package import RoostModel

/// The queue attributes that GetQueueAttributes can return, as a set in the order they are written.
package struct QueueAttributeNames: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let visibilityTimeout = Self(rawValue: 1 << 0)
    package static let delaySeconds = Self(rawValue: 1 << 1)
    package static let messageRetentionPeriod = Self(rawValue: 1 << 2)
    package static let maximumMessageSize = Self(rawValue: 1 << 3)
    package static let receiveMessageWaitTimeSeconds = Self(rawValue: 1 << 4)
    package static let approximateNumberOfMessages = Self(rawValue: 1 << 5)
    package static let approximateNumberOfMessagesNotVisible = Self(rawValue: 1 << 6)
    package static let approximateNumberOfMessagesDelayed = Self(rawValue: 1 << 7)
    package static let createdTimestamp = Self(rawValue: 1 << 8)
    package static let lastModifiedTimestamp = Self(rawValue: 1 << 9)
    package static let queueArn = Self(rawValue: 1 << 10)
    package static let managedSSE = Self(rawValue: 1 << 11)
    package static let fifoQueue = Self(rawValue: 1 << 12)
    package static let contentBasedDeduplication = Self(rawValue: 1 << 13)
    package static let deduplicationScope = Self(rawValue: 1 << 14)
    package static let fifoThroughputLimit = Self(rawValue: 1 << 15)
    package static let policy = Self(rawValue: 1 << 16)
    package static let redrivePolicy = Self(rawValue: 1 << 17)
    package static let redriveAllowPolicy = Self(rawValue: 1 << 18)
    package static let kmsMasterKeyID = Self(rawValue: 1 << 19)
    package static let kmsDataKeyReusePeriod = Self(rawValue: 1 << 20)
    package static let all = Self(rawValue: (1 << 21) - 1)

    private static let names: [(StaticString, Self)] = [
        ("All", .all),
        ("VisibilityTimeout", .visibilityTimeout),
        ("DelaySeconds", .delaySeconds),
        ("MessageRetentionPeriod", .messageRetentionPeriod),
        ("MaximumMessageSize", .maximumMessageSize),
        ("ReceiveMessageWaitTimeSeconds", .receiveMessageWaitTimeSeconds),
        ("ApproximateNumberOfMessages", .approximateNumberOfMessages),
        ("ApproximateNumberOfMessagesNotVisible", .approximateNumberOfMessagesNotVisible),
        ("ApproximateNumberOfMessagesDelayed", .approximateNumberOfMessagesDelayed),
        ("CreatedTimestamp", .createdTimestamp),
        ("LastModifiedTimestamp", .lastModifiedTimestamp),
        ("QueueArn", .queueArn),
        ("SqsManagedSseEnabled", .managedSSE),
        ("FifoQueue", .fifoQueue),
        ("ContentBasedDeduplication", .contentBasedDeduplication),
        ("DeduplicationScope", .deduplicationScope),
        ("FifoThroughputLimit", .fifoThroughputLimit),
        ("Policy", .policy),
        ("RedrivePolicy", .redrivePolicy),
        ("RedriveAllowPolicy", .redriveAllowPolicy),
        ("KmsMasterKeyId", .kmsMasterKeyID),
        ("KmsDataKeyReusePeriodSeconds", .kmsDataKeyReusePeriod),
    ]

    static func read(_ reader: inout JSONReader) throws(SQSFault) -> Self {
        var set: Self = []
        try reader.enterArray("AttributeNames")
        while try reader.hasNextElement() {
            let text = try reader.readText("AttributeNames")
            guard let (_, known) = names.first(where: { reader.matches(text, $0.0) }) else {
                throw SQSFault(.invalidAttributeName, "Unknown Attribute \(reader.string(text).prefix(256)).")
            }
            set.formUnion(known)
        }
        return set
    }

    /// Name and value of each attribute in the set that the queue has.
    package func values(of queue: QueueInfo, _ arns: QueueARNs) -> [(StaticString, String)] {
        var values: [(StaticString, String)] = []
        for (name, attribute) in Self.names.dropFirst() where isSuperset(of: attribute) {
            if let value = Self.value(of: attribute, queue, arns) { values.append((name, value)) }
        }
        return values
    }

    private static func value(of attribute: Self, _ queue: QueueInfo, _ arns: QueueARNs) -> String? {
        switch attribute {
        case .visibilityTimeout: String(queue.settings.visibilityTimeout.wholeSeconds)
        case .delaySeconds: String(queue.settings.delay.wholeSeconds)
        case .messageRetentionPeriod: String(queue.settings.retention.wholeSeconds)
        case .maximumMessageSize: String(queue.settings.maximumMessageBytes)
        case .receiveMessageWaitTimeSeconds: String(queue.settings.receiveWait.wholeSeconds)
        case .approximateNumberOfMessages: String(queue.counts.ready)
        case .approximateNumberOfMessagesNotVisible: String(queue.counts.inFlight)
        case .approximateNumberOfMessagesDelayed: String(queue.counts.delayed)
        case .createdTimestamp: String(queue.createdAt.milliseconds / 1000)
        case .lastModifiedTimestamp: String(queue.modifiedAt.milliseconds / 1000)
        case .queueArn: arns.arn(of: queue.name)
        case .redrivePolicy: queue.settings.deadLetters.map { RedrivePolicy.text($0, arns) }
        case .redriveAllowPolicy: RedriveAllowPolicy.text(queue.settings.deadLetterSources, arns)
        default: valueOfProperty(attribute, queue.settings) ?? valueOfFIFO(attribute, queue.settings)
        }
    }

    private static func valueOfProperty(_ attribute: Self, _ settings: QueueSettings) -> String? {
        switch attribute {
        case .managedSSE: settings.properties[QueuePropertyNames.managedSSE] ?? "true"
        case .policy: settings.properties[QueuePropertyNames.policy]
        case .kmsMasterKeyID: settings.properties[QueuePropertyNames.kmsMasterKeyID]
        case .kmsDataKeyReusePeriod: settings.properties[QueuePropertyNames.kmsDataKeyReusePeriod]
        default: nil
        }
    }

    private static func valueOfFIFO(_ attribute: Self, _ settings: QueueSettings) -> String? {
        guard settings.isFIFO else { return nil }
        return switch attribute {
        case .fifoQueue: "true"
        case .contentBasedDeduplication: settings.deduplicatesContent ? "true" : "false"
        case .deduplicationScope: settings.deduplicationScope == .group ? "messageGroup" : "queue"
        case .fifoThroughputLimit: settings.limitsThroughputByGroup ? "perMessageGroupId" : "perQueue"
        default: nil
        }
    }
}
