import FuzzRunner
package import RoostCore
package import RoostModel

/// The payload of an entry's record.
package enum EntryText {
    /// `message`: of a send, and of any other entry that holds one. A move has the payload of the send.
    package static func payload(of entry: Entry, _ message: NewMessage) -> [UInt8] {
        switch entry {
        case .send(let send): record(send, message)
        case .move(let move): fixedPart(slot: move.slot, number: move.number) + [1]
        default: encoded(EntryCodec.size(entry)) { EntryCodec.encode(entry, into: $0) }
        }
    }

    package static func record(_ send: SendEntry, _ message: NewMessage) -> [UInt8] {
        encoded(SendRecord.size(message)) { SendRecord.encode(send, message, into: $0) }
    }

    /// Of a send without anything, to queue 0 in the first moments of 1970.
    package static func fixedPart(slot: UInt32, number: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: slot)
        bytes.append(littleEndian: number)
        for _ in 0..<2 { bytes.append(littleEndian: UInt64(1)) }
        bytes.append(littleEndian: UInt32(0))
        return bytes
    }

    private static func encoded(_ count: Int, _ encode: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { encode($0) }
        return bytes
    }
}
