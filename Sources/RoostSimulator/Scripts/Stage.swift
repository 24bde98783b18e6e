import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

/// What a script may do. After a fault that ends the broker nothing happens any more: the script runs to its end, and
/// whoever runs it looks at what the disk holds.
final class Stage {
    let world: World
    private var number: UInt8 = 0
    private var handlesUsed = 0
    private var generator = Dice(seed: 77)

    init(_ world: World) { self.world = world }

    func ask(_ requests: [StorageRequest]) throws(Mismatch) {
        guard !world.isGone else { return }
        try world.submit(requests)
        try world.settle()
    }

    func name(_ text: String) throws(Mismatch) -> QueueName {
        do throws(Rejection) { return try QueueName(text) } catch { throw Mismatch("not a name: \(text)") }
    }

    func create(_ queue: String, _ change: QueueSettingsChange = .init()) throws(Mismatch) {
        try ask([.createQueue(try name(queue), change)])
    }

    func change(_ queue: String, _ change: QueueSettingsChange) throws(Mismatch) {
        try ask([.changeSettings(try name(queue), change)])
    }

    func message(_ bytes: Int, delay: Milliseconds? = nil) -> NewMessage {
        number &+= 1
        let word = generator.number()
        let body = (0..<bytes).map { UInt8(truncatingIfNeeded: word >> UInt64($0 % 8 * 8) &+ UInt64($0 / 8)) &+ number }
        return NewMessage(body: body, delay: delay)
    }

    /// All in one turn, so in one batch if there is room.
    func send(_ queue: String, _ count: Int = 1, bytes: Int, delay: Milliseconds? = nil) throws(Mismatch) {
        let name = try name(queue)
        try ask((0..<count).map { _ in .send(name, message(bytes, delay: delay)) })
    }

    /// A message for each, all in one turn: the group and, behind a slash, the id for duplicates.
    func sendFIFO(_ queue: String, _ names: String..., bytes: Int = 20) throws(Mismatch) {
        let name = try name(queue)
        try ask(names.map { .send(name, fifoMessage($0, bytes)) })
    }

    private func fifoMessage(_ text: String, _ bytes: Int) -> NewMessage {
        var message = message(bytes)
        let parts = text.split(separator: "/").map(String.init)
        message.group = parts.first
        message.deduplication = parts.count > 1 ? Deduplication(id: parts[1]) : nil
        return message
    }

    func receive(
        _ queue: String, _ count: Int = 10, visibility: Milliseconds = .seconds(30), wait: Milliseconds = .zero,
        attempt: String? = nil
    ) throws(Mismatch) {
        let options = ReceiveOptions(
            maximum: count, visibilityTimeout: visibility, wait: wait, attempt: attempt)
        try ask([.receive(try name(queue), options)])
    }

    /// With the handles that were issued since the last time.
    func deleteReceived(_ isWanted: (Int) -> Bool = { _ in true }) throws(Mismatch) {
        let handles = world.books.handles.dropFirst(handlesUsed)
        handlesUsed = world.books.handles.count
        try ask(
            handles.enumerated().filter { isWanted($0.offset) }.map { .delete($0.element.queue, $0.element.handle) })
    }

    func deleteByID(_ isWanted: (Int) -> Bool) throws(Mismatch) {
        try ask(
            world.books.ids.enumerated().filter { isWanted($0.offset) }
                .map { .deleteByID($0.element.queue, $0.element.id) })
    }

    func changeVisibility(_ place: Int, to timeout: Milliseconds) throws(Mismatch) {
        guard world.books.handles.indices.contains(place) else { return }
        let issued = world.books.handles[place]
        try ask([.changeVisibility(issued.queue, issued.handle, timeout: timeout)])
    }

    func giveBack(_ place: Int) throws(Mismatch) {
        guard world.books.handles.indices.contains(place) else { return }
        let issued = world.books.handles[place]
        try ask([.giveBack(issued.queue, issued.handle)])
    }

