import NIOCore
import RESP
import RoostModel

/// MIGRATE: keys go to another server.
enum MigrateCommand {
    private typealias Failure = CommandError

    /// A part of a transaction it cannot be: the answer of another server comes when it comes.
    static let row = CommandRow(
        connection: "migrate", -6, [.write, .movablekeys, .noMulti], CommandRow.Keys(first: 3, last: 3, step: 1),
        since: "2.6.0", "Moves or copies keys to another server."
    ) { (arguments, connection) throws(Failure) in
        let bytes = arguments.heldBytes
        try connection.migrate(try request(&arguments), bytes: bytes)
    }

    static let rows = [row]

    /// Options are read before the numbers, as Redis does.
    static func request(_ arguments: inout Arguments) throws(CommandError) -> MigrateRequest {
        let (host, port) = (try arguments.text(), IntegerText.parse(try arguments.next()))
        var request = MigrateRequest(host: host, port: Int(port ?? 0), keys: [try arguments.bytes()])
        let (database, timeout) = (try arguments.next(), try arguments.next())
        while !arguments.isAtEnd { try readOption(&arguments, &request) }
        guard let timeout = IntegerText.parse(timeout), let database = IntegerText.parse(database) else {
            throw .notAnInteger
        }
        request.database = database
        if timeout > 0 { request.timeout = .milliseconds(min(timeout, MigrateRequest.timeoutMillisecondsMax)) }
        return request
    }

    private static func readOption(
        _ arguments: inout Arguments, _ request: inout MigrateRequest
    ) throws(CommandError) {
        if arguments.takes("COPY") {
            request.copies = true
        } else if arguments.takes("REPLACE") {
            request.replaces = true
        } else if arguments.remaining > 1, arguments.takes("AUTH") {
            request.credentials = try arguments.take(1)
        } else if arguments.remaining > 2, arguments.takes("AUTH2") {
            request.credentials = try arguments.take(2)
        } else if arguments.takes("KEYS") {
            guard request.keys == [[]] else {
                throw .message("When using MIGRATE KEYS option, the key argument must be set to the empty string")
            }
            request.keys = try arguments.rest()
        } else {
            throw .syntax
        }
    }

    /// For COMMAND GETKEYS: what stands behind KEYS, if the argument for one key is empty.
    static func keys(of words: [Bytes]) -> [Bytes] {
        var place = 6
        while words[3].isEmpty, place < words.count {
            switch String(decoding: words[place], as: UTF8.self).lowercased() {
            case "keys": return Array(words[(place + 1)...])
            case "auth": place += 1
            case "auth2": place += 2
            default: break
            }
            place += 1
        }
        return [words[3]]
    }
}

/// What MIGRATE was told.
struct MigrateRequest: Sendable, Equatable {
    /// More than three weeks.
    static let timeoutMillisecondsMax = Int64(Int32.max)
    /// At most that for a client that has closed its side.
    static let timeoutOfQuietClients = TimeAmount.seconds(1)

    /// The most that a server takes as one string.
    static let valueBytesMax = 512 * 1_048_576
    /// So much is sent even if clients have much to read.
    static let smallValueBytesMax = 256 * 1024

    var host: String
    /// As it was said: there may be no such port.
    var port: Int
    var keys: [Bytes]
    /// Of the target, which knows how many it has.
    var database: Int64 = 0
    /// The longest that nothing may happen.
    var timeout = TimeAmount.milliseconds(1000)
    /// The keys stay here.
    var copies = false
    var replaces = false
    /// For AUTH: a password, or a name and a password.
    var credentials: [Bytes] = []
}
