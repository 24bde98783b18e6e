import NIOCore
import RESP
import RoostModel
import RoostStorage
import Synchronization

/// One MIGRATE that is under way, on the event loop of its client.
///
/// Keys go one after the other. Each is watched, read, sent, and, when the target has said OK, removed under the watch:
/// only as it was sent. So a key is never nowhere, whenever this process or the target dies. All the time there is a
/// reply in the ring of the connection that is not known: a request to the storage, or, while the target is waited for,
/// `place`. Later commands of the connection wait behind it.
final class Migration {
    private struct CurrentKey {
        let name: Bytes
        /// When it changed, it is sent again until then.
        var end: NIODeadline
        var watch: UInt64?
        /// The target has it as it was before.
        var wasStored = false
        var expiry: NIODeadline?
    }

    private let request: MigrateRequest
    private let connection: RedisConnection
    /// What the request takes in memory.
    private let requestBytes: Int
    private let database: UInt8
    private var nextKey = 0
    private var key: CurrentKey?
    private var target: MigrationTarget?
    private var place: Int?
    /// On the way to the target.
    private var sentBytes = 0
    private var hasFound = false
    /// The first one is answered.
    private var error: String?
    private var isStopped = false
    private var timeout: TimeAmount

    init(_ request: MigrateRequest, _ connection: RedisConnection, bytes: Int) {
        self.request = request
        self.connection = connection
        requestBytes = bytes
        timeout = request.timeout
        database = connection.session.database
        _ = connection.held.add(bytes, connection.load)
    }

    private var loop: RedisLoop { connection.loop }
    private var now: NIODeadline { loop.eventLoop.now }

    // MARK: From key to key

    /// The next key, or the answer.
    func goOn() {
        key = nil
        guard nextKey < request.keys.count else { return finish() }
        guard !isStopped else {
            note(MigrationText.stopped)
            return finish()
        }
        key = CurrentKey(name: request.keys[nextKey], end: now + timeout)
        nextKey += 1
        read()
    }

    private func note(_ text: String) { error = error ?? text }

    /// This one stays.
    private func leaveKey(_ text: String? = nil) {
        if let text { note(text) }
        unwatch()
        goOn()
    }

    private func unwatch() {
        if let watch = key?.watch { loop.tell(.unwatch(watch)) }
        key?.watch = nil
    }

    // MARK: Reading a key

    private func read() {
        guard let key else { return }
        if !request.copies {
            ask(.watchToRemove(database: database, key.name)) { self.noteWatch($0) }
        }
        let commands: [KeyCommand] = [.key(.dump(key.name)), .key(.expiry(key.name, .millisecondsLeft))]
        ask(.keys(KeyRequest(database: database, commands))) { self.take($0) }
        leavePlace()
    }

    private func noteWatch(_ result: StorageResult) {
        switch result {
        case .success(.watching(let number)): key?.watch = number
        case .success: break
        case .failure(let rejection): note(rejection.redisText)
        }
    }

    private func take(_ result: StorageResult) {
        switch result {
        case .success(.keys(let replies)):
            // What is not watched could not be removed.
            guard request.copies || key?.watch != nil else { return leaveKey() }
            take(replies.first ?? .null, replies.last ?? .null)
        case .success: leaveKey()
        case .failure(let rejection): leaveKey(rejection.redisText)
        }
    }

    private func take(_ value: KeyReply, _ timeLeft: KeyReply) {
        switch value {
        case .content(let content):
            hasFound = true
            if let reason = whyNotSent(value.byteCount) { return leaveKey(reason) }
            send(content, timeLeft)
        case .failure(let error): leaveKey(error.text)
        default: leaveKey(isRemoved ? MigrationText.removed : nil)
        }
    }

    private func whyNotSent(_ count: Int) -> String? {
        if isStopped { return MigrationText.stopped }
        if count > MigrateRequest.valueBytesMax { return MigrationText.tooLarge }
        return count > MigrateRequest.smallValueBytesMax && connection.load.isOutputFull ? MigrationText.noRoom : nil
    }

    /// The key is gone after it was sent, and not because its time was over: there it is over, too.
    private var isRemoved: Bool {
        guard let key, key.wasStored else { return false }
        return key.expiry.map { $0 > now } ?? true
    }

    // MARK: Sending it

    private func send(_ content: KeyContent, _ timeLeft: KeyReply) {
        guard let name = key?.name else { return }
        var milliseconds: Int64 = 0
        // Zero would be for ever.
        if case .integer(let left) = timeLeft, left >= 0 { milliseconds = max(1, left) }
        key?.expiry = milliseconds == 0 ? nil : now + .milliseconds(milliseconds)
        let replaces = request.replaces || key?.wasStored ?? false
        let request = ByteBuffer.request(
            [Bytes("RESTORE".utf8), name, Bytes(String(milliseconds).utf8), DumpWriter.dump(content)]
                + (replaces ? [Bytes("REPLACE".utf8)] : []))
        count(sent: request.readableBytes)
        place = connection.promiseReply()
        (target ?? connect()).send(request)
    }

