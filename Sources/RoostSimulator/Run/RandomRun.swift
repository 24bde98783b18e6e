import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

/// One seed: a history of random requests, turns, commits, steps of background work, faults, crashes and starts.
struct RandomRun {
    let seed: UInt64
    let world: World
    private var dice: Dice
    private var requests: RandomRequests
    private let steps: Int
    private let crashOneIn: Int
    private let isCalm: Bool
    private let temper: Temper
    private(set) var step = 0
    private(set) var activity = "first start"
    /// Steps until the broker that cannot write any more is ended.
    private var stepsToEnd = 0

    init(seed: UInt64, brokenRule: BrokenRule?, isKeysOnly: Bool) {
        self.seed = seed
        var dice = Dice(seed: seed &* 0x9e37_79b9_7f4a_7c15 ^ 0x5eed)
        var limits = RunLimits(&dice)
        limits.brokenRule = brokenRule
        if brokenRule != nil { limits.syncPolicy = .always }
        world = World(limits, seed: dice.number())
        let tempers: [Temper] = [.mixed, .mixed, .mixed, .mixed, .mixed, .mixed, .hasty, .patient, .stale]
        let picked = brokenRule == .reuseSalt ? Temper.stale : dice.pick(tempers)
        // Stale histories are made of messages.
        temper = isKeysOnly && picked == .stale ? .hasty : picked
        let bodyBytesMax = temper == .hasty ? 60 : limits.messageBytesMax - 200
        requests = RandomRequests(&dice, bodyBytesMax: bodyBytesMax, isKeysOnly: isKeysOnly)
        switch temper {
        case .hasty: steps = dice.within(20...60)
        case .stale: steps = dice.within(4...12)
        case .mixed, .patient: steps = dice.within(60...200)
        }
        crashOneIn = temper == .patient ? 150 : dice.pick([20, 40, 80])
        isCalm = dice.oneIn(8)
        self.dice = dice
    }

    /// What kind of history it is.
    enum Temper {
        case mixed
        /// A crash after every few requests, and in most starts: much is written and never synced.
        case hasty
        /// Few crashes: snapshots and cleaning come to their end.
        case patient
        /// Starts that are cut just when they made a segment, so that its bytes turn up again later.
        case stale
    }

    mutating func run() throws(Mismatch) {
        guard case .ready = try world.open(0...0) else { throw Mismatch("an empty disk was refused") }
        while step < steps {
            step += 1
            switch temper {
            case .hasty where dice.oneIn(2): try haste()
            case .stale: try stale()
            default: try take()
            }
            if world.isGone {
                activity = "end after a fault"
                if world.disk.isOff || stepsToEnd == 0 { try crash() } else { stepsToEnd -= 1 }
            }
        }
        try finish()
    }

    private mutating func finish() throws(Mismatch) {
        step += 1
        activity = "last look"
        world.limitSpace(to: nil)
        world.disk.forgetFaults()
        try world.settle()
        try world.verify()
        activity = "end of all moves"
        try world.endMoves()
        try world.verify()
        if world.isGone { try crash() }
        activity = "last start"
        try restart()
        world.disk.forgetFaults()
        try world.verify()
        world.endLife()
    }

    private mutating func take() throws(Mismatch) {
        switch dice.below(100) {
        case ..<42: try submit()
        case ..<54:
            activity = "turn"
            try world.turn()
        case ..<72:
            activity = "commit"
            try world.commit()
        case ..<86: try stepBackground()
        case ..<92:
            activity = "time passes"
            world.clock.advance(milliseconds: windowEnd() ?? passingTime())
        case ..<95:
            activity = "rest"
            try world.settle()
        case ..<97: try trouble()
        default: if dice.below(crashOneIn) < 3 { try end() }
        }
        if !isCalm, world.background.isBusy(.reads), dice.oneIn(60) {
            // Too many files are open: who needs the body is refused, and nothing is damaged.
            world.disk.plan(.error(EMFILE), atCall: world.disk.calls + 1)
        }
        // The moments that matter most are short.
        guard temper != .patient else { return }
        if world.background.isBusy(.cleaning), dice.oneIn(12) { return try crash() }
        guard world.background.isBusy(.snapshots), !world.isGone else { return }
        if dice.oneIn(8) { return world.disk.plan(.powerCut, atCall: world.disk.calls + dice.within(1...9)) }
        if dice.oneIn(world.snapshotCount > 2 ? 2 : 25) { try crash() }
    }

