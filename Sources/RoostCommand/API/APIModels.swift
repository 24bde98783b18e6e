package import Foundation

/// The parts of the JSON API that the tables show. `--json` passes on everything.
package struct QueueDescription: Decodable, Sendable {
    package struct Settings: Decodable, Sendable {
        package var visibilityTimeoutSeconds: Double
        package var delaySeconds: Double
        /// Nil: kept for ever.
        package var retentionSeconds: Double?
        package var maximumMessageBytes: Int
        package var receiveWaitSeconds: Double
        package var redelivery: String
        // Nil from here on: an earlier version of the server, which knows none of them.
        package var contents: String?
        package var fifo: Bool?
        package var contentBasedDeduplication: Bool?
        package var deduplicationScope: String?
        package var deadLetters: DeadLetters?
        /// `all`, `none` or a list of names.
        package var deadLetterSources: JSONValue?
        package var safePop: Bool?
        package var properties: [String: String]?
    }

    package struct DeadLetters: Decodable, Sendable {
        package var queue: String
        package var maxReceives: Int
    }

    package struct Counts: Decodable, Sendable {
        package var ready: Int
        package var inFlight: Int
        package var delayed: Int
        /// Nil: an earlier version of the server, which knows none.
        package var damaged: Int?
        package var buried: Int?

        package var all: Int { ready + inFlight + delayed + (damaged ?? 0) + (buried ?? 0) }
    }

    package struct Totals: Decodable, Sendable {
        package var sent: Int
        package var received: Int
        package var deleted: Int
        package var returned: Int
        package var expired: Int
        package var movedOut: Int?
        package var movedIn: Int?
    }

    package struct Pause: Decodable, Sendable {
        package var reason: String
        package var sinceMs: Int64
    }

    package var name: String
    package var settings: Settings
    package var counts: Counts
    package var totals: Totals
    /// Nil while no message is ready or in flight.
    package var oldestMessageAgeSeconds: Double?
    package var pause: Pause?
    package var waiters: Int
    package var createdAtMs: Int64
}

package struct QueuePage: Decodable, Sendable {
    package var queues: [QueueDescription]
    package var more: Bool
    package var nextAfter: String?
}

/// A message to send. A body that is not UTF-8 goes as base64.
package struct OutgoingMessage: Encodable, Sendable, Equatable {
    package var body: String?
    package var bodyBase64: String?
    package var attributes: [String: AttributeValue]?
    package var delaySeconds: Double?
    package var group: String?
    package var deduplicationId: String?
    package var trace: String?

    package init(body: [UInt8], attributes: [String: AttributeValue] = [:], delaySeconds: Double? = nil) {
        if let text = String(validating: body, as: UTF8.self) {
            self.body = text
        } else {
            bodyBase64 = Data(body).base64EncodedString()
        }
        self.attributes = attributes.isEmpty ? nil : attributes
        self.delaySeconds = delaySeconds
    }
}

/// The value of an attribute: text, or base64 when the type is Binary.
package struct AttributeValue: Codable, Sendable, Equatable {
    package var type: String
    package var value: String?
    package var valueBase64: String?

    package init(type: String, value: String) {
        self.type = type
        self.value = value
    }

    package init(type: String, base64: String) {
        self.type = type
        valueBase64 = base64
    }
}

/// A message as it was received or peeked at.
package struct IncomingMessage: Decodable, Sendable {
    package var id: String
    package var handle: String?
    package var state: String?
    package var body: String?
    package var bodyBase64: String?
    package var attributes: [String: AttributeValue]?
    package var sentAtMs: Int64
    package var receiveCount: Int
    /// End of the delay or of the lease.
    package var dueMs: Int64?
    package var sequence: UInt64?
    package var group: String?
    package var deduplicationId: String?
    package var trace: String?
    package var sender: String?
    package var deadLetterSource: String?
    package var burial: Burial?

    package struct Burial: Decodable, Sendable {
        package var reason: String
        package var error: String
        package var by: String
        package var atMs: Int64?
    }

    /// Nobody can read the body any more; an empty one stands in its place.
    package var isDamaged: Bool { state == "damaged" }

    /// The bytes that were sent.
    package var bytes: [UInt8] {
        if let body { return Array(body.utf8) }
        return bodyBase64.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
    }
}

/// The messages of one group.
package struct GroupDescription: Decodable, Sendable {
    /// Nil: none of its messages can be read.
    package var group: String?
    package var ready: Int
    package var inFlight: Int
    package var delayed: Int
    package var damaged: Int
    package var buried: Int
    package var locked: Bool
    /// False: there are more than the server counted.
    package var counted: Bool
    package var deadLetterSource: String?
}

package struct GroupPage: Decodable, Sendable {
    package var groups: [GroupDescription]
    package var nextAfter: String?
}

/// A move of messages, as far as it is.
package struct MoveDescription: Decodable, Sendable {
    package var id: UInt64
    package var from: String
    /// Nil: each message back to where it was a dead letter.
    package var to: String?
    package var rate: Int?
    package var status: String
    package var failure: String?
    package var moved: Int
    package var toMove: Int
    package var startedAtMs: Int64
}

package struct MoveList: Decodable, Sendable {
    package var moves: [MoveDescription]
}

package struct MessageList: Decodable, Sendable {
    package var messages: [IncomingMessage]
}

/// The result of one entry of a batch.
package struct EntryResult: Decodable, Sendable {
    package var id: String?
    /// Of a kick by id: false when there is no such message that is buried.
    package var kicked: Bool?
    package var error: Failure?

    package struct Failure: Decodable, Sendable {
        package var status: UInt
        package var code: String
        package var detail: String

        package var commandError: CommandError {
            APIClient.refusal(status: status, code: code, detail: detail)
        }
    }
}

package struct EntryResults: Decodable, Sendable {
    package var results: [EntryResult]
}

/// Keys are words with underscores on the wire.
package enum API {
    package static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws(CommandError) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: data)
        } catch {
            throw CommandError(.failed, "the server answered in a form that this version does not know: \(error)")
        }
    }

    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(value)
    }
}
