import RoostModel

/// A string whose bits are read and written. What was written stands beside it: a small change is to make a small
/// record.
struct BitFieldView {
    private let text: Bytes
    private var written: [Int: UInt8] = [:]
    /// Where the last byte ends that was to be written, be it written or not: so far the string reaches afterwards.
    private(set) var end = 0

    init(_ text: Bytes) { self.text = text }

    /// Nil: it did not fit, and nothing is written.
    mutating func carryOut(_ step: BitFieldStep) -> Int64? {
        let (field, old) = (step.field, number(step.field))
        switch step.action {
        case .get: return old
        case .set(let number, let overflow):
            reach(field)
            let exact = field.isSigned ? Int128(number) : Int128(UInt64(bitPattern: number))
            guard let number = field.fitted(exact, overflow) else { return nil }
            write(number, field)
            return old
        case .increment(let step, let overflow):
            reach(field)
            guard let number = field.fitted(Int128(old) + Int128(step), overflow) else { return nil }
            write(number, field)
            return number
        }
    }

    private mutating func reach(_ field: BitField) { end = max(end, field.bytes.upperBound) }

    private func byte(_ place: Int) -> UInt8 { written[place] ?? (place < text.count ? text[place] : 0) }

    private func window(_ field: BitField) -> UInt128 {
        field.bytes.reduce(0) { $0 << 8 | UInt128(byte($1)) }
    }

    private func number(_ field: BitField) -> Int64 {
        let bits = UInt64(truncatingIfNeeded: window(field) >> UInt128(field.bitsBehind)) & field.mask
        guard field.isSigned, bits >> UInt64(field.width - 1) == 1 else { return Int64(bitPattern: bits) }
        return Int64(bitPattern: bits | ~field.mask)
    }

    private mutating func write(_ number: Int64, _ field: BitField) {
        let (mask, shift) = (UInt128(field.mask), UInt128(field.bitsBehind))
        var window = window(field) & ~(mask << shift) | (UInt128(UInt64(bitPattern: number)) & mask) << shift
        for place in field.bytes.reversed() {
            written[place] = UInt8(truncatingIfNeeded: window)
            window >>= 8
        }
    }

    /// What is different now, neighbours together.
    var changes: [(offset: Int, bytes: Bytes)] {
        var changes: [(offset: Int, bytes: Bytes)] = []
        for (place, byte) in written.sorted(by: { $0.key < $1.key }) {
            guard byte != (place < text.count ? text[place] : 0) else { continue }
            if let last = changes.last, last.offset + last.bytes.count == place {
                changes[changes.count - 1].bytes.append(byte)
            } else {
                changes.append((place, [byte]))
            }
        }
        return changes
    }
}

extension BitField {
    /// That it has bits in: at most nine.
    fileprivate var bytes: Range<Int> { place / 8..<(place + width + 7) / 8 }
    fileprivate var bitsBehind: Int { bytes.upperBound * 8 - place - width }
    fileprivate var mask: UInt64 { width == 64 ? .max : 1 << UInt64(width) - 1 }

    /// The number as it stands in the field; nil when it has no room and that is a failure.
    fileprivate func fitted(_ number: Int128, _ overflow: BitOverflow) -> Int64? {
        let highest = isSigned ? Int128(1) << Int128(width - 1) - 1 : Int128(1) << Int128(width) - 1
        let lowest = isSigned ? -highest - 1 : 0
        guard number < lowest || number > highest else { return Int64(number) }
        switch overflow {
        case .fail: return nil
        case .saturate: return Int64(number > highest ? highest : lowest)
        case .wrap:
            let bits = UInt64(truncatingIfNeeded: number) & mask
            let isNegative = isSigned && bits >> UInt64(width - 1) == 1
            return Int64(bitPattern: isNegative ? bits | ~mask : bits)
        }
    }
}
