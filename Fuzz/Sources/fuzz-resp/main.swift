import FuzzRunner
import Glibc

/// Pieces by the second byte: see `Pieces`.
private let texts: [(mode: UInt8, text: String)] = [
    (0, "*3\r\n$5\r\nLPUSH\r\n$1\r\nk\r\n$6\r\na\r\n*1\r\r\n*0\r\n*-1\r\nPING\r\n\r\n"),
    (0, "SET \"a\\x00\\n b\" 'it\\'s' \\q\nGET \"\" ''\r\n"),
    (0, "*1\r\n$4\r\nPING\r\n*-\r\n"), (0, "*1\r\n$-1\r\n"), (0, "*1\r\n+1\r\n"), (0, "GET \"a\"b\r\n"),
    (0, "GET a\0b\r\n"),
    (1, "*11\r\n"), (1, "*1\r\n$16385\r\n"), (2, "*2\r\n$20\r\n01234567890123456789\r\n$20\r\n"), (2, "*9\r\n"),
    (4, "*2\r\n:-12\r\n$3\r\na\r\n\r\n+OK\r\n-ERR x\r\n_\r\n$-1\r\n,1.5e-7\r\n,nan\r\n"),
    (4, "#t\r\n(-123\r\n!2\r\nab\r\n=5\r\ntxt:x\r\n"),
    (4, "%1\r\n+k\r\n|1\r\n+a\r\n_\r\n,inf\r\n>2\r\n#f\r\n~1\r\n*0\r\n|0\r\n*-1\r\n"),
    (4, "x\r\n"), (4, ":x\r\n"), (4, "$1\r\nabc\r\n"), (4, String(repeating: "*1\r\n", count: 33)),
    (5, "*9\r\n"), (4, "*1\r\n$x\r\n"),
    (8, "-9223372036854775808"), (8, "1700000000.1234567"), (8, "0x1.8p-3"), (8, "-1e400"), (8, "Infinity"),
    (8, "1e-7"),
]

// Bytes of clients and of servers, and numbers in text. Above all: the whole comes to the same as its pieces.
exit(
    runFuzzer(
        seeds: { _ in texts.flatMap { entry in [1, 200].map { [entry.mode, $0] + Array(entry.text.utf8) } } },
        reaches: requestReaches + replyReaches + numberReaches
    ) { bytes, count in
        var source = ByteSource(bytes, count)
        let (mode, cut) = (source.byte(), source.byte())
        let stream = source.rest()
        switch mode & 12 {
        case 0: checkRequests(stream, mode: mode, Pieces(cut))
        case 4: checkReplies(stream, mode: mode, Pieces(cut))
        default: checkNumbers(stream)
        }
        return 0
    })