    /// Some short lives, each with a request and a commit that is cut: mostly a write, and no sync.
    private mutating func haste() throws(Mismatch) {
        for life in (0..<dice.within(1...4)).reversed() {
            if let request = requests.request(&dice, world.books) { try world.submit([request]) }
            activity = "a commit that is cut"
            world.disk.plan(.powerCut, atCall: world.disk.calls + dice.pick([1, 2, 2, 2, 3]))
            try world.turn()
            try world.commit()
            try crash(looks: life == 0)
        }
    }

    /// A record that only the page cache has is written again by a start, which is cut; then the power takes the
    /// record. The next life writes another one to the place where that start had put it.
    private mutating func stale() throws(Mismatch) {
        let (calls, power) = (world.startCalls, Crash.power(seed: dice.number()))
        try cutCommit()
        try crash(.process, badStarts: [], looks: false)
        try cutCommit()
        try crash(.process, badStarts: [calls - dice.within(1...4)], again: power, looks: false)
        try cutCommit()
        try crash(.power(seed: dice.number()), badStarts: [], looks: true)
    }

    /// A small record that is written and not synced.
    private mutating func cutCommit() throws(Mismatch) {
        activity = "a commit that is cut"
        guard let name = try? QueueName(RandomRequests.names[0]) else { return }
        if world.books.state.queue(named: name) == nil {
            try world.submit([.createQueue(name, QueueSettingsChange())])
            try world.turn()
            try world.commit()
        }
        try world.submit([.send(name, NewMessage(body: [UInt8(truncatingIfNeeded: dice.below(256))]))])
        world.disk.plan(.powerCut, atCall: world.disk.calls + 2)
        try world.turn()
        try world.commit()
    }

    /// A transaction of which some sectors may come to the disk, and others not.
    private mutating func tear() throws(Mismatch) {
        guard let request = requests.wideTransaction(&dice, world.books) else { return }
        activity = "a transaction that is cut"
        try world.submit([request])
        world.disk.plan(.powerCut, atCall: world.disk.calls + 2)
        try world.turn()
        try world.commit()
        try crash(.power(seed: dice.number()), badStarts: dice.oneIn(3) ? [1 + dice.below(24)] : [], looks: true)
    }

    // MARK: requests

    private mutating func submit() throws(Mismatch) {
        activity = "requests"
        var list: [StorageRequest] = []
        for _ in 0..<dice.pick([1, 1, 2, 5]) {
            guard let request = requests.request(&dice, world.books) else { continue }
            let isPurging = (list + world.books.calls.map(\.request)).contains(where: \.mayPurge)
            if !request.mayPurge || !isPurging { list.append(request) }
        }
        let waiting = world.books.calls.filter(\.canWait)
        if dice.oneIn(60), let call = waiting.first {
            // A client that goes away.
            world.tell("cancel #\(call.token)")
            world.books.cancelled(call.token)
            world.cancel(call.token)
        }
        guard !list.isEmpty, dice.oneIn(8) else { return try world.submit(list) }
        activity = "requests during a commit"
        let count = world.interlude.count
        world.submitLater(list, dice.oneIn(2) ? .beforeSync : .afterWrite)
        try world.commit()
        if world.interlude.count > count { world.coverage.hit(.turnDuringSync) }
    }

    private mutating func stepBackground() throws(Mismatch) {
        activity = "background"
        let lanes = world.background.busy
        guard !lanes.isEmpty else { return try world.commit() }
        for _ in 0..<dice.pick([1, 2, 8]) where !world.disk.isOff {
            let lane = dice.pick(lanes)
            if world.background.isBusy(lane) { try world.stepBackground(lane) }
        }
    }

    private mutating func passingTime() -> Int64 {
        switch dice.below(10) {
        case ..<4: Int64(dice.below(20))
        case ..<7: Int64(dice.below(1000))
        case ..<9: Int64(dice.below(20_000))
        default: Int64(dice.below(600_000))
        }
    }

    /// Until a message that was sent again would be a new one, or a receive of the same name; or just not yet.
    private mutating func windowEnd() -> Int64? {
        guard !world.isGone, dice.oneIn(4) else { return nil }
        let beginnings = [world.books.state.remembered.first?.sentAt, world.books.attempts.last?.lease.at]
        guard let beginning = dice.pick(beginnings) else { return nil }
        let left = (beginning + ModelState.duplicateWindow).milliseconds - world.clock.broker
        return left > 1 ? left - Int64(dice.below(2)) : nil
    }

