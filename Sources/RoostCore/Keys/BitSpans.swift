import RoostModel

/// Bits of a string: the first is the highest of the first byte.
enum BitSpans {
    /// How many are set. `bits`: within the string.
    static func count(_ text: Bytes, _ bits: Range<Int>) -> Int {
        guard !bits.isEmpty else { return 0 }
        let (first, last) = (bits.lowerBound / 8, (bits.upperBound - 1) / 8)
        let (head, tail) = masks(bits)
        let ends = (text[first] & ~head).nonzeroBitCount + (text[last] & ~tail).nonzeroBitCount
        return text.withUnsafeBytes { count($0[first...last]) } - ends
    }

    private static func count(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let buffer = UnsafeRawBufferPointer(rebasing: bytes)
        var (total, place) = (0, 0)
        while place + 8 <= buffer.count {
            total += buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self).nonzeroBitCount
            place += 8
        }
        return total + buffer[place...].reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Where the first one is that is set, or is not. `bits`: within the string.
    static func first(_ isSet: Bool, in text: Bytes, _ bits: Range<Int>) -> Int? {
        guard !bits.isEmpty else { return nil }
        let (first, last) = (bits.lowerBound / 8, (bits.upperBound - 1) / 8)
        let (head, tail) = masks(bits)
        return text.withUnsafeBytes { buffer in
            var place = first
            while place <= last {
                if place > first, place + 8 <= last,
                    buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self) == (isSet ? 0 : .max)
                {
                    place += 8
                    continue
                }
                var byte = isSet ? buffer[place] : ~buffer[place]
                if place == first { byte &= head }
                if place == last { byte &= tail }
                if byte != 0 { return place * 8 + byte.leadingZeroBitCount }
                place += 1
            }
            return nil
        }
    }

    /// Which bits of the first and of the last byte belong to a range that is not empty.
    private static func masks(_ bits: Range<Int>) -> (head: UInt8, tail: UInt8) {
        (0xFF >> UInt8(bits.lowerBound % 8), ~(0x7F >> UInt8((bits.upperBound - 1) % 8)))
    }

    /// A string that ends earlier counts as if zeros followed.
    static func combined(_ operation: BitOperation, _ texts: [Bytes]) -> Bytes {
        let count = texts.reduce(0) { max($0, $1.count) }
        var result = texts.first ?? []
        result.append(contentsOf: repeatElement(0, count: count - result.count))
        guard operation != .not else { return result.map { ~$0 } }
        for text in texts.dropFirst() { combine(operation, text, into: &result) }
        return result
    }

    private static func combine(_ operation: BitOperation, _ text: Bytes, into result: inout Bytes) {
        switch operation {
        case .and:
            for place in text.indices { result[place] &= text[place] }
            for place in text.count..<result.count { result[place] = 0 }
        case .or: for place in text.indices { result[place] |= text[place] }
        case .xor: for place in text.indices { result[place] ^= text[place] }
        case .not: break
        }
    }
}
