import RESP
import RoostModel
import Testing

/// Bytes that nobody would send. What counts is that nothing traps, and that pieces come to the same as the whole.
@Suite struct HostileInputTests {
    /// Parts that lead deep into the grammar, so that more than the first byte is tested.
    private static let parts: [[UInt8]] = [
        "*", "$", "*1\r\n", "*2\r\n", "*3\r\n", "*-1\r\n", "$0\r\n\r\n", "$1\r\na\r\n", "$3\r\nabc\r\n", "\r\n", "\r",
        "\n", "0", "1",
        "-", "-1", "9", "99999999999", "9223372036854775807", "PING", " ", "\"", "'", "\\", "\\x4", "$-1\r\n",
        "+OK\r\n",
        "-ERR x\r\n", ":1\r\n", "_\r\n", ",1.5\r\n", ",inf\r\n", "#t\r\n", "(12\r\n", "!2\r\nab\r\n", "=5\r\ntxt:a\r\n",
        "=3\r\ntxt\r\n",
        "%1\r\n", "~2\r\n", ">1\r\n", "|1\r\n", "|0\r\n", "*0\r\n", "%0\r\n", "e", ".", "x", "\0",
    ].map { Array($0.utf8) }

    private static func stream(_ random: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.next() % 12 {
            switch random.next() % 8 {
            case 0: bytes.append(UInt8(truncatingIfNeeded: random.next()))
            default: bytes += parts[Int(random.next() % UInt64(parts.count))]
            }
        }
        if let index = bytes.indices.randomElement(using: &random), random.next() % 4 == 0 {
            bytes[index] = UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }

    @Test func requestsOfAnyKind() {
        var random = SplitMix(state: 3)
        var (found, errors) = (0, 0)
        for round in 0..<100_000 {
            let bytes = Self.stream(&random)
            let whole = requests(bytes)
            var connection = RequestConnection()
            for piece in bytes.pieces(&random) { connection.receive(piece) }
            if connection.events != whole { Issue.record("round \(round): \(bytes)") }
            if case .error = whole.last { errors += 1 }
            found += whole.count
        }
        // The streams are worth something: they come to requests and to errors.
        #expect(found > 50_000 && errors > 10_000)
    }

    @Test func repliesOfAnyKind() {
        var random = SplitMix(state: 4)
        var limits = ReplyLimits()
        limits.elementsMax = 1000
        var (found, errors) = (0, 0)
        for round in 0..<100_000 {
            let bytes = Self.stream(&random)
            let whole = replies(bytes, limits)
            var connection = ReplyConnection(limits)
            for piece in bytes.pieces(&random) { connection.receive(piece) }
            if connection.events != whole { Issue.record("round \(round): \(bytes)") }
            if case .error = whole.last { errors += 1 }
            found += whole.count
        }
        #expect(found > 50_000 && errors > 10_000)
    }

    @Test func numbersOfAnyKind() {
        var random = SplitMix(state: 5)
        let characters = Array("0123456789.+-eExXpPinfatyNAN_ \0\u{FF}".utf8)
        for _ in 0..<100_000 {
            let text = (0..<random.next() % 10).map { _ in characters[Int(random.next() % UInt64(characters.count))] }
            if let number = IntegerText.parse(text) {
                var again: [UInt8] = []
                IntegerText.append(number, to: &again)
                if again != text { Issue.record("\(text)") }
            }
            if FloatText.parseDouble(text)?.isNaN ?? false { Issue.record("\(text)") }
            if FloatText.parseLongDouble(text)?.isNaN ?? false { Issue.record("\(text)") }
        }
    }
}
