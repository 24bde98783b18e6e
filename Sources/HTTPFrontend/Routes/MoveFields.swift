import RoostModel

/// Body of `POST moves`.
struct MoveFields: Decodable {
    /// Nil: each message back to where it was a dead letter.
    var to: QueueName?
    var rate: Int?
    var isDryRun: Bool
    /// Only messages with this text in them.
    var text: String?
    /// Where an earlier answer ended that told of a part.
    var after: String?

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["to", "rate", "dry_run", "filter", "after"])
        to = fields.isNull("to") ? nil : try fields.text("to").map { try QueueName($0) }
        rate = fields.isNull("rate") ? nil : try fields.wholeNumber("rate")
        isDryRun = try fields.flag("dry_run") ?? false
        text = try fields.value("filter", as: FilterFields.self)?.text
        after = fields.isNull("after") ? nil : try fields.text("after")
        guard after == nil || text != nil || (isDryRun && to == nil) else {
            throw Problem.invalidField("after goes with filter, or with a dry run without to.")
        }
        guard text == nil || rate == nil else {
            throw Problem.invalidField("A move with a filter is done at once: rate does not go with it.")
        }
    }
}

private struct FilterFields: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["text"])
        guard let text = try fields.text("text") else { throw Problem.missingField("filter.text") }
        guard (1...Search.textBytesMax).contains(text.utf8.count) else {
            throw Problem.invalidField("filter.text must have 1 to \(Search.textBytesMax) bytes.")
        }
        self.text = text
    }
}

/// Body of `POST move`.
struct MoveByIDFields: Decodable {
    var to: QueueName?
    var ids: [MessageID]

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["to", "ids"])
        to = fields.isNull("to") ? nil : try fields.text("to").map { try QueueName($0) }
        guard let texts = try fields.texts("ids") else { throw Problem.missingField("ids") }
        try requireBatch(texts.count, of: "ids")
        ids = try texts.map { text in
            guard let id = MessageID(text) else { throw Problem.invalidID }
            return id
        }
    }
}