    func bury(_ place: Int) throws(Mismatch) {
        guard world.books.handles.indices.contains(place) else { return }
        let issued = world.books.handles[place]
        try ask([.bury(issued.queue, issued.handle, Burial(reason: "too heavy", error: "", by: "worker 3"))])
    }

    func kick(_ queue: String) throws(Mismatch) { try ask([.kick(try name(queue), count: 10)]) }

    func startMove(_ from: String, to: String? = nil, rate: Int? = nil) throws(Mismatch) {
        var options = MoveOptions(from: try name(from), rate: rate)
        if let to { options.to = try name(to) }
        try ask([.startMove(options), .listMoves(options.from, limit: 10)])
    }

    func cancelMove() throws(Mismatch) { try ask([.cancelMove(id: world.books.state.lastTask)]) }

    /// All that is there, back to where each was.
    func moveBack(_ queue: String) throws(Mismatch) {
        let name = try name(queue)
        let ids = world.books.ids.filter { id in
            world.books.state.queue(named: name)?.message(id.number) != nil
        }
        guard !ids.isEmpty else { return }
        try ask([.moveByID(name, to: nil, ids.map(\.id))])
    }

    func purge(_ queue: String) throws(Mismatch) { try ask([.purgeQueue(try name(queue))]) }
    func deleteQueue(_ queue: String) throws(Mismatch) { try ask([.deleteQueue(try name(queue))]) }
    func pause(_ queue: String) throws(Mismatch) { try ask([.pauseQueue(try name(queue), reason: "lunch")]) }
    func resume(_ queue: String) throws(Mismatch) { try ask([.resumeQueue(try name(queue))]) }

    /// Hands requests over and runs a turn, and does not wait for anything.
    func begin(_ queue: String, _ count: Int, bytes: Int) throws(Mismatch) {
        let name = try name(queue)
        try begin((0..<count).map { _ in .send(name, message(bytes)) })
    }

    func begin(_ queue: String, fifo text: String) throws(Mismatch) {
        try begin([.send(try name(queue), fifoMessage(text, 20))])
    }

    func begin(_ requests: [StorageRequest]) throws(Mismatch) {
        guard !world.isGone else { return }
        try world.submit(requests)
        try world.turn()
    }

    func commit() throws(Mismatch) { if !world.isGone { try world.commit() } }
    func rest() throws(Mismatch) { if !world.isGone { try world.settle() } }

    func pass(_ milliseconds: Int64) throws(Mismatch) {
        world.clock.advance(milliseconds: milliseconds)
        try rest()
    }

    func stepWall(_ milliseconds: Int64) { world.clock.stepWall(milliseconds: milliseconds) }

    func space(_ room: Int?) throws(Mismatch) {
        world.limitSpace(to: room.map { world.disk.memory.usedBytes + $0 })
        try rest()
    }

    /// Steps of background work, without turns in between.
    func step(_ lane: BackgroundLane, _ count: Int) throws(Mismatch) {
        for _ in 0..<count where !world.isGone && world.background.isBusy(lane) { try world.stepBackground(lane) }
    }

    func crash(_ crash: Crash) throws(Mismatch) { if !world.isGone { try world.crashAndRecover(crash) } }

    /// A commit that is written, and then nothing is synced any more.
    func commit(cutBy crash: Crash) throws(Mismatch) {
        guard !world.isGone else { return }
        world.disk.plan(.powerCut, atCall: world.disk.calls + 2)
        try world.commit()
        try world.crashAndRecover(crash)
    }

    /// A regular end and a start. `between` sees the disk at rest.
    func restart(_ between: (MemoryDisk) -> Void = { _ in }) throws(Mismatch) {
        guard !world.isGone else { return }
        try world.shutDown()
        guard !world.isGone else { return }
        let newest = world.books.newest
        world.endLife()
        between(world.disk.memory)
        switch try world.open(newest...newest) {
        case .ready: try world.verify()
        case .interrupted: try world.crashAndRecover(.process)
        case .refused(let error):
            guard world.hasFaultFired else { throw Mismatch("the start is refused: \(error)") }
            try world.crashAndRecover(.process)
        }
    }
}
