import FuzzSupport
import Glibc
import RoostCore
import RoostModel

// Unsafe only by name: a constant that nothing changes, and libFuzzer has one thread.
nonisolated(unsafe) private let brokers = sampleBrokers()

/// What was decoded is encoded to the same bytes.
private func decode(_ kind: EntryKind, _ payload: [UInt8]) -> Entry? {
    payload.withUnsafeBytes { bytes in
        guard let entry = try? EntryCodec.decode(kind: kind, bytes) else { return nil }
        guard case .send(let send) = entry else {
            if case .move = entry { return entry }
            var again = [UInt8](repeating: 0, count: EntryCodec.size(entry))
            again.withUnsafeMutableBytes { EntryCodec.encode(entry, into: $0) }
            precondition(again.elementsEqual(bytes))
            return entry
        }
        if let (_, attributes, body) = try? SendRecord.decodeContent(bytes) {
            let message = NewMessage(body: body, attributes: attributes)
            var again = [UInt8](repeating: 0, count: SendRecord.size(message))
            again.withUnsafeMutableBytes { SendRecord.encode(send, message, into: $0) }
            precondition(again.elementsEqual(bytes))
        }
        return entry
    }
}

// Records as a log may hold them, decoded and applied to a broker in turn with requests. An entry that does not fit is
// refused, and the broker is not used on; nothing traps.
//
//     broker u8 | (kind u8 | payload bytes u8 | payload | requests u8 | two bytes for each) …
exit(
    runFuzzer(seeds: { _ in
        EntryKind.allCases.flatMap { kind in
            (0..<4).map { broker in
                [UInt8(broker), kind.rawValue, 80, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 75) + [1, 32, 0]
            }
        }
    }) { bytes, count in
        var source = ByteSource(bytes, count)
        var use = BrokerUse(brokers[Int(source.byte()) % brokers.count])
        while !source.isEmpty {
            let kind = EntryKind(rawValue: source.byte())
            let payload = source.take(Int(source.byte()))
            if let kind, let entry = decode(kind, payload) {
                var effects = Effects()
                let place = BodyLocation(segment: 1, offset: 512, length: 40)
                do { try use.broker.apply(entry, at: place, effects: &effects) } catch { return 0 }
            }
            use.run(&source, steps: Int(source.byte() % 8))
        }
        return 0
    })
