import Crypto
import RoostModel
import RoostStorage

/// Commands of Roost on queues: with leases, groups and attributes, which the commands of Redis on lists do not know.
enum QueueCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            queue: "roost.send", -3, [.write, .denyoom], "Sends a message with all that it can have; answers its id."
        ) { (arguments) throws(Failure) in try send(&arguments) },
        CommandRow(
            queue: "roost.adopt", -2, [.write, .denyoom],
            "Makes a queue of a list, with its elements as messages; answers how many they are."
        ) { (arguments) throws(Failure) in try adopt(&arguments) },
        CommandRow(
            queue: "roost.receive", -2, .write,
            "Leases messages: nobody else gets them until they are acknowledged, released, or the lease is over."
        ) { (arguments) throws(Failure) in try receive(&arguments) },
        CommandRow(queue: "roost.ack", 3, .write, "Deletes a message that is leased.") { (arguments) throws(Failure) in
            try onLease(&arguments) { (_, queue, handle) throws(Failure) in .delete(queue, handle) }
        },
        CommandRow(
            queue: "roost.release", -3, .write, "Ends a lease: others get the message, at once or after a delay."
        ) { (arguments) throws(Failure) in
            try onLease(&arguments) { (arguments, queue, handle) throws(Failure) in
                let delay = arguments.takes("DELAY") ? try arguments.span() : .zero
                return .changeVisibility(queue, handle, timeout: delay)
            }
        },
        CommandRow(
            queue: "roost.extend", 4, .write, "Lets a lease end so many seconds from now."
        ) { (arguments) throws(Failure) in
            try onLease(&arguments) { (arguments, queue, handle) throws(Failure) in
                .changeVisibility(queue, handle, timeout: try arguments.span())
            }
        },
        CommandRow(
            queue: "roost.bury", -3, .write, "Sets a leased message aside until it is kicked, with the reason."
        ) { (arguments) throws(Failure) in
            try onLease(&arguments) { (arguments, queue, handle) throws(Failure) in
                .bury(queue, handle, try burial(&arguments))
            }
        },
        CommandRow(
            queue: "roost.kick", -2, .write, "Returns buried messages to their place: one by its id, or the oldest."
        ) { (arguments) throws(Failure) in try kick(&arguments) },
        CommandRow(
            queue: "roost.bind", -3, .write, "Lets a queue store what is published to the channels of patterns."
        ) { (arguments) throws(Failure) in try bind(&arguments, isBound: true) },
        CommandRow(
            queue: "roost.unbind", -3, .write, "Takes bindings of a queue away, as they were said to ROOST.BIND."
        ) { (arguments) throws(Failure) in try bind(&arguments, isBound: false) },
    ]

    private static func bind(_ arguments: inout Arguments, isBound: Bool) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        var patterns: [String] = []
        while !arguments.isAtEnd { patterns.append(try arguments.validText("pattern")) }
        return QueueCommand(.changeSettings(queue, ChannelBinding.change(of: patterns, isBound: isBound)))
    }

    private static func adopt(_ arguments: inout Arguments) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        var adoption = Adoption()
        while !arguments.isAtEnd {
            if arguments.takes("FIRST") {
                adoption.first = try arguments.choice([("HEAD", .left), ("TAIL", .right)])
            } else if arguments.takes("CONTENTS") {
                adoption.settings.contents = try arguments.choice([("TEXT", .text), ("BYTES", .bytes)])
            } else {
                throw .syntax
            }
        }
        return QueueCommand(.adoptQueue(queue, adoption))
    }

    // MARK: Sending

    private static func send(_ arguments: inout Arguments) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        var message = NewMessage(body: try arguments.bytes())
        message.needsBytes = !UTF8Text.isLegalText(message.body)
        while !arguments.isAtEnd {
            if arguments.takes("GROUP") {
                message.group = try arguments.identifier("GROUP")
            } else if arguments.takes("DEDUP") {
                message.deduplication = Deduplication(id: try arguments.identifier("DEDUP"))
            } else if arguments.takes("DELAY") {
                message.delay = try arguments.span()
            } else if arguments.takes("ATTR") {
                message.attributes.append(try attribute(&arguments, besides: message.attributes))
            } else {
                throw .syntax
            }
        }
        if queue.isFIFO, message.deduplication == nil {
            message.deduplication = SHA256.hash(data: message.body).withUnsafeBytes { Deduplication(contentSum: $0) }
        }
        return QueueCommand(.send(queue, message))
    }

    /// `name type value`: types are those of SQS, with a label of one's own behind a dot.
    private static func attribute(
        _ arguments: inout Arguments, besides others: [MessageAttribute]
    ) throws(CommandError) -> MessageAttribute {
        let (name, type) = (try arguments.validText("ATTR"), try arguments.validText("ATTR"))
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte), !others.contains(where: { $0.name == name }) else {
            throw .message("'\(name.prefix(100))' is no name of an attribute: A-Z a-z 0-9 - _ . and each name once")
        }
        guard type.utf8.allSatisfy(isNameByte) else { throw .message("a type of an attribute has A-Z a-z 0-9 - _ .") }
        switch type.split(separator: ".", omittingEmptySubsequences: false).first {
        case "Binary":
            let value = try arguments.bytes()
            guard !value.isEmpty else { throw .message("the attribute '\(name)' has no value") }
            return MessageAttribute(name: name, type: type, value: .binary(value))
        case "String", "Number": break
        default: throw .message("an attribute is a String, a Number or Binary, not '\(type.prefix(100))'")
        }
        let value = try arguments.validText("ATTR")
        guard !value.isEmpty, UTF8Text.isLegalMessage(value) else { throw .refused(.messageNotText) }
        guard !type.hasPrefix("Number") || FloatText.parseDouble(Bytes(value.utf8)) != nil else {
            throw .message("the attribute '\(name)' is no number")
        }
        return MessageAttribute(name: name, type: type, value: .text(value))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    // MARK: Receiving

    private static func receive(_ arguments: inout Arguments) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        var options = ReceiveOptions(maximum: 1, wait: .zero)
        while !arguments.isAtEnd {
            if arguments.takes("COUNT") {
                options.maximum = try arguments.integer(atLeast: 1, "COUNT should be greater than 0")
            } else if arguments.takes("VISIBILITY") {
                options.visibilityTimeout = try arguments.span()
            } else if arguments.takes("WAIT") {
                options.wait = try arguments.span()
            } else {
                throw .syntax
            }
        }
        return QueueCommand(.receive(queue, options), waits: options.wait ?? .zero > .zero, leasesFrom: queue)
    }

    // MARK: What is leased

    private static func onLease(
        _ arguments: inout Arguments,
        _ request: (inout Arguments, QueueName, ReceiptHandle) throws(CommandError) -> StorageRequest
    ) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        guard let handle = ReceiptHandle(bytes: try arguments.next()) else { throw .refused(.invalidReceiptHandle) }
        return QueueCommand(try request(&arguments, queue, handle))
    }

    private static func burial(_ arguments: inout Arguments) throws(CommandError) -> Burial {
        var burial = Burial(reason: "")
        while !arguments.isAtEnd {
            if arguments.takes("REASON") {
                burial.reason = try arguments.validText("REASON")
            } else if arguments.takes("ERROR") {
                burial.error = try arguments.validText("ERROR")
            } else if arguments.takes("BY") {
                burial.by = try arguments.validText("BY")
            } else {
                throw .syntax
            }
        }
        return burial
    }

    private static func kick(_ arguments: inout Arguments) throws(CommandError) -> QueueCommand {
        let queue = try arguments.queueName()
        if arguments.takes("ID") {
            guard let id = MessageID(try arguments.text()) else { throw .message("this is no id of a message") }
            return QueueCommand(.kickByID(queue, id))
        }
        let count = arguments.takes("COUNT") ? try arguments.integer(atLeast: 1, "COUNT should be greater than 0") : 1
        return QueueCommand(.kick(queue, count: count))
    }
}

