import RoostCore
import RoostModel

/// Something did not go as it should.
struct Discrepancy: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ description: @autoclosure () -> String) throws(Discrepancy) {
    guard condition else { throw Discrepancy(description()) }
}

func requireEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(Discrepancy) {
    guard actual == expected else { throw Discrepancy("\(what()): is \(actual), should be \(expected)") }
}

/// Entries as bytes, like a log: what a broker did, to do it again.
struct EntryRecording: Equatable {
    private struct Record: Equatable {
        var kind: EntryKind
        var bytes: Range<Int>
        var location: BodyLocation
    }

    private var records: [Record] = []
    private var bytes: [UInt8] = []

    var count: Int { records.count }

    /// A place that no other record has.
    var nextLocation: BodyLocation {
        let number = UInt32(records.count)
        return BodyLocation(segment: 1 + number >> 20, offset: (number & 0xf_ffff) << 3, length: number & 0xffff)
    }

    /// Encodes the entry, and checks that decoding gives it back.
    mutating func append(_ entry: Entry, _ message: NewMessage? = nil) throws {
        let encoded = Self.encode(entry, message)
        let decoded = try encoded.withUnsafeBytes { try EntryCodec.decode(kind: entry.kind, $0) }
        try requireEqual(decoded, entry, "the entry after encoding and decoding")
        if let message {
            let content = try encoded.withUnsafeBytes { try SendRecord.decodeContent($0) }
            try require(
                content.body == message.body && content.attributes == message.attributes
                    && content.group == message.group,
                "the content of a send changed in the codec")
        }
        records.append(
            Record(kind: entry.kind, bytes: bytes.count..<bytes.count + encoded.count, location: nextLocation))
        bytes += encoded
    }

    /// Records an entry whose payload is that of an earlier record.
    mutating func append(_ entry: Entry, copying original: BodyLocation) throws {
        let number = Int((original.segment - 1) << 20 | original.offset >> 3)
        let payload = Array(bytes[records[number].bytes])
        let decoded = try payload.withUnsafeBytes { try EntryCodec.decode(kind: entry.kind, $0) }
        try requireEqual(decoded, entry, "the entry in a copied payload")
        records.append(
            Record(kind: entry.kind, bytes: bytes.count..<bytes.count + payload.count, location: nextLocation))
        bytes += payload
    }

    /// Applies the records in `range` to a broker.
    func replay(_ range: Range<Int>, to broker: inout Broker, advancingTimers: Bool) throws {
        var effects = Effects()
        for record in records[range] {
            let entry = try bytes[record.bytes].withUnsafeBytes { try EntryCodec.decode(kind: record.kind, $0) }
            try broker.apply(entry, at: record.location, effects: &effects)
            effects.removeAll()
            if advancingTimers, case .tick(let tick) = entry { broker.advanceTimers(to: tick.at) }
        }
    }

    static func encode(_ entry: Entry, _ message: NewMessage? = nil) -> [UInt8] {
        if case .send(let send) = entry, let message {
            let size = SendRecord.size(message)
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                SendRecord.encode(send, message, into: UnsafeMutableRawBufferPointer(buffer))
                count = size
            }
        }
        let size = EntryCodec.size(entry)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            EntryCodec.encode(entry, into: UnsafeMutableRawBufferPointer(buffer))
            count = size
        }
    }
}
