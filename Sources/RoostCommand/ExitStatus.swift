/// What a command tells the shell. docs/cli.md has the same list; a number never changes its meaning.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// Something went wrong that has no number of its own.
    case failed = 1
    /// No server answers at the URL.
    case unreachable = 3
    /// There is no such queue, message, move or client.
    case notFound = 4
    /// The server refused: a value, a conflict or a limit. Nothing happened.
    case refused = 5
    /// `receive --fail-if-empty` got no message.
    case empty = 6
    /// A destructive command was not confirmed.
    case notConfirmed = 7
    /// The arguments are wrong (EX_USAGE of sysexits.h; ArgumentParser uses it too).
    case usage = 64
    /// The server ended because its log could not be written or synced (EX_IOERR of sysexits.h).
    case logFailed = 74
    /// The configuration of the server is wrong (EX_CONFIG of sysexits.h).
    case configuration = 78
    /// A second signal came before an orderly end (128 + SIGINT).
    case interrupted = 130
    /// The reader of stdout went away (128 + SIGPIPE).
    case brokenPipe = 141

    package var meaning: String {
        switch self {
        case .ok: "done"
        case .failed: "failed; the message on stderr says why"
        case .unreachable: "no server answers at the URL"
        case .notFound: "there is no such queue, message, move or client"
        case .refused: "refused by the server: a value, a conflict or a limit; nothing happened"
        case .empty: "receive --fail-if-empty got no message"
        case .notConfirmed: "a destructive command was not confirmed"
        case .usage: "the arguments are wrong"
        case .logFailed: "the server ended because its log could not be written"
        case .interrupted: "a second signal came before an orderly end"
        case .brokenPipe: "the reader of stdout went away"
        case .configuration: "the configuration of the server is wrong"
        }
    }
}

/// A failure in words for a person: what happened, and the next step if there is one.
package struct CommandError: Error, Sendable, Equatable {
    package var status: ExitStatus
    package var message: String
    package var nextStep: String?

    package init(_ status: ExitStatus, _ message: String, nextStep: String? = nil) {
        self.status = status
        self.message = message
        self.nextStep = nextStep
    }

    package var text: String {
        "roost: \(message)\n" + (nextStep.map { "\($0)\n" } ?? "")
    }
}
