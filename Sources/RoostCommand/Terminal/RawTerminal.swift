import Foundation
import Synchronization

/// The terminal as a screen to draw on: keys come one by one, and what was there before comes back at the end.
final class RawTerminal {
    /// Set by SIGTERM and SIGHUP: the screen has to be given back before the process ends.
    private static let endIsAsked = Atomic<Bool>(false)

    private let before: termios

    init() throws(CommandError) {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandError(.failed, "this terminal cannot be drawn on", nextStep: "Use: roost top --once")
        }
        before = settings
        cfmakeraw(&settings)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        for number in [SIGTERM, SIGHUP] {
            signal(number) { _ in RawTerminal.endIsAsked.store(true, ordering: .relaxed) }
        }
        // A signal without an effect, so that a change of size ends the wait for a key.
        signal(SIGWINCH) { _ in }
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    func close() {
        write("\u{1B}[?25h\u{1B}[?1049l")
        var settings = before
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    var isAskedToEnd: Bool { Self.endIsAsked.load(ordering: .relaxed) }

    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// One write for the whole screen, so that it does not flicker.
    func draw(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Nil: none came in time, or the size of the terminal changed.
    func waitForKey(seconds: Double) -> Character? {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, Int32(max(0, seconds) * 1000)) > 0 else { return nil }
        var byte: UInt8 = 0
        // The terminal is gone.
        guard read(STDIN_FILENO, &byte, 1) == 1 else { return "q" }
        return Character(UnicodeScalar(byte))
    }

    private func write(_ text: String) { Console.standard.out(text) }
}
