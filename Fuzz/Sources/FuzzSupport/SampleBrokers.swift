import FuzzRunner
import RoostCore

/// Brokers in use with something of everything in them, from an empty one to a busy one, and one that had more messages
/// than it has.
package func sampleUses() -> [BrokerUse] {
    let uses = [0, 30, 150, 600, 2000].map { newUse().after(steps: $0, seed: UInt64($0) + 7) } + [emptiedUse()]
    return uses.map { use in
        var use = use
        use.journal = nil
        return use
    }
}

private func newUse() -> BrokerUse { BrokerUse(Broker(configuration: fuzzBrokerConfiguration)) }

/// Parts of its index are vacant.
private func emptiedUse() -> BrokerUse {
    var use = newUse()
    do { try use.fillAndEmpty(messages: 2100) } catch { report("a broker refused messages: \(error)") }
    return use
}

extension BrokerUse {
    /// After so many requests. With a journal of these.
    package func after(steps: Int, seed: UInt64) -> Self {
        var use = self
        use.journal = []
        var random = Random(state: seed)
        let bytes = (0..<steps * Self.bytesOfStep).map { _ in UInt8(truncatingIfNeeded: random.next() >> 8) }
        bytes.withUnsafeBufferPointer { buffer in
            var source = ByteSource(buffer.baseAddress, buffer.count)
            use.run(&source, steps: steps)
        }
        return use
    }
}

package struct Random: RandomNumberGenerator {
    var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
