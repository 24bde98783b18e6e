/// The bytes of a broker's image: all that decides what the broker does next, so that one made from the image goes on
/// exactly like the one it was taken from.
///
/// An image is a sequence of sections. Whoever keeps them sees to their order, their lengths and their checksums. All
/// numbers are little-endian. The sections stand in this order; a part without content has no sections.
///
/// ```
/// header (1)     kind u32 | version u32 | nextNumber u64 | nextOrder u64 | counts (32) | totals (40)
///                | index (28) | queues (24) | from version 2: nextBirth u64 | moved (16)
///                | groups (16) | tasks (32) | duplicates u64
/// queues (2)     kind u32 | queue, queue, … in the order of ids
/// groups (6)     kind u32 | group, group, … in the order of ids; from version 2
/// burials (8)    kind u32 | burial, burial, … in the order of ids; from version 2
/// moves (9)      kind u32 | move, move, … in the order of ids; from version 2
/// chunk (3)      kind u32 | chunk u32 | previous u32 | next u32 | used u64 × 16 | slot (60) × 1,024
/// vacant (4)     kind u32 | first chunk u32 | (previous u32 | next u32) for each
/// wheel (5)      kind u32 | which u32 (0: messages, 1: queues, 2: groups) | time u64 | timers u64
///                | (head u32 | tail u32) × 514
/// duplicates (7) kind u32 | duplicate, duplicate, … in the order of sending; from version 2
/// keys (10)      kind u32 | a piece of the keys; from version 3
/// keysEnd (11)   kind u32 | keys u64 of each database; from version 3, always the last one
///
/// the keys       bytes u32 | entry (as in KeysEntry), again and again: what makes the keys out of none. Pieces end
///                anywhere, since an element may be longer than a section.
///
/// counts         ready u64 | in flight u64 | delayed u64 | damaged u64
/// totals         sent u64 | received u64 | deleted u64 | returned u64 | expired u64
/// index          messages u64 | chunks u32 | chunks with slots u32 | first with room u32 | first vacant u32
///                | empty chunk u32
/// queues         ids u32 | live u32 | unused u32 (none) | first reaping u32 | last reaping u32 | name root u32
///
/// queue          life u8 (0 free, 1 live, 2 deleted) | flags u8 (1 reaping, 2 paused, 4 retention timer)
///                | name bytes u16 | reason bytes u32 | next queue u32
///   unless free  | settings (as in SettingsCodec) | created i64 | modified i64 | paused since i64
///                | purged below u64 | counts (32) | totals (40)
///                | ready u32 × 2 | returned u32 | available u32 × 2 | delayed u32 × 2 | damaged u32 × 2 | dead u32 × 2
///                | retention timer i64 | timer previous u32 | timer next u32 | name left u32 | name right u32
///                | from version 2: in groups (96) | name | reason
/// in groups      birth u64 | groups u32 × 2 | turns u32 × 2 | turn count u32 | turns until lane u32
///                | dead groups u32 × 2 | born from u64 | rearm from u32 | reserved u32
///                | moved (16) | buried messages u64 | buried u32 × 2
///                | move from u32 | reserved u32
/// moved          out u64 | in u64
///
/// duplicate      key u64 × 2 | number u64 | sent i64 | slot u32
/// groups         ids u32 | first free u32 | groups u64
/// group          flags u8 (1 used, 2 has a turn, 4 retention timer) | reserved (3) | queue u32 | name u64 × 2
///                | origin queue u32 | origin birth u64 | birth u64 | messages u32 | damaged u32
///                | ready u32 × 2 | returned u32 | available u32 × 2 | delayed u32 × 2
///                | retention timer i64 | timer previous u32 | timer next u32
///                | turn previous u32 | turn next u32 | sibling previous u32 | sibling next u32
///
/// tasks          buried messages u64 | burial ids u32 | first free burial u32 | next move u64 | moves u32
///                | reserved u32
/// burial         slot u32 (none: free) | next free u32 | at i64 | texts (as in BurialCodec)
/// move           id u64 | queue u32 | rate u32 (0: none) | moved u64 | to move u64 | started i64
///                | finished i64 (lowest number: it runs) | status (2, as in MoveStatusCodec)
///                | flags u8 (1 moved in this pass, 2 unknown origin met) | target bytes u8 (0: none) | target
/// ```
/// Chunks come in rising order, with slots (`chunk`) or without (`vacant`, many in a row). A slot is the 15 words that
/// are drawn at `MessageSlot`, links included; free slots may hold anything. Links that mean nothing (of a full chunk,
/// of a timer that is not set, of a turn, of the name of a deleted queue) are `MessageSlot.none`, so that images of
/// equal brokers are equal, apart from free slots. The bits of `TimerWheel` and the tables of names are made anew.
/// Version 1 has no groups, and plain receive counts in its slots; neither it nor version 2 has keys.
enum BrokerImageFormat {
    static let version: UInt32 = 3
    static let versionsRead: ClosedRange<UInt32> = 1...3

    enum Kind: UInt32 {
        case header = 1
        case queues = 2
        case chunk = 3
        case vacant = 4
        case wheel = 5
        case groups = 6
        case duplicates = 7
        case burials = 8
        case moves = 9
        case keys = 10
        case keysEnd = 11
    }

    /// Below the 70 KiB that are promised to whoever keeps the sections.
    static let sectionBytesMax = 64 * 1024
    static let headerBytes = 8 + 16 + 32 + 40 + 28 + 24 + 40 + 32 + 8
    static let slotBytes = 60
    static let chunkBytes = 16 + 128 + slotBytes * MessageIndex.slotsPerChunk
    static let vacantBytes = 8
    static let wheelBytes = 24 + 8 * TimerWheel.bucketCount
    static let freeQueueBytes = 12
    /// Without settings, name and reason.
    static let queueBytes = freeQueueBytes + 32 + 72 + 44 + 24 + 72 + 24
    static let duplicateBytes = 36
    static let keysEndBytes = 4 + 8 * Databases.count
    static let groupBytes = 24 + 12 + 16 + 28 + 16 + 16

    /// So high that nothing the broker counts ever gets there, and so low that counting on from it never overflows.
    static let totalMax: UInt64 = 1 << 60
}

/// The bytes are not those of an image, or not of a broker that could be.
package struct BrokerImageError: Error, Sendable, Equatable {
    package var reason: String

    init(_ reason: String) { self.reason = reason }
}

extension BrokerImageError: CustomStringConvertible {
    package var description: String { reason }
}
