import HTTPTypes

/// The document at `/openapi.json`: OpenAPI 3.1.
struct OpenAPIDocument {
    var operations: [Operation]
    var version: String
    /// Without a token, nobody has to prove who they are.
    var needsToken: Bool

    var json: JSON {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Roost", "version": .string(version),
                "description": "The HTTP API of Roost, a durable message broker.",
            ],
            "paths": .object(paths.map { .init(name: $0.path, value: Self.item($0.operations)) }),
            "components": [
                "schemas": .object(Components.all.map { .init(name: $0.key, value: $0.value.json) }),
                "securitySchemes": Self.securitySchemes,
            ],
            "security": security,
        ]
    }

    private static let securitySchemes: JSON = [
        "token": ["type": "http", "scheme": "bearer", "description": "The admin token."],
        "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionRoutes.cookieName),
            "description": "The cookie that logIn gives for the admin token.",
        ],
    ]

    /// One of these is enough.
    private var security: JSON {
        let ways: [JSON] = [["token": .array([])], ["session": .array([])]]
        return .array(needsToken ? ways : [[:]] + ways)
    }

    /// In the order in which the operations name them first.
    private var paths: [(path: String, operations: [Operation])] {
        var paths: [(path: String, operations: [Operation])] = []
        for operation in operations {
            if let place = paths.firstIndex(where: { $0.path == operation.path }) {
                paths[place].operations.append(operation)
            } else {
                paths.append((operation.path, [operation]))
            }
        }
        return paths
    }

    private static func item(_ operations: [Operation]) -> JSON {
        .object(operations.map { .init(name: $0.method.rawValue.lowercased(), value: json($0)) })
    }

    private static func json(_ operation: Operation) -> JSON {
        var members: [JSON.Member] = [
            .init(name: "operationId", value: .string(operation.id)),
            .init(name: "summary", value: .string(operation.summary)),
            .init(name: "tags", value: .texts([operation.tag])),
        ]
        let parameters = pathParameters(operation.path) + operation.parameters.map(parameter)
        if !parameters.isEmpty { members.append(.init(name: "parameters", value: .array(parameters))) }
        if let body = body(operation.body) { members.append(.init(name: "requestBody", value: body)) }
        members.append(.init(name: "responses", value: responses(operation)))
        if AskedPath(operation.path).isOpen { members.append(.init(name: "security", value: .array([]))) }
        return .object(members)
    }

    private static func pathParameters(_ path: String) -> [JSON] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            return [
                "name": .string(name), "in": "path", "required": .bool(true),
                "schema": (Components.pathParameters[name] ?? .text).json,
            ]
        }
    }

    private static func parameter(_ parameter: Operation.Parameter) -> JSON {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.isRequired), "schema": parameter.schema.json,
        ]
    }

    private static func body(_ body: Operation.Body) -> JSON? {
        switch body {
        case .none: nil
        case .json(let schema): ["required": .bool(true), "content": content("application/json", schema)]
        case .optional(let schema): ["required": .bool(false), "content": content("application/json", schema)]
        }
    }

    private static func content(_ type: String, _ schema: Schema) -> JSON {
        .object([.init(name: type, value: ["schema": schema.json])])
    }

    private static func responses(_ operation: Operation) -> JSON {
        let refusal = refusal(operation)
        return ["200": answer(operation.answer), "4XX": refusal, "5XX": refusal]
    }

    private static func answer(_ answer: Operation.Answer) -> JSON {
        switch answer {
        case .json(let schema): ["description": "Done.", "content": content("application/json", schema)]
        case .text(let type): ["description": "Done.", "content": content(type, .text)]
        case .nothing: ["description": "Headers alone."]
        }
    }

    private static func refusal(_ operation: Operation) -> JSON {
        if case .nothing = operation.answer { return ["description": "Refused, or not possible now."] }
        var types: [JSON.Member] = [
            .init(name: "application/problem+json", value: ["schema": Schema("Problem").json]),
            .init(name: "text/plain", value: ["schema": Schema.text.json]),
        ]
        if operation.refusesInText {
            types.append(.init(name: "text/html", value: ["schema": Schema.text.json]))
            types.append(.init(name: "application/json", value: ["schema": Schema.anything.json]))
        }
        return ["description": "Refused, or not possible now.", "content": .object(types)]
    }
}
