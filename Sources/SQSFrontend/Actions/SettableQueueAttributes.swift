import RoostModel

/// The attributes that CreateQueue and SetQueueAttributes set, as they stand in a request. What they mean depends on
/// whether the queue is FIFO, which a request may say last.
struct SettableQueueAttributes {
    enum Name: String {
        case visibilityTimeout = "VisibilityTimeout"
        case delaySeconds = "DelaySeconds"
        case messageRetentionPeriod = "MessageRetentionPeriod"
        case maximumMessageSize = "MaximumMessageSize"
        case receiveMessageWaitTimeSeconds = "ReceiveMessageWaitTimeSeconds"
        case fifoQueue = "FifoQueue"
        case contentBasedDeduplication = "ContentBasedDeduplication"
        case deduplicationScope = "DeduplicationScope"
        case fifoThroughputLimit = "FifoThroughputLimit"
        case policy = "Policy"
        case redrivePolicy = "RedrivePolicy"
        case redriveAllowPolicy = "RedriveAllowPolicy"
        case kmsMasterKeyID = "KmsMasterKeyId"
        case kmsDataKeyReusePeriod = "KmsDataKeyReusePeriodSeconds"
        case managedSSE = "SqsManagedSseEnabled"
    }

    private var values: [(name: Name, text: String)] = []

    static func read(_ reader: inout JSONReader) throws(SQSFault) -> Self {
        var attributes = Self()
        try reader.enterObject("Attributes")
        while let text = try reader.nextName() {
            let word = reader.string(text)
            let value = try reader.readString("Attributes")
            guard let name = Name(rawValue: word) else { throw unknown(word) }
            guard attributes[name] == nil else { throw .malformed("\(name.rawValue) stands twice.") }
            attributes.values.append((name, value))
        }
        return attributes
    }

    subscript(name: Name) -> String? { values.first { $0.name == name }?.text }

    /// What CreateQueue says of FifoQueue and the name, which have to agree.
    func checkName(_ queue: QueueName) throws(SQSFault) {
        let isFIFO = try self[.fifoQueue].map { text throws(SQSFault) in try Self.flag(text, .fifoQueue) } ?? false
        if queue.isFIFO, !isFIFO { throw RejectionMapping.invalidQueueName }
        if isFIFO, !queue.isFIFO {
            throw SQSFault(
                .invalidParameterValue,
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
                    + "with .fifo suffix and be 1 to 80 in length.")
        }
    }

    /// What the attributes change in a queue of this name.
    func change(of queue: QueueName, _ arns: QueueARNs) throws(SQSFault) -> QueueSettingsChange {
        var change = QueueSettingsChange()
        for (name, text) in values {
            if !queue.isFIFO { try Self.refuseOnStandard(name) }
            try Self.set(name, text, arns, in: &change)
        }
        try setEncryption(in: &change)
        return change
    }

    private static func refuseOnStandard(_ name: Name) throws(SQSFault) {
        switch name {
        case .fifoQueue, .contentBasedDeduplication: throw unknown(name.rawValue)
        case .deduplicationScope, .fifoThroughputLimit:
            throw SQSFault(
                .invalidAttributeName,
                "You can specify the \(name.rawValue) only when FifoQueue is set to true.")
        default: break
        }
    }

    private static func set(
        _ name: Name, _ text: String, _ arns: QueueARNs, in change: inout QueueSettingsChange
    ) throws(SQSFault) {
        switch name {
        case .visibilityTimeout:
            change.visibilityTimeout = .seconds(try number(text, name, SQSRanges.visibilitySeconds))
        case .delaySeconds: change.delay = .seconds(try number(text, name, SQSRanges.delaySeconds))
        case .messageRetentionPeriod: change.retention = .seconds(try number(text, name, SQSRanges.retentionSeconds))
        case .maximumMessageSize:
            change.maximumMessageBytes = Int(try number(text, name, SQSRanges.maximumMessageBytes))
        case .receiveMessageWaitTimeSeconds:
            change.receiveWait = .seconds(try number(text, name, SQSRanges.waitSeconds))
        case .redrivePolicy: change.deadLetters = .some(try RedrivePolicy.read(text, arns))
        case .redriveAllowPolicy: change.deadLetterSources = try RedriveAllowPolicy.read(text, arns)
        case .policy:
            try checkPolicy(text)
            change.properties[QueuePropertyNames.policy] = .some(text.isEmpty ? nil : text)
        case .fifoQueue: change.isFIFO = try flag(text, name)
        case .contentBasedDeduplication: change.deduplicatesContent = try flag(text, name)
        case .deduplicationScope:
            change.deduplicationScope = try choice(text, name, "queue", "messageGroup") ? .group : .queue
        case .fifoThroughputLimit:
            let isByGroup = try choice(text, name, "perQueue", "perMessageGroupId")
            change.properties[QueuePropertyNames.throughputLimit] = .some(isByGroup ? text : nil)
        case .kmsMasterKeyID, .kmsDataKeyReusePeriod, .managedSSE: break
        }
    }