    // MARK: faults and ends

    private mutating func trouble() throws(Mismatch) {
        let call = world.disk.calls + 1 + dice.below(12)
        switch dice.below(10) {
        case ..<3:
            activity = "power cut is near"
            world.disk.plan(.powerCut, atCall: call)
        case ..<5 where !isCalm:
            activity = "an error of the disk is near"
            world.disk.plan(dice.oneIn(3) ? .shortWrite : .error(dice.oneIn(4) ? ENOSPC : EIO), atCall: call)
            stepsToEnd = dice.below(8)
        case ..<8 where !isCalm: limitSpace()
        case 8: try tear()
        default: world.clock.stepWall(milliseconds: wallStep())
        }
    }

    /// The disk is full, or no longer.
    private mutating func limitSpace() {
        if world.disk.memory.capacityBytes == nil {
            activity = "the disk is getting full"
            let room = dice.pick([0, 1000, world.limits.segmentBytes, 2 * world.limits.segmentBytes + 100])
            world.limitSpace(to: world.disk.memory.usedBytes + room)
        } else {
            activity = "the disk has room"
            world.limitSpace(to: nil)
        }
    }

    private mutating func wallStep() -> Int64 {
        let span: Int64 = dice.pick([5, 600, 3600, 40_000, 90_000, 200_000])
        let isBack = dice.oneIn(3)
        world.coverage.hit(isBack ? .clockSteppedBack : .clockSteppedForward)
        return (isBack ? -1000 : 1000) * span
    }

    private mutating func end() throws(Mismatch) {
        if dice.oneIn(4), !world.isGone { return try restart() }
        try crash()
    }

    private mutating func crash(looks: Bool = true) throws(Mismatch) {
        let crash: Crash =
            switch dice.below(10) {
            case ..<3: .process
            case ..<5: .powerLosingAll
            default: .power(seed: dice.number())
            }
        if dice.oneIn(4) { world.clock.stepWall(milliseconds: wallStep()) }
        world.clock.advance(milliseconds: Int64(dice.below(5000)))
        var badStarts: [Int] = []
        for _ in 0..<dice.pick(temper == .hasty ? [0, 1, 2] : [0, 0, 0, 1, 3]) {
            // What a start does last is what matters most.
            badStarts.append(temper == .hasty ? max(1, world.startCalls - dice.below(8)) : 1 + dice.below(24))
        }
        try self.crash(crash, badStarts: badStarts, looks: looks)
    }

    /// `badStarts`: at which of its calls a start is cut, or meets an error.
    private mutating func crash(
        _ crash: Crash, badStarts: [Int], again: Crash? = nil, looks: Bool
    ) throws(Mismatch) {
        activity = "crash and start"
        let errors = badStarts.map { _ in temper != .stale && dice.oneIn(4) }
        try world.crashAndRecover(crash, again: again, looks: looks) { world, attempt in
            guard attempt <= badStarts.count else { return }
            let call = world.disk.calls + max(1, badStarts[attempt - 1])
            world.disk.plan(errors[attempt - 1] ? .error(EIO) : .powerCut, atCall: call)
        }
    }

    /// A regular end and a start; sometimes with a look at what damage would do in between.
    private mutating func restart() throws(Mismatch) {
        activity = "shutdown and start"
        try world.shutDown()
        guard !world.isGone else { return try crash() }
        let newest = world.books.newest
        world.endLife()
        if dice.oneIn(3) || world.limits.brokenRule == .ignoreBadChecksum { try damage() }
        if dice.oneIn(4) { world.clock.stepWall(milliseconds: wallStep()) }
        world.clock.advance(milliseconds: Int64(dice.below(60_000)))
        guard case .ready = try world.open(newest...newest) else { return try crash() }
        try world.verify()
    }

    /// What a bit that turned would do: on a copy.
    private mutating func damage() throws(Mismatch) {
        activity = "start with a damaged disk"
        let world = world.fork(seed: dice.number())
        defer { self.world.coverage.add(world.coverage) }
        do throws(Mismatch) {
            try DamagedStart(world: world).run(&dice)
        } catch {
            throw Mismatch(
                "\(error.text)\n  with damage; steps on the copy: \(world.story.suffix(12).joined(separator: "\n    "))"
            )
        }
    }
}
