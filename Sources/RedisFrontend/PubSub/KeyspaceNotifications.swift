import RESP
import RoostModel
import RoostStorage
import Synchronization

/// Which events of keys are published, and how: the parameter `notify-keyspace-events`.
struct KeyspaceNotifications: Sendable, Equatable {
    /// To the channel of the key.
    private(set) var tellsKeys = false
    /// To the channel of the event.
    private(set) var tellsEvents = false
    private var named: KeyEventClasses = []

    /// What the storage has to tell.
    var classes: KeyEventClasses { tellsKeys || tellsEvents ? named : [] }

    private static let letters: [(UInt8, KeyEventClasses)] = [
        (UInt8(ascii: "g"), .generic), (UInt8(ascii: "$"), .string), (UInt8(ascii: "l"), .list),
        (UInt8(ascii: "s"), .set), (UInt8(ascii: "h"), .hash), (UInt8(ascii: "z"), .sortedSet),
        (UInt8(ascii: "x"), .expired), (UInt8(ascii: "e"), .evicted), (UInt8(ascii: "t"), .stream),
        (UInt8(ascii: "d"), .module),
    ]
    private static let all = letters.reduce(into: KeyEventClasses()) { $0.formUnion($1.1) }

    init() {}

    /// Nil: a letter of it means nothing.
    init?(_ text: String) {
        for letter in text.utf8 {
            switch letter {
            case UInt8(ascii: "K"): tellsKeys = true
            case UInt8(ascii: "E"): tellsEvents = true
            case UInt8(ascii: "A"): named.formUnion(Self.all)
            case UInt8(ascii: "n"): named.insert(.new)
            case UInt8(ascii: "m"): named.insert(.miss)
            default:
                guard let known = Self.letters.first(where: { $0.0 == letter }) else { return nil }
                named.insert(known.1)
            }
        }
    }

    /// As Redis 7.2 writes it: with `A` it leaves `n` out.
    var text: String {
        var text = ""
        if named.isSuperset(of: Self.all) {
            text = "A"
        } else {
            for (letter, eventClass) in Self.letters where named.contains(eventClass) {
                text.unicodeScalars.append(Unicode.Scalar(letter))
            }
            if named.contains(.new) { text += "n" }
        }
        return text + (tellsKeys ? "K" : "") + (tellsEvents ? "E" : "") + (named.contains(.miss) ? "m" : "")
    }
}

extension RedisLoop {
    /// What the keys tell. It is on disk.
    func publish(_ events: [KeyEvent]) {
        let notifications = services.settings.notifications.withLock { $0 }
        for event in events {
            let kind = Bytes(event.kind.rawValue.utf8)
            if notifications.tellsKeys {
                _ = publish(.channel, Bytes("__keyspace@\(event.database)__:".utf8) + event.key, kind)
            }
            if notifications.tellsEvents {
                _ = publish(.channel, Bytes("__keyevent@\(event.database)__:".utf8) + kind, event.key)
            }
        }
    }
}

extension RedisConnection {
    /// Says OK when the storage tells what is wanted now.
    ///
    /// - Parameter before: what was wanted, and is again when the storage refuses.
    func changeNotifications(from before: KeyspaceNotifications) {
        let request = StorageRequest.tellKeyEvents(loop.services.settings.notifications.withLock { $0.classes })
        // Within EXEC, the replies of other commands stand around it.
        guard !isCarryingOutTransaction else {
            loop.tell(request)
            return replyOK()
        }
        ask(request) { connection, result in
            if case .failure = result { connection.loop.services.settings.notifications.withLock { $0 = before } }
            connection.answer { $0.write(result) }
        }
    }
}
