import Glibc
import RoostLog

/// Runs a script with a fault at each call of the disk in turn.
struct ScriptRun {
    let script: Script

    /// A way to fail, and what becomes of the disk afterwards.
    struct Trouble: Sendable {
        var fault: VirtualDisk.Fault
        var crash: Crash
        var text: String
    }

    static func troubles(_ call: Int) -> [Trouble] {
        [
            Trouble(fault: .powerCut, crash: .process, text: "kill"),
            Trouble(fault: .powerCut, crash: .powerLosingAll, text: "power cut, nothing unsynced is kept"),
            Trouble(fault: .powerCut, crash: .power(seed: UInt64(call)), text: "power cut, sectors as they come"),
            Trouble(fault: .error(EIO), crash: .process, text: "input/output error"),
            Trouble(fault: .error(ENOSPC), crash: .power(seed: UInt64(call) &+ 7), text: "no space"),
        ]
    }

    struct Result {
        var calls = 0
        var runs = 0
        var trace = Trace()
        var coverage = Coverage()
        var failure: (text: String, story: [String])?
    }

    func run() -> Result {
        var result = Result()
        result.calls = play(nil, at: 0, &result) ?? 0
        guard result.failure == nil, result.calls > 0 else { return result }
        for call in 1...result.calls {
            for trouble in Self.troubles(call) {
                _ = play(trouble, at: call, &result)
                if result.failure != nil { return result }
            }
        }
        return result
    }

    /// The number of calls, or nil after a failure.
    private func play(_ trouble: Trouble?, at call: Int, _ result: inout Result) -> Int? {
        result.runs += 1
        let world = World(script.limits, seed: 1, trace: result.trace)
        defer {
            result.coverage.add(world.coverage)
            world.endLife()
        }
        world.keepsFaults = true
        if let trouble { world.disk.plan(trouble.fault, atCall: call) }
        do throws(Mismatch) {
            try begin(world)
            try script.play(Stage(world))
            let calls = world.disk.calls
            try end(world, trouble?.crash ?? .process)
            return calls
        } catch {
            let place = trouble.map { "\($0.text) at call \(call)" } ?? "no fault"
            result.failure = ("script \(script.name), \(place): \(error.text)", world.story.suffix(40))
            return nil
        }
    }

    private func begin(_ world: World) throws(Mismatch) {
        switch try world.open(0...0) {
        case .ready: return
        case .interrupted: try world.crashAndRecover(world.disk.isOff ? .powerLosingAll : .process)
        case .refused(let error): throw Mismatch("an empty disk was refused: \(error)")
        }
    }

    /// The crash, a look at everything, a little work, a regular end, and another look.
    private func end(_ world: World, _ crash: Crash) throws(Mismatch) {
        world.limitSpace(to: nil)
        try world.crashAndRecover(crash)
        let stage = Stage(world)
        try stage.create("after")
        try stage.send("after", bytes: 100)
        try stage.receive("after", 1)
        try stage.deleteReceived()
        world.keepsFaults = false
        world.disk.forgetFaults()
        try stage.restart()
        if world.isGone { try world.crashAndRecover(crash) }
        try stage.rest()
    }
}
