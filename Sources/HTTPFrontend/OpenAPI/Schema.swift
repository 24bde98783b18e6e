/// A JSON Schema (2020-12), as OpenAPI 3.1 uses it.
package struct Schema: Sendable, ExpressibleByStringLiteral {
    package let json: JSON

    init(_ json: JSON) { self.json = json }

    /// A component by its name.
    package init(stringLiteral name: String) { json = ["$ref": .string("#/components/schemas/\(name)")] }

    private static func type(_ name: String, _ more: [JSON.Member] = []) -> Schema {
        Schema(.object([JSON.Member(name: "type", value: .string(name))] + more))
    }

    static let text = type("string")
    static let flag = type("boolean")
    static let number = type("number")
    /// A number of seconds.
    static let seconds = type("number", [JSON.Member(name: "minimum", value: .integer(0))])
    static let count = integer(0...)
    /// Milliseconds since 1970.
    static let time = integer(0...)
    static let id = text(matching: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    static let queueName = text(matching: "^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo)$")
    static let empty = object([:])
    static let anything = Schema(.object([]))

    static func integer(_ range: PartialRangeFrom<Int>) -> Schema {
        type("integer", [JSON.Member(name: "minimum", value: .count(range.lowerBound))])
    }

    static func integer(_ range: ClosedRange<Int>, default standard: Int? = nil) -> Schema {
        var members = [
            JSON.Member(name: "minimum", value: .count(range.lowerBound)),
            JSON.Member(name: "maximum", value: .count(range.upperBound)),
        ]
        if let standard { members.append(JSON.Member(name: "default", value: .count(standard))) }
        return type("integer", members)
    }

    static func text(matching pattern: String) -> Schema {
        type("string", [JSON.Member(name: "pattern", value: .string(pattern))])
    }

    static func text(_ lengths: ClosedRange<Int>) -> Schema {
        type(
            "string",
            [
                JSON.Member(name: "minLength", value: .count(lengths.lowerBound)),
                JSON.Member(name: "maxLength", value: .count(lengths.upperBound)),
            ])
    }

    static func choice(_ names: [String]) -> Schema { type("string", [.init(name: "enum", value: .texts(names))]) }

    static func list(_ items: Schema, _ counts: ClosedRange<Int>? = nil) -> Schema {
        var members = [JSON.Member(name: "items", value: items.json)]
        if let counts {
            members.append(JSON.Member(name: "minItems", value: .count(counts.lowerBound)))
            members.append(JSON.Member(name: "maxItems", value: .count(counts.upperBound)))
        }
        return type("array", members)
    }

    /// An object whose names are data.
    static func map(_ values: Schema) -> Schema {
        type("object", [.init(name: "additionalProperties", value: values.json)])
    }

    /// An object with these members, and no other.
    static func object(
        _ members: KeyValuePairs<String, Schema>, more: KeyValuePairs<String, Schema> = [:],
        optional: KeyValuePairs<String, Schema> = [:]
    ) -> Schema {
        let needed = members.map { $0 } + more.map { $0 }
        let properties = (needed + optional.map { $0 }).map { JSON.Member(name: $0.key, value: $0.value.json) }
        var parts = [JSON.Member(name: "properties", value: .object(properties))]
        if !needed.isEmpty { parts.append(.init(name: "required", value: .texts(needed.map(\.key)))) }
        parts.append(.init(name: "additionalProperties", value: .bool(false)))
        return type("object", parts)
    }

    static func nullable(_ schema: Schema) -> Schema { any([schema, type("null")]) }

    static func any(_ schemas: [Schema]) -> Schema { Schema(["anyOf": .array(schemas.map(\.json))]) }
}

extension JSON {
    static func texts(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
