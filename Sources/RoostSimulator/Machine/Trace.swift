import RoostLog
import Synchronization

/// A hash over everything that happens in a run, in its order: two runs of one seed have the same one, on every machine
/// and in every process. Not for safety against anybody; FNV-1a over words, with a shift that lets high bits count.
package final class Trace: Sendable {
    private let state = Mutex<UInt64>(0xcbf2_9ce4_8422_2325)

    package init() {}

    package var value: UInt64 { state.withLock { $0 } }

    func add(_ words: UInt64...) {
        state.withLock { hash in
            for word in words { Self.mix(&hash, word) }
        }
    }

    func add(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { hash in
            var offset = 0
            while offset + 8 <= bytes.count {
                Self.mix(&hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            while offset < bytes.count {
                Self.mix(&hash, UInt64(bytes[offset]))
                offset += 1
            }
        }
    }

    func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    private static func mix(_ hash: inout UInt64, _ word: UInt64) {
        hash = (hash ^ word) &* 0x0000_0100_0000_01b3
        hash ^= hash >> 29
    }
}

extension LogFile {
    /// For the trace.
    var traceWord: UInt64 {
        switch self {
        case .segment(let number): 1 << 56 | UInt64(number)
        case .preparing(let number): 2 << 56 | UInt64(number)
        case .torn(let number, let copy): 3 << 56 | UInt64(number) << 16 | UInt64(copy)
        case .preparingTorn(let number, let copy): 4 << 56 | UInt64(number) << 16 | UInt64(copy)
        case .snapshot(let sequence): 5 << 56 | sequence
        case .preparingSnapshot(let sequence): 6 << 56 | sequence
        case .damagedSnapshot(let sequence, let copy): 7 << 56 | sequence << 16 | UInt64(copy)
        case .reserve: 8 << 56
        }
    }
}
