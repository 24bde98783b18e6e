package import RoostModel
import RoostStorage

/// What a receiver wants to see of the messages it gets.
package struct MessageSelection: Sendable {
    package var system: MessageSystemAttributes
    package var attributes: MessageAttributeFilter
}

/// System attributes of a message, as a set.
package struct MessageSystemAttributes: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let senderID = Self(rawValue: 1)
    package static let sentTimestamp = Self(rawValue: 2)
    package static let receiveCount = Self(rawValue: 4)
    package static let firstReceiveTimestamp = Self(rawValue: 8)
    package static let sequenceNumber = Self(rawValue: 16)
    package static let deduplicationID = Self(rawValue: 32)
    package static let groupID = Self(rawValue: 64)
    package static let traceHeader = Self(rawValue: 128)
    package static let deadLetterSource = Self(rawValue: 256)
    package static let all = Self(rawValue: 511)

    private static let names: [(StaticString, Self)] = [
        // Celery writes it in capitals.
        ("All", .all), ("ALL", .all), ("ApproximateReceiveCount", .receiveCount),
        ("SentTimestamp", .sentTimestamp), ("SenderId", .senderID),
        ("ApproximateFirstReceiveTimestamp", .firstReceiveTimestamp),
        ("SequenceNumber", .sequenceNumber), ("MessageDeduplicationId", .deduplicationID),
        ("MessageGroupId", .groupID), ("AWSTraceHeader", .traceHeader),
        ("DeadLetterQueueSourceArn", .deadLetterSource),
    ]

    /// Reads a list of names.
    static func read(_ reader: inout JSONReader, _ parameter: StaticString) throws(SQSFault) -> Self {
        var set: Self = []
        try reader.enterArray(parameter)
        while try reader.hasNextElement() {
            let text = try reader.readText(parameter)
            guard let (_, known) = names.first(where: { reader.matches(text, $0.0) }) else {
                throw SQSFault(.invalidAttributeName, "Unknown Attribute \(reader.string(text).prefix(256)).")
            }
            set.formUnion(known)
        }
        return set
    }
}

/// Which message attributes a receive returns: `All`, `ALL` or `.*`, an exact name, or `prefix.*`.
package struct MessageAttributeFilter: Sendable {
    private var all = false
    private var names: [String] = []
    private var prefixes: [String] = []

    package init() {}

    /// A list longer than this repeats itself; SQS gives no figure.
    private static let patternsMax = 1000

    package mutating func add(_ pattern: String) {
        if pattern == "All" || pattern == "ALL" || pattern == ".*" {
            all = true
        } else if pattern.hasSuffix(".*") {
            prefixes.append(String(pattern.dropLast(2)))
        } else {
            names.append(pattern)
        }
    }

    /// Names that no message has are no error (SQS).
    mutating func read(_ reader: inout JSONReader) throws(SQSFault) {
        try reader.enterArray("MessageAttributeNames")
        while try reader.hasNextElement() {
            let pattern = try reader.readString("MessageAttributeNames")
            guard names.count &+ prefixes.count < Self.patternsMax else {
                throw SQSFault(
                    .invalidParameterValue, "MessageAttributeNames has more than \(Self.patternsMax) entries."
                )
            }
            add(pattern)
        }
    }

    package func selected(from attributes: [MessageAttribute]) -> [MessageAttribute] {
        if all || attributes.isEmpty { return attributes }
        if names.isEmpty, prefixes.isEmpty { return [] }
        return attributes.filter { includes($0.name) }
    }

    private func includes(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}

enum ReceiveMessage {
    private static let members: [StaticString] = [
        "QueueUrl", "MaxNumberOfMessages", "WaitTimeSeconds", "VisibilityTimeout", "MessageSystemAttributeNames",
        "AttributeNames", "MessageAttributeNames", "ReceiveRequestAttemptId",
    ]

    private struct Parameters {
        var url: JSONText?
        var maximum: Int?
        var wait: Int?
        var visibility: Int?
        var system: MessageSystemAttributes?
        var deprecated: MessageSystemAttributes?
        var filter = MessageAttributeFilter()
        var attempt: String?
    }

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var parameters = Parameters()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: parameters.url = try reader.readText("QueueUrl")
            case 1: parameters.maximum = try reader.readInteger("MaxNumberOfMessages")
            case 2: parameters.wait = try reader.readInteger("WaitTimeSeconds")
            case 3: parameters.visibility = try reader.readInteger("VisibilityTimeout")
            case 4: parameters.system = try .read(&reader, "MessageSystemAttributeNames")
            case 5: parameters.deprecated = try .read(&reader, "AttributeNames")
            case 6: try parameters.filter.read(&reader)
            default: parameters.attempt = try reader.readString("ReceiveRequestAttemptId")
            }
        }
        let queue = try scope.queue(parameters.url, reader)
        let selection = MessageSelection(
            system: system(parameters, for: queue, scope.caller), attributes: parameters.filter)
        return .single(.receive(queue, try options(parameters, for: queue)), .received(queue, selection))
    }

    /// AttributeNames is the older name of MessageSystemAttributeNames. Where both are given, JSON takes the newer one
    /// and Query the older (SQS).
    private static func system(
        _ parameters: Parameters, for queue: QueueName, _ caller: ActionScope.Caller
    ) -> MessageSystemAttributes {
        let given =
            caller.isQuery
            ? parameters.deprecated ?? parameters.system : parameters.system ?? parameters.deprecated
        // Every message has a number; only FIFO queues show it.
        return (given ?? []).subtracting(queue.isFIFO ? [] : .sequenceNumber)
    }

    private static func options(
        _ parameters: Parameters, for queue: QueueName
    ) throws(SQSFault) -> ReceiveOptions {
        var options = ReceiveOptions(maximum: 1, inFlightMax: Limits.sqsInFlightMessagesMax)
        if let attempt = parameters.attempt {
            options.attempt = try MessageNames.checked(attempt, "ReceiveRequestAttemptId")
            guard queue.isFIFO else { throw MessageNames.wrongQueueType(attempt, "ReceiveRequestAttemptId") }
        }
        if let maximum = parameters.maximum {
            guard SQSRanges.receiveMessages.contains(Int64(maximum)) else {
                throw SQSRanges.invalid(maximum, of: "MaxNumberOfMessages", SQSRanges.receiveMessages)
            }
            options.maximum = maximum
        }
        if let visibility = parameters.visibility {
            guard SQSRanges.visibilitySeconds.contains(Int64(visibility)) else {
                throw SQSRanges.invalid(visibility, of: "VisibilityTimeout", SQSRanges.visibilitySeconds)
            }
            options.visibilityTimeout = .seconds(Int64(visibility))
        }
        if let wait = parameters.wait {
            guard SQSRanges.waitSeconds.contains(Int64(wait)) else {
                throw .invalidValue("\(wait)", of: "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
            }
            options.wait = .seconds(Int64(wait))
        }
        return options
    }
}
