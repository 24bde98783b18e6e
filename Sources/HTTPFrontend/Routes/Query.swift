package import Hummingbird

/// The query parameters of a request, as forms of HTML write them: `+` is a space. Unknown and repeated ones are
/// refused.
package struct Query {
    private var values: [String: String] = [:]

    package init(_ request: Request, allowed: [String]) throws {
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0])
            guard allowed.contains(name) else { throw Problem.unknownField(name, allowed: allowed) }
            guard values[name] == nil else { throw Problem.invalidField("\(name) may stand there once.") }
            values[name] = parts.count == 2 ? try Self.decoded(parts[1]) : ""
        }
    }

    private static func decoded(_ text: Substring) throws -> String {
        guard let bytes = PathText.decoded(text, plus: UInt8(ascii: " ")),
            let decoded = String(validating: bytes, as: UTF8.self)
        else {
            throw Problem.invalidField(
                "A query is UTF-8, and each % in it has two hexadecimal digits behind it: \"\(text.prefix(100))\".")
        }
        return decoded
    }

    package func text(_ name: String) -> String? { values[name] }

    package func wholeNumber(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        guard let text = values[name] else { return standard }
        guard let number = decimal(text), range.contains(number) else {
            throw Problem.invalidField(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }

    package func choice<Value>(_ name: String, _ choices: [(String, Value)], default standard: Value) throws -> Value {
        guard let text = values[name] else { return standard }
        guard let choice = choices.first(where: { $0.0 == text }) else {
            throw Problem.invalidField("\(name) must be one of \(choices.map(\.0).joined(separator: ", ")).")
        }
        return choice.1
    }
}

/// A number of one to nine decimal digits. `Int.init` would also take a sign.
package func decimal(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard (1...9).contains(digits.count), digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
}
