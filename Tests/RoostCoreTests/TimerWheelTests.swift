import RoostCore
import RoostModel
import Testing

private struct Timers: TimerNodes {
    var deadlines: [Int64]
    var links: [(previous: UInt32, next: UInt32)]

    init(count: Int) {
        deadlines = Array(repeating: 0, count: count)
        links = Array(repeating: (0, 0), count: count)
    }

    func timerDeadline(_ node: UInt32) -> BrokerTime { BrokerTime(milliseconds: deadlines[Int(node)]) }
    func timerPrevious(_ node: UInt32) -> UInt32 { links[Int(node)].previous }
    func timerNext(_ node: UInt32) -> UInt32 { links[Int(node)].next }
    mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { links[Int(node)].previous = value }
    mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { links[Int(node)].next = value }
}

/// A wheel, and next to it a plain array of what was set, in the order of setting.
private struct WheelAndArray {
    var wheel = TimerWheel()
    var timers: Timers
    var set: [UInt32] = []
    var now: Int64

    init(count: Int, now: Int64 = 1_700_000_000_000) {
        timers = Timers(count: count)
        self.now = now
    }

    var time: BrokerTime { BrokerTime(milliseconds: now) }

    mutating func insert(_ node: UInt32, _ deadline: Int64) {
        timers.deadlines[Int(node)] = deadline
        wheel.insert(node, in: &timers)
        set.append(node)
    }

    mutating func remove(_ node: UInt32) {
        wheel.remove(node, in: &timers)
        set.removeAll { $0 == node }
    }

    func due() -> [UInt32] {
        var nodes: [UInt32] = []
        wheel.due(in: timers) {
            nodes.append($0)
            return true
        }
        return nodes
    }

    /// By deadline; those of one deadline as they were set.
    func shouldBeDue() -> [UInt32] {
        set.enumerated().filter { timers.deadlines[Int($0.element)] <= now }
            .sorted { (timers.deadlines[Int($0.element)], $0.offset) < (timers.deadlines[Int($1.element)], $1.offset) }
            .map(\.element)
    }

    mutating func advance(budget: Int) -> Bool { wheel.advance(to: time, budget: budget, in: &timers) }

    mutating func advanceWholly() {
        let isComplete = advance(budget: .max)
        #expect(isComplete)
    }
}

@Suite("The timer wheel")
struct TimerWheelTests {
    static let hundredYears: Int64 = 100 * 366 * 86_400_000

    private static func span(_ random: inout SplitMix64) -> Int64 {
        switch random.below(8) {
        case 0: 0
        case 1: Int64(random.below(64))
        case 2: Int64(random.below(4096))
        case 3: Int64(random.below(300_000))
        case 4: Int64(random.below(43_200_000))
        case 5: Int64(random.below(86_400_000 * 15))
        case 6: Int64(random.below(Int(hundredYears)))
        default: Int64(1) << Int64(random.below(42))
        }
    }

    @Test("Random deadlines up to 100 years fall due in order", arguments: UInt64(1)...4)
    func randomDeadlines(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var pair = WheelAndArray(count: 300)
        for _ in 0..<20_000 {
            let node = UInt32(random.below(300))
            if pair.set.contains(node) {
                pair.remove(node)
            } else {
                pair.insert(node, pair.now + Self.span(&random))
            }
            guard random.chance(30) else { continue }
            pair.now += random.chance(95) ? Self.span(&random) / 50 : Self.span(&random)
            if let next = pair.set.map({ pair.timers.deadlines[Int($0)] }).min() {
                #expect(pair.wheel.nextDue.map { $0.milliseconds <= max(next, pair.now) } == true)
            }
            pair.advanceWholly()
            let due = pair.due()
            #expect(due == pair.shouldBeDue(), "seed \(seed)")
            for node in due where random.chance(80) { pair.remove(node) }
            #expect(pair.wheel.count == pair.set.count)
        }
    }

