import NIOCore

/// The body of the request that is being read.
///
/// A body that arrives in one piece stays in the read buffer it came in. One that takes several reads is copied: a
/// slice of a few bytes would keep a whole read buffer alive, 64 KiB for each connection that stalls.
struct RequestBody {
    private var bytes = ByteBuffer()
    private var isCopy = false
    /// Every copy counts, however little has come yet: thousands of large bodies that stall at their beginning hold as
    /// much as some that stall at their end.
    private let isLarge: Bool
    /// Counted in `SharedLoad`.
    private var reserved = 0

    init(isLarge: Bool = false) { self.isLarge = isLarge }

    var count: Int { bytes.readableBytes }
    var isBorrowed: Bool { !isCopy && count > 0 }

    /// False when there is no room for it.
    mutating func append(_ part: ByteBuffer, _ load: SharedLoad) -> Bool {
        if count == 0, !isCopy {
            bytes = part
            return true
        }
        return copy(adding: part.readableBytes, load) && write(part, load)
    }

    /// Lets go of the read buffer. False when there is no room for the copy.
    mutating func copy(adding more: Int = 0, _ load: SharedLoad) -> Bool {
        if isCopy { return true }
        let capacity = Self.capacity(for: count &+ more)
        guard reserve(capacity, load) else { return false }
        var copy = ByteBufferAllocator().buffer(capacity: capacity)
        copy.writeImmutableBuffer(bytes)
        bytes = copy
        isCopy = true
        return true
    }

    private mutating func write(_ part: ByteBuffer, _ load: SharedLoad) -> Bool {
        guard reserve(Self.capacity(for: count &+ part.readableBytes), load) else { return false }
        bytes.writeImmutableBuffer(part)
        return true
    }

    /// Counts a buffer of this size, unless the body is small. False when there is no room for it.
    private mutating func reserve(_ capacity: Int, _ load: SharedLoad) -> Bool {
        guard isLarge || capacity > load.smallBodyBytesMax, capacity > reserved else { return true }
        guard load.reserveBody(capacity &- reserved) else { return false }
        reserved = capacity
        return true
    }

    /// What a buffer for as many bytes takes: it grows by doubling.
    private static func capacity(for count: Int) -> Int {
        var capacity = 1024
        while capacity < count { capacity &*= 2 }
        return capacity
    }

    func withBytes<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeReadableBytes(use)
    }

    /// Lets go of the bytes, but counts a large body on, for as long as the storage holds what was in it. False when
    /// there is no room for it.
    mutating func handOver(_ load: SharedLoad) -> Bool {
        let held = count > load.smallBodyBytesMax ? count : 0
        if held > reserved {
            guard load.reserveBody(held &- reserved) else { return false }
        } else if held < reserved {
            load.releaseBody(reserved &- held)
        }
        self = RequestBody()
        reserved = held
        return true
    }

    mutating func clear(_ load: SharedLoad) {
        if reserved > 0 { load.releaseBody(reserved) }
        self = RequestBody()
    }
}
