import ArgumentParser
package import RoostModel
import RoostServer

/// A time on the command line: `30`, `30s`, `5m`, `12h`, `14d`.
package struct Span: ExpressibleByArgument, Sendable, Equatable {
    package var milliseconds: Milliseconds

    package init?(argument: String) {
        guard let time = TimeSpan.parse(argument) else { return nil }
        milliseconds = time
    }

    package var seconds: Double { Double(milliseconds.count) / 1000 }

    /// Whole seconds as a whole number.
    package var json: JSONValue {
        milliseconds.count % 1000 == 0 ? .integer(milliseconds.wholeSeconds) : .number(seconds)
    }
}

package enum Retention: ExpressibleByArgument, Sendable, Equatable {
    case limited(Span)
    case unlimited

    package init?(argument: String) {
        if argument == "unlimited" {
            self = .unlimited
        } else if let span = Span(argument: argument) {
            self = .limited(span)
        } else {
            return nil
        }
    }
}

/// A size on the command line: `100`, `256KiB`, `1MiB`.
package struct Size: ExpressibleByArgument, Sendable, Equatable {
    package var bytes: Int

    package init?(argument: String) {
        guard let bytes = ByteSize.parse(argument) else { return nil }
        self.bytes = bytes
    }

    package init(bytes: Int) { self.bytes = bytes }

    package var defaultValueDescription: String { ByteSize.text(bytes) }
}

/// `NAME=VALUE` or `NAME=VALUE:TYPE`. The type is String, Number or Binary (the value is then base64), with a label
/// after a point if wanted: `price=12:Number.euro`. Without a type it is a String, colons included.
package struct AttributeArgument: ExpressibleByArgument, Sendable, Equatable {
    package var name: String
    package var value: AttributeValue

    package init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        let rest = argument[argument.index(after: equals)...]
        guard let colon = rest.lastIndex(of: ":"), Self.isType(rest[rest.index(after: colon)...]) else {
            value = AttributeValue(type: "String", value: String(rest))
            return
        }
        let type = String(rest[rest.index(after: colon)...])
        let text = String(rest[..<colon])
        value = type.hasPrefix("Binary") ? .init(type: type, base64: text) : .init(type: type, value: text)
    }

    private static func isType(_ text: Substring) -> Bool {
        let base = text.prefix { $0 != "." }
        return ["String", "Number", "Binary"].contains(base)
            && (base.count == text.count || text.count > base.count + 1)
    }
}
