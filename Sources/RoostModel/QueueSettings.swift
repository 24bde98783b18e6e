/// Where a message goes whose lease ended without a delete.
package enum Redelivery: UInt8, Sendable, CaseIterable {
    /// To its old place, before what was sent later (SQS).
    case front = 1
    /// To the end, as if it were new (the AweQ API).
    case back = 2
}

/// What bodies of messages may be.
package enum QueueContents: UInt8, Sendable, CaseIterable {
    /// What SQS takes as text: every client can be given it.
    case text = 0
    /// Any bytes, also none. Clients that take text alone see them in base64. A queue of bytes stays one: its messages
    /// may be dead letters in other queues, and come back.
    case bytes = 1

    /// Whether messages of a queue with these contents may come into one with the other.
    package func fits(into other: Self) -> Bool { self == .text || other == .bytes }
}

/// What a queue does with its messages. Times are those of SQS by default.
package struct QueueSettings: Sendable, Equatable {
    package var visibilityTimeout: Milliseconds
    package var delay: Milliseconds
    /// Counted from when a message becomes available; `.unlimited` keeps it for ever.
    package var retention: Milliseconds
    package var maximumMessageBytes: Int
    /// How long a receive waits that does not say so itself.
    package var receiveWait: Milliseconds
    package var redelivery: Redelivery
    package var contents: QueueContents
    /// Fixed when the queue is made.
    package var isFIFO: Bool
    /// Of FIFO queues: a message without an id of its own is told by its body.
    package var deduplicatesContent: Bool
    /// Of FIFO queues: which messages are compared with a new one.
    package var deduplicationScope: DeduplicationScope
    package var deadLetters: DeadLetterPolicy?
    package var deadLetterSources: DeadLetterSources
    /// What Redis clients pop stays theirs to confirm: it is leased, and their next command deletes it.
    package var safePop: Bool
    package var properties: QueueProperties

    package init(
        visibilityTimeout: Milliseconds = .seconds(30),
        delay: Milliseconds = .zero,
        retention: Milliseconds = .seconds(345_600),
        maximumMessageBytes: Int = Limits.sqsMessageBytesMax,
        receiveWait: Milliseconds = .zero,
        redelivery: Redelivery = .front,
        contents: QueueContents = .text,
        isFIFO: Bool = false,
        deduplicatesContent: Bool = false,
        deduplicationScope: DeduplicationScope = .queue,
        deadLetters: DeadLetterPolicy? = nil,
        deadLetterSources: DeadLetterSources = .all,
        safePop: Bool = false,
        properties: QueueProperties = [:]
    ) {
        self.visibilityTimeout = visibilityTimeout
        self.delay = delay
        self.retention = retention
        self.maximumMessageBytes = maximumMessageBytes
        self.receiveWait = receiveWait
        self.redelivery = redelivery
        self.contents = contents
        self.isFIFO = isFIFO
        self.deduplicatesContent = deduplicatesContent
        self.deduplicationScope = deduplicationScope
        self.deadLetters = deadLetters
        self.deadLetterSources = deadLetterSources
        self.safePop = safePop
        self.properties = properties
    }
}

package enum DeduplicationScope: UInt8, Sendable, CaseIterable {
    case queue = 0
    case group = 1
}

