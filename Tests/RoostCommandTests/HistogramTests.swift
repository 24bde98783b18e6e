import RoostCommand
import Testing

@Suite struct HistogramTests {
    @Test func anEmptyHistogramSaysZero() {
        #expect(Histogram().value(at: 0.99) == 0)
        #expect(Histogram().max == 0)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 1_000_000, UInt64.max])
    func oneValueIsEveryPercentile(_ value: UInt64) {
        var histogram = Histogram()
        histogram.record(value)
        for fraction in [-1, 0, 0.5, 0.999, 1, 2] { #expect(histogram.value(at: fraction) == value) }
        #expect(histogram.max == value)
    }

    /// Against the exact answer from the sorted values: never below it, and at most 1.6 % above.
    @Test func percentilesAreWithinABucketOfTheExactOnes() {
        var histogram = Histogram()
        var values: [UInt64] = []
        var state: UInt64 = 42
        for index in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = (state >> 33) >> UInt64(index % 30)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for fraction in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let exact = values[max(0, Int((Double(values.count) * fraction).rounded(.up)) - 1)]
            let found = histogram.value(at: fraction)
            #expect(found >= exact)
            #expect(Double(found) <= Double(exact) * 1.016 + 1)
        }
    }

    @Test func twoHistogramsAddUp() {
        var left = Histogram()
        var right = Histogram()
        for value in UInt64(1)...100 { value <= 50 ? left.record(value) : right.record(value) }
        left.add(right)
        #expect(left.count == 100)
        #expect(left.value(at: 0.5) == 50)
        #expect(left.max == 100)
    }
}
