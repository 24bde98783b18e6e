import RESP
import RoostModel

/// DUMP and RESTORE: values as bytes, in the form of Redis.
enum DumpCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow("dump", 2, .readonly, .one, since: "2.6.0", "Answers a value as bytes that RESTORE takes.") {
            (arguments) throws(Failure) in .key(.dump(try arguments.bytes()))
        },
        CommandRow(
            "restore", -4, [.write, .denyoom], .one, since: "2.6.0", "Makes a key of what DUMP answered.", restore),
    ]

    private struct Options {
        var replaces = false
        var isTime = false
        private var (hasIdleTime, hasFrequency) = (false, false)

        init(_ arguments: inout Arguments) throws(CommandError) {
            while !arguments.isAtEnd {
                if arguments.takes("REPLACE") {
                    replaces = true
                } else if arguments.takes("ABSTTL") {
                    isTime = true
                } else if !hasFrequency, arguments.remaining > 1, arguments.takes("IDLETIME") {
                    hasIdleTime = true
                    try arguments.skip(0...Int64.max, "Invalid IDLETIME value, must be >= 0")
                } else if !hasIdleTime, arguments.remaining > 1, arguments.takes("FREQ") {
                    hasFrequency = true
                    try arguments.skip(0...255, "Invalid FREQ value, must be >= 0 and <= 255")
                } else {
                    throw .syntax
                }
            }
        }
    }

    @Sendable
    private static func restore(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (key, ttl, payload) = (try arguments.bytes(), try arguments.integer(), try arguments.bytes())
        let options = try Options(&arguments)
        guard ttl >= 0, ttl < .max / 2 else { throw .message("Invalid TTL value, must be >= 0") }
        let expiry: RestoredExpiry =
            if ttl == 0 {
                .never
            } else {
                options.isTime ? .at(BrokerTime(milliseconds: ttl)) : .after(Milliseconds(ttl))
            }
        return .key(.restore(key, try content(of: payload), expiry, replaces: options.replaces))
    }

    private static func content(of payload: Bytes) throws(CommandError) -> KeyContent {
        do throws(DumpError) {
            return try DumpReader.content(of: payload)
        } catch {
            switch error {
            case .versionOrChecksum: throw .message("DUMP payload version or checksum are wrong")
            case .format: throw .message("Bad data format")
            }
        }
    }
}

extension Arguments {
    /// A number that is checked and means nothing here: nobody tracks when keys are used.
    fileprivate mutating func skip(_ accepted: ClosedRange<Int64>, _ message: String) throws(CommandError) {
        guard accepted.contains(try integer()) else { throw .message(message) }
    }
}
