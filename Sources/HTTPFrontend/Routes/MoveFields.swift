import RoostModel

/// Body of `POST moves`.
struct MoveFields: Decodable {
    /// Nil: each message back to where it was a dead letter.
    var to: QueueName?
    var rate: Int?

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["to", "rate"])
        to = fields.isNull("to") ? nil : try fields.text("to").map { try QueueName($0) }
        rate = fields.isNull("rate") ? nil : try fields.wholeNumber("rate")
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
