import Foundation
import RoostCommand
import Testing

@Suite struct TerminalTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        var table = Table([.left("NAME"), .right("N"), .left("NOTE")])
        table.add(["a", "1", ""])
        table.add(["longer", "1,000", "x"])
        table.add(["short"])
        #expect(
            table.rendered() == """
                NAME        N  NOTE
                a           1
                longer  1,000  x
                short

                """)
    }

    @Test func aCellStaysInItsLine() {
        var table = Table([.left("BODY")])
        table.add(["a\nb\u{1B}[31m\t\u{202E}"])
        #expect(table.rendered() == "BODY\n" + #"a\nb\u{1b}[31m\t\u{202e}"# + "\n")
    }

    @Test func onlyTheHeadingIsBold() {
        var table = Table([.left("A")])
        table.add(["b"])
        #expect(table.rendered(Style(isOn: true)) == "\u{1B}[1mA\u{1B}[0m\nb\n")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func numbersHaveThousandsApart(_ value: Int, _ text: String) {
        #expect(Text.number(value) == text)
    }

    @Test(arguments: [
        (0.0, "0s"), (0.25, "250ms"), (1, "1s"), (59.9, "59s"), (60, "1m"), (3725, "1h 2m"), (86_400, "1d"),
        (90_061, "1d 1h"), (.infinity, "infs"),
    ])
    func timesHaveTwoUnitsAtMost(_ seconds: Double, _ text: String) {
        #expect(Text.duration(seconds) == text)
    }

    @Test(arguments: [(80_000, "0.08 ms"), (3_240_000, "3.2 ms"), (27_600_000, "28 ms"), (1_250_000_000, "1,250 ms")])
    func latenciesAreInMilliseconds(_ nanoseconds: UInt64, _ text: String) {
        #expect(Text.milliseconds(nanoseconds: nanoseconds) == text)
    }

    @Test func previewsAreCutAndInOneLine() {
        #expect(Text.preview("ab\ncd", limit: 5) == #"ab\ncd"#)
        #expect(Text.preview("abcdef", limit: 5) == "abcde…")
    }

    @Test func momentsAreInUTCOrRelative() {
        #expect(Moment.text(1_732_150_000_000) == "2024-11-21T00:46:40Z")
        let now = Date(timeIntervalSince1970: 1_732_150_100)
        #expect(Moment.relative(1_732_150_000_000, now: now) == "1m 40s ago")
        #expect(Moment.relative(1_732_150_130_000, now: now) == "in 30s")
    }

    @Test func theBarShowsHowMuchIsDone() {
        #expect(ProgressBar.line(done: 0, total: 10, label: "x") == "[------------------------------]   0%  x")
        #expect(ProgressBar.line(done: 5, total: 10, label: "x") == "[###############---------------]  50%  x")
        #expect(ProgressBar.line(done: 99, total: 10, label: "x") == "[##############################] 100%  x")
        #expect(ProgressBar.line(done: 5, total: 0, label: "x") == "x")
    }
}
