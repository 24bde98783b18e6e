/// What files may take from `RESERVE`, and what it is to get of the space that they give up. Space goes from one to the
/// other within one call of the disk, so that no other process takes it in between.
package struct ReserveShare: Sendable {
    /// So much stays in `RESERVE`.
    package let leaving: Int
    /// What it is to get: what it lacks, and what it gave.
    private var lacking: Int
    /// By how much it has become larger.
    package private(set) var change = 0
    /// The disk is full.
    private(set) var hasGiven = false

    package init(leaving: Int, lacking: Int) {
        self.leaving = leaving
        self.lacking = lacking
    }

    /// `RESERVE` stays as it is.
    package static var none: Self { Self(leaving: .max, lacking: 0) }

    fileprivate mutating func gave(_ bytes: Int) {
        lacking += bytes
        change -= bytes
        if bytes > 0 { hasGiven = true }
    }

    fileprivate mutating func got(_ bytes: Int) {
        lacking -= bytes
        change += bytes
    }

    /// It is to get all that comes free from now on.
    mutating func takeAll() { lacking = .max / 2 }

    fileprivate var wanted: Int { max(0, lacking) }
}

extension Disk {
    package func remove(_ file: LogFile) throws(DiskError) { _ = try remove(file, toReserve: 0) }

    package func remove(_ file: LogFile, _ reserve: inout ReserveShare) throws(DiskError) {
        reserve.got(try remove(file, toReserve: reserve.wanted))
    }

    package func truncate(_ file: LogFile, to bytes: Int) throws(DiskError) {
        _ = try truncate(file, to: bytes, toReserve: 0)
    }

    func truncate(_ file: LogFile, to bytes: Int, _ reserve: inout ReserveShare) throws(DiskError) {
        reserve.got(try truncate(file, to: bytes, toReserve: reserve.wanted))
    }

    package func rename(_ file: LogFile, to new: LogFile) throws(DiskError) {
        _ = try rename(file, to: new, toReserve: 0)
    }

    func rename(_ file: LogFile, to new: LogFile, _ reserve: inout ReserveShare) throws(DiskError) {
        reserve.got(try rename(file, to: new, toReserve: reserve.wanted))
    }

    func allocate(_ file: LogFile, bytes: Int, _ reserve: inout ReserveShare) throws(DiskError) {
        reserve.gave(try allocate(file, bytes: bytes, leavingReserve: reserve.leaving))
    }

    /// The same as `create`; on a full disk the space comes from `RESERVE`.
    func create(_ file: LogFile, bytes: Int, _ reserve: inout ReserveShare) throws(DiskError) {
        do throws(DiskError) {
            return try create(file, bytes: bytes)
        } catch {
            guard error.isDiskFull, reserve.leaving < .max else { throw error }
        }
        try create(file, bytes: 0)
        do throws(DiskError) {
            try allocate(file, bytes: bytes, &reserve)
            try fillWithZeros(file, bytes)
        } catch {
            try? remove(file, &reserve)
            throw error
        }
    }

    /// In steps that are synced, so that a batch never waits behind the whole.
    private func fillWithZeros(_ file: LogFile, _ bytes: Int) throws(DiskError) {
        let zeros = LogBuffer(capacity: min(bytes, LogLimits.zeroStepBytes))
        defer { withExtendedLifetime(zeros) {} }
        zeros.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        for offset in stride(from: 0, to: bytes, by: LogLimits.zeroStepBytes) {
            let count = min(LogLimits.zeroStepBytes, bytes - offset)
            try write(UnsafeRawBufferPointer(zeros.bytes).part(0, count), to: file, at: offset)
            try sync(file)
        }
    }
}
