import FuzzRunner
import Glibc
import RESP
import RoostModel

private let contents: [KeyContent] = [
    .string(Array("text".utf8)), .list([[1], [], Bytes(repeating: 7, count: 100)]), .set([[1], [2]]),
    .hash([KeyValuePair([1], [2])]), .sortedSet([ScoredMember(1.5, [1]), ScoredMember(-.infinity, [2])]),
]

/// Values as Redis 7 writes them, packed and not.
private let packed: [Bytes] = [
    [0, 0xC0, 0xFB], [0, 0xC1, 0xE8, 3], [0, 0xC2, 0x60, 0x79, 0xFE, 0xFF],
    [0, 0xC3, 0x0C, 0x41, 0x2C, 1, 0x61, 0x61, 0xE0, 0xFF, 0, 0xE0, 0x17, 0, 1, 0x61, 0x61],
    [3, 1, 1, 0x61, 3, 0x31, 0x2E, 0x35], [11, 12, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0],
    [16, 18, 18, 0, 0, 0, 4, 0, 0x81, 0x66, 2, 0x81, 0x76, 2, 0x81, 0x6E, 2, 12, 1, 0xFF],
    [18, 1, 2, 13, 13, 0, 0, 0, 2, 0, 0xDF, 0xFF, 2, 0xF1, 0x40, 0x9C, 4, 0xFF],
]

// Payloads of RESTORE behind a checksum that is right. What is read and dumped again is the same value.
exit(
    runFuzzer(seeds: { _ in contents.map { DumpWriter.dump($0).dropLast(10) } + packed }) { bytes, count in
        let value = Bytes(UnsafeBufferPointer(start: bytes, count: count))
        guard let content = try? DumpReader.content(of: DumpWriter.sealed(value)) else { return 0 }
        precondition((try? DumpReader.content(of: DumpWriter.dump(content))) == content, "another value")
        return 0
    })