    // MARK: Values

    private static func number(_ text: String, _ name: Name, _ range: ClosedRange<Int64>) throws(SQSFault) -> Int64 {
        guard let value = Int64(text), range.contains(value) else {
            throw invalid(name, " Reason: Must be between \(range.lowerBound) and \(range.upperBound).")
        }
        return value
    }

    private static func flag(_ text: String, _ name: Name) throws(SQSFault) -> Bool {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: throw invalid(name, " Reason: Must be true or false.")
        }
    }

    /// False for the first word, true for the second.
    private static func choice(
        _ text: String, _ name: Name, _ first: String, _ second: String
    ) throws(SQSFault) -> Bool {
        guard text == first || text == second else {
            throw invalid(name, " Reason: Must be \(first) or \(second).")
        }
        return text == second
    }

    /// A document that could not be read would allow nothing, and nobody would know why.
    private static func checkPolicy(_ text: String) throws(SQSFault) {
        guard !text.isEmpty else { return }
        var text = text
        let fault: SQSFault? = text.withUTF8 { bytes in
            do throws(SQSFault) {
                _ = try PolicyReader.read(UnsafeRawBufferPointer(bytes))
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }

    static func invalid(_ name: Name, _ reason: String = "") -> SQSFault {
        SQSFault(.invalidAttributeValue, "Invalid value for the parameter \(name.rawValue).\(reason)")
    }

    private static func unknown(_ name: String) -> SQSFault {
        SQSFault(.invalidAttributeName, "Unknown Attribute \(name.prefix(256)).")
    }

    // MARK: Encryption

    /// Nothing is encrypted by these; they are kept and returned, as clients compare them.
    ///
    /// One kind excludes the other, so turning one on turns the other off. Defaults are not kept.
    private func setEncryption(in change: inout QueueSettingsChange) throws(SQSFault) {
        let isManaged = try self[.managedSSE].map { text throws(SQSFault) in try Self.flag(text, .managedSSE) }
        let key = self[.kmsMasterKeyID]
        if let key, !key.isEmpty, isManaged == true {
            throw SQSFault(
                .invalidAttributeName,
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
                    + "SQS SSE.")
        }
        if let period = self[.kmsDataKeyReusePeriod] {
            let seconds = try Self.number(period, .kmsDataKeyReusePeriod, SQSRanges.keyReuseSeconds)
            change.properties[QueuePropertyNames.kmsDataKeyReusePeriod] =
                .some(seconds == SQSRanges.keyReuseSecondsDefault ? nil : String(seconds))
        }
        if let isManaged {
            change.properties[QueuePropertyNames.managedSSE] = .some(isManaged ? nil : "false")
            if isManaged { change.properties[QueuePropertyNames.kmsMasterKeyID] = .some(nil) }
        }
        if let key {
            guard key.utf8.count <= 2048 else { throw Self.invalid(.kmsMasterKeyID) }
            change.properties[QueuePropertyNames.kmsMasterKeyID] = .some(key.isEmpty ? nil : key)
            if !key.isEmpty { change.properties[QueuePropertyNames.managedSSE] = .some("false") }
        }
    }
}

/// A throughput limit for each group needs duplicates to be told by group.
enum ThroughputRule {
    static let fault = SettableQueueAttributes.invalid(
        .fifoThroughputLimit,
        " Reason: The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.")

    static func holds(_ settings: QueueSettings) -> Bool {
        !settings.limitsThroughputByGroup || settings.deduplicationScope == .group
    }

    /// Whether it takes the settings that the queue has to know that the rule holds after `change`.
    static func needsSettings(_ change: QueueSettingsChange) -> Bool {
        let limit = change.properties[QueuePropertyNames.throughputLimit]
        return switch (limit, change.deduplicationScope) {
        case (.some(.some), nil), (nil, .queue): true
        default: false
        }
    }
}
