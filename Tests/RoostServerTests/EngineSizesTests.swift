import RoostServer
import Testing

private let mebibyte = 1 << 20

@Suite struct EngineSizesTests {
    private func sizes(
        _ flags: [String: [String]] = [:], disk: Int? = 1 << 40, memory: Int? = 16 << 30
    ) throws -> EngineSizes {
        try EngineSizes(try load(flags).configuration, fileSystemBytes: disk, memoryBytes: memory)
    }

    @Test func aLargeMachineHasTheUsualSizes() throws {
        let usual = try sizes()
        #expect(usual.segmentBytes == 64 * mebibyte)
        #expect(usual.messageBytesMax == 16 * mebibyte)
        #expect(usual.cacheBytes == 256 * mebibyte)
        #expect(usual.memoryBytesMax == (16 << 30) / 100 * 70)
        #expect(usual.notes.isEmpty)
        #expect(try sizes(disk: nil).segmentBytes == 64 * mebibyte)
    }

    /// Segments shrink to 1/32 of the file system, and the largest message with them.
    @Test(arguments: [
        (2048, 64, 16), (2047, 63, 16), (1024, 32, 16), (512, 16, 8), (64, 2, 1), (33, 1, 0), (8, 1, 0),
    ])
    func aSmallFileSystemHasSmallSegments(disk: Int, segment: Int, message: Int) throws {
        let small = try sizes(disk: disk * mebibyte)
        #expect(small.segmentBytes == segment * mebibyte)
        #expect(small.messageBytesMax == (message > 0 ? message * mebibyte : mebibyte / 2))
        #expect(small.notes.isEmpty == (message == 16))
        #expect(small.segmentBytes.isMultiple(of: 4096))
    }

    @Test func aTinyFileSystemIsRefusedWithWhatIsNeeded() throws {
        #expect(throws: EngineSizeError.self) { try sizes(disk: 8 * mebibyte - 1) }
        let error = #expect(throws: EngineSizeError.self) {
            try sizes(["max-message-bytes": ["16MiB"], "data": ["/small"]], disk: 64 * mebibyte)
        }
        let words = error?.description ?? ""
        for part in ["/small has 65536 KiB", "messages of up to 16MiB", "at least 256MiB", "--max-message-bytes"] {
            #expect(words.contains(part), "\(part) is missing in: \(words)")
        }
    }

    /// Who names a size gets it, and the rest follows.
    @Test func sizesThatAreNamedStay() throws {
        #expect(try sizes(["segment-bytes": ["128MiB"]], disk: 64 * mebibyte).segmentBytes == 128 * mebibyte)
        #expect(try sizes(["segment-bytes": ["64KiB"]]).messageBytesMax == 32 << 10)
        #expect(try sizes(["max-message-bytes": ["4MiB"]], disk: 100 * mebibyte).segmentBytes == 8 * mebibyte)
        #expect(try sizes(["max-message-bytes": ["64MiB"]]).segmentBytes == 128 * mebibyte)
        let odd = try sizes(["max-message-bytes": ["5000000"]], disk: 200 * mebibyte)
        #expect(odd.segmentBytes >= 10_000_000 && odd.segmentBytes.isMultiple(of: 4096))
        #expect(odd.messageBytesMax == 5_000_000)
    }

    @Test func memoryIsAShareOfWhatThereIsUnlessItIsNamed() throws {
        #expect(try sizes(memory: 1000).memoryBytesMax == 700)
        #expect(try sizes(memory: nil).memoryBytesMax == nil)
        #expect(try sizes(["memory-bytes": ["off"]]).memoryBytesMax == nil)
        #expect(try sizes(["memory-bytes": ["0"]]).memoryBytesMax == nil)
        #expect(try sizes(["memory-bytes": ["3GiB"]], memory: 1000).memoryBytesMax == 3 << 30)
    }

    /// Otherwise the cache alone could reach the limit, and new messages would be refused for ever.
    @Test func theCacheIsAtMostAQuarterOfTheLimit() throws {
        let small = try sizes(["memory-bytes": ["100MiB"]])
        #expect(small.cacheBytes == 25 * mebibyte)
        #expect(small.notes.count == 1)
        #expect(try sizes(["memory-bytes": ["100MiB"], "cache-bytes": ["10MiB"]]).cacheBytes == 10 * mebibyte)
        #expect(try sizes(["memory-bytes": ["off"], "cache-bytes": ["1GiB"]]).cacheBytes == 1 << 30)
    }
}
