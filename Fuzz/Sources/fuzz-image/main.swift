import FuzzSupport
import Glibc
import RoostCore

private func sections(of broker: Broker) -> [[UInt8]] {
    var writer = BrokerImageWriter(broker)
    var (section, sections): ([UInt8], [[UInt8]]) = ([], [])
    while writer.next(&section) { sections.append(section) }
    return sections
}

private let images = sampleBrokers().map { sections(of: $0) }

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

// Sections of a broker's image: known ones with changes, or any bytes. A broker that comes out of them is used, and its
// image is taken and read again.
//
//     image u8 | changes u8 | (what u8: bits 0..3 section, bits 4..7 kind of change | …) … | requests
exit(
    runFuzzer(seeds: { _ in
        images.indices.flatMap { image in
            [0, 1, 2, 3].map { section in
                [UInt8(image), 1, section] + Patches.encode(at: 40, [1, 0]) + [32, 1, 33, 0, 34, 1, 38, 0, 39, 30]
            }
        }
    }) { bytes, count in
        var source = ByteSource(bytes, count)
        var changed = images[Int(source.byte()) % images.count]
        for _ in 0..<min(Int(source.byte()), Patches.countMax) {
            let what = source.byte()
            let index = Int(what & 15) % changed.count
            switch what >> 4 {
            case 15: changed.remove(at: index)
            case 14: changed.append(changed[index])
            case 13: changed[index] = Array(changed[index].prefix(Int(source.number(UInt16.self))))
            case 12: changed[index] = source.take(Int(source.byte()))
            case 11: changed[index] += source.take(Int(source.byte() & 15))
            default: Patches.apply(&source, to: &changed[index])
            }
            if changed.isEmpty { return 0 }
        }
        guard let broker = try? restore(changed) else { return 0 }
        var use = BrokerUse(broker)
        use.run(&source, steps: 24)
        do { _ = try restore(sections(of: use.broker)) } catch { report("the image of a broker is refused: \(error)") }
        return 0
    })
