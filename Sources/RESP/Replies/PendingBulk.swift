/// A string of known length whose bytes have not all come.
struct PendingBulk: Sendable {
    enum Kind: Sendable {
        case string
        case error
        case verbatim
    }

    var kind: Kind
    var count: Int

    func value(_ content: UnsafeRawBufferPointer) throws(ReplyError) -> RESPValue {
        switch kind {
        case .string: return .bulk([UInt8](content))
        case .error: return .error([UInt8](content))
        case .verbatim:
            guard content.count >= 4, content[3] == UInt8(ascii: ":") else { throw .malformed }
            return .verbatim(format: [UInt8](content[..<3]), text: [UInt8](content[4...]))
        }
    }
}
