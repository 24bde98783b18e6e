import RoostModel

/// What a key holds. Large values stand in an array of one: a box that changes in place.
enum KeyValue: Sendable {
    case string(Bytes)
    case list(ContiguousArray<PackedList>)
    case hash(ContiguousArray<BytesMap>)
    case set(ContiguousArray<ByteSet>)
    case sortedSet(ContiguousArray<SortedSetValue>)
    /// While the value is changed. Never seen from outside.
    case taken

    static var emptyList: Self { .list([PackedList()]) }
    static var emptyHash: Self { .hash([BytesMap()]) }

    /// About what it takes in memory.
    var residentBytes: Int {
        switch self {
        case .string(let text): text.count + Self.boxBytes
        case .list(let box): box[0].residentBytes + Self.boxBytes
        case .hash(let box): box[0].residentBytes + Self.boxBytes
        case .set(let box): box[0].residentBytes + Self.boxBytes
        case .sortedSet(let box): box[0].residentBytes + Self.boxBytes
        case .taken: 0
        }
    }

    /// About what it takes in an image: whatever way it came about, the same.
    private var imageBytes: Int {
        switch self {
        case .string(let text): text.count
        case .list(let box): box[0].byteCount + 4 * box[0].count
        case .hash(let box): box[0].byteCount + 8 * box[0].count
        case .set(let box): box[0].byteCount + 4 * box[0].count
        case .sortedSet(let box): box[0].scores.byteCount + 12 * box[0].count
        case .taken: 0
        }
    }

    var size: ValueSize { ValueSize(resident: residentBytes, image: imageBytes) }

    /// The head of an array, what the allocator adds, and of a box the root of a tree.
    private static let boxBytes = 64

    var word: KeyReply.StaticWord {
        switch self {
        case .string: .string
        case .list: .list
        case .hash: .hash
        case .set: .set
        case .sortedSet: .zset
        case .taken: .none
        }
    }
}

/// Bytes of values, in memory and in an image.
struct ValueSize: Sendable, Equatable {
    var resident = 0
    var image = 0

    static func + (left: Self, right: Self) -> Self {
        Self(resident: left.resident + right.resident, image: left.image + right.image)
    }

    static func - (left: Self, right: Self) -> Self {
        Self(resident: left.resident - right.resident, image: left.image - right.image)
    }
}

struct KeyRecord: Sendable {
    var value: KeyValue
    var expiry: BrokerTime?
}

/// What is left of large values that are gone. It is freed bit by bit.
enum KeyRemains: Sendable {
    case list(PackedList.Remains)
    case hash(BytesMap.Remains)
    case set(ByteSet.Remains)
    case scores(ValueMap<Double>.Remains)
    case keys(ValueMap<KeyRecord>.Remains)
    case members(ScoreTree.Remains)

    /// Of a value that is gone.
    static func of(_ value: consuming KeyValue) -> [KeyRemains] {
        switch consume value {
        case .string, .taken: return []
        case .list(var box): return [.list(box[0].removeAll())]
        case .hash(var box): return [.hash(box[0].removeAll())]
        case .set(var box): return [.set(box[0].removeAll())]
        case .sortedSet(var box): return box[0].removeAll()
        }
    }

    var isEmpty: Bool { count == 0 }

    /// Elements that are still to be freed.
    var count: Int {
        switch self {
        case .list(let remains): remains.count
        case .hash(let remains): remains.count
        case .set(let remains): remains.count
        case .scores(let remains): remains.count
        case .keys(let remains): remains.count
        case .members(let remains): remains.count
        }
    }

    /// More than is freed at once: otherwise many small values that go would stay for as many turns.
    var isLarge: Bool { count > Self.atOnceMax }
    private static let atOnceMax = 128

    /// Without the values of keys.
    var residentBytes: Int {
        switch self {
        case .list(let remains): remains.residentBytes
        case .hash(let remains): remains.residentBytes
        case .set(let remains): remains.residentBytes
        case .scores(let remains): remains.residentBytes
        case .keys(let remains): remains.residentBytes
        case .members(let remains): remains.residentBytes
        }
    }

    /// Returns the large values that were found in what is freed, and how many bytes of other values were freed.
    mutating func free(_ elementsMax: Int) -> (found: [KeyRemains], bytes: Int) {
        var (found, bytes) = ([KeyRemains](), 0)
        switch consume self {
        case .list(var remains):
            remains.free(elementsMax)
            self = .list(remains)
        case .hash(var remains):
            remains.free(elementsMax)
            self = .hash(remains)
        case .set(var remains):
            remains.free(elementsMax)
            self = .set(remains)
        case .scores(var remains):
            remains.free(elementsMax)
            self = .scores(remains)
        case .keys(var remains):
            remains.free(elementsMax) { _, values, index in
                let value = values.value(index).value
                let parts = KeyRemains.of(value).filter { $0.isLarge }
                bytes += parts.reduce(value.size.resident) { $0 - $1.residentBytes }
                found += parts
            }
            self = .keys(remains)
        case .members(var remains):
            remains.free(elementsMax)
            self = .members(remains)
        }
        return (found, bytes)
    }
}
