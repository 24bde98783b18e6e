/// What the simulator found: a rule of the broker that did not hold.
package struct SimulationFailure: Error, Sendable {
    package var seed: UInt64
    /// The step of the run, from 1.
    package var step: Int
    /// What was being done.
    package var activity: String
    package var problem: String
    /// The last steps before.
    package var story: [String]
    package var limits: String
    /// Arguments that repeat it.
    package var command: String
}
