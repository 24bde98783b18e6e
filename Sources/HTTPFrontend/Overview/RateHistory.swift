package import RoostModel
import RoostStorage
import ServiceLifecycle
import Synchronization

/// What happened to messages in the last hour, in steps of ten seconds. In memory: a start begins anew.
package final class RateHistory: Service {
    package static let step = Duration.seconds(10)
    package static let stepSeconds = 10
    package static let stepsMax = 360

    private struct Step {
        var sent: UInt64
        var received: UInt64
        var deleted: UInt64
    }

    private struct State {
        var last: MessageTotals?
        var steps: [Step] = []
        var endedAt: BrokerTime?
    }

    package let survey: QueueSurvey
    private let storage: any Storage
    private let clock: @Sendable () -> BrokerTime
    private let state = Mutex(State())

    package init(_ calls: StorageCalls, clock: @escaping @Sendable () -> BrokerTime) {
        survey = QueueSurvey(calls, clock: clock)
        storage = calls.storage
        self.clock = clock
    }

    /// Samples counters that the engine keeps anyway, six times a minute, until the server shuts down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var surveyed: UInt64?
            while !Task.isCancelled {
                self.sample()
                await self.followMoves(since: &surveyed)
                try? await Task.sleep(for: self.storage.readiness == .ready ? Self.step : .seconds(1))
            }
        }
    }

    /// Looks at all queues at the start, and then when messages were moved: nobody may have the overview open when dead
    /// letters come.
    ///
    /// - Parameter surveyed: how many had been moved when it last looked; nil: it did not yet.
    package func followMoves(since surveyed: inout UInt64?) async {
        let metrics = storage.metrics
        guard storage.readiness == .ready, metrics.totals.movedIn != surveyed else { return }
        // Without queues there is nothing to look at: what comes from now on is new.
        guard surveyed != nil || metrics.queues > 0 else { return surveyed = metrics.totals.movedIn }
        // What was moved while it looked is looked at the next time.
        if await (try? survey.picture()) != nil { surveyed = metrics.totals.movedIn }
    }

    package func sample() {
        guard storage.readiness == .ready else { return }
        let (totals, now) = (storage.metrics.totals, clock())
        state.withLock { state in
            defer { state.last = totals }
            guard let last = state.last else { return }
            let step = Step(
                sent: totals.sent &- last.sent, received: totals.received &- last.received,
                deleted: totals.deleted &- last.deleted)
            if state.steps.count == Self.stepsMax { state.steps.removeFirst() }
            state.steps.append(step)
            state.endedAt = now
        }
    }

    /// Messages of each step, the oldest first.
    var json: JSON {
        state.withLock { state in
            [
                "step_seconds": .count(Self.stepSeconds), "until_ms": state.endedAt.map(JSON.time) ?? nil,
                "sent": .array(state.steps.map { .counter($0.sent) }),
                "received": .array(state.steps.map { .counter($0.received) }),
                "deleted": .array(state.steps.map { .counter($0.deleted) }),
            ]
        }
    }
}
