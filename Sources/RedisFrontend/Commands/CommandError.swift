package import RoostModel

/// Why a command was refused before the keys were asked. Texts are those of Redis.
package enum CommandError: Error, Sendable, Equatable {
    case unknownCommand(Bytes, arguments: [Bytes])
    case unknownSubcommand(Bytes, of: String)
    case wrongArity(StaticCommandName)
    case syntax
    case notAnInteger
    case notAFloat
    case notPositive
    case message(String)
    /// With a code of its own instead of `ERR`.
    case coded(String)
    /// As the storage would have refused it.
    case refused(Rejection)

    /// Without the minus sign.
    package var text: String {
        switch self {
        case .unknownCommand(let name, let arguments): Self.unknown(name, arguments)
        case .unknownSubcommand(let name, let container):
            "ERR unknown subcommand '\(Self.printable(name.prefix(128)))'. Try \(container.uppercased()) HELP."
        case .wrongArity(let name): "ERR wrong number of arguments for '\(name.text)' command"
        case .syntax: "ERR syntax error"
        case .notAnInteger: "ERR value is not an integer or out of range"
        case .notAFloat: "ERR value is not a valid float"
        case .notPositive: "ERR value is out of range, must be positive"
        case .message(let text): "ERR " + text
        case .coded(let text): text
        case .refused(let rejection): rejection.redisText
        }
    }

    /// At most 128 bytes of the name, and of all arguments together.
    private static func unknown(_ name: Bytes, _ arguments: [Bytes]) -> String {
        var shown = ""
        for argument in arguments where shown.utf8.count < 128 {
            shown += "'\(printable(argument.prefix(128 - min(128, shown.utf8.count))))' "
        }
        return "ERR unknown command '\(printable(name.prefix(128)))', with args beginning with: \(shown)"
    }

    /// An error is one line.
    static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { $0 == 0x0D || $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }
}

/// The name of a row of the table.
package struct StaticCommandName: Sendable, Equatable {
    package let text: String
}

extension CommandError {
    static let noSuchDatabase = Self.message("DB index is out of range")
    static let noAuthentication = Self.coded("NOAUTH Authentication required.")

    static func onlyWhileSubscribed(_ name: String) -> Self {
        .message(
            "Can't execute '\(name)': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
                + "context")
    }
}

extension KeyError {
    /// Without the minus sign.
    var text: String {
        switch self {
        case .wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value"
        case .notAnInteger: CommandError.notAnInteger.text
        case .notAFloat: CommandError.notAFloat.text
        case .hashValueNotAnInteger: "ERR hash value is not an integer"
        case .hashValueNotAFloat: "ERR hash value is not a float"
        case .overflow: "ERR increment or decrement would overflow"
        case .notFinite: "ERR increment would produce NaN or Infinity"
        case .scoreNotANumber: "ERR resulting score is not a number (NaN)"
        case .countOutOfRange: "ERR value is out of range"
        case .noSuchKey: "ERR no such key"
        case .indexOutOfRange: "ERR index out of range"
        case .stringTooLong: "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        case .notStrings: "ERR The specified keys must contain string values"
        case .stringsTooLongToCompare:
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
        case .noSuchDatabase: "ERR DB index is out of range"
        case .outOfMemory: "OOM command not allowed when used memory > 'maxmemory'."
        case .sameObject: "ERR source and destination objects are the same"
        case .idleTimeNotTracked: "ERR idle time is not tracked"
        case .frequencyNotTracked:
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
                + "switching between policies at runtime LRU and LFU data will take some time to adjust."
        case .replyTooLong: "ERR the answer would be longer than 512 MiB"
        case .refused(let rejection): rejection.redisText
        case .groupNeeded: "ERR this queue is FIFO: send to it with ROOST.SEND and a GROUP"
        case .tooFarIntoQueue(let max): "ERR only the first and the last \(max) messages of a queue can be looked at"
        case .messagesTooLong(let max): "ERR the messages in the answer would be longer than \(max) bytes"
        case .requestTooLarge(let bytes, let max):
            "ERR the request changes \(bytes) bytes or more, at most \(max) are accepted"
        case .keyExists: "BUSYKEY Target key name already exists."
        case .nameOfQueue: "ERR a key of the other database has the name of a queue, and queues stay in database 0"
        case .sortValueNotANumber: "ERR One or more scores can't be converted into double"
        }
    }
}
