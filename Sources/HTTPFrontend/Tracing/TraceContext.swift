package import HTTPTypes
package import RoostModel

/// The trace that a request is a part of, from its headers `traceparent` and `tracestate` (W3C Trace Context level 1).
///
/// The server takes no part in the trace: it gives on what the sender said, with the message.
package struct TraceContext: Sendable, Equatable {
    /// Names of the headers, and of the message attributes that instrumentation for SQS reads and writes.
    package static let parentName = "traceparent"
    package static let stateName = "tracestate"

    /// `00-<trace id>-<parent id>-<flags>`.
    package let parent: String
    /// Members in the order of the headers, without white space around them. Nil: none, or one that is not valid.
    package let state: String?

    package var traceID: Substring { parent.dropFirst(3).prefix(32) }

    /// Nil when there is no parent, or one that is not valid: then the state means nothing either.
    package init?(_ fields: HTTPFields) {
        guard let parentField = HTTPField.Name(Self.parentName), let stateField = HTTPField.Name(Self.stateName)
        else { return nil }
        let parents = fields[values: parentField]
        guard parents.count == 1, let parent = Self.parent(parents[0]) else { return nil }
        self.parent = parent
        state = Self.state(fields[values: stateField])
    }
}

// MARK: - In a message

extension TraceContext {
    /// The message with the context as the last of its attributes, as far as there is room for them. One that says
    /// itself to which trace it belongs is left as it is.
    package func added(to message: NewMessage) -> NewMessage {
        let names = [Self.parentName, Self.stateName]
        guard !message.attributes.contains(where: { names.contains($0.name) }) else { return message }
        var message = message
        let wanted = [(Self.parentName, parent)] + (state.map { [(Self.stateName, $0)] } ?? [])
        for (name, value) in wanted where message.attributes.count < Limits.messageAttributesMax {
            message.attributes.append(MessageAttribute(name: name, type: "String", value: .text(value)))
            message.spareAttributes += 1
        }
        return message
    }
}

// MARK: - traceparent

extension TraceContext {
    /// Of version 00; later versions may have more behind another dash.
    private static let parentBytes = 55

    /// Nil: not valid. What a later version says is given on as version 00, with the one flag that is known there.
    private static func parent(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count >= parentBytes, [2, 35, 52].allSatisfy({ bytes[$0] == dash }) else { return nil }
        let (version, trace, parent, flags) = (bytes[..<2], bytes[3..<35], bytes[36..<52], bytes[53..<55])
        guard [version, trace, parent, flags].allSatisfy({ $0.allSatisfy(isHex) }),
            [trace, parent].allSatisfy({ $0.contains { $0 != zero } }), !version.elementsEqual("ff".utf8)
        else { return nil }
        guard version.contains(where: { $0 != zero }) else { return bytes.count == parentBytes ? text : nil }
        guard bytes.count == parentBytes || bytes[parentBytes] == dash else { return nil }
        return "00" + String(decoding: bytes[2..<53], as: UTF8.self) + (isSampled(flags) ? "01" : "00")
    }

    /// The lowest bit.
    private static func isSampled(_ flags: ArraySlice<UInt8>) -> Bool {
        UInt8(String(decoding: flags, as: UTF8.self), radix: 16).map { $0 & 1 == 1 } ?? false
    }

    private static let dash = UInt8(ascii: "-")
    private static let zero = UInt8(ascii: "0")

    /// Lower case only.
    private static func isHex(_ byte: UInt8) -> Bool {
        (zero...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

// MARK: - tracestate

extension TraceContext {
    private static let membersMax = 32
    /// So much has to be given on; of more, nothing is.
    private static let stateBytesMax = 512
    private static let keyBytes = 1...256
    private static let valueBytes = 1...256

    /// Several headers are one list.
    private static func state(_ values: [String]) -> String? {
        let members = values.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")).map(trimmed) }.filter { !$0.isEmpty }
        guard (1...membersMax).contains(members.count), members.allSatisfy(isMember) else { return nil }
        let state = members.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
        return state.utf8.count <= stateBytesMax ? state : nil
    }

    private typealias Part = Substring.UTF8View

    private static func trimmed(_ part: Part) -> Part {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let rest = part.drop(while: isBlank)
        return rest.prefix(rest.count - rest.reversed().prefix(while: isBlank).count)
    }

    /// `key=value`, where a key may be `tenant@system`.
    private static func isMember(_ member: Part) -> Bool {
        let parts = member.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
        guard parts.count == 2, keyBytes.contains(parts[0].count), valueBytes.contains(parts[1].count) else {
            return false
        }
        let names = parts[0].split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return names.count <= 2 && names.allSatisfy(isKey) && parts[1].allSatisfy { (0x20...0x7e).contains($0) }
    }

    private static func isKey(_ name: Part) -> Bool {
        name.first.map(isKeyStart) ?? false
            && name.allSatisfy { isKeyStart($0) || "_-*/".utf8.contains($0) }
    }

    private static func isKeyStart(_ byte: UInt8) -> Bool {
        (zero...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
