/// Reads a whole segment that is no longer written to, by the rules of a start: for cleaning, and to look for damage.
package enum SegmentReader {
    /// Calls `visit` with each record of the owner. Throws `.damaged` with the offset when anything in the file is not
    /// what it was; all intact records before that place have been visited then.
    package static func read(
        _ facts: SegmentFacts, from disk: any Disk, buffer: LogBuffer,
        visit: (_ kind: UInt8, _ sequence: UInt64, RecordLocation, _ payload: UnsafeRawBufferPointer) -> Void
    ) throws(LogError) {
        let bytes = try disk.contents(of: facts.file, bytes: facts.bytes, in: buffer)
        defer { withExtendedLifetime(buffer) {} }
        let header = try header(of: facts, bytes)
        let bound = Int(header.segmentBytes) == facts.bytes ? nil : facts.bytes
        let scan = SegmentScan(bytes, header: header, sequence: facts.firstSequence, bound: bound)
        for batch in scan.batches {
            scan.forEachRecord(of: batch) { frame, sequence, offset, payload in
                guard frame.kind < RecordFrame.ownKindFirst else { return }
                let place = RecordLocation(segment: facts.number, offset: UInt32(offset), length: frame.length)
                visit(frame.kind, sequence, place, payload)
            }
        }
        if let bad = scan.bad {
            let problem = "\(bad.problem) (record \(bad.sequence); the segment is complete)"
            throw .damaged(file: facts.file.name, offset: UInt32(clamping: bad.offset), problem: problem)
        }
    }

    private static func header(
        of facts: SegmentFacts, _ bytes: UnsafeRawBufferPointer
    ) throws(LogError) -> SegmentHeader {
        let name = facts.file.name
        do throws(HeaderProblem) {
            let area = bytes.part(0, min(bytes.count, LogLimits.headerAreaBytes))
            let header = try SegmentHeader.decode(area)
            guard header.number == facts.number, header.salt == facts.salt else {
                throw .damaged("the header is not that of this segment", 16)
            }
            return header
        } catch {
            switch error {
            case .damaged(let problem, let offset): throw .damaged(file: name, offset: offset, problem: problem)
            case .unsupported(let problem): throw .unsupported(file: name, problem: problem)
            }
        }
    }
}