/// A command that goes to the storage as it is.
struct QueueCommand: Sendable {
    var request: StorageRequest
    var waits: Bool
    /// Where messages go back to when their client is gone before it gets them.
    var leasesFrom: QueueName?

    init(_ request: StorageRequest, waits: Bool = false, leasesFrom: QueueName? = nil) {
        self.request = request
        self.waits = waits
        self.leasesFrom = leasesFrom
    }
}

extension Arguments {
    fileprivate mutating func queueName() throws(CommandError) -> QueueName {
        let text = try text()
        do throws(Rejection) { return try QueueName(text) } catch { throw .refused(error) }
    }

    fileprivate mutating func choice<Value>(_ words: [(StaticString, Value)]) throws(CommandError) -> Value {
        for (word, value) in words where takes(word) { return value }
        throw .syntax
    }

    /// Text of which nothing is lost.
    fileprivate mutating func validText(_ option: String) throws(CommandError) -> String {
        guard let text = String(validating: try next(), as: UTF8.self) else {
            throw .message("the \(option) is not text in UTF-8")
        }
        return text
    }

    /// What SQS takes as a name of a group and the like: printable characters without a space.
    fileprivate mutating func identifier(_ option: String) throws(CommandError) -> String {
        let text = try validText(option)
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .message("the \(option) is to have printable ASCII characters without spaces")
        }
        return text
    }

    /// Seconds with a fraction.
    fileprivate mutating func span() throws(CommandError) -> Milliseconds {
        guard let seconds = FloatText.parseDouble(try next()), seconds >= 0, seconds < 0x1p40 else {
            throw .message("a number of seconds, zero or more, is wanted")
        }
        return Milliseconds(Int64((seconds * 1000).rounded(.up)))
    }
}
