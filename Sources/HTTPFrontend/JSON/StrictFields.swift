package import RoostModel

/// The members of a JSON object that a client sent. An unknown member is an error that names the known ones; a wrong
/// type is an error that names the right one. A misspelt `delay_second` must not send at once.
package struct StrictFields {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let members: KeyedDecodingContainer<Name>

    /// - Parameter allowed: nil allows every name, for objects whose names are data.
    package init(_ decoder: any Decoder, allowed: [String]?) throws {
        do {
            members = try decoder.container(keyedBy: Name.self)
        } catch {
            throw Problem.invalidJSON("\(Self.place(decoder.codingPath)) must be a JSON object.")
        }
        guard let allowed else { return }
        let unknown = names.first { !allowed.contains($0) }
        if let unknown { throw Problem.unknownField(unknown, allowed: allowed) }
    }

    /// In the order of the alphabet: the decoder does not keep that of the text.
    package var names: [String] { members.allKeys.map(\.stringValue).sorted() }

    /// Whether the member is there, `null` too.
    package func has(_ name: String) -> Bool { members.contains(Name(name)) }

    /// Whether the member is there and is `null`.
    package func isNull(_ name: String) -> Bool {
        has(name) && (try? members.decodeNil(forKey: Name(name))) == true
    }

    package func text(_ name: String) throws -> String? {
        try optional(String.self, name, "a string")
    }

    package func wholeNumber(_ name: String) throws -> Int? {
        try optional(Int.self, name, "a whole number")
    }

    package func flag(_ name: String) throws -> Bool? {
        try optional(Bool.self, name, "true or false")
    }

    /// A number of seconds, rounded to whole milliseconds.
    package func seconds(_ name: String) throws -> Milliseconds? {
        guard let value = try optional(Double.self, name, "a number of seconds") else { return nil }
        let milliseconds = (value * 1000).rounded()
        // Beyond 2^53 a Double does not hold whole numbers; such a time is a mistake anyway.
        guard abs(milliseconds) < 9_007_199_254_740_992 else {
            throw Problem.invalidField("\(name) is too large a number of seconds.")
        }
        return Milliseconds(Int64(milliseconds))
    }

    package func texts(_ name: String) throws -> [String]? {
        try optional([String].self, name, "an array of strings")
    }

    /// A member that decodes itself. Its own problems pass through.
    package func value<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        try optional(type, name, "of another type")
    }

    private func optional<Value: Decodable>(_ type: Value.Type, _ name: String, _ expected: String) throws -> Value? {
        guard has(name) else { return nil }
        do {
            return try members.decode(type, forKey: Name(name))
        } catch let problem as Problem {
            throw problem
        } catch let rejection as Rejection {
            throw Problem(rejection)
        } catch {
            throw Problem.invalidField("\(name) must be \(expected).")
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "The body" : path.map(\.stringValue).joined(separator: ".")
    }
}
