/// Changes of known bytes, as an input names them: how a fuzzer gets deep into formats that it could not guess.
///
///     patch   place u16 | shape u8 (low 3 bits: bytes to write; upper 5 bits: high bits of the place) | bytes
package enum Patches {
    package static let countMax = 64

    package static func apply(_ source: inout ByteSource, to bytes: inout [UInt8]) {
        let low: UInt16 = source.number()
        let shape = source.byte()
        let place = Int(low) | Int(shape >> 3) << 16
        let new = source.take(Int(shape & 7) + 1)
        guard !bytes.isEmpty else { return }
        for (index, byte) in new.enumerated() { bytes[(place + index) % bytes.count] = byte }
    }

    /// The bytes of a patch.
    package static func encode(at place: Int, _ new: [UInt8]) -> [UInt8] {
        var patch: [UInt8] = []
        patch.append(littleEndian: UInt16(truncatingIfNeeded: place))
        patch.append(UInt8(truncatingIfNeeded: (place >> 16) << 3) | UInt8(new.count - 1))
        return patch + new
    }
}
