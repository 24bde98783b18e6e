/// Operations of one lane are carried out one after the other; the two lanes do not wait for each other.
package enum LogLane: Sendable, Hashable {
    /// Writes and syncs of batches.
    case commit
    /// Segments made ahead.
    case background
}

/// One thing for the disk to do: `disk.perform(operation)`, then `log.completed(operation.id, result)`.
package struct LogOperation: Sendable {
    package enum Action: Sendable {
        case write(segment: UInt32, offset: UInt32, SealedBatch)
        case sync(segment: UInt32)
        case prepare(SegmentHeader)
    }

    package let id: UInt64
    package let action: Action
    /// False under `BrokenRule.skipDirectorySync`.
    let syncsDirectory: Bool

    package var lane: LogLane {
        if case .prepare = action { .background } else { .commit }
    }
}

extension Log {
    /// Carries out what is due in a lane, on the calling thread.
    package mutating func drain(_ lane: LogLane, on disk: any Disk) {
        while let operation = nextOperation(lane) {
            do throws(DiskError) {
                try disk.perform(operation)
                completed(operation.id, .success(()))
            } catch {
                completed(operation.id, .failure(error))
            }
        }
    }
}

/// A batch that no longer changes. Its bytes stay valid until the log hears that the write is done.
package struct SealedBatch: Sendable {
    let buffer: LogBuffer
    let count: Int

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer.bytes).part(0, count) }
}
