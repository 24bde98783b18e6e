/// Where reading begins: the newest snapshot that can be read, or the first segment.
struct StartPoint {
    private(set) var catalogue: SegmentCatalogue?
    private(set) var snapshot: SnapshotFacts?
    private(set) var damaged: [RecoverySummary.DamagedSnapshot] = []

    private let disk: any Disk
    private let directory: LogDirectory
    private let isLenient: Bool

    init(_ disk: any Disk, _ directory: LogDirectory, _ configuration: LogConfiguration) {
        self.disk = disk
        self.directory = directory
        isLenient = configuration.brokenRule == .ignoreBadChecksum
    }

    /// Loads the snapshot into the owner, if there is one.
    mutating func find<Owner: LogOwner & ~Copyable>(
        _ owner: inout Owner, _ progress: (Double) -> Void
    ) throws(LogError) {
        for (sequence, bytes) in directory.snapshots where try load(sequence, bytes, &owner, progress) { return }
        owner.restart()
        catalogue = try catalogueFromTheFirst()
    }

    /// False: the snapshot cannot be used. The owner may have seen a part of it.
    private mutating func load<Owner: LogOwner & ~Copyable>(
        _ sequence: UInt64, _ bytes: Int, _ owner: inout Owner, _ progress: (Double) -> Void
    ) throws(LogError) -> Bool {
        guard var reader = try open(sequence, bytes) else { return false }
        // Before the sections: what is missing for this one is missing for all older ones too.
        let catalogue = try SegmentCatalogue(disk, directory, base(reader), isLenient: isLenient)
        owner.restart()
        let total = catalogue.segments.prefix(catalogue.usedCount).reduce(bytes) { $0 + $1.readBytes }
        do throws(SnapshotProblem) {
            try reader.read(into: &owner) { progress(Double($0) / Double(total)) }
        } catch {
            try note(sequence, error)
            return false
        }
        (self.catalogue, snapshot) = (catalogue, reader.facts)
        return true
    }

    private mutating func open(_ sequence: UInt64, _ bytes: Int) throws(LogError) -> SnapshotReader? {
        do throws(SnapshotProblem) {
            return try SnapshotReader(disk, sequence: sequence, bytes: bytes)
        } catch {
            try note(sequence, error)
            return nil
        }
    }

    private mutating func note(_ sequence: UInt64, _ problem: SnapshotProblem) throws(LogError) {
        let file = LogFile.snapshot(sequence)
        switch problem {
        case .disk(let error): throw .disk(error)
        // Not damage: a newer program wrote it, and the log behind it is a newer one's too.
        case .unsupported(let text): throw .unsupported(file: file.name, problem: text)
        case .damaged(let text, let offset):
            damaged.append(
                RecoverySummary.DamagedSnapshot(
                    file: file.name, offset: offset, problem: text, renamed: directory.damagedName(sequence).name))
        }
    }

    private func base(_ reader: SnapshotReader) -> SegmentCatalogue.Base {
        let file = reader.facts.file.name
        let reason = damaged.first.map {
            "\($0.file) cannot be read (\($0.problem)), so \(file) is the one to begin with"
        }
        return SegmentCatalogue.Base(
            position: reader.facts.position, table: reader.segments,
            reason: "the log is needed from there on: " + (reason ?? "\(file) is the newest snapshot"))
    }

    private func catalogueFromTheFirst() throws(LogError) -> SegmentCatalogue {
        var base = SegmentCatalogue.Base()
        if let newest = damaged.first {
            guard directory.segments[1] != nil else {
                throw .snapshotsUnreadable(file: newest.file, offset: newest.offset, problem: newest.problem)
            }
            base.reason = "no snapshot can be read (\(newest.file): \(newest.problem)), so all of the log is needed"
        }
        return try SegmentCatalogue(disk, directory, base, isLenient: isLenient)
    }
}
