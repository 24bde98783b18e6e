import NIOCore
import RoostModel

/// What a page watches.
struct EventWish: Sendable {
    var queues: Set<QueueName> = []
    /// Patterns of channels, by their texts.
    var channels: [String: GlobPattern] = [:]
    var hasStats = false

    func wants(_ topic: Event.Topic) -> Bool {
        switch topic {
        case .everybody: true
        case .stats: hasStats
        case .queue(let name): queues.contains(name)
        case .channel(let name): channels.values.contains { $0.matches(name) }
        }
    }

    /// Whether nothing of this is missed while `others` are watched.
    func isWatched(by others: some Sequence<EventWish>) -> Bool {
        queues.allSatisfy { queue in others.contains { $0.queues.contains(queue) } }
            && channels.keys.allSatisfy { pattern in others.contains { $0.channels[pattern] != nil } }
    }
}

/// One event of a stream (text/event-stream).
struct Event: Sendable {
    enum Kind: String, Sendable {
        case stats
        case message
        case published
        /// Events were missed: the page has to look anew.
        case gap
    }

    enum Topic: Sendable {
        case everybody
        case stats
        case queue(QueueName)
        case channel(Bytes)
    }

    /// Nil: a comment that keeps the connection open.
    var kind: Kind?
    var topic: Topic
    var id = ""
    var data: JSON = nil
    /// Events of this stream that its page was too slow for, since the last one that says so.
    var lost = 0

    init(_ kind: Kind?, _ topic: Topic = .everybody, data: JSON = nil) {
        self.kind = kind
        self.topic = topic
        self.data = data
    }

    static let heartbeat = Event(nil)

    func saying(_ lost: Int) -> Event {
        var event = self
        event.lost = lost
        return event
    }

    /// JSON has no line ends of its own, so that one line of data is enough.
    func write(to buffer: inout ByteBuffer) {
        guard let kind else {
            buffer.writeStaticString(": \n\n")
            return
        }
        if lost > 0 {
            buffer.writeString("event: gap\ndata: {\"missed\":\(lost)}\n\n")
        }
        buffer.writeString("event: \(kind.rawValue)\n")
        if !id.isEmpty { buffer.writeString("id: \(id)\n") }
        buffer.writeStaticString("data: ")
        buffer.writeJSON(data)
        buffer.writeStaticString("\n\n")
    }
}

/// The last events, for pages that come back after a broken connection.
struct EventPast {
    private static let eventsMax = 256
    private static let bytesMax = 1 << 20

    /// Tells the events of this process from those of another.
    private let start: String
    private var number: UInt64 = 0
    private var events: [(number: UInt64, event: Event, bytes: Int)] = []
    private var bytes = 0
    /// Up to here something is not there any more.
    private var forgotten: UInt64 = 0

    private static let gap = Event(.gap, data: ["missed": nil])

    init(startedAt: BrokerTime) { start = String(startedAt.milliseconds, radix: 16) }

    /// Gives it an id. Numbers are out of date when they come late: only what happened is kept.
    mutating func note(_ event: Event) -> Event {
        var event = event
        number += 1
        event.id = "\(start)-\(number)"
        guard event.kind != .stats else { return event }
        var buffer = ByteBuffer()
        event.write(to: &buffer)
        events.append((number, event, buffer.readableBytes))
        bytes += buffer.readableBytes
        while events.count > Self.eventsMax || bytes > Self.bytesMax {
            let first = events.removeFirst()
            bytes -= first.bytes
            forgotten = first.number
        }
        return event
    }

    /// Something is not watched any more: who comes back may have missed it.
    mutating func interrupt() {
        number += 1
        forgotten = number
    }

    /// What happened behind the event that a page saw last. Says so when that cannot be told.
    func events(after id: String?, for wish: EventWish) -> [Event] {
        guard let id else { return [] }
        let parts = id.split(separator: "-")
        guard parts.count == 2, parts[0] == start, let last = UInt64(parts[1]), last <= number else {
            return [Self.gap]
        }
        guard last >= forgotten else { return [Self.gap] }
        return events.filter { $0.number > last && wish.wants($0.event.topic) }.map(\.event)
    }
}
