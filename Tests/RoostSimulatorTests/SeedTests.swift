import RoostLog
import RoostSimulator
import Testing

/// Random histories: every reply and every start is compared with the model.
@Suite struct SeedTests {
    @Test func everyRuleHolds() {
        let simulation = Simulation()
        var coverage = Coverage()
        for seed in UInt64(1)...400 {
            let outcome = simulation.run(seed: seed)
            coverage.add(outcome.coverage)
            #expect(outcome.failure == nil, "\(outcome.failure?.text ?? "")")
            if outcome.failure != nil { return }
        }
        // What every few hundred seeds must meet; a standard run of `roost simulate` asks for all marks.
        for mark in [
            CoverageMark.tornTailCut, .powerCrash, .recoveryInterrupted, .syncFailed, .writeFailed, .snapshotPublished,
            .startFromSnapshot, .segmentRemoved, .damageRefused, .diskFullRefused, .sendsResumed, .coldRead,
            .fifoBlocked, .duplicateAnswered, .duplicateAcrossRestart, .deadLetter, .moveFinished, .transaction,
            .keysRefused, .keysLost, .keysKept, .keysFromSnapshot, .keysExpired, .keyWaiterServed, .watchHeld,
            .carriedOutAtOnce, .toldAtOnce,
            .watchBroken, .popped, .popWaiterServed, .queuesTransaction, .movedBetweenQueues, .publishStored,
            .queueWatchBroken,
        ] {
            #expect(coverage[mark] > 0, "\(mark.name) was never met")
        }
    }

    @Test(arguments: [1, 2, 7, 60, 133, 261, 1789] as [UInt64])
    func oneSeedIsOneHistory(_ seed: UInt64) {
        let (first, second) = (Simulation().run(seed: seed), Simulation().run(seed: seed))
        #expect(first.trace == second.trace)
        #expect(first.replies == second.replies)
        #expect(first.trace != Simulation().run(seed: seed + 1).trace)
    }

    // A seed means another history when there are new requests. So what seeds found in the engine is tested by itself:
    // in SmallTickTests (what a tick leaves), GoneBodyTests and AttemptTests (bodies that cannot be read).

    /// Each switch breaks one rule; a simulator that does not notice proves nothing.
    @Test(arguments: BrokenRule.allCases)
    func aBrokenRuleIsFound(_ rule: BrokenRule) {
        let campaign = Campaign(
            simulation: Simulation(brokenRule: rule), scripts: [], first: 1, runs: 1000, seconds: nil)
        let report = campaign.run(elapsed: { 0 }, tell: { _ in })
        #expect(report.isPassed, "\(rule.rawValue) was not found in \(report.seeds) seeds")
    }

    /// And when there are no queues at all, the model of keys finds it.
    @Test(arguments: BrokenRule.allCases.filter { $0 != .reuseSalt && $0 != .splitTransactions })
    func aBrokenRuleIsFoundInKeys(_ rule: BrokenRule) {
        for seed in UInt64(1)...1000 {
            guard let failure = Simulation(brokenRule: rule, isKeysOnly: true).run(seed: seed).failure else { continue }
            #expect(Simulation(isKeysOnly: true).run(seed: seed).failure == nil, "\(failure.text)")
            return
        }
        Issue.record("\(rule.rawValue) was not found")
    }

    /// Without the switch, the seed that finds a broken rule passes.
    @Test func theSeedsOfBrokenRulesAreGood() {
        for rule in BrokenRule.allCases {
            let campaign = Campaign(
                simulation: Simulation(brokenRule: rule), scripts: [], first: 1, runs: 1000, seconds: nil)
            guard let failure = campaign.run(elapsed: { 0 }, tell: { _ in }).failures.first else { continue }
            #expect(Simulation().run(seed: failure.seed).failure == nil)
        }
    }
}
