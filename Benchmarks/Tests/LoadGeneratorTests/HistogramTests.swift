import LoadGenerator
import Testing

struct HistogramTests {
    @Test func valuesBelowOneHundredTwentyEightAreExact() {
        var histogram = Histogram()
        for value in UInt64(1)...127 { histogram.record(value) }
        for part in [0.1, 0.5, 0.99, 1] {
            #expect(histogram.quantile(part) == UInt64((127 * part).rounded(.up)))
        }
        #expect(histogram.total == 127)
    }

    @Test(arguments: [UInt64(1), 63, 64, 65, 127, 128, 1000, 123_456, 1 << 40, (1 << 40) + 12_345, .max])
    func aValueIsFoundAgainWithinOneStep(_ value: UInt64) throws {
        var histogram = Histogram()
        histogram.record(value)
        histogram.record(.max)
        let found = histogram.quantile(0.5)
        try #require(found >= value)
        #expect(found - value <= value / 64)
    }

    @Test func quantilesFollowTheRanks() {
        var histogram = Histogram()
        for _ in 0..<990 { histogram.record(10) }
        for _ in 0..<10 { histogram.record(1_000_000) }
        #expect(histogram.quantile(0.5) == 10)
        #expect(histogram.quantile(0.99) == 10)
        #expect(histogram.quantile(0.999) == 1_000_000)
        #expect(histogram.largest == 1_000_000)
    }

    @Test func anEmptyHistogramIsZero() {
        #expect(Histogram().quantile(0.99) == 0)
    }
}