/// Some settings of a queue; nil leaves one as it is (or at its default when the queue is created).
package struct QueueSettingsChange: Sendable, Equatable {
    package var visibilityTimeout: Milliseconds?
    package var delay: Milliseconds?
    package var retention: Milliseconds?
    package var maximumMessageBytes: Int?
    package var receiveWait: Milliseconds?
    package var redelivery: Redelivery?
    /// A queue of text may become one of bytes, and not the other way round.
    package var contents: QueueContents?
    /// For a new queue; of one that exists it can only be named, not changed.
    package var isFIFO: Bool?
    package var deduplicatesContent: Bool?
    package var deduplicationScope: DeduplicationScope?
    /// A value of nil takes the policy away.
    package var deadLetters: DeadLetterPolicy??
    package var deadLetterSources: DeadLetterSources?
    package var safePop: Bool?
    /// By name; a value of nil takes one away.
    package var properties: [String: String?]

    package init(
        visibilityTimeout: Milliseconds? = nil,
        delay: Milliseconds? = nil,
        retention: Milliseconds? = nil,
        maximumMessageBytes: Int? = nil,
        receiveWait: Milliseconds? = nil,
        redelivery: Redelivery? = nil,
        contents: QueueContents? = nil,
        isFIFO: Bool? = nil,
        deduplicatesContent: Bool? = nil,
        deduplicationScope: DeduplicationScope? = nil,
        deadLetters: DeadLetterPolicy?? = nil,
        deadLetterSources: DeadLetterSources? = nil,
        safePop: Bool? = nil,
        properties: [String: String?] = [:]
    ) {
        self.visibilityTimeout = visibilityTimeout
        self.delay = delay
        self.retention = retention
        self.maximumMessageBytes = maximumMessageBytes
        self.receiveWait = receiveWait
        self.redelivery = redelivery
        self.contents = contents
        self.isFIFO = isFIFO
        self.deduplicatesContent = deduplicatesContent
        self.deduplicationScope = deduplicationScope
        self.deadLetters = deadLetters
        self.deadLetterSources = deadLetterSources
        self.safePop = safePop
        self.properties = properties
    }

    package func applied(to settings: QueueSettings) -> QueueSettings {
        QueueSettings(
            visibilityTimeout: visibilityTimeout ?? settings.visibilityTimeout,
            delay: delay ?? settings.delay,
            retention: retention ?? settings.retention,
            maximumMessageBytes: maximumMessageBytes ?? settings.maximumMessageBytes,
            receiveWait: receiveWait ?? settings.receiveWait,
            redelivery: redelivery ?? settings.redelivery,
            contents: contents ?? settings.contents,
            isFIFO: isFIFO ?? settings.isFIFO,
            deduplicatesContent: deduplicatesContent ?? settings.deduplicatesContent,
            deduplicationScope: deduplicationScope ?? settings.deduplicationScope,
            deadLetters: deadLetters ?? settings.deadLetters,
            deadLetterSources: deadLetterSources?.normalized ?? settings.deadLetterSources,
            safePop: safePop ?? settings.safePop,
            properties: applied(to: settings.properties)
        )
    }

    private func applied(to present: QueueProperties) -> QueueProperties {
        var all = present
        for (name, value) in properties { all[name] = value }
        return all
    }

    /// The first setting named here whose value in `settings` is another one, or nil: CreateQueue on an existing queue
    /// compares only what the request names (SQS).
    package func firstDifference(from settings: QueueSettings) -> QueueSetting? {
        if let visibilityTimeout, visibilityTimeout != settings.visibilityTimeout { return .visibilityTimeout }
        if let delay, delay != settings.delay { return .delay }
        if let retention, retention != settings.retention { return .retention }
        if let maximumMessageBytes, maximumMessageBytes != settings.maximumMessageBytes { return .maximumMessageBytes }
        if let receiveWait, receiveWait != settings.receiveWait { return .receiveWait }
        if let redelivery, redelivery != settings.redelivery { return .redelivery }
        if let contents, contents != settings.contents { return .contents }
        if let isFIFO, isFIFO != settings.isFIFO { return .isFIFO }
        if let deduplicatesContent, deduplicatesContent != settings.deduplicatesContent { return .deduplicatesContent }
        if let deduplicationScope, deduplicationScope != settings.deduplicationScope { return .deduplicationScope }
        if let deadLetters, deadLetters != settings.deadLetters { return .deadLetters }
        if let sources = deadLetterSources?.normalized, sources != settings.deadLetterSources {
            return .deadLetterSources
        }
        if let safePop, safePop != settings.safePop { return .safePop }
        let differing = properties.filter { $0.value != settings.properties[$0.key] }.keys.min()
        return differing.map { .property($0) }
    }
}

/// The name of one setting, for errors that have to say which. Each front end has its own word for it.
package enum QueueSetting: Sendable, Hashable {
    case visibilityTimeout, delay, retention, maximumMessageBytes, receiveWait, redelivery, contents, isFIFO
    case deduplicatesContent, deduplicationScope
    case deadLetters, deadLetterSources
    case safePop
    case property(String)

    /// Those that every queue has.
    package static let fixed: [Self] = [
        .visibilityTimeout, .delay, .retention, .maximumMessageBytes, .receiveWait, .redelivery, .contents, .isFIFO,
        .deduplicatesContent, .deduplicationScope, .deadLetters, .deadLetterSources, .safePop,
    ]
}
