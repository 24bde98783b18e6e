/// A host with an optional port, as it stands in `Host` and behind the scheme of `Origin`.
///
/// The parser takes less than RFC 3986 allows: what a browser would not write is no authority. Guessing what a strange
/// text means is how `localhost:1@evil.example` or `[::1]evil` becomes a loopback address.
struct Authority: Equatable {
    /// In lower case; an IPv6 address keeps its brackets.
    var name: String
    var port: UInt16?

    init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        let nameEnd: String.UTF8View.Index
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let address = bytes[bytes.index(after: bytes.startIndex)..<bracket]
            guard !address.isEmpty, address.allSatisfy(Self.isIPv6Byte) else { return nil }
            nameEnd = bytes.index(after: bracket)
        } else {
            nameEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            let labels = bytes[..<nameEnd].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isLabelByte) }) else { return nil }
        }
        name = text[..<nameEnd].lowercased()
        guard nameEnd < bytes.endIndex else { return }
        guard bytes[nameEnd] == UInt8(ascii: ":"), let port = Self.port(bytes[nameEnd...].dropFirst()) else {
            return nil
        }
        self.port = port
    }

    /// Names that a machine resolves to itself, without asking anybody (RFC 6761 section 6.3), and its addresses.
    var isLoopback: Bool {
        name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" || isLoopbackIPv4
    }

    private var isLoopbackIPv4: Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].elementsEqual("127".utf8)
            && parts.allSatisfy { $0.allSatisfy(Self.isDigit) && UInt8(Substring($0)) != nil }
    }

    private static func port(_ digits: some Collection<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            true
        default: isDigit(byte)
        }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: isDigit(byte)
        }
    }
}
