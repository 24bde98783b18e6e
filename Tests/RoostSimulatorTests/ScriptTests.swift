import RoostSimulator
import Testing

/// Scripted histories, with a crash of each kind and an error at each call of the disk.
@Suite struct ScriptTests {
    @Test(arguments: Simulation.scriptNames)
    func everyCallMayFail(_ name: String) throws {
        let outcome = try #require(Simulation.run(script: name))
        #expect(outcome.failure == nil, "\(outcome.failure?.text ?? "")")
        #expect(outcome.calls > 10)
        #expect(outcome.runs == 5 * outcome.calls + 1)
    }

    @Test func thereAreTwentyScripts() {
        #expect(Set(Simulation.scriptNames).count == Simulation.scriptNames.count)
        #expect(Simulation.scriptNames.count >= 20)
    }

    @Test func scriptsMeetWhatTheyAreNamedFor() throws {
        let marks: [(String, CoverageMark)] = [
            ("segment-roll", .segmentRolled), ("retention", .retentionExpired), ("delay", .delayEnded),
            ("lease-and-expiry", .leaseExpired), ("waiting-receive", .waiterServed), ("full-disk", .sendsResumed),
            ("cold-read", .coldRead), ("cold-read", .unreadRefused),
            ("third-snapshot", .crashBetweenPublicationAndRemoval),
            ("cleaning", .messageMoved), ("cleaning-and-crash", .cleaningInterrupted),
            ("snapshot-fallback", .snapshotFallback), ("clock-steps", .retentionHeld),
            ("snapshot", .startFromSnapshot), ("crash-in-recovery", .recoveryInterrupted),
            ("fifo-groups", .fifoBlocked), ("fifo-leases", .buried), ("fifo-leases", .kicked),
            ("duplicates", .duplicateAnswered), ("duplicates", .duplicateAcrossRestart),
            ("duplicate-in-doubt", .duplicateAcrossRestart), ("duplicates-in-snapshot", .duplicateAcrossRestart),
            ("attempts", .attemptReplayed), ("dead-letters", .deadLetter), ("fifo-dead-letters", .fifoDeadLetter),
            ("move-task", .moveSurvivedCrash), ("move-task", .moveFinished),
            ("move-task-cancelled", .moveCancelled), ("moves-by-id", .movedByID), ("allowed-sources", .deadLetter),
            ("pops", .popped), ("cold-pop", .coldRead), ("pop-dead-letters", .poppedBehindDeadLetters),
            ("pop-in-order", .poppedInOrder), ("groups-and-pops", .groupMovedByCleaning),
            ("groups-and-pops", .groupFromSnapshot), ("transaction", .movedBetweenQueues),
            ("transaction", .movedFromList), ("transaction", .transactionVoided),
            ("half-a-transaction", .transactionVoided), ("watched-queue", .queueWatchBroken),
            ("watched-queue", .watchHeld), ("published", .publishStored), ("purged-as-keys", .purgedAsKey),
            ("purged-as-keys", .keyInTheWay), ("one-line", .movedToList), ("paused-for-waiters", .popWaiterResumed),
            ("waiting-for-a-name", .popWaiterServed), ("cancelled-while-reading", .coldRead),
        ]
        for (name, mark) in marks {
            let outcome = try #require(Simulation.run(script: name))
            #expect(outcome.coverage[mark] > 0, "\(name) never met \(mark.name)")
        }
    }
}
