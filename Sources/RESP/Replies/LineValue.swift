import RoostModel

/// Values of RESP3 that are a line.
enum LineValue {
    static func read(_ type: UInt8, _ line: UnsafeRawBufferPointer) throws(ReplyError) -> RESPValue {
        switch type {
        case UInt8(ascii: "_"):
            guard line.isEmpty else { throw .malformed }
            return .null
        case UInt8(ascii: ","): return .double(try readDouble(line))
        case UInt8(ascii: "#"): return .boolean(try readBoolean(line))
        case UInt8(ascii: "("): return .bigNumber(try readDigits(line))
        default: throw .unknownType(type)
        }
    }

    private static func readDouble(_ line: UnsafeRawBufferPointer) throws(ReplyError) -> Double {
        if let number = FloatText.parseDouble(line) { return number }
        guard line.elementsEqual("nan".utf8) || line.elementsEqual("-nan".utf8) else { throw .malformed }
        return .nan
    }

    private static func readBoolean(_ line: UnsafeRawBufferPointer) throws(ReplyError) -> Bool {
        guard line.count == 1 else { throw .malformed }
        switch line[0] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw .malformed
        }
    }

    private static func readDigits(_ line: UnsafeRawBufferPointer) throws(ReplyError) -> [UInt8] {
        let hasSign = line.first == UInt8(ascii: "-") || line.first == UInt8(ascii: "+")
        let digits = line.dropFirst(hasSign ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .malformed
        }
        return [UInt8](line)
    }
}
