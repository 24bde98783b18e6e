import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import RoostModel
import Synchronization

/// What a send answers, and whether anything of it is stored.
struct SendAnswer {
    var json: JSON
    var hasStored: Bool
}

/// Sends that were answered, by the key that the client gave to each: the same key gets the same answer, and stores
/// nothing again. In memory: after a restart a key is new.
package final class IdempotencyKeys: Sendable {
    package static let keyBytesMax = 256
    /// How long a key is remembered, from its first use.
    package static let window = Duration.seconds(300)
    private static let keysMax = 100_000
    private static let bytesMax = 64 * 1024 * 1024

    fileprivate struct Name: Hashable {
        var queue: QueueName
        var key: String
    }

    fileprivate enum Call {
        case running([CheckedContinuation<ByteBuffer?, Never>])
        case answered(ByteBuffer)
    }

    fileprivate struct Entry {
        var sum: [UInt8]
        var until: ContinuousClock.Instant
        var bytes: Int
        var call: Call
    }

    fileprivate struct State {
        var entries: [Name: Entry] = [:]
        /// Oldest first.
        var line: [(name: Name, until: ContinuousClock.Instant)] = []
        var gone = 0
        var bytes = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Answers as the first request with this key was answered, or carries `send` out.
    func once(
        _ key: String, _ queue: QueueName, _ body: ByteBuffer, _ send: () async throws -> SendAnswer
    ) async throws -> Response {
        let name = Name(queue: queue, key: key)
        let sum = [UInt8](SHA256.hash(data: body.readableBytesView))
        switch try begin(name, sum) {
        case .answer(let answer): return .json(answer)
        case .wait:
            // The first one is under way, or was refused: then this one is a first one.
            if let answer = await wait(for: name) { return .json(answer) }
            return try await once(key, queue, body, send)
        case .carryOut: break
        }
        do {
            let answer = try await send()
            var body = ByteBuffer()
            body.writeJSON(answer.json)
            end(name, answer.hasStored ? body : nil)
            return .json(body)
        } catch {
            end(name, nil)
            throw error
        }
    }

    private enum Turn {
        case answer(ByteBuffer)
        case wait
        case carryOut
    }

    private func begin(_ name: Name, _ sum: [UInt8]) throws -> Turn {
        try state.withLock { state in
            state.forget(until: .now)
            guard let entry = state.entries[name] else {
                guard state.entries.count < Self.keysMax, state.bytes < Self.bytesMax else {
                    throw Problem.tooManyIdempotencyKeys
                }
                let until = ContinuousClock.now + Self.window
                state.entries[name] = Entry(sum: sum, until: until, bytes: 0, call: .running([]))
                state.line.append((name, until))
                return .carryOut
            }
            guard entry.sum == sum else { throw Problem.idempotencyKeyReused }
            if case .answered(let answer) = entry.call { return .answer(answer) }
            return .wait
        }
    }

    private func wait(for name: Name) async -> ByteBuffer? {
        await withCheckedContinuation { continuation in
            let answer: ByteBuffer?? = state.withLock { state in
                switch state.entries[name]?.call {
                case .answered(let answer): return .some(answer)
                case .running(let line):
                    state.entries[name]?.call = .running(line + [continuation])
                    return nil
                case nil: return .some(nil)
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Nil: it was refused, and nothing is stored: the key is free again.
    private func end(_ name: Name, _ answer: ByteBuffer?) {
        let line = state.withLock { state -> [CheckedContinuation<ByteBuffer?, Never>] in
            guard let entry = state.entries[name], case .running(let line) = entry.call else { return [] }
            guard let answer else {
                state.entries[name] = nil
                return line
            }
            let bytes = answer.readableBytes + 256
            state.entries[name]?.call = .answered(answer)
            state.entries[name]?.bytes = bytes
            state.bytes += bytes
            return line
        }
        for continuation in line { continuation.resume(returning: answer) }
    }
}

extension IdempotencyKeys.State {
    /// Those that run go on however long they take.
    fileprivate mutating func forget(until now: ContinuousClock.Instant) {
        while gone < line.count, line[gone].until <= now {
            let name = line[gone].name
            gone += 1
            guard let entry = entries[name], entry.until <= now else { continue }
            guard case .answered = entry.call else {
                line.append((name, now + IdempotencyKeys.window))
                entries[name]?.until = now + IdempotencyKeys.window
                continue
            }
            bytes -= entry.bytes
            entries[name] = nil
        }
        // Most of the list is gone: the rest moves once for each half.
        guard gone > 1024, gone > line.count / 2 else { return }
        line.removeFirst(gone)
        gone = 0
    }
}

extension Problem {
    fileprivate static let idempotencyKeyReused = Problem(
        .unprocessableContent, "idempotency_key_reused", "The key was used for something else",
        "Idempotency-Key was used within the last five minutes with another body. Nothing was stored now.")

    fileprivate static let tooManyIdempotencyKeys = Problem(
        .serviceUnavailable, "too_many_idempotency_keys", "Too many keys are remembered",
        "No further Idempotency-Key can be remembered. Nothing was stored. Try again.", retryAfterSeconds: 10)
}
