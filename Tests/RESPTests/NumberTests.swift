import RoostModel
import Testing

@Suite struct IntegerTextTests {
    @Test(arguments: [
        "0", "1", "-1", "9", "10", "1234567890", "9223372036854775807", "-9223372036854775808", "-9223372036854775807",
    ])
    func reads(_ text: String) { #expect(IntegerText.parse(Array(text.utf8)) == Int64(text)) }

    @Test(arguments: [
        "", "-", "+", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1\n", "1.0", "1e3", "0x1", "--1", "a", "1a", "\0",
        "9223372036854775808",
        "-9223372036854775809", "18446744073709551616", "18446744073709551615", "99999999999999999999",
        "-99999999999999999999",
        "000000000000000000000", "\u{661}", "1_0",
    ])
    func refuses(_ text: String) { #expect(IntegerText.parse(Array(text.utf8)) == nil) }

    @Test func writes() {
        for number in [0, 7, -7, 10, 19, 99, 100, -123_456, Int64.max, .min] {
            var bytes = Array("x".utf8)
            IntegerText.append(number, to: &bytes)
            #expect(bytes == Array("x\(number)".utf8))
        }
        var bytes: [UInt8] = []
        IntegerText.append(UInt64.max, to: &bytes)
        #expect(bytes == Array("18446744073709551615".utf8))
    }
}

/// ZADD and ZSCORE of servers with these texts.
@Suite struct DoubleTextTests {
    private func read(_ text: String) -> Double? { FloatText.parseDouble(Array(text.utf8)) }

    private func written(_ number: Double) -> String {
        var bytes: [UInt8] = []
        DoubleText.append(number, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What was sent; what Redis 7.2's code answers; what redis-server 7.0.15 answers, which writes `%.17g` still.
    @Test(arguments: recordedScores)
    func answersAsRedis(_ score: RecordedScore) throws {
        let number = try #require(read(score.sent))
        #expect(written(number) == score.answer)
        #expect(read(score.older) == number)
        #expect(read(score.answer) == number)
    }

    @Test func signsOfZero() {
        // Small sorted sets of Redis lose the sign of zero, large ones do not.
        #expect(written(-0.0) == "-0" && written(0) == "0")
        for text in ["-0", "-0.0", "-0e5", "-0x0p1"] { #expect(read(text)?.sign == .minus && read(text) == 0) }
    }

    @Test(
        arguments: refusedFloats + [
            "1e400", "-1e400", "1e-400", "0x1p1024", "0x1p-1075", "2e-324", "-2e-324", "1e99999999999999999999",
            "1e-99999999999999999999",
            String(repeating: "9", count: 400),
        ])
    func refuses(_ text: String) { #expect(read(text) == nil) }

    @Test func readsZerosOfAnySize() {
        for text in [
            "0e400", "0e-400", "0e99999999999999999999", "0x0p-9999", ".0", "0.", "0x0.0",
            "0" + String(repeating: "0", count: 1000),
        ] {
            #expect(read(text) == 0, "\(text.prefix(30))")
        }
    }

    @Test func lengths() {
        #expect(read(String(repeating: "0", count: 5118) + "1") == 1)
        #expect(read(String(repeating: "0", count: 5119) + "1") == nil)
    }

    @Test func isReadAgain() {
        var random = SplitMix(state: 9)
        for _ in 0..<20_000 {
            let number = Double(bitPattern: random.next())
            if number.isNaN { continue }
            if read(written(number)) != number { Issue.record("\(number)") }
            let common = Double(Int64(bitPattern: random.next()) >> 20) / 1e6
            if read(written(common)) != common { Issue.record("\(common)") }
        }
    }
}

/// INCRBYFLOAT of redis-server 7.0.15 and of Redis 7.2's code: they agree.
@Suite struct LongDoubleTextTests {
    private func read(_ text: String) -> LongDouble? { FloatText.parseLongDouble(Array(text.utf8)) }

    private func written(_ number: LongDouble) -> String {
        var bytes: [UInt8] = []
        LongDoubleText.append(number, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("10.5", "0.1", "10.6"), ("5.0e3", "2.0e2", "5200"), ("0.1", "0.2", "0.3"), ("3", "1.1", "4.1"),
        ("0", "-0", "0"), ("1", "-1", "0"),
        ("-1.5", "0", "-1.5"), ("0", "1e-7", "0.0000001"), ("0", "-1.5e-7", "-0.00000015"), ("0", "0x1.8", "1.5"),
        ("9223372036854775807", "0", "9223372036854775807"),
        ("1e15", "0.00000000000000001", "1000000000000000"), ("-1e17", "0.5", "-99999999999999999.5"),
    ])
    func addsAsRedis(_ value: String, _ increment: String, _ sum: String) throws {
        #if arch(x86_64)
            #expect(written(try #require(read(value)) + #require(read(increment))) == sum)
        #endif
    }

    #if arch(x86_64)
        @Test(arguments: [
            ("1700000000.123", "1700000000.12300000002142042"), ("12345.678901", "12345.67890099999999975"),
            ("-379272.7", "-379272.69999999999998863"),
            ("-123456789012345678901234", "-123456789012345678897152"), ("1e19", "10000000000000000000"),
            ("36893488147419103232", "36893488147419103232"),
            (
                "1e100",
                "9999999999999999999669353532207342619498699019828496079271391541752018669482644324418977840117055488"
            ),
            ("-0.00000000000000000499", "0"), ("0.00000000000000000501", "0.00000000000000001"),
            ("0.000000000000000015", "0.00000000000000002"),
            ("0.999999999999999995", "1"), ("0.9999999999999999", "0.9999999999999999"), ("1e-400", "0"),
            ("1e-4940", "0"), ("0x1p-58", "0"), ("0x1p-57", "0.00000000000000001"),
            ("0x1p-17", "0.00000762939453125"), ("0x1.8p-17", "0.00001144409179688"),
            ("0x1p-18", "0.00000381469726562"), ("0x3p-18", "0.00001144409179688"),
        ])
        func writesAsRedis(_ text: String, _ answer: String) throws {
            #expect(written(try #require(read(text))) == answer)
        }

        @Test func theLargest() throws {
            let text = written(try #require(read("1e4932")))
            #expect(
                text.hasPrefix("100000000000000000000601894938796389132383777425453311477378")
                    && text.utf8.count == 4933)
            #expect(read(text) == read("1e4932"))
            #expect(read("1e4933") == nil && read("1e-4970") == nil && read("1e-4940") != nil)
        }
    #endif

    /// For machines without a `long double` in Swift.
    @Test(arguments: [
        (10.6, "10.6"), (0.1 + 0.2, "0.30000000000000004"), (-1.5, "-1.5"), (1e22, "10000000000000000000000"),
        (0, "0"), (-0.0, "0"), (1e-17, "0.00000000000000001"), (5e-18, "0.00000000000000001"), (-4.9e-18, "0"),
        (1.23456789012345678e-10, "0.00000000012345679"), (9.999999999999999e-10, "0.000000001"),
        (.leastNonzeroMagnitude, "0"),
        (-123456789.25, "-123456789.25"), (9_007_199_254_740_992, "9007199254740992"),
    ])
    func writesTheShortest(_ number: Double, _ text: String) {
        var bytes: [UInt8] = []
        LongDoubleText.appendShortest(number, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func specialNumbers() {
        #expect(
            written(.infinity) == "inf" && written(-.infinity) == "-inf" && written(.nan) == "nan"
                && written(-0.0) == "0")
        #expect(read("inf") == .infinity && read("-Infinity") == -.infinity)
    }

    @Test(arguments: refusedFloats)
    func refuses(_ text: String) { #expect(read(text) == nil) }
}
