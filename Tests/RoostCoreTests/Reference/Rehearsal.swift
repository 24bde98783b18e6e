import RoostCore
import RoostModel

/// Drives a broker and the reference model with the same random operations, as the engine would, and compares all
/// that comes back.
struct Rehearsal {
    /// A handle that was issued, and what it was issued for.
    struct Issued {
        var handle: ReceiptHandle
        var queue: UInt32
        var serial: Int
        /// Which of the message's handles it is.
        var number: Int
        var receivedAt: BrokerTime
    }

    static let backlogMax = 450
    static let configuration = BrokerConfiguration(sealingKey: SealingKey(words: (11, 22, 33, 44)))
    static let allNames = ["a", "b", "b-2", "b2", "ba", "jobs", "jobs-low", "jobs_low", "Z", "z-9", "mail", "q.fifo"]

    /// With three names queues get long; with all there are many.
    let names: [String]
    /// Few groups get long; with many there are turns to be kept.
    let groups: [String]
    /// In calm times hours pass rarely, so that a backlog builds up.
    var isCalm = true

    var random: SplitMix64
    var now = BrokerTime(milliseconds: 1_700_000_000_000)
    var broker = Broker(configuration: configuration)
    var model = ReferenceBroker()
    var effects = Effects()
    var recording = EntryRecording()

    /// What the core calls a message: its slot (the latest owner), its id, the place of its record.
    var serialOfSlot: [UInt32: Int] = [:]
    var idOfSerial: [Int: MessageID] = [:]
    var numberOfSerial: [Int: UInt64] = [:]
    var locationOfSerial: [Int: BodyLocation] = [:]
    /// Records that were not released yet.
    var held: Set<BodyLocation> = []
    /// Of these, the ones of purged messages and deleted queues: the reaper may release them at any tick.
    var buried: Set<BodyLocation> = []
    var handles: [Issued] = []
    var everIssued: Set<ReceiptHandle> = []
    var moves = Moves()

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        names = seed % 3 == 0 ? Self.allNames : Array(Self.allNames.prefix(3))
        groups = (0..<(seed % 2 == 0 ? 3 : 40)).map { "group \($0)" }
    }

    /// One operation. Before it, as before each turn of the engine, often some time passes and what is due is done.
    mutating func step() throws {
        if random.below(2000) == 0 { isCalm.toggle() }
        if random.chance(25) { try passTime() }
        switch random.below(1000) {
        case ..<300: for _ in 0..<(random.chance(4) ? 30 : 1) { try send() }
        case ..<480: try lease()
        case ..<640: try deleteByHandle()
        case ..<670: try deleteByID()
        case ..<770: try changeVisibility()
        case ..<790: try giveBack()
        case ..<810: try bury()
        case ..<820: try kick()
        case ..<870: try peek()
        case ..<890: try list()
        case ..<910: try redrive()
        case ..<940: try changeSettings()
        case ..<955: try pauseOrResume()
        case ..<960: try damage()
        case ..<970: try move()
        case ..<985: try createQueue()
        case ..<987: try purge()
        case ..<989: try deleteQueue()
        default: try describe()
        }
        try checkReady()
    }

    /// Logs and applies an entry, and checks what the broker says it did.
    mutating func carryOut(
        _ entry: Entry, _ message: NewMessage? = nil, copying original: BodyLocation? = nil, releases: [Int] = [],
        deletes: UInt32? = nil, wakes: UInt32? = nil
    ) throws {
        let location = recording.nextLocation
        if let original { try recording.append(entry, copying: original) } else { try recording.append(entry, message) }
        effects.removeAll()
        try broker.apply(entry, at: location, effects: &effects)
        if message != nil || original != nil { held.insert(location) }
        var expected = Set(releases.compactMap { locationOfSerial.removeValue(forKey: $0) })
        for released in effects.released {
            try require(held.remove(released) != nil, "\(entry.kind) released \(released) twice")
            let isExpected = expected.remove(released) != nil
            try require(isExpected || buried.remove(released) != nil, "\(entry.kind) released a message that lives")
        }
        try require(expected.isEmpty, "\(entry.kind) did not release \(expected)")
        try requireEqual(effects.deletedQueues, deletes.map { [$0] } ?? [], "deleted queues")
        var woken = model.woken
        if let wakes { woken.insert(wakes) }
        // Of FIFO queues those must be named that got something to deliver; others may be.
        let ready = Set(effects.readyQueues)
        try require(
            woken.isSubset(of: ready), "\(entry.kind) does not say that \(woken.subtracting(ready)) can deliver")
        let inOrder = model.queues.filter(\.settings.isFIFO).map(\.id)
        try requireEqual(
            ready.subtracting(inOrder), woken.subtracting(inOrder),
            "queues with something to deliver after \(entry.kind)")
        model.woken = []
    }

    /// What the reference model and the core say to the same request must be alike, refusals included.
    func bothAgree<Expected, Actual>(
        _ what: String, _ expected: Result<Expected, Rejection>, _ actual: Result<Actual, Rejection>
    ) throws -> (Expected, Actual)? {
        switch (expected, actual) {
        case (.success(let expected), .success(let actual)): return (expected, actual)
        case (.failure(let expected), .failure(let actual)):
            try requireEqual(actual, expected, "the refusal of \(what)")
            return nil
        case (.success, .failure(let refusal)): throw Discrepancy("\(what) was refused: \(refusal)")
        case (.failure(let refusal), .success): throw Discrepancy("\(what) was not refused: \(refusal)")
        }
    }
}

/// The outcome of a call that may be refused.
func outcome<Value>(_ body: () throws(Rejection) -> Value) -> Result<Value, Rejection> {
    do throws(Rejection) { return .success(try body()) } catch { return .failure(error) }
}