    private func connect() -> MigrationTarget {
        var greeting = [ByteBuffer.request([Bytes("SELECT".utf8), Bytes(String(request.database).utf8)])]
        if !request.credentials.isEmpty {
            greeting.insert(.request([Bytes("AUTH".utf8)] + request.credentials), at: 0)
        }
        let target = MigrationTarget(loop.eventLoop, timeout: timeout, greeting: greeting) { self.take($0) }
        self.target = target
        let connect = loop.services.configuration.connectTarget
        target.connect(connect(request.host, request.port, timeout, loop.eventLoop))
        return target
    }

    private func count(sent count: Int) {
        connection.load.changeOutput(by: count - sentBytes)
        sentBytes = count
    }

    private func take(_ event: MigrationTarget.Event) {
        guard place != nil else { return }
        count(sent: 0)
        switch event {
        case .stored: remove()
        case .refused(let text): leaveKey(text)
        case .failed(let text):
            note(text)
            unwatch()
            finish()
        }
        loop.settleWithTurn()
    }

    // MARK: Removing it here

    private func remove() {
        guard let name = key?.name, let watch = key?.watch else { return goOn() }
        key?.watch = nil
        key?.wasStored = true
        let request = StorageRequest.keys(KeyRequest(database: database, [.key(.delete([name]))], watch: watch))
        // What was refused before it was looked at still watches.
        let endWatch = { [loop] (result: StorageResult) in
            if case .failure = result { loop.tell(.unwatch(watch)) }
        }
        connection.ask(request, whenGone: { endWatch($1) }) { _, result in
            endWatch(result)
            self.noteRemoval(result)
        }
        leavePlace()
    }

    private func noteRemoval(_ result: StorageResult) {
        switch result {
        case .success(.watchBroken): sendAgain()
        case .success(.keys(let replies)):
            if case .failure(let error)? = replies.first { note(error.text) }
            goOn()
        case .success: goOn()
        case .failure(let rejection): leaveKey(rejection.redisText)
        }
    }

    /// Somebody changed it while it was on its way.
    private func sendAgain() {
        guard let key, !isStopped, now < key.end else { return leaveKey(MigrationText.changed) }
        read()
    }

    // MARK: The ring of the connection

    private func ask(_ request: StorageRequest, _ action: @escaping (StorageResult) -> Void) {
        connection.ask(request) { _, result in action(result) }
    }

    /// Something that comes behind it is asked now.
    private func leavePlace() {
        guard let place else { return }
        self.place = nil
        connection.fulfil(place) { _ in }
    }

    // MARK: The end

    private func finish() {
        let (error, hasFound) = (error, hasFound)
        if let error { loop.noteError(error, .failed, of: MigrateCommand.row.number) }
        let write = { (writer: inout ReplyWriter) in
            if let error {
                writer.writeError(error)
            } else {
                writer.writeSimpleString(hasFound ? "OK" : "NOKEY")
            }
        }
        if let place { connection.fulfil(place, write) } else { connection.answer(write) }
        end()
    }

    /// Nobody waits for an answer any more.
    func abandon() {
        unwatch()
        end()
    }

    private func end() {
        place = nil
        key = nil
        count(sent: 0)
        let target = target
        self.target = nil
        guard connection.endMigration(bytes: requestBytes) else { return }
        let services = loop.services
        if let target { target.close { services.endMigration() } } else { services.endMigration() }
    }

    /// The client says nothing more, and may be gone: from here on no step takes long.
    func hurry() {
        timeout = min(timeout, MigrateRequest.timeoutOfQuietClients)
        if let end = key?.end { key?.end = min(end, now + timeout) }
        target?.shorten(timeout)
    }

    /// The server shuts down: what is done is answered, and no more is begun.
    func stop() {
        isStopped = true
        guard place != nil else { return }
        note(MigrationText.stopped)
        unwatch()
        finish()
    }
}

extension RedisConnection {
    func migrate(_ request: MigrateRequest, bytes: Int) throws(CommandError) {
        guard !request.keys.isEmpty else { return reply { $0.writeSimpleString("NOKEY") } }
        guard loop.services.beginMigration() else { throw .message(MigrationText.tooMany(limits.migrationsMax)) }
        let migration = Migration(request, self, bytes: bytes)
        self.migration = migration
        hold = .replies
        if isInputClosed { migration.hurry() }
        migration.goOn()
    }

    /// False when it has ended before.
    fileprivate func endMigration(bytes: Int) -> Bool {
        guard migration != nil else { return false }
        migration = nil
        lastTick = loop.tick
        release(bytes)
        return true
    }
}
