package import RoostModel
import RoostStorage

/// What a receiver wants to see of the messages it gets.
package struct MessageSelection: Sendable {
    package var system: MessageSystemAttributes
    package var attributes: MessageAttributeFilter
}

/// The system attributes of a message that this version keeps.
package struct MessageSystemAttributes: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let senderID = Self(rawValue: 1)
    package static let sentTimestamp = Self(rawValue: 2)
    package static let receiveCount = Self(rawValue: 4)
    package static let firstReceiveTimestamp = Self(rawValue: 8)
    package static let all: Self = [.senderID, .sentTimestamp, .receiveCount, .firstReceiveTimestamp]

    private static let names: [(StaticString, Self)] = [
        ("All", .all), ("ApproximateReceiveCount", .receiveCount), ("SentTimestamp", .sentTimestamp),
        ("SenderId", .senderID), ("ApproximateFirstReceiveTimestamp", .firstReceiveTimestamp),
        // Known, but no message of a standard queue without tracing and dead letters has them.
        ("SequenceNumber", []), ("MessageDeduplicationId", []), ("MessageGroupId", []), ("AWSTraceHeader", []),
        ("DeadLetterQueueSourceArn", []),
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

/// Which message attributes a receive returns: `All` or `.*`, an exact name, or `prefix.*`.
package struct MessageAttributeFilter: Sendable {
    private var all = false
    private var names: [String] = []
    private var prefixes: [String] = []

    package init() {}

    /// A list longer than this repeats itself; SQS gives no figure.
    private static let patternsMax = 1000

    package mutating func add(_ pattern: String) {
        if pattern == "All" || pattern == ".*" {
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
            default: throw .notYet("The parameter ReceiveRequestAttemptId")
            }
        }
        let queue = try scope.queue(parameters.url, reader)
        // AttributeNames is the older name of the same list; where both are given the newer one counts (SQS).
        let system = parameters.system ?? parameters.deprecated ?? []
        let selection = MessageSelection(system: system, attributes: parameters.filter)
        return .single(.receive(queue, try options(parameters)), .received(queue, selection))
    }

    private static func options(_ parameters: Parameters) throws(SQSFault) -> ReceiveOptions {
        var options = ReceiveOptions(maximum: 1, inFlightMax: Limits.sqsInFlightMessagesMax)
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
