import Foundation

/// A bar on stderr that is drawn again in place, at most ten times a second. It draws nothing when stderr is not a
/// terminal.
package struct ProgressBar {
    private static let width = 30
    private static let interval = Duration.milliseconds(100)

    private let console: Console
    private let total: Int
    private let start = ContinuousClock.now
    private var drawn: ContinuousClock.Instant?

    /// `total`: what 100 % is, for example the bytes of a file; 0 when it is not known.
    package init(console: Console, total: Int) {
        self.console = console
        self.total = total
    }

    package mutating func update(_ done: Int, label: String) {
        guard console.errorIsTerminal else { return }
        let now = ContinuousClock.now
        if let drawn, now - drawn < Self.interval { return }
        drawn = now
        console.error("\r\(Self.line(done: done, total: total, label: label))\u{1B}[K")
    }

    /// Takes the bar away, so that what follows starts in a clean line.
    package func clear() {
        guard drawn != nil else { return }
        console.error("\r\u{1B}[K")
    }

    package static func line(done: Int, total: Int, label: String) -> String {
        guard total > 0 else { return label }
        let fraction = min(1, Double(done) / Double(total))
        let filled = Int(fraction * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        let percent = String(Int(fraction * 100))
        return "[\(bar)] \(String(repeating: " ", count: 3 - percent.count))\(percent)%  \(label)"
    }
}
