/// A log directory. Calls are synchronous; different files may be used from different threads at once.
///
/// What a crash may do: bytes written but not synced are old, new or garbage, sector by sector; names created, changed
/// or removed since the last `syncDirectory` are old or new, each by itself.
package protocol Disk: AnyObject, Sendable {
    /// The log's files and their sizes, in no order. `RESERVE` counts with what it holds.
    func list() throws(DiskError) -> [(file: LogFile, bytes: Int)]
    /// Makes the file, or empties it, and fills it with synced zeros.
    func create(_ file: LogFile, bytes: Int) throws(DiskError)
    /// All or an error; after an error the bytes there are unknown.
    func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError)
    /// What was written to the file is on disk when this returns. After an error it never will be: do not try again.
    func sync(_ file: LogFile) throws(DiskError)
    /// Fills `bytes` from `offset`; an error when the file ends before.
    func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError)
    /// The same, if all of it is in the page cache. False: the medium would have to be asked, and `bytes` means nothing
    /// now.
    func readCached(
        _ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool
    /// Gives the file `RESERVE` this size; larger only if the space is there for certain.
    func setReserve(bytes: Int) throws(DiskError)
    /// Gives an empty file this length, and the space for it: what is free, and what lacks from `RESERVE`, in which
    /// `leavingReserve` stays. With less space it becomes shorter. Returns how much `RESERVE` gave.
    func allocate(_ file: LogFile, bytes: Int, leavingReserve: Int) throws(DiskError) -> Int
    /// What comes free goes to `RESERVE`, up to `toReserve`. Returns by how much it grew.
    func truncate(_ file: LogFile, to bytes: Int, toReserve: Int) throws(DiskError) -> Int
    /// Replaces a file that has the new name. What comes free goes to `RESERVE`, as for `remove`.
    func rename(_ file: LogFile, to new: LogFile, toReserve: Int) throws(DiskError) -> Int
    /// What comes free goes to `RESERVE`, up to `toReserve`. Returns by how much it grew.
    func remove(_ file: LogFile, toReserve: Int) throws(DiskError) -> Int
    /// Names made, changed or removed before are on disk when this returns.
    func syncDirectory() throws(DiskError)
}

extension Disk {
    /// Carries out what the log asks for. The result goes back with `Log.completed`.
    package func perform(_ operation: LogOperation) throws(DiskError) {
        var none = ReserveShare.none
        try perform(operation, &none)
    }

    /// A segment that finds no room takes it from `reserve`.
    package func perform(_ operation: LogOperation, _ reserve: inout ReserveShare) throws(DiskError) {
        switch operation.action {
        case .write(let segment, let offset, let batch):
            defer { withExtendedLifetime(batch) {} }
            try write(batch.bytes, to: .segment(segment), at: Int(offset))
        case .sync(let segment): try sync(.segment(segment))
        case .prepare(let header): try makeSegment(header, &reserve, syncsDirectory: operation.syncsDirectory)
        }
    }

    /// A segment gets its name last, when zeros, header and content are synced. So a file with a final name is whole,
    /// and anything that a crash leaves halfway still has its preparing name.
    func makeSegment(
        _ header: SegmentHeader, content: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        _ reserve: inout ReserveShare, syncsDirectory: Bool
    ) throws(DiskError) {
        let file = LogFile.preparing(header.number)
        try create(file, bytes: Int(header.segmentBytes), &reserve)
        do throws(DiskError) {
            try fill(file, header, content)
            try rename(file, to: .segment(header.number), &reserve)
        } catch {
            // What it took goes back.
            if reserve.change < 0 { try? remove(file, &reserve) }
            throw error
        }
        if syncsDirectory { try syncDirectory() }
    }

    private func fill(
        _ file: LogFile, _ header: SegmentHeader, _ content: UnsafeRawBufferPointer
    ) throws(DiskError) {
        let area = LogBuffer(capacity: LogLimits.headerAreaBytes)
        defer { withExtendedLifetime(area) {} }
        header.encode(into: area.bytes.part(0, LogLimits.headerAreaBytes))
        try write(UnsafeRawBufferPointer(area.bytes).part(0, LogLimits.headerAreaBytes), to: file, at: 0)
        if content.count > 0 { try write(content, to: file, at: header.firstBatchOffset) }
        try sync(file)
    }
}
