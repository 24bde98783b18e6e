package import NIOCore
import Synchronization

/// The memory that request bodies of all connections may take together. A body that does not fit waits unread, in the
/// socket: ten thousand clients that begin a large body each must not fill the memory.
///
/// A body takes its whole length before it is read, so everything that was let in can be finished and the line moves.
/// Who was let in and stalls is cut off by `RequestPace`. Nothing is allocated by the length that a client declares.
package final class BodyBudget: Sendable {
    /// Called on the event loop of the connection.
    package typealias Grant = @Sendable () -> Void

    private struct Waiter {
        var id: UInt64
        var bytes: Int
        var eventLoop: any EventLoop
        var grant: Grant
    }

    private struct State {
        var free: Int
        var nextID: UInt64 = 1
        /// Oldest first. As short as the number of connections with a large body.
        var line: [Waiter] = []
    }

    package enum Answer: Equatable {
        case granted
        /// In the line, under this number.
        case waiting(UInt64)
    }

    private let state: Mutex<State>
    private let bytesMax: Int

    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
        state = Mutex(State(free: bytesMax))
    }

    /// Takes `bytes`, at most `bytesMax`, or stands in line until they are free.
    package func take(_ bytes: Int, on eventLoop: any EventLoop, grant: @escaping Grant) -> Answer {
        precondition(bytes <= bytesMax, "a body larger than the budget would wait for ever")
        return state.withLock { state in
            if state.line.isEmpty, state.free >= bytes {
                state.free -= bytes
                return .granted
            }
            defer { state.nextID &+= 1 }
            state.line.append(Waiter(id: state.nextID, bytes: bytes, eventLoop: eventLoop, grant: grant))
            return .waiting(state.nextID)
        }
    }

    /// What is taken now.
    package var bytesTaken: Int { state.withLock { bytesMax - $0.free } }

    package func giveBack(_ bytes: Int) {
        wake(
            state.withLock {
                $0.free += bytes; return Self.admit(&$0)
            })
    }

    /// Leaves the line. False: it was granted already, and the bytes have to be given back.
    package func leave(_ id: UInt64) -> Bool {
        let (found, admitted) = state.withLock { state -> (Bool, [Waiter]) in
            guard let index = state.line.firstIndex(where: { $0.id == id }) else { return (false, []) }
            state.line.remove(at: index)
            return (true, Self.admit(&state))
        }
        wake(admitted)
        return found
    }

    private static func admit(_ state: inout State) -> [Waiter] {
        var count = 0
        while count < state.line.count, state.line[count].bytes <= state.free {
            state.free -= state.line[count].bytes
            count += 1
        }
        defer { state.line.removeFirst(count) }
        return Array(state.line.prefix(count))
    }

    private func wake(_ waiters: [Waiter]) {
        for waiter in waiters { waiter.eventLoop.execute(waiter.grant) }
    }
}
