package import RoostLog

/// Runs seeds and says what came of them.
package struct Simulation: Sendable {
    package var brokenRule: BrokenRule?
    /// No request is about queues: what is found then, is found by the model of keys.
    package var isKeysOnly: Bool

    package init(brokenRule: BrokenRule? = nil, isKeysOnly: Bool = false) {
        self.brokenRule = brokenRule
        self.isKeysOnly = isKeysOnly
    }

    package struct Outcome: Sendable {
        package var seed: UInt64
        package var trace: UInt64
        package var coverage: Coverage
        package var failure: SimulationFailure?
        package var steps: Int
        package var replies: Int
    }

    /// One seed from its beginning to its end, or to the first rule that does not hold.
    package func run(seed: UInt64) -> Outcome {
        var run = RandomRun(seed: seed, brokenRule: brokenRule, isKeysOnly: isKeysOnly)
        var failure: SimulationFailure?
        do throws(Mismatch) {
            try run.run()
        } catch {
            failure = SimulationFailure(
                seed: seed, step: run.step, activity: run.activity, problem: error.text,
                story: Array(run.world.story.suffix(100)), limits: run.world.limits.text, command: command(seed))
        }
        run.world.endLife()
        return Outcome(
            seed: seed, trace: run.world.trace.value, coverage: run.world.coverage, failure: failure, steps: run.step,
            replies: run.world.books.repliesCount)
    }

    private func command(_ seed: UInt64) -> String {
        "roost simulate --seed \(seed)" + (brokenRule.map { " --broken-rule \($0.rawValue)" } ?? "")
    }
}

// MARK: - Scripts

extension Simulation {
    package static var scriptNames: [String] { Script.all.map(\.name) }

    package struct ScriptOutcome: Sendable {
        package var name: String
        /// Calls of the disk that the script makes; each was failed in turn.
        package var calls: Int
        package var runs: Int
        package var trace: UInt64
        package var coverage: Coverage
        package var failure: SimulationFailure?
    }

    /// Nil: there is no such script.
    package static func run(script name: String) -> ScriptOutcome? {
        guard let script = Script.all.first(where: { $0.name == name }) else { return nil }
        let result = ScriptRun(script: script).run()
        let failure = result.failure.map { failure in
            SimulationFailure(
                seed: 0, step: result.runs, activity: "script \(name)", problem: failure.text, story: failure.story,
                limits: script.limits.text, command: "roost simulate --script \(name)")
        }
        return ScriptOutcome(
            name: name, calls: result.calls, runs: result.runs, trace: result.trace.value, coverage: result.coverage,
            failure: failure)
    }
}
