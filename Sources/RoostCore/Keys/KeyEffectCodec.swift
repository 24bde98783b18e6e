import RoostModel

/// Effects on keys to bytes and back. All numbers are little-endian; a string is its count u32 and its bytes.
///
/// ```
/// put string      1 | key | expiry i64 (lowest number: none) | value
/// splice          2 | key | offset u32 | bytes
/// set expiry      3 | key | expiry i64 (lowest number: none)
/// delete          4 | key
/// rename          5 | key | new key
/// flush           6
/// push           16 | key | end u8 | count u32 | elements
/// set element    17 | key | position u64 | element
/// insert element 18 | key | position u64 | element
/// remove         19 | key | from u64 | to u64
/// ```
package enum KeyEffectCodec {
    package static func size(_ effects: [KeyEffect]) -> Int {
        var counter = ByteCounter()
        for effect in effects { effect.write(to: &counter) }
        return counter.count
    }

    /// Fills exactly `size` bytes.
    package static func encode(_ effects: [KeyEffect], into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ByteWriter(buffer)
        for effect in effects { effect.write(to: &writer) }
    }

    package static func decode(_ payload: UnsafeRawBufferPointer) throws(EntryDecodingError) -> [KeyEffect] {
        var reader = ByteReader(payload)
        var effects: [KeyEffect] = []
        while reader.remaining > 0 { effects.append(try KeyEffect(&reader)) }
        return effects
    }
}

/// Where bytes go, or are counted.
protocol ByteSink {
    mutating func write<Number: FixedWidthInteger>(_ number: Number)
    mutating func write(bytes: [UInt8])
}

extension ByteWriter: ByteSink {}

struct ByteCounter: ByteSink {
    private(set) var count = 0

    mutating func write<Number: FixedWidthInteger>(_ number: Number) { count += MemoryLayout<Number>.size }
    mutating func write(bytes: [UInt8]) { count += bytes.count }
}

extension ByteSink {
    /// Shorter than 4 GiB, as everything is that a client may send.
    mutating func write(string: Bytes) {
        write(UInt32(string.count))
        write(bytes: string)
    }

    mutating func write(expiry: BrokerTime?) { write(expiry?.milliseconds ?? .min) }

    fileprivate mutating func write(_ kind: KeyEffect.Kind, _ key: Bytes) {
        write(kind.rawValue)
        write(string: key)
    }
}

extension ByteReader {
    mutating func readString() throws(EntryDecodingError) -> Bytes {
        let count: UInt32 = try read()
        return try readBytes(Int(count))
    }

    /// Nothing is allocated by the count.
    mutating func readStrings() throws(EntryDecodingError) -> [Bytes] {
        var strings: [Bytes] = []
        let count: UInt32 = try read()
        for _ in 0..<count { strings.append(try readString()) }
        return strings
    }

    mutating func readExpiry() throws(EntryDecodingError) -> BrokerTime? {
        let time: Int64 = try read()
        return time == .min ? nil : BrokerTime(milliseconds: time)
    }

    mutating func readPosition() throws(EntryDecodingError) -> Int {
        let position: UInt64 = try read()
        guard let position = Int(exactly: position), position < .max else { throw .init(reason: "no such position") }
        return position
    }
}

extension KeyEffect {
    /// Numbers are for ever.
    fileprivate enum Kind: UInt8 {
        case putString = 1
        case splice = 2
        case setExpiry = 3
        case delete = 4
        case rename = 5
        case flush = 6
        case push = 16
        case setElement = 17
        case insertElement = 18
        case removeElements = 19
    }

    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .putString(let key, let value, let expiry):
            sink.write(.putString, key)
            sink.write(expiry: expiry)
            sink.write(string: value)
        case .splice(let key, let offset, let bytes):
            sink.write(.splice, key)
            sink.write(UInt32(offset))
            sink.write(string: bytes)
        case .setExpiry(let key, let expiry):
            sink.write(.setExpiry, key)
            sink.write(expiry: expiry)
        case .delete(let key): sink.write(.delete, key)
        case .rename(let key, let new):
            sink.write(.rename, key)
            sink.write(string: new)
        case .flush: sink.write(Kind.flush.rawValue)
        default: writeElements(to: &sink)
        }
    }

    private func writeElements(to sink: inout some ByteSink) {
        switch self {
        case .push(let key, let end, let elements):
            sink.write(.push, key)
            sink.write(end.rawValue)
            sink.write(UInt32(elements.count))
            for element in elements { sink.write(string: element) }
        case .setElement(let key, let position, let element):
            sink.write(.setElement, key)
            sink.write(UInt64(position))
            sink.write(string: element)
        case .insertElement(let key, let position, let element):
            sink.write(.insertElement, key)
            sink.write(UInt64(position))
            sink.write(string: element)
        case .removeElements(let key, let range):
            sink.write(.removeElements, key)
            sink.write(UInt64(range.lowerBound))
            sink.write(UInt64(range.upperBound))
        default: preconditionFailure("an effect without a codec")
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let number: UInt8 = try reader.read()
        guard let kind = Kind(rawValue: number) else { throw .init(reason: "no effect has the number \(number)") }
        guard kind != .flush else {
            self = .flush
            return
        }
        self = try Self.read(kind, try reader.readString(), &reader)
    }

    private static func read(
        _ kind: Kind, _ key: Bytes, _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> KeyEffect {
        switch kind {
        case .putString:
            let expiry = try reader.readExpiry()
            return .putString(key, try reader.readString(), expiry: expiry)
        case .splice:
            let offset: UInt32 = try reader.read()
            return .splice(key, offset: Int(offset), try reader.readString())
        case .setExpiry: return .setExpiry(key, try reader.readExpiry())
        case .delete: return .delete(key)
        case .rename: return .rename(key, to: try reader.readString())
        case .flush: return .flush
        case .push: return .push(key, try readEnd(&reader), try reader.readStrings())
        case .setElement: return .setElement(key, at: try reader.readPosition(), try reader.readString())
        case .insertElement: return .insertElement(key, at: try reader.readPosition(), try reader.readString())
        case .removeElements:
            let (start, end) = (try reader.readPosition(), try reader.readPosition())
            guard start < end else { throw .init(reason: "no such elements") }
            return .removeElements(key, start..<end)
        }
    }

    private static func readEnd(_ reader: inout ByteReader) throws(EntryDecodingError) -> ListEnd {
        guard let end = ListEnd(rawValue: try reader.read()) else { throw .init(reason: "no such end of a list") }
        return end
    }
}
