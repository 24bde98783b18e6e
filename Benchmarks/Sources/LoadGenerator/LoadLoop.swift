import CEpoll
import Glibc

/// Drives all connections from one epoll set.
final class LoadLoop {
    private enum Phase {
        case warmUp
        case measuring
        /// Connections end their round, so that no message stays leased to nobody; nothing is counted.
        case draining
    }

    private static let drainNanosecondsMax: UInt64 = 5_000_000_000
    private static let waitNanosecondsMax: UInt64 = 20_000_000

    private let address: Address
    private let serverProcess: Int32?
    private let epoll: Int32
    private let makeConversation: (Int) -> any Conversation
    private let paces: [Pace]
    private var connections: [Connection?] = []
    private var open = 0
    private var phase = Phase.warmUp
    private var measurement = Measurement()

    init(
        address: Address, connections count: Int, serverProcess: Int32?, paces: [Pace],
        makeConversation: @escaping (Int) -> any Conversation
    ) throws {
        self.address = address
        self.serverProcess = serverProcess
        self.paces = paces
        self.makeConversation = makeConversation
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        connections = Array(repeating: nil, count: count)
        for index in connections.indices { try connect(index) }
    }

    deinit {
        close(epoll)
    }

    func run(warmUp: Duration, duration: Duration) throws -> Measurement {
        try start()
        _ = try turn(until: monotonicNanoseconds() + warmUp.nanoseconds)
        try measure { try turn(until: monotonicNanoseconds() + duration.nanoseconds) }
        phase = .draining
        dropThoseAtEnd()
        _ = try turn(until: monotonicNanoseconds() + Self.drainNanosecondsMax)
        return measurement
    }

    /// Until no conversation has anything left to say.
    func runToCompletion() throws -> Measurement {
        try measure {
            try start()
            return try turn(until: .max)
        }
        return measurement
    }

    private func measure(_ body: () throws -> UInt64) throws {
        phase = .measuring
        let start = monotonicNanoseconds()
        let clientStart = ProcessorTime.ofThisProcess()
        let serverStart = ProcessorTime.of(process: serverProcess)
        let end = try body()
        measurement.nanoseconds = end - start
        measurement.clientNanoseconds = ProcessorTime.ofThisProcess() - clientStart
        if let serverStart, let serverEnd = ProcessorTime.of(process: serverProcess), serverEnd >= serverStart {
            measurement.serverNanoseconds = serverEnd - serverStart
        }
    }

    private func start() throws {
        for pace in paces { pace.begin(at: monotonicNanoseconds()) }
        for index in connections.indices { try next(index, at: monotonicNanoseconds()) }
    }

    /// Returns the time at which it ended.
    private func turn(until end: UInt64) throws -> UInt64 {
        let capacity = 512
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        var now = monotonicNanoseconds()
        while now < end, open > 0 {
            try startRounds(at: now)
            let wait = paces.reduce(Self.waitNanosecondsMax) { $1.wait(at: now, atMost: $0) }
            let count = cepoll_wait(epoll, events, Int32(capacity), wait)
            guard count >= 0 || errno == EINTR else { throw SystemError("epoll_wait") }
            for event in UnsafeBufferPointer(start: events, count: max(0, Int(count))) {
                try handle(event)
            }
            now = monotonicNanoseconds()
        }
        return now
    }

    private func handle(_ event: epoll_event) throws {
        let index = Int(event.data.u32)
        guard let connection = connections[index] else { return }
        if event.events & EPOLLOUT.rawValue != 0 {
            try connection.write()
            try watch(connection, index, EPOLL_CTL_MOD)
        }
        guard event.events & ~EPOLLOUT.rawValue != 0 else { return }
        switch connection.read() {
        case .waiting: return
        case .closed(let why):
            count(Outcome(failures: 1), describedBy: why)
            try connect(index)
            try next(index, at: monotonicNanoseconds())
        case .reply(let reply):
            let now = monotonicNanoseconds()
            take(reply, of: connection, at: now)
            try next(index, at: now)
        }
    }

    private func take(_ reply: Reply, of connection: Connection, at now: UInt64) {
        let outcome = connection.conversation.take(reply)
        if phase == .measuring {
            measurement.latency.record(now - connection.sentAt)
            measurement.requests += 1
            for time in outcome.sendTimes { measurement.dwell.record(now &- time) }
        }
        count(outcome, describedBy: String(decoding: reply.body.prefix(200), as: UTF8.self))
        connection.finishReply(reply)
    }

    private func count(_ outcome: Outcome, describedBy text: @autoclosure () -> String) {
        // A failure in the warm-up or at the end is none of the figures, but the run is not clean.
        measurement.errors += UInt64(outcome.failures)
        if outcome.failures > 0, measurement.firstError == nil { measurement.firstError = text() }
        guard phase == .measuring else { return }
        measurement.messages += UInt64(outcome.messages)
        measurement.emptyReceives += UInt64(outcome.emptyReceives)
    }

    private func next(_ index: Int, at now: UInt64) throws {
        guard let connection = connections[index] else { return }
        let isAtRest = connection.conversation.isAtRest
        if phase == .draining, isAtRest { return drop(index) }
        if isAtRest, let pace = connection.conversation.pace { return pace.rest(index) }
        try begin(connection, index, at: now)
    }

    /// Not at the end: then a connection that rests is dropped.
    private func startRounds(at now: UInt64) throws {
        guard phase != .draining else { return }
        for pace in paces {
            while let (index, due) = pace.takeRound(at: now) {
                if let connection = connections[index] { try begin(connection, index, at: due) }
            }
        }
    }

    private func begin(_ connection: Connection, _ index: Int, at now: UInt64) throws {
        guard try connection.startRequest(at: now) else { return drop(index) }
        if connection.wantsToWrite { try watch(connection, index, EPOLL_CTL_MOD) }
    }

    private func connect(_ index: Int) throws {
        drop(index)
        let connection = Connection(descriptor: try address.connect(), conversation: makeConversation(index))
        connections[index] = connection
        open += 1
        try watch(connection, index, EPOLL_CTL_ADD)
    }

    /// Nothing comes any more to those that rest, and not soon to those that wait in a long poll.
    private func dropThoseAtEnd() {
        for (index, connection) in connections.enumerated() {
            guard let connection, connection.conversation.isAtRest else { continue }
            if connection.conversation.endsAtOnce || connection.isIdle { drop(index) }
        }
    }

    /// Closing the socket takes it out of the epoll set.
    private func drop(_ index: Int) {
        guard connections[index] != nil else { return }
        connections[index] = nil
        open -= 1
    }

    private func watch(_ connection: Connection, _ index: Int, _ operation: Int32) throws {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (connection.wantsToWrite ? EPOLLOUT.rawValue : 0)
        event.data.u32 = UInt32(index)
        guard epoll_ctl(epoll, operation, connection.descriptor, &event) == 0 else { throw SystemError("epoll_ctl") }
    }
}
