import Dispatch
package import RoostModel

/// What the engine does beside serving requests. Jobs of one lane are carried out one after the other, except reads.
package enum BackgroundLane: Sendable, CaseIterable {
    /// Segments made ahead, the space that is kept, files removed.
    case segments
    /// Snapshots.
    case snapshots
    /// Moving the living out of old segments.
    case cleaning
    /// Bodies that are not in the page cache.
    case reads
}

package enum BackgroundStep: Sendable {
    case again
    /// The next step no sooner than this: the disk belongs to requests.
    case pause(Milliseconds)
    case done
}

/// Carries out jobs that touch the disk for long, away from the event loops. A simulator has one of its own, which
/// decides by its seed when the next step of which job happens.
package protocol BackgroundRunner: AnyObject, Sendable {
    /// Calls `step` until it returns `.done`; never from inside this call.
    func start(_ lane: BackgroundLane, _ step: @escaping @Sendable () -> BackgroundStep)
}

/// A thread for each lane while it has something to do, several for reads.
package final class ThreadedBackground: BackgroundRunner {
    private let queues: [BackgroundLane: DispatchQueue]

    package init() {
        queues = Dictionary(
            uniqueKeysWithValues: BackgroundLane.allCases.map { lane in
                // Reads do not wait for each other; the engine limits how many there are.
                (lane, DispatchQueue(label: "roost.\(lane)", attributes: lane == .reads ? .concurrent : []))
            })
    }

    package func start(_ lane: BackgroundLane, _ step: @escaping @Sendable () -> BackgroundStep) {
        guard let queue = queues[lane] else { return }
        Self.run(step, on: queue)
    }

    private static func run(_ step: @escaping @Sendable () -> BackgroundStep, on queue: DispatchQueue) {
        queue.async {
            while true {
                switch step() {
                case .again: continue
                case .done: return
                case .pause(let span):
                    let deadline = DispatchTime.now() + .milliseconds(Int(span.count))
                    queue.asyncAfter(deadline: deadline) { run(step, on: queue) }
                    return
                }
            }
        }
    }
}
