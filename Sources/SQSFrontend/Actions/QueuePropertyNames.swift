import RoostModel

/// Under which names the properties of a queue hold what only SQS has: `sqs.` and the name of the attribute, and one
/// property for each tag, so that a change of tags is one request and never loses another.
enum QueuePropertyNames {
    static let policy = "sqs.Policy"
    static let kmsMasterKeyID = "sqs.KmsMasterKeyId"
    static let kmsDataKeyReusePeriod = "sqs.KmsDataKeyReusePeriodSeconds"
    static let managedSSE = "sqs.SqsManagedSseEnabled"
    static let throughputLimit = "sqs.FifoThroughputLimit"
    static let tagPrefix = "sqs.tag."

    static func tag(_ key: String) -> String { tagPrefix + key }
}

extension QueueSettings {
    /// By key, in the order of keys.
    var tags: [(key: String, value: String)] {
        let prefix = QueuePropertyNames.tagPrefix
        return properties.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// Whether a throughput limit of each group is asked for. There is none here; it is kept and returned.
    var limitsThroughputByGroup: Bool { properties[QueuePropertyNames.throughputLimit] != nil }
}
