import RoostModel

/// Commands one after the other, on a copy of the core, as far as one has to see what those before it did.
struct BridgeRehearsal {
    /// As it is after the first `appliedCount` steps.
    private(set) var broker: Broker
    let database: UInt8
    /// Whether what is popped of queues with safe pop is leased.
    let leases: Bool
    let now: BrokerTime
    private var random: UInt64
    private var growthLeft: Int
    private var steps: [BridgeStep] = []
    private var appliedCount = 0
    /// Of messages in the log, by their place.
    private let bodies: [BodyLocation: Bytes]
    /// Of messages that these commands send.
    private var sentBodies: [UInt64: Bytes] = [:]
    private var needed: [NeededBody] = []
    /// Of messages in the answers.
    private var answeredBytes = 0
    /// Of the records.
    private var stepBytes = 0
    private let stepBytesMax: Int
    private var events: KeyEventLog
    /// Why the whole request is refused.
    private(set) var refusal: KeyError?

    init(
        _ broker: Broker, database: UInt8, leases: Bool, bodies: [BodyLocation: Bytes], now: BrokerTime,
        random: UInt64, growthMax: Int, bytesMax: Int, events: KeyEventClasses
    ) {
        self.broker = broker
        self.database = database
        self.leases = leases
        self.bodies = bodies
        self.now = now
        self.random = random
        growthLeft = growthMax
        stepBytesMax = bytesMax
        self.events = KeyEventLog(events)
    }

    func plan(_ replies: [KeyReply]) -> BridgePlan {
        needed.isEmpty ? .steps(steps, replies: replies, events: events.events) : .needsBodies(needed)
    }

    /// A command that fails does nothing, but that dead letters may have moved, and the others go on.
    mutating func perform(_ command: KeyCommand) throws(KeyError) -> KeyReply {
        do throws(KeyError) {
            return try answer(command)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch {
            return .failure(error)
        }
    }
}

// MARK: - Steps

extension BridgeRehearsal {
    /// What the steps so far did is seen by what comes next.
    mutating func catchUp() {
        var effects = Effects()
        while appliedCount < steps.count {
            do throws(EntryMismatch) {
                switch steps[appliedCount] {
                case .entry(let entry): try broker.apply(entry, at: .none, effects: &effects)
                case .send(let entry, _): try broker.apply(.send(entry), at: .none, effects: &effects)
                }
            } catch {
                preconditionFailure("the core refused its own entry: \(error)")
            }
            appliedCount += 1
        }
    }

    mutating func add(_ entry: Entry) { append(.entry(entry), EntryCodec.size(entry)) }

    mutating func add(_ entry: SendEntry, _ message: NewMessage) {
        sentBodies[entry.number] = message.body
        append(.send(entry, message), SendRecord.size(message))
    }

    mutating func add(_ entry: KeysEntry) {
        guard !entry.effects.isEmpty else { return }
        growthLeft -= broker.databases.growth(entry.effects, in: database)
        add(.keys(entry))
    }

    private mutating func append(_ step: BridgeStep, _ size: Int) {
        steps.append(step)
        stepBytes += size
        if stepBytes > stepBytesMax { refusal = .requestTooLarge(bytes: stepBytes, max: stepBytesMax) }
    }

    /// What a command on keys would do, without a step for it.
    mutating func prepareKeys(_ command: KeyCommand) throws(KeyError) -> (reply: KeyReply, entry: KeysEntry) {
        let (replies, entry) = try broker.databases.prepare(
            KeyRequest(database: database, [command]), now: now, random: takeRandom(), growthMax: growthLeft)
        let reply = replies.first ?? .null
        if case .failure(let error) = reply { throw error }
        return (reply, entry)
    }

    /// What it tells of keys when its entry is a step.
    mutating func noteEvents(_ command: KeyCommand, _ reply: KeyReply, _ entry: KeysEntry) {
        events.note(command, PreparedKeys(reply, entry.effects), in: database, broker.databases, now)
    }

    mutating func takeRandom() -> UInt64 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return random ^ random >> 33
    }

    /// Its effects as one step.
    mutating func carryOutKeys(_ command: KeyCommand) throws(KeyError) -> KeyReply {
        let (reply, entry) = try prepareKeys(command)
        noteEvents(command, reply, entry)
        add(entry)
        return reply
    }

    /// The plan is for nothing: bodies have to be read first.
    var isWaitingForBodies: Bool { !needed.isEmpty }

    /// Bytes of messages in all answers of a request: they are in memory together.
    static let answeredBytesMax = 64 * 1024 * 1024

    /// The body of a message that is there; empty, and the plan is for nothing, while it is not at hand.
    mutating func body(of slot: UInt32) -> Bytes {
        let (number, location) = (broker.index[slot].number, broker.index[slot].location)
        answeredBytes += sentBodies[number]?.count ?? Int(location.length)
        if answeredBytes > Self.answeredBytesMax { refusal = .messagesTooLong(max: Self.answeredBytesMax) }
        if let body = sentBodies[number] ?? bodies[location] { return body }
        needed.append(NeededBody(slot: slot, number: number, location: location))
        return []
    }
}
