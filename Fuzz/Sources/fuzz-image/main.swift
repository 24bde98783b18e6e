import FuzzRunner
import FuzzSupport
import Glibc
import RoostCore
import RoostModel

private func sections(of broker: Broker) -> [[UInt8]] {
    var writer = BrokerImageWriter(broker)
    var (section, sections): ([UInt8], [[UInt8]]) = ([], [])
    while writer.next(&section) { sections.append(section) }
    return sections
}

private let samples = sampleUses()
private let images = samples.map { sections(of: $0.broker) }

/// The kinds of sections, by number: see `BrokerImageFormat`.
private let kinds = [
    "header", "queues", "chunk", "vacant", "wheel", "groups", "duplicates", "burials", "moves", "keys", "end of keys",
]

private func kind(of section: [UInt8]) -> String {
    guard section.count >= 4, kinds.indices.contains(Int(section[0]) - 1) else { return "unknown" }
    return kinds[Int(section[0]) - 1]
}

private func restore(_ sections: [[UInt8]]) throws(BrokerImageError) -> Broker {
    var reader = BrokerImageReader(configuration: fuzzBrokerConfiguration)
    for section in sections {
        // A block of its own size, so that a read past the end is seen.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: section.count, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: section)
        try reader.take(UnsafeRawBufferPointer(buffer))
    }
    return try reader.finish()
}

/// When the newest message of the last section of duplicates was sent: no broker is used before that.
private func newestDuplicate(_ sections: [[UInt8]]) -> BrokerTime {
    let last = sections.last { kind(of: $0) == "duplicates" && $0.count >= 40 }
    return BrokerTime(milliseconds: last.map { $0.load($0.count - 12, Int64.self) } ?? 0)
}

private func isAccepted(_ sections: [[UInt8]]) -> Bool { (try? restore(sections)) != nil }

private func requests(_ seed: Int) -> [UInt8] {
    var random = Random(state: UInt64(seed))
    return (0..<stepsOfInput * BrokerUse.bytesOfStep).map { _ in UInt8.random(in: 0...255, using: &random) }
}

private let stepsOfInput = 24

/// For each section of each image a change that is accepted, if a few tries find one, and one that is not.
private func seeds() -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for (image, sections) in images.enumerated() {
        for seed in 0..<20 { seeds.append([UInt8(image), 0] + requests(seed)) }
        var met: [String: Int] = [:]
        for (index, section) in sections.enumerated().prefix(16) {
            met[kind(of: section), default: 0] += 1
            guard met[kind(of: section), default: 0] <= 3 else { continue }
            for wanted in [true, false] {
                guard let patch = patch(of: index, in: sections, isAccepted: wanted) else { continue }
                seeds.append([UInt8(image), 1, UInt8(index)] + patch + requests(index))
            }
        }
    }
    return seeds
}

/// One bit somewhere: near the end, where free slots and texts stand, and near the beginning.
private func patch(of index: Int, in sections: [[UInt8]], isAccepted wanted: Bool) -> [UInt8]? {
    let count = sections[index].count
    for step in 0..<min(40, count - 4) {
        let place = step % 2 == 0 ? count - 1 - step * step % (count - 4) : 4 + step * 13 % (count - 4)
        var changed = sections
        changed[index][place] ^= 1
        guard isAccepted(changed) == wanted else { continue }
        return Patches.encode(at: place, [changed[index][place]])
    }
    return nil
}

private func change(_ sections: inout [[UInt8]], _ source: inout ByteSource) {
    let what = source.byte()
    let index = Int(what & 15) % sections.count
    let before = sections[index]
    let name = kind(of: before)
    switch what >> 4 {
    case 15: sections.remove(at: index)
    case 14: sections.append(sections[index])
    case 13: sections[index] = Array(sections[index].prefix(Int(source.number(UInt16.self))))
    case 12: sections[index] = source.take(Int(source.byte()))
    case 11: sections[index] += source.take(Int(source.byte() & 15))
    default:
        Patches.apply(&source, to: &sections[index])
        if sections[index] != before { Reach.note("\(isAccepted(sections) ? "took" : "refused") changed \(name)") }
    }
}

// Sections of a broker's image: known ones with changes, or any bytes. A broker that comes out of them is used, and its
// image is taken and read again.
//
//     image u8 | changes u8 | (what u8: bits 0..3 section, bits 4..7 kind of change | …) … | requests
exit(
    runFuzzer(
        seeds: { _ in seeds() },
        reaches: kinds.map { "held \($0)" }
            + kinds.map { "refused changed \($0)" }
            // Nothing of a list of vacant chunks, of a wheel or of the end of keys can be otherwise.
            + kinds.filter { !["vacant", "wheel", "end of keys"].contains($0) }.map { "took changed \($0)" }
            + Reach.kindsMade
    ) { bytes, count in
        var source = ByteSource(bytes, count)
        let image = Int(source.byte()) % images.count
        var changed = images[image]
        for _ in 0..<min(Int(source.byte()), Patches.countMax) {
            change(&changed, &source)
            if changed.isEmpty { return 0 }
        }
        guard let broker = try? restore(changed) else { return 0 }
        for section in changed { Reach.note("held \(kind(of: section))") }
        var use = BrokerUse(broker, now: max(samples[image].now, newestDuplicate(changed)))
        use.run(&source, steps: stepsOfInput)
        do {
            let again = try restore(sections(of: use.broker))
            let (bytes, expected) = (again.imageBytesEstimate, use.broker.imageBytesEstimate)
            guard bytes == expected else { report("the account is \(bytes) bytes after a restart, \(expected) before") }
        } catch {
            report("the image of a broker is refused: \(error)")
        }
        return 0
    })
