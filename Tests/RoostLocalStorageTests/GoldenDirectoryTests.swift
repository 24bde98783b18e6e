import Foundation
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Data directories as earlier versions left them: each version has to open them all, and find in them what was there.
/// Never write one again for a version that is in use; a new format gets a directory of its own.
@Suite struct GoldenDirectoryTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Queues with messages in every state, the last of them behind the newest of two snapshots.
    private static func write(on disk: MemoryDisk) throws {
        let clock = ManualClock()
        let harness = try open(disk, clock)
        let orders = try harness.create("orders")
        let slow = try harness.create("slow", .init(delay: .seconds(900), retention: .unlimited))
        let back = try harness.create("back", .init(visibilityTimeout: .seconds(60), redelivery: .back))
        let purged = try harness.create("purged")
        for number in 0..<40 {
            try harness.send("order \(number)", to: orders)
            try harness.send("back \(number)", to: back)
            try harness.send("purged \(number)", to: purged)
            clock.advance(Milliseconds(7))
        }
        let attributes = [
            MessageAttribute(name: "kind", type: "String", value: .text("größer")),
            MessageAttribute(name: "raw", type: "Binary.x", value: .binary([0, 255, 7])),
        ]
        _ = try harness.ask(.send(orders, NewMessage(body: Array("with attributes".utf8), attributes: attributes)))
        _ = try harness.ask(.send(orders, NewMessage(body: Array("years".utf8), delay: .seconds(86_400 * 400))))
        try harness.send("delayed", to: slow)
        let leased = try harness.receive(orders, maximum: 6)
        _ = try harness.ask(.delete(orders, leased[0].handle))
        _ = try harness.ask(.changeVisibility(orders, leased[1].handle, timeout: .zero))
        _ = try harness.ask(.changeVisibility(orders, leased[2].handle, timeout: .seconds(3600)))
        for message in try harness.receive(back, maximum: 3) {
            _ = try harness.ask(.changeVisibility(back, message.handle, timeout: .zero))
        }
        _ = try harness.ask(.pauseQueue(back, reason: "stock-taking"))
        _ = try harness.create("deleted")
        _ = try harness.ask(.deleteQueue(QueueName("deleted")))
        _ = try harness.ask(.purgeQueue(purged))
        try harness.send("after the purge", to: purged)
        clock.advance(.seconds(5))
        for number in 0..<20 { try harness.send("late \(number)", to: orders) }
        _ = try harness.receive(orders, maximum: 2, visibility: .seconds(43_200))
        harness.storage.shutDown()
    }

    private static func open(_ disk: MemoryDisk, logBegun: Bool = false, _ clock: ManualClock) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun, clock: clock) {
            $0.log.segmentBytes = 8192
            $0.messageBytesMax = 4000
            $0.snapshotGrowthBytesMin = 3000
        }
    }

    /// What a client can see, in the order of names, states and messages.
    private static func describe(_ harness: Harness) throws -> String {
        guard case .queues(let queues, _) = try harness.ask(.listQueues(prefix: "", after: nil, limit: 100)) else {
            throw Unexpected()
        }
        var lines: [String] = []
        for queue in queues {
            let settings = queue.settings
            lines.append(
                "\(queue.name) visibility \(settings.visibilityTimeout.count) delay \(settings.delay.count)"
                    + " retention \(settings.retention.count) bytes \(settings.maximumMessageBytes)"
                    + " wait \(settings.receiveWait.count) redelivery \(settings.redelivery)"
                    + " created \(queue.createdAt.milliseconds) pause \(queue.pause?.reason ?? "none")"
                    + " sent \(queue.totals.sent) received \(queue.totals.received) deleted \(queue.totals.deleted)")
            for state in [MessageState.ready, .inFlight, .delayed, .damaged] {
                guard case .peeked(let messages) = try harness.ask(.peek(queue.name, .init(state: state, count: 1000)))
                else { throw Unexpected() }
                lines += messages.map { "  \(state) \(describe($0))" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ message: PeekedMessage) -> String {
        let attributes = message.attributes.map { "\($0.name):\($0.type):\($0.value)" }.joined(separator: ",")
        return "\(message.id) \(String(decoding: message.body, as: UTF8.self)) sent \(message.sentAt.milliseconds)"
            + " receives \(message.receiveCount) due \(message.due.map { "\($0.milliseconds)" } ?? "-") [\(attributes)]"
    }

    private static let nameToWrite = ProcessInfo.processInfo.environment["ROOST_WRITE_GOLDEN_DIRECTORY"]

    @Test(.enabled(if: nameToWrite != nil, "only for a new format"))
    func write() throws {
        let name = try #require(Self.nameToWrite)
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        try Self.write(on: disk)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in try disk.list().map(\.file) where file != .reserve {
            try Data(disk.contents(file) ?? []).write(to: folder.appending(path: file.name))
        }
        let harness = try Self.open(disk.copy(), logBegun: true, ManualClock())
        try Data(Self.describe(harness).utf8).write(to: folder.appending(path: "contents.txt"))
    }

    @Test(arguments: ["v1"])
    func isOpenedByThisVersion(_ name: String) throws {
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            guard let file = LogFile(name: name) else { continue }
            disk.replace(file, with: Array(try Data(contentsOf: folder.appending(path: name))))
        }
        #expect(try disk.list().contains { $0.file.name.hasSuffix(".image") }, "the directory has snapshots")
        let clock = ManualClock()
        clock.advance(.seconds(10))
        let harness = try Self.open(disk, logBegun: true, clock)
        let golden = try String(decoding: Data(contentsOf: folder.appending(path: "contents.txt")), as: UTF8.self)
        #expect(try Self.describe(harness) == golden)
        // And it works on: everything that is ready can be received and deleted.
        let orders = try QueueName("orders")
        while case let messages = try harness.receive(orders), !messages.isEmpty {
            for message in messages { _ = try harness.ask(.delete(orders, message.handle)) }
        }
        #expect(try harness.info(orders).counts == MessageCounts(inFlight: 6, delayed: 1))
    }
}
