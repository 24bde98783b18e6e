/// Calls the engine when there is something to do: an event loop that runs it at the end of its turn, or threads.
package protocol EngineDriver: AnyObject, Sendable {
    /// Something is in the inbox: call `LocalStorage.runTurn` and `commit` soon. Called from any thread, at most once
    /// until the next `runTurn`.
    func wake()
}
