import RoostCore
import RoostModel
import Testing

@Suite("Sealing")
struct SealingTests {
    /// The vectors of the paper's reference code, for inputs 00 01 02 ... whose length is a multiple of 8.
    @Test("SipHash-2-4 gives the published results")
    func sipHashVectors() {
        let vectors: [(words: Int, hash: UInt64)] = [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x93f5_f579_9a93_2462), (2, 0x3f2a_cc7f_57c2_9bdb),
            (3, 0xb8ad_50c6_f649_af94), (4, 0x7127_512f_72f2_7cce), (5, 0x0e3e_a96b_5304_a7d0),
            (6, 0xe612_a3cb_9ecb_a951), (7, 0xb78d_bfaf_3a8d_83bd),
        ]
        for (words, hash) in vectors {
            var sip = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
            for word in 0..<UInt64(words) { sip.combine(0x0706_0504_0302_0100 &+ word &* 0x0808_0808_0808_0808) }
            #expect(sip.finalize() == hash, "\(words) words")
        }
    }

    static let key = SealingKey(words: (1, 2, 3, 4))
    static let otherKey = SealingKey(words: (1, 5, 3, 5))
    static let places: [(slot: UInt32, number: UInt64)] = [
        (0, 0), (0, 1), (1, 0), (UInt32.max, 1 << 48 - 1), (1 << 31 - 1, 1 << 19), (7, 1 << 19 - 1), (1 << 30, 1 << 47),
    ]

    @Test("An id is opened with the key that sealed it, and is a version 4 UUID")
    func messageIDRoundTrip() throws {
        let seal = MessageIDSeal(Self.key)
        var random = SplitMix64(seed: 1)
        let some = (0..<2000).map { _ in (UInt32(truncatingIfNeeded: random.next()), random.next() >> 16) }
        var ids: Set<MessageID> = []
        for (slot, number) in Self.places + some {
            let id = seal.seal(slot: slot, number: number)
            let opened = try #require(seal.open(id))
            #expect(opened == (slot, number))
            #expect(ids.insert(id).inserted)
            let text = Array(String(describing: id).utf8)
            #expect(text[14] == UInt8(ascii: "4") && "89ab".utf8.contains(text[19]))
            #expect(MessageIDSeal(Self.otherKey).open(id) == nil)
        }
    }

    @Test("A made-up or changed id is told from a real one")
    func madeUpIDs() {
        let seal = MessageIDSeal(Self.key)
        var random = SplitMix64(seed: 2)
        var opened = 0
        for _ in 0..<100_000 {
            let (high, low) = (random.next(), random.next())
            if seal.open(MessageID(high: high, low: low)) != nil { opened += 1 }
            // The same with the bits of a version 4 UUID where they belong.
            let (high4, low4) = (high & ~0xf000 | 0x4000, low & (1 << 62 - 1) | 1 << 63)
            if seal.open(MessageID(high: high4, low: low4)) != nil { opened += 1 }
        }
        #expect(opened == 0)
        let id = seal.seal(slot: 5, number: 6)
        for bit in 0..<64 {
            #expect(seal.open(MessageID(high: id.high ^ 1 << UInt64(bit), low: id.low)) == nil)
            #expect(seal.open(MessageID(high: id.high, low: id.low ^ 1 << UInt64(bit))) == nil)
        }
    }

    /// Neighbours differ everywhere: half of the bits, give or take.
    @Test("Ids of neighbours have nothing in common")
    func idsSpread() {
        let seal = MessageIDSeal(Self.key)
        for number in UInt64(0)..<1000 {
            let (one, other) = (seal.seal(slot: 9, number: number), seal.seal(slot: 9, number: number + 1))
            let distance = (one.high ^ other.high).nonzeroBitCount + (one.low ^ other.low).nonzeroBitCount
            #expect((25...100).contains(distance))
        }
    }

    @Test("A handle is opened by the key and the queue that it was made for, and by no other")
    func handleRoundTrip() {
        let seal = ReceiptHandleSeal(Self.key)
        var random = SplitMix64(seed: 3)
        for place in Self.places {
            let receipt = Receipt(
                slot: place.slot, number: place.number, lease: UInt32(truncatingIfNeeded: random.next()),
                leasedSeconds: UInt16(truncatingIfNeeded: random.next()))
            for queue: UInt32 in [0, 1, 1 << 24 - 1] {
                let handle = seal.seal(receipt, queue: queue)
                #expect(seal.open(handle, queue: queue) == receipt)
                #expect(seal.open(handle, queue: queue ^ 1) == nil)
                #expect(ReceiptHandleSeal(Self.otherKey).open(handle, queue: queue) == nil)
            }
        }
    }

    @Test("Every receive of a message gives another handle")
    func handlesDiffer() {
        let seal = ReceiptHandleSeal(Self.key)
        var handles: Set<ReceiptHandle> = []
        for count in UInt32(0)..<1000 {
            let receipt = Receipt(slot: 1, number: 2, lease: count, leasedSeconds: 3)
            #expect(handles.insert(seal.seal(receipt, queue: 0)).inserted)
        }
    }

    @Test("A handle with a changed bit, and a made-up handle, are told from a real one")
    func forgedHandles() {
        let seal = ReceiptHandleSeal(Self.key)
        let real = seal.seal(Receipt(slot: 1, number: 2, lease: 3, leasedSeconds: 4), queue: 5)
        for bit in UInt64(0)..<64 {
            var (first, second, third) = (real, real, real)
            first.words.0 ^= 1 << bit
            second.words.1 ^= 1 << bit
            third.words.2 ^= 1 << bit
            for forged in [first, second, third] { #expect(seal.open(forged, queue: 5) == nil) }
        }
        var random = SplitMix64(seed: 4)
        var opened = 0
        for _ in 0..<100_000 {
            let words = (random.next(), random.next(), random.next())
            if seal.open(ReceiptHandle(words: words), queue: 5) != nil { opened += 1 }
        }
        #expect(opened == 0)
    }
}
