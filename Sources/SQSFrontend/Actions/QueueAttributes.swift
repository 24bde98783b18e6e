package import RoostModel

/// The queue attributes that GetQueueAttributes can return, as a set in the order they are written.
package struct QueueAttributeNames: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

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
    package static let all = Self(rawValue: (1 << 11) - 1)

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
        // Known to SQS; no queue of this version has a value for them.
        ("Policy", []), ("RedrivePolicy", []), ("RedriveAllowPolicy", []), ("FifoQueue", []),
        ("ContentBasedDeduplication", []), ("DeduplicationScope", []), ("FifoThroughputLimit", []),
        ("KmsMasterKeyId", []), ("KmsDataKeyReusePeriodSeconds", []), ("SqsManagedSseEnabled", []),
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

    /// Calls `write` with name and value of each attribute in the set.
    package func forEach(of queue: QueueInfo, arn: String, _ write: (StaticString, String) -> Void) {
        for (name, attribute) in Self.names.dropFirst() where !attribute.isEmpty && isSuperset(of: attribute) {
            write(name, Self.value(of: attribute, queue, arn: arn))
        }
    }

    private static func value(of attribute: Self, _ queue: QueueInfo, arn: String) -> String {
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
        default: arn
        }
    }
}

/// Reads the attributes that CreateQueue and SetQueueAttributes set.
package enum SettableQueueAttributes {
    private static let rows: [(name: StaticString, range: ClosedRange<Int64>)] = [
        ("VisibilityTimeout", SQSRanges.visibilitySeconds),
        ("DelaySeconds", SQSRanges.delaySeconds),
        ("MessageRetentionPeriod", SQSRanges.retentionSeconds),
        ("MaximumMessageSize", SQSRanges.maximumMessageBytes),
        ("ReceiveMessageWaitTimeSeconds", SQSRanges.waitSeconds),
    ]

    private static let notYet: [StaticString] = [
        "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
        "SqsManagedSseEnabled",
    ]

    static func read(_ reader: inout JSONReader) throws(SQSFault) -> QueueSettingsChange {
        var change = QueueSettingsChange()
        var seen: UInt32 = 0
        try reader.enterObject("Attributes")
        while let name = try reader.nextName() {
            let text = try reader.readText("Attributes")
            guard let index = rows.firstIndex(where: { reader.matches(name, $0.name) }) else {
                throw refusal(of: reader.string(name), value: reader.string(text))
            }
            guard seen & 1 << UInt32(index) == 0 else { throw .malformed("\(rows[index].name) stands twice.") }
            seen |= 1 << UInt32(index)
            set(index, try number(reader.string(text), rows[index]), in: &change)
        }
        return change
    }

    private static func number(
        _ text: String, _ row: (name: StaticString, range: ClosedRange<Int64>)
    ) throws(SQSFault) -> Int64 {
        guard let value = Int64(text), row.range.contains(value) else {
            throw SQSFault(
                .invalidAttributeValue,
                "Invalid value for the parameter \(row.name). "
                    + "Reason: Must be between \(row.range.lowerBound) and \(row.range.upperBound)."
            )
        }
        return value
    }

    private static func set(_ index: Int, _ value: Int64, in change: inout QueueSettingsChange) {
        switch index {
        case 0: change.visibilityTimeout = .seconds(value)
        case 1: change.delay = .seconds(value)
        case 2: change.retention = .seconds(value)
        case 3: change.maximumMessageBytes = Int(value)
        default: change.receiveWait = .seconds(value)
        }
    }

    private static func refusal(of name: String, value: String) -> SQSFault {
        if name == "FifoQueue", value == "true" { return .notYet("A FIFO queue (attribute FifoQueue)") }
        if name == "DeduplicationScope" || name == "FifoThroughputLimit" {
            return SQSFault(
                .invalidAttributeName, "You can specify the \(name) only when FifoQueue is set to true."
            )
        }
        if notYet.contains(where: { "\($0)" == name }) { return .notYet("The queue attribute \(name)") }
        return SQSFault(.invalidAttributeName, "Unknown Attribute \(name.prefix(256)).")
    }
}
