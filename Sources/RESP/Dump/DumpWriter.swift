package import RoostModel

/// Writes what DUMP answers: a value as in a file of Redis, its version, and a checksum.
///
/// The forms are the plain ones, which every Redis since 5.0 restores: no listpacks, nothing compressed.
package struct DumpWriter {
    /// Of Redis 5: the first that has all forms that are written here.
    static let version: UInt16 = 9

    private var bytes: Bytes = []

    package static func dump(_ content: KeyContent) -> Bytes {
        var writer = DumpWriter()
        writer.write(content)
        return sealed(writer.bytes)
    }

    /// - Parameter value: as in a file of Redis, with its type in front.
    package static func sealed(_ value: Bytes) -> Bytes {
        var writer = DumpWriter()
        writer.bytes = value
        writer.write(little: version)
        writer.write(little: CRC64.checksum(writer.bytes))
        return writer.bytes
    }

    private mutating func write(_ content: KeyContent) {
        switch content {
        case .string(let text):
            bytes.append(DumpType.string.rawValue)
            write(string: text)
        case .list(let elements): write(.list, elements)
        case .set(let members): write(.set, members)
        case .hash(let fields):
            write(.hash, count: fields.count)
            for field in fields {
                write(string: field.key)
                write(string: field.value)
            }
        case .sortedSet(let members):
            write(.sortedSet, count: members.count)
            for member in members {
                write(string: member.member)
                write(little: member.score.bitPattern)
            }
        }
    }

    private mutating func write(_ type: DumpType, _ strings: [Bytes]) {
        write(type, count: strings.count)
        for string in strings { write(string: string) }
    }

    private mutating func write(_ type: DumpType, count: Int) {
        bytes.append(type.rawValue)
        write(length: count)
    }

    private mutating func write(string: Bytes) {
        write(length: string.count)
        bytes += string
    }

    /// Six bits, fourteen, or more in bytes that follow, the highest first.
    private mutating func write(length: Int) {
        switch length {
        case 0..<0x40: bytes.append(UInt8(length))
        case 0x40..<0x4000: bytes += [0x40 | UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
        case 0x4000...Int(UInt32.max):
            bytes.append(0x80)
            write(little: UInt32(length).byteSwapped)
        default:
            bytes.append(0x81)
            write(little: UInt64(length).byteSwapped)
        }
    }

    private mutating func write(little number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// How a value is written. The names of the numbers are those of rdb.h.
enum DumpType: UInt8 {
    case string = 0
    case list = 1
    case set = 2
    /// Scores as text.
    case sortedSetOfText = 3
    case hash = 4
    case sortedSet = 5
    case intSet = 11
    case hashListPack = 16
    case sortedSetListPack = 17
    /// A list of nodes: listpacks, or elements that are too long for one.
    case quickList = 18
    case setListPack = 20
}
