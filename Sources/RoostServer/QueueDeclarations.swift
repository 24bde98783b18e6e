import HTTPFrontend
package import Logging
import RoostModel
package import RoostStorage

/// Makes the queues of the configuration file what they are to be, before requests are served.
///
/// A second start with the same file changes nothing. What cannot be reached is found before anything is changed, as
/// far as it can be known by then.
package struct QueueDeclarations {
    private let queues: [QueueName: DeclaredQueue]
    private let order: [QueueName]
    private let calls: AsyncStorage
    private let logger: Logger
    private var present: [QueueName: QueueInfo] = [:]
    /// Links that have to wait until the queue that they name is there.
    private var links: [DeclaredQueue] = []
    private var created = 0
    private var changed = 0

    /// - Returns: when all is as declared, or the disk or the memory is full: such a server has to start all the same,
    ///   so that it can be drained.
    package static func apply(
        _ queues: [DeclaredQueue], to storage: any Storage, _ logger: Logger
    ) async throws(ConfigurationError) {
        guard !queues.isEmpty else { return }
        var declarations = Self(queues, AsyncStorage(storage), logger)
        try await declarations.look()
        do throws(Refusal) {
            try await declarations.carryOut()
        } catch {
            guard error.rejection == .outOfDiskSpace || error.rejection == .outOfMemory else {
                throw ConfigurationError(problems: [error.problem])
            }
            logger.error("queue \(error.queue.name) is not as declared: \(error.words)")
        }
        let same = queues.count - declarations.created - declarations.changed
        logger.info(
            "declared queues: \(declarations.created) created, \(declarations.changed) changed, \(same) as they were")
    }

    private struct Refusal: Error {
        var queue: DeclaredQueue
        var rejection: Rejection

        var words: String { HTTPFrontend.Problem(rejection).detail }

        var problem: ConfigurationError.Problem {
            let end = words.hasSuffix(".") ? String(words.dropLast()) : words
            return .init(subject: queue.place, reason: "queue \(queue.name): \(end)")
        }
    }

    private init(_ queues: [DeclaredQueue], _ calls: AsyncStorage, _ logger: Logger) {
        self.queues = Dictionary(queues.map { ($0.name, $0) }) { $1 }
        order = Self.targetsFirst(queues)
        self.calls = calls
        self.logger = logger
    }

    /// Each queue after the one that its dead letters go to, so that a link always finds its target. In a ring of
    /// queues one comes too early.
    private static func targetsFirst(_ queues: [DeclaredQueue]) -> [QueueName] {
        let targets = Dictionary(queues.map { ($0.name, $0.target) }) { $1 }
        var order: [QueueName] = []
        var seen: Set<QueueName> = []
        for queue in queues {
            var chain: [QueueName] = []
            var next: QueueName? = queue.name
            while let name = next, let target = targets[name], seen.insert(name).inserted {
                chain.append(name)
                next = target
            }
            order += chain.reversed()
        }
        return order
    }

    // MARK: Before anything is changed

    private mutating func look() async throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        for name in order {
            guard let queue = queues[name] else { continue }
            for asked in [name, queue.target].compactMap({ $0 }) where present[asked] == nil {
                present[asked] = await describe(asked)
            }
            problems += objections(to: queue)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// Nil also when the storage does not answer: the change that follows says why.
    private func describe(_ name: QueueName) async -> QueueInfo? {
        guard case .queue(let info)? = try? await calls.perform(.describeQueue(name)) else { return nil }
        return info
    }

    private func objections(to queue: DeclaredQueue) -> [ConfigurationError.Problem] {
        var problems: [ConfigurationError.Problem] = []
        if let isFIFO = present[queue.name]?.settings.isFIFO, isFIFO != queue.name.isFIFO {
            problems.append(
                .init(
                    subject: queue.place,
                    reason: """
                        queue \(queue.name) exists as a \(isFIFO ? "FIFO" : "standard") queue, and the type of a queue \
                        cannot be changed. Take it out of the file, start, delete it with "roost queue delete \
                        \(queue.name)" when it is empty, and put it back; or declare another name
                        """))
        }
        guard let target = queue.target else { return problems }
        if queues[target] == nil, present[target] == nil {
            problems.append(
                .init(
                    subject: queue.place,
                    reason: "there is no queue \(target) for the dead letters of \(queue.name). Declare it too: "
                        + "\"\(target): {}\""))
        }
        let allowed = queues[target]?.change.deadLetterSources ?? present[target]?.settings.deadLetterSources ?? .all
        if !allowed.allow(queue.name) {
            problems.append(
                .init(
                    subject: queue.place,
                    reason: "queue \(target) does not take the dead letters of \(queue.name). Add it to its "
                        + "dead-letter-sources"))
        }
        return problems
    }

    // MARK: Changes

    private mutating func carryOut() async throws(Refusal) {
        for name in order {
            guard let queue = queues[name] else { continue }
            if let info = present[name] {
                try await change(queue, info.settings)
            } else {
                try await create(queue)
            }
        }
        for queue in links {
            let link = QueueSettingsChange(deadLetters: queue.change.deadLetters)
            _ = try await ask(.changeSettings(queue.name, link), for: queue)
        }
    }

    private mutating func create(_ queue: DeclaredQueue) async throws(Refusal) {
        let change = linked(queue)
        if case .queue(let info) = try await ask(.createQueue(queue.name, change), for: queue) {
            present[queue.name] = info
        }
        created += 1
        let words = SettingTexts.inShort(queue.change)
        logger.info("created queue \(queue.name)\(words.isEmpty ? "" : " (\(words))")")
    }

    private mutating func change(_ queue: DeclaredQueue, _ settings: QueueSettings) async throws(Refusal) {
        let differences = SettingTexts.differences(queue.change, from: settings)
        guard !differences.isEmpty else { return }
        let change = linked(queue)
        _ = try await ask(.changeSettings(queue.name, change), for: queue)
        changed += 1
        let words = differences.map { name, present, wanted in
            name == "policy" ? "another policy" : "\(name) \(present) -> \(wanted)"
        }
        logger.info("changed queue \(queue.name): \(words.joined(separator: ", "))")
    }

    /// The change without a link to a queue that is not there yet, which is made last.
    private mutating func linked(_ queue: DeclaredQueue) -> QueueSettingsChange {
        var change = queue.change
        if let target = queue.target, present[target] == nil {
            change.deadLetters = nil
            links.append(queue)
        }
        return change
    }

    private func ask(_ request: StorageRequest, for queue: DeclaredQueue) async throws(Refusal) -> StorageReply {
        do throws(Rejection) {
            return try await calls.perform(request)
        } catch {
            throw Refusal(queue: queue, rejection: error)
        }
    }
}
