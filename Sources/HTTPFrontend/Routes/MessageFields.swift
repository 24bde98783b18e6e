import RoostModel
import RoostStorage

/// How many entries a batch of the JSON API may have.
private let batchEntries = 1...Limits.receiveMessagesMax

/// Body of `POST messages`.
enum SendFields: Decodable {
    case one(NewMessage)
    case batch([NewMessage])

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["messages"] + MessageFields.names)
        guard fields.has("messages") else {
            self = .one(try MessageFields(fields).message)
            return
        }
        guard fields.names.count == 1 else {
            throw Problem.invalidField("messages excludes the fields of a single message.")
        }
        let list = try fields.value("messages", as: MessageList.self)?.messages ?? []
        try requireBatch(list.count, of: "messages")
        self = .batch(list)
    }
}

/// A refusal says which one of them it is about: a batch may have a thousand.
private struct MessageList: Decodable {
    var messages: [NewMessage] = []

    init(from decoder: any Decoder) throws {
        var entries = try decoder.unkeyedContainer()
        while !entries.isAtEnd {
            do {
                messages.append(try entries.decode(MessageFields.self).message)
            } catch var problem as Problem {
                problem.detail = "messages[\(messages.count)]: \(problem.detail)"
                throw problem
            } catch {
                throw Problem.invalidField("messages[\(messages.count)] must be a JSON object.")
            }
        }
    }
}

/// Body of `POST receive`.
struct ReceiveFields: Decodable {
    var options: ReceiveOptions

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["max", "visibility_timeout_seconds", "wait_seconds"])
        let maximum = try fields.wholeNumber("max") ?? 1
        guard (1...Limits.receiveMessagesMax).contains(maximum) else {
            throw Problem.invalidField("max must be a whole number from 1 to \(Limits.receiveMessagesMax).")
        }
        let wait = try fields.seconds("wait_seconds")
        guard wait.map({ (.zero...Limits.receiveWaitMax).contains($0) }) ?? true else {
            throw Problem.invalidField("wait_seconds must be a number from 0 to \(Limits.receiveWaitMax.secondsText).")
        }
        options = ReceiveOptions(
            maximum: maximum, visibilityTimeout: try fields.seconds("visibility_timeout_seconds"), wait: wait
        )
    }
}

/// Body of `POST delete`.
enum DeleteFields: Decodable {
    case handles([String])
    case ids([String])

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["handles", "ids"])
        switch (try fields.texts("handles"), try fields.texts("ids")) {
        case (let handles?, nil):
            try requireBatch(handles.count, of: "handles")
            self = .handles(handles)
        case (nil, let ids?):
            try requireBatch(ids.count, of: "ids")
            self = .ids(ids)
        case (nil, nil): throw Problem.missingField("handles (or ids)")
        case (_?, _?): throw Problem.invalidField("handles and ids exclude each other.")
        }
    }
}

/// Body of `POST visibility`.
struct VisibilityFields: Decodable {
    var handles: [String]
    var timeout: Milliseconds

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["handles", "visibility_timeout_seconds"])
        guard let handles = try fields.texts("handles") else { throw Problem.missingField("handles") }
        guard let timeout = try fields.seconds("visibility_timeout_seconds") else {
            throw Problem.missingField("visibility_timeout_seconds")
        }
        try requireBatch(handles.count, of: "handles")
        self.handles = handles
        self.timeout = timeout
    }
}

/// Body of `POST bury`.
struct BuryFields: Decodable {
    var handles: [String]
    var burial: Burial

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["handles", "reason", "error", "by"])
        guard let handles = try fields.texts("handles") else { throw Problem.missingField("handles") }
        try requireBatch(handles.count, of: "handles")
        self.handles = handles
        burial = Burial(
            reason: try fields.text("reason") ?? "", error: try fields.text("error") ?? "",
            by: try fields.text("by") ?? ""
        )
    }
}

/// Body of `POST kick`.
enum KickFields: Decodable {
    case count(Int)
    case ids([String])

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["count", "ids"])
        switch (try fields.wholeNumber("count"), try fields.texts("ids")) {
        case (let count?, nil): self = .count(count)
        case (nil, let ids?):
            try requireBatch(ids.count, of: "ids")
            self = .ids(ids)
        case (nil, nil): throw Problem.missingField("count (or ids)")
        case (_?, _?): throw Problem.invalidField("count and ids exclude each other.")
        }
    }
}

func requireBatch(_ count: Int, of field: String) throws {
    guard batchEntries.contains(count) else {
        throw Problem.invalidField(
            "\(field) must have \(batchEntries.lowerBound) to \(batchEntries.upperBound) entries, not \(count)."
        )
    }
}
