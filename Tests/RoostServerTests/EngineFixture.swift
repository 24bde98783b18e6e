import Foundation
import Logging
import RoostLocalStorage
import RoostModel
import RoostServer
import RoostStorage
import Synchronization
import Testing

/// A real engine on a directory that is gone afterwards.
final class EngineFixture {
    let storage: LocalStorage
    let calls: AsyncStorage
    private let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("roost-\(UUID())").path
        storage = try LocalStorage.open(
            directory: DataDirectory(path: directory), configuration: LocalStorageConfiguration(), progress: { _ in }
        ) { Issue.record("the log failed: \($0)") }
        storage.attach(ThreadedDriver(storage))
        calls = AsyncStorage(storage)
    }

    func close() {
        storage.shutDown()
        try? FileManager.default.removeItem(atPath: directory)
    }

    func settings(_ name: String) async throws -> QueueSettings {
        guard case .queue(let info) = try await calls.perform(.describeQueue(QueueName(name))) else {
            throw UnexpectedAnswer()
        }
        return info.settings
    }
}

func withEngine<Result>(_ body: (EngineFixture) async throws -> Result) async throws -> Result {
    let engine = try EngineFixture()
    defer { engine.close() }
    return try await body(engine)
}

struct UnexpectedAnswer: Error {}

/// Keeps the lines that are logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
