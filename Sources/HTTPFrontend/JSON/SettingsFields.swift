package import RoostModel

/// Settings of a queue as a client sends them. What is absent stays as it is.
package struct SettingsFields: Decodable {
    package var change: QueueSettingsChange

    package init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: QueueSetting.fixed.map(\.fieldName))
        change = QueueSettingsChange(
            visibilityTimeout: try fields.seconds(QueueSetting.visibilityTimeout.fieldName),
            delay: try fields.seconds(QueueSetting.delay.fieldName),
            retention: try Self.retention(fields),
            maximumMessageBytes: try fields.wholeNumber(QueueSetting.maximumMessageBytes.fieldName),
            receiveWait: try fields.seconds(QueueSetting.receiveWait.fieldName),
            redelivery: try Self.choice(fields, .redelivery, Redelivery.allCases, \.name),
            contents: try Self.choice(fields, .contents, QueueContents.allCases, \.name),
            isFIFO: try fields.flag(QueueSetting.isFIFO.fieldName),
            deduplicatesContent: try fields.flag(QueueSetting.deduplicatesContent.fieldName),
            deduplicationScope: try Self.choice(fields, .deduplicationScope, DeduplicationScope.allCases, \.name),
            deadLetters: try Self.deadLetters(fields),
            deadLetterSources: try Self.deadLetterSources(fields),
            safePop: try fields.flag(QueueSetting.safePop.fieldName)
        )
    }

    /// What the name of a queue says has to agree with `fifo`, because SQS tells the type of a queue by its name. For a
    /// queue that is made, the name is enough.
    package func checked(with name: QueueName, isNew: Bool) throws -> QueueSettingsChange {
        var change = change
        if let isFIFO = change.isFIFO, isFIFO != name.isFIFO {
            throw Problem.invalidField(
                isFIFO
                    ? "fifo is true, but the name of a FIFO queue ends in .fifo."
                    : "fifo is false, but a name that ends in .fifo is that of a FIFO queue.")
        }
        if isNew, name.isFIFO { change.isFIFO = true }
        return change
    }

    private static func retention(_ fields: StrictFields) throws -> Milliseconds? {
        let name = QueueSetting.retention.fieldName
        if fields.isNull(name) { return .unlimited }
        if let text = try? fields.text(name) {
            guard text == "unlimited" else {
                throw Problem.invalidField("\(name) must be a number of seconds, null or \"unlimited\".")
            }
            return .unlimited
        }
        return try fields.seconds(name)
    }

    private static func choice<Value>(
        _ fields: StrictFields, _ setting: QueueSetting, _ values: [Value], _ name: (Value) -> String
    ) throws -> Value? {
        guard let text = try fields.text(setting.fieldName) else { return nil }
        guard let value = values.first(where: { name($0) == text }) else {
            let names = values.map { "\"\(name($0))\"" }.joined(separator: " or ")
            throw Problem.invalidField("\(setting.fieldName) must be \(names).")
        }
        return value
    }

    /// `null` takes the policy away.
    private static func deadLetters(_ fields: StrictFields) throws -> DeadLetterPolicy?? {
        let name = QueueSetting.deadLetters.fieldName
        if fields.isNull(name) { return .some(nil) }
        return try fields.value(name, as: DeadLetterFields.self).map { .some($0.policy) }
    }

    private static func deadLetterSources(_ fields: StrictFields) throws -> DeadLetterSources? {
        let name = QueueSetting.deadLetterSources.fieldName
        guard fields.has(name) else { return nil }
        switch try? fields.text(name) {
        case "all": return .all
        case "none": return DeadLetterSources.none
        case _?: throw Problem.invalidField("\(name) must be \"all\", \"none\" or an array of queue names.")
        case nil: break
        }
        guard let names = try? fields.texts(name) else {
            throw Problem.invalidField("\(name) must be \"all\", \"none\" or an array of queue names.")
        }
        return .these(try names.map { try QueueName($0) })
    }
}

/// `dead_letters`.
private struct DeadLetterFields: Decodable {
    var policy: DeadLetterPolicy

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["queue", "max_receives"])
        guard let queue = try fields.text("queue") else { throw Problem.missingField("dead_letters.queue") }
        guard let receives = try fields.wholeNumber("max_receives") else {
            throw Problem.missingField("dead_letters.max_receives")
        }
        policy = DeadLetterPolicy(target: try QueueName(queue), receivesMax: receives)
    }
}

extension QueueSetting {
    /// The name of the setting in the JSON API.
    package var fieldName: String {
        switch self {
        case .visibilityTimeout: "visibility_timeout_seconds"
        case .delay: "delay_seconds"
        case .retention: "retention_seconds"
        case .maximumMessageBytes: "maximum_message_bytes"
        case .receiveWait: "receive_wait_seconds"
        case .redelivery: "redelivery"
        case .contents: "contents"
        case .isFIFO: "fifo"
        case .deduplicatesContent: "content_based_deduplication"
        case .deduplicationScope: "deduplication_scope"
        case .deadLetters: "dead_letters"
        case .deadLetterSources: "dead_letter_sources"
        case .safePop: "safe_pop"
        case .property(let name): "properties.\(name)"
        }
    }

    /// A value of the setting in the unit of the JSON API. The model counts times in milliseconds.
    func text(of value: Int64) -> String {
        switch self {
        case .visibilityTimeout, .delay, .retention, .receiveWait:
            value == .max ? "unlimited" : Milliseconds(value).secondsText
        case .maximumMessageBytes, .deadLetters, .deadLetterSources, .property: String(value)
        case .redelivery: UInt8(exactly: value).flatMap(Redelivery.init)?.name ?? String(value)
        case .contents: UInt8(exactly: value).flatMap(QueueContents.init)?.name ?? String(value)
        case .isFIFO, .deduplicatesContent, .safePop: value == 0 ? "false" : "true"
        case .deduplicationScope: UInt8(exactly: value).flatMap(DeduplicationScope.init)?.name ?? String(value)
        }
    }
}

extension Redelivery {
    package var name: String {
        switch self {
        case .front: "front"
        case .back: "back"
        }
    }
}

extension QueueContents {
    package var name: String {
        switch self {
        case .text: "text"
        case .bytes: "bytes"
        }
    }
}

extension DeduplicationScope {
    package var name: String {
        switch self {
        case .queue: "queue"
        case .group: "group"
        }
    }
}
