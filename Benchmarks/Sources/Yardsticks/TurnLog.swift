import Glibc
import NIOCore

/// A log that commits inline at the end of each event-loop turn: one pwrite and one fdatasync for all requests
/// of the turn, then their replies. The file is written with zeros and synced ahead, so that a sync changes no metadata
/// of the file system; it is overwritten in a ring.
final class TurnLog {
    private static let recordBytes = 200
    private static let fileBytes = 128 << 20

    private let descriptor: Int32
    private let eventLoop: any EventLoop
    private let record = [UInt8](repeating: 0x61, count: recordBytes)
    private var batch: [UInt8] = []
    private var waiting: [ChannelHandlerContext] = []
    private var offset = 0

    init(path: String, eventLoop: any EventLoop) throws {
        self.eventLoop = eventLoop
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "open \(path)") }
        try fillWithZeros()
    }

    /// Tasks of the loop run after all ready channels were read, so the first request of a turn schedules the commit.
    func append(for context: ChannelHandlerContext) {
        if waiting.isEmpty {
            eventLoop.assumeIsolated().execute { self.commit() }
        }
        batch.append(contentsOf: record)
        waiting.append(context)
    }

    private func commit() {
        if offset + batch.count > Self.fileBytes { offset = 0 }
        let written = batch.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == batch.count, fdatasync(descriptor) == 0 else {
            complain("cannot write or sync the log, errno \(errno)")
            exit(74)
        }
        offset += written
        batch.removeAll(keepingCapacity: true)
        for context in waiting { ReplyHandler.reply(on: context) }
        waiting.removeAll(keepingCapacity: true)
    }

    private func fillWithZeros() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for position in stride(from: 0, to: Self.fileBytes, by: zeros.count) {
            let written = zeros.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(position)) }
            guard written == zeros.count else { throw IOError(errnoCode: errno, reason: "pwrite") }
        }
        guard fsync(descriptor) == 0 else { throw IOError(errnoCode: errno, reason: "fsync") }
    }
}
