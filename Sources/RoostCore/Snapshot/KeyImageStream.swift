/// The keys of an image as one stream of bytes, cut where the sections end.
struct KeyImageStream: Sendable {
    private var writer: KeyImageWriter
    private var piece: [UInt8] = []
    private var place = 0

    init(_ databases: Databases) { writer = KeyImageWriter(databases) }

    /// Appends to the section what it has room for. False: that was the end.
    mutating func fill(_ section: inout [UInt8], upTo bytesMax: Int) -> Bool {
        while section.count < bytesMax {
            guard place < piece.count || makePiece() else { return false }
            let end = min(piece.count, place + bytesMax - section.count)
            section += piece[place..<end]
            place = end
        }
        return true
    }

    private mutating func makePiece() -> Bool {
        guard let entry = writer.next() else { return false }
        let size = entry.size
        piece = [UInt8](repeating: 0, count: 4 + size)
        place = 0
        piece.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(size).littleEndian, as: UInt32.self)
            entry.encode(into: UnsafeMutableRawBufferPointer(rebasing: bytes[4...]))
        }
        return true
    }
}

/// The same stream on the way back.
struct KeyImageIntake {
    private var bytes: [UInt8] = []

    /// Whether all that came was whole entries.
    var isAtEnd: Bool { bytes.isEmpty }

    /// Carries out the entries that are complete now.
    mutating func take(
        _ piece: UnsafeRawBufferPointer, _ databases: inout Databases
    ) throws(EntryDecodingError) {
        bytes += piece
        var start = 0
        while bytes.count - start >= 4 {
            let end = start + 4 + count(at: start)
            guard bytes.count >= end else { break }
            let entry = try entry(start + 4..<end)
            do throws(KeyMismatch) { try databases.apply(entry) } catch { throw .init(reason: error.reason) }
            start = end
        }
        bytes.removeFirst(start)
    }

    private func count(at place: Int) -> Int {
        bytes.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self))) }
    }

    private func entry(_ range: Range<Int>) throws(EntryDecodingError) -> KeysEntry {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(EntryDecodingError) in
                try KeysEntry(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
        return try result.get()
    }
}

extension Databases {
    /// Of the stream.
    var imageBytesEstimate: Int { keyCount == 0 ? 0 : keyspaces.reduce(0) { $0 + $1.imageBytes } }
}
