package import RoostModel

/// Settings of a queue as a client sends them. What is absent stays as it is.
package struct SettingsFields: Decodable {
    package var change: QueueSettingsChange

    package init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: QueueSetting.allCases.map(\.fieldName))
        change = QueueSettingsChange(
            visibilityTimeout: try fields.seconds(QueueSetting.visibilityTimeout.fieldName),
            delay: try fields.seconds(QueueSetting.delay.fieldName),
            retention: try Self.retention(fields),
            maximumMessageBytes: try fields.wholeNumber(QueueSetting.maximumMessageBytes.fieldName),
            receiveWait: try fields.seconds(QueueSetting.receiveWait.fieldName),
            redelivery: try Self.redelivery(fields)
        )
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

    private static func redelivery(_ fields: StrictFields) throws -> Redelivery? {
        let name = QueueSetting.redelivery.fieldName
        guard let text = try fields.text(name) else { return nil }
        guard let redelivery = Redelivery.allCases.first(where: { $0.name == text }) else {
            throw Problem.invalidField("\(name) must be \"front\" or \"back\".")
        }
        return redelivery
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
        case .isFIFO: "fifo"
        }
    }

    /// A value of the setting in the unit of the JSON API. The model counts times in milliseconds.
    func text(of value: Int64) -> String {
        switch self {
        case .visibilityTimeout, .delay, .retention, .receiveWait:
            value == .max ? "unlimited" : Milliseconds(value).secondsText
        case .maximumMessageBytes: String(value)
        case .redelivery: UInt8(exactly: value).flatMap(Redelivery.init)?.name ?? String(value)
        case .isFIFO: value == 0 ? "false" : "true"
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

extension JSON {
    package init(_ info: QueueInfo) {
        self = [
            "name": .string(info.name.text),
            "created_at_ms": .time(info.createdAt),
            "modified_at_ms": .time(info.modifiedAt),
            "settings": JSON(info.settings),
            "counts": JSON(info.counts),
            "totals": JSON(info.totals),
            "oldest_message_age_seconds": info.oldestMessageAge.map(JSON.seconds) ?? nil,
            "pause": info.pause.map { ["reason": .string($0.reason), "since_ms": .time($0.since)] } ?? nil,
            "waiters": .count(info.waiters),
        ]
    }

    private init(_ settings: QueueSettings) {
        self = [
            "visibility_timeout_seconds": .seconds(settings.visibilityTimeout),
            "delay_seconds": .seconds(settings.delay),
            "retention_seconds": settings.retention == .unlimited ? nil : .seconds(settings.retention),
            "maximum_message_bytes": .count(settings.maximumMessageBytes),
            "receive_wait_seconds": .seconds(settings.receiveWait),
            "redelivery": .string(settings.redelivery.name),
        ]
    }

    package init(_ counts: MessageCounts) {
        self = [
            "ready": .count(counts.ready), "in_flight": .count(counts.inFlight), "delayed": .count(counts.delayed),
            "damaged": .count(counts.damaged),
        ]
    }

    package init(_ totals: MessageTotals) {
        self = [
            "sent": .counter(totals.sent), "received": .counter(totals.received), "deleted": .counter(totals.deleted),
            "returned": .counter(totals.returned), "expired": .counter(totals.expired),
        ]
    }
}
