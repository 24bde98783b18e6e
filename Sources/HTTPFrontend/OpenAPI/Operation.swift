package import HTTPTypes

/// One method of one path, as the OpenAPI document tells of it.
package struct Operation: Sendable {
    package struct Parameter: Sendable {
        enum Place: String { case query, header }

        var name: String
        var place = Place.query
        var schema: Schema
        var isRequired = false
    }

    package enum Body: Sendable {
        case none
        case json(Schema)
        /// The route also takes an empty body.
        case optional(Schema)
    }

    /// What a request that went well gets.
    package enum Answer: Sendable {
        case json(Schema)
        /// A text of this content type.
        case text(String)
        case nothing
    }

    package var method: HTTPRequest.Method
    /// With names in braces.
    package var path: String
    /// Unique, in camel case.
    package var id: String
    package var summary: String
    package var parameters: [Parameter] = []
    package var body = Body.none
    package var answer: Answer
    /// Whether refusals are texts (the AweQ paths, health) instead of problem documents.
    package var refusesInText = false

    init(
        _ method: HTTPRequest.Method, _ path: String, _ id: String, _ summary: String,
        _ parameters: [Parameter] = [], body: Body = .none, answer: Answer, refusesInText: Bool = false
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.answer = answer
        self.refusesInText = refusesInText
    }

    init(
        _ method: HTTPRequest.Method, _ path: String, _ id: String, _ summary: String,
        _ parameters: [Parameter], body: Body = .none, _ answer: Schema
    ) {
        self.init(method, path, id, summary, parameters, body: body, answer: .json(answer))
    }

    init(
        _ method: HTTPRequest.Method, _ path: String, _ id: String, _ summary: String, body: Body = .none,
        _ answer: Schema
    ) {
        self.init(method, path, id, summary, body: body, answer: .json(answer))
    }

    /// The same by HEAD, where a route answers that too.
    var withHead: [Operation] {
        let head = Operation(
            .head, path, "\(id)Head", "\(summary): headers alone", parameters, answer: .nothing,
            refusesInText: refusesInText)
        return [self, head]
    }

    package var takesBody: Bool {
        if case .none = body { false } else { true }
    }

    /// The part of the API: what stands behind `/api/v1`, or the whole first component.
    var tag: String {
        let parts = path.split(separator: "/").filter { $0 != "api" && $0 != "v1" }
        return path.hasPrefix("/api/v1/") ? String(parts.first ?? "") : "node"
    }
}

extension Operation.Parameter {
    static func query(_ name: String, _ schema: Schema, isRequired: Bool = false) -> Self {
        Self(name: name, schema: schema, isRequired: isRequired)
    }

    static func header(_ name: String, _ schema: Schema) -> Self { Self(name: name, place: .header, schema: schema) }

    static let after = query("after", .text)

    static func limit(_ range: ClosedRange<Int>, default standard: Int) -> Self {
        query("limit", .integer(range, default: standard))
    }
}
