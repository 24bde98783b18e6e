import FuzzRunner
import FuzzSupport
import Glibc
import RoostCore
import RoostModel

private let samples = sampleUses()

private let slotMax: UInt32 = 1 << 20

/// What was decoded is encoded to the same bytes, as far as they are those that an encoder writes.
private func decode(_ kind: EntryKind, _ payload: [UInt8]) -> Entry? {
    payload.withUnsafeBytes { bytes in
        guard let entry = try? EntryCodec.decode(kind: kind, bytes) else { return nil }
        switch entry {
        case .send(let send): checkContent(of: send, payload)
        case .move: break
        case .createQueue, .changeSettings, .lease, .tick, .transfer, .bury, .kick, .startMove, .endMove, .deleteQueue,
            .purgeQueue, .pauseQueue, .resumeQueue, .delete, .changeVisibility, .damage, .take, .keys,
            .transaction:
            let again = EntryText.payload(of: entry, NewMessage(body: []))
            // Reserved bytes and the order of parts are not looked at; the value is the same.
            let same = again.withUnsafeBytes { try? EntryCodec.decode(kind: kind, $0) }
            guard same == entry else { report("\(entry) is read again as \(String(describing: same))") }
            if case .createQueue = entry { break }
            if case .changeSettings = entry { break }
            precondition(again == payload)
        }
        return entry
    }
}

private func checkContent(of send: SendEntry, _ payload: [UInt8]) {
    guard let content = payload.withUnsafeBytes({ try? SendRecord.decodeContent($0) }) else { return }
    var message = NewMessage(
        body: content.body, attributes: content.attributes, group: content.group, labels: content.labels)
    message.deduplication = content.deduplicationID.map { Deduplication(id: $0) }
    // Labels that are both missing need not be there.
    guard !content.labels.isEmpty || payload[33] & 4 == 0 else { return }
    precondition(EntryText.record(send, message) == payload)
    for (part, name) in [
        (content.group, "group"), (content.deduplicationID, "duplicate"), (content.labels.trace, "trace"),
    ]
    where part != nil { Reach.note("took a send with \(name)") }
}

/// What the broker does by itself, as input: with some entries in a row, and with one at a time, of each kind.
private func journals() -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for (index, sample) in samples.enumerated() {
        for seed in 0..<6 {
            let use = sample.after(steps: 60, seed: UInt64(seed))
            seeds.append([UInt8(index)] + (use.journal ?? []).prefix(2000))
        }
        var known: Set<[UInt8]> = []
        for step in 0..<2000 {
            let use = sample.after(steps: 1, seed: UInt64(1000 + step))
            guard let journal = use.journal, journal.count > 2, known.insert([journal[0], journal[1] / 16]).inserted
            else { continue }
            // Two requests instead of none behind it.
            seeds.append([UInt8(index)] + journal.dropLast() + [2, 6, 0, 33, 20, 1, 3])
        }
    }
    return seeds
}

/// Requests alone, for no record has kind 0.
private func requests() -> [[UInt8]] {
    (0..<8).flatMap { seed in
        var random = Random(state: UInt64(seed))
        let steps = (0..<100).flatMap { _ in
            [0, 0, 7] + (0..<7 * BrokerUse.bytesOfStep).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        return samples.indices.map { [UInt8($0)] + steps }
    }
}

// Records as a log may hold them, decoded and applied to a broker in turn with requests. An entry that does not fit is
// refused, and the broker is not used on; nothing traps.
//
//     broker u8 | (kind u8 | payload bytes u8 | payload | requests u8 | three bytes for each) …
exit(
    runFuzzer(
        seeds: { _ in
            journals() + requests()
                + EntryKind.allCases.flatMap { kind in
                    (0..<samples.count).map { broker in
                        [UInt8(broker), kind.rawValue, 80, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 75) + [
                            1, 32, 0, 0,
                        ]
                    }
                }
        },
        reaches: Reach.kindsTaken + Reach.kindsMade
            + [
                "took a send with group", "took a send with duplicate", "took a send with trace", "found a duplicate",
                "moved dead letters", "moved messages back", "moved messages to a queue", "moved messages by id",
            ]
    ) { bytes, count in
        var source = ByteSource(bytes, count)
        var use = samples[Int(source.byte()) % samples.count]
        while !source.isEmpty {
            let kind = EntryKind(rawValue: source.byte())
            let payload = source.take(Int(source.byte()))
            if let kind, let entry = decode(kind, payload) {
                // One far away takes hundreds of mebibytes for the directory of chunks before it, as it should.
                if case .send(let send) = entry, send.slot >= slotMax { return 0 }
                var effects = Effects()
                let place = BodyLocation(segment: 1, offset: 512, length: 40)
                do { try use.broker.apply(entry, at: place, effects: &effects) } catch { return 0 }
                Reach.note("took", kind)
            }
            use.run(&source, steps: Int(source.byte() % 8))
        }
        return 0
    })