    @Test("A budget that ends first only puts the rest off")
    func smallBudget() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<50 {
            var pair = WheelAndArray(count: 400, now: Int64(random.below(1 << 41)))
            pair.advanceWholly()
            for node in UInt32(0)..<400 { pair.insert(node, pair.now + Self.span(&random)) }
            pair.now += Self.span(&random)
            let budget = 1 + random.below(20)
            var calls = 0
            while !pair.advance(budget: budget) {
                calls += 1
                let due = pair.due()
                #expect(due == Array(pair.shouldBeDue().prefix(due.count)))
                // Work is left, so the wheel asks to be called again at once.
                #expect(pair.wheel.nextDue.map { $0 <= pair.time } == true)
                guard calls < 10_000 else { break }
            }
            #expect(pair.due() == pair.shouldBeDue())
        }
    }

    /// Sets `count` timers of one deadline in turns of 1,000, as leases of many messages do.
    @Test(
        "Timers of one deadline keep the order in which they were set, across levels",
        arguments: [1, 63, 64, 4095, 30_000])
    func equalDeadlines(distance: Int64) {
        var pair = WheelAndArray(count: 3000)
        pair.advanceWholly()
        let deadline = pair.now + distance
        for node in UInt32(0)..<3000 {
            pair.insert(node, deadline)
            // While they are set, time goes by and the first ones come down the levels.
            if node % 1000 == 999, pair.now < deadline {
                pair.now += (deadline - pair.now) / 2
                pair.advanceWholly()
            }
        }
        pair.now = deadline
        pair.advanceWholly()
        #expect(pair.due() == Array(0..<3000))
    }

    @Test("A deadline in the past is due at once")
    func pastDeadline() {
        var pair = WheelAndArray(count: 3)
        pair.advanceWholly()
        pair.insert(0, pair.now - 5)
        pair.insert(1, 0)
        pair.insert(2, -7)
        #expect(pair.wheel.nextDue.map { $0 <= pair.time } == true)
        #expect(pair.due() == [0, 1, 2])
        pair.remove(1)
        #expect(pair.due() == [0, 2] && pair.wheel.count == 2)
    }

    @Test("Visiting what is due can end early, and changes nothing")
    func dueIsALook() {
        var pair = WheelAndArray(count: 5)
        for node in UInt32(0)..<5 { pair.insert(node, 1) }
        pair.advanceWholly()
        var visited: [UInt32] = []
        pair.wheel.due(in: pair.timers) {
            visited.append($0)
            return visited.count < 2
        }
        #expect(visited == [0, 1] && pair.due().count == 5)
    }

    @Test("An empty wheel has nothing due, and the farthest deadlines are held")
    func ends() {
        var pair = WheelAndArray(count: 2)
        #expect(pair.wheel.nextDue == nil)
        pair.insert(0, .max)
        pair.insert(1, 1 << 48 - 1)
        pair.advanceWholly()
        #expect(pair.due().isEmpty)
        pair.remove(0)
        pair.remove(1)
        #expect(pair.wheel.nextDue == nil && pair.wheel.count == 0)
    }

    @Test("nextDue is never late, and calling as it says gets to every deadline", arguments: UInt64(1)...20)
    func nextDueLeadsThere(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var pair = WheelAndArray(count: 50)
        pair.advanceWholly()
        for node in UInt32(0)..<50 { pair.insert(node, pair.now + Self.span(&random)) }
        var calls = 0
        while let next = pair.wheel.nextDue {
            let first = try #require(pair.set.map { pair.timers.deadlines[Int($0)] }.min())
            #expect(next.milliseconds <= max(first, pair.now))
            pair.now = max(pair.now, next.milliseconds)
            pair.advanceWholly()
            for node in pair.due() {
                #expect(pair.timers.deadlines[Int(node)] == pair.now)
                pair.remove(node)
            }
            calls += 1
            guard calls < 1000 else { break }
        }
        #expect(pair.set.isEmpty)
    }
}
