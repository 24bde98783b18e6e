import NIOCore

/// The body of the request that is being read.
///
/// A body that arrives in one piece stays in the read buffer it came in. One that takes several reads is copied: a
/// slice of a few bytes would keep a whole read buffer alive, 64 KiB for each connection that stalls. The copy is a row
/// of pieces of one size: buffers that grow by doubling leave holes in the heap that are too small for the next one.
struct RequestBody {
    private static let pieceBytes = 4096

    /// What is being filled; what one read brought; or, in the end, everything.
    private var bytes = ByteBuffer()
    /// Full pieces, which come before `bytes`.
    private var pieces: [ByteBuffer] = []
    private var isCopy = false
    /// Every copy counts, however little has come yet: thousands of large bodies that stall at their beginning hold as
    /// much as some that stall at their end.
    private let isLarge: Bool
    /// Counted in `SharedLoad`.
    private var reserved = 0

    init(isLarge: Bool = false) { self.isLarge = isLarge }

    var count: Int { pieces.count &* Self.pieceBytes &+ bytes.readableBytes }
    var isBorrowed: Bool { !isCopy && count > 0 }

    /// False when there is no room for it.
    mutating func append(_ part: ByteBuffer, _ load: SharedLoad) -> Bool {
        if count == 0, !isCopy {
            bytes = part
            return true
        }
        guard copy(adding: part.readableBytes, load), reserve(count &+ part.readableBytes, load) else { return false }
        write(part)
        return true
    }

    /// Lets go of the read buffer. False when there is no room for the copy.
    mutating func copy(adding more: Int = 0, _ load: SharedLoad) -> Bool {
        if isCopy { return true }
        guard reserve(count &+ more, load) else { return false }
        let borrowed = bytes
        bytes = ByteBufferAllocator().buffer(capacity: min(Self.capacity(for: count &+ more), Self.pieceBytes))
        isCopy = true
        write(borrowed)
        return true
    }

    private mutating func write(_ part: ByteBuffer) {
        var part = part
        while part.readableBytes > 0 {
            if bytes.readableBytes == Self.pieceBytes {
                pieces.append(bytes)
                bytes = ByteBufferAllocator().buffer(capacity: Self.pieceBytes)
            }
            let length = min(Self.pieceBytes &- bytes.readableBytes, part.readableBytes)
            guard let slice = part.readSlice(length: length) else { return }
            bytes.writeImmutableBuffer(slice)
        }
    }

    /// Counts what a body of this length takes, unless it is small. False when there is no room for it.
    private mutating func reserve(_ count: Int, _ load: SharedLoad) -> Bool {
        let capacity = Self.capacity(for: count)
        guard isLarge || capacity > load.smallBodyBytesMax, capacity > reserved else { return true }
        guard load.reserveBody(capacity &- reserved) else { return false }
        reserved = capacity
        return true
    }

    /// The first piece grows by doubling, the others have their size from the start.
    private static func capacity(for count: Int) -> Int {
        if count > pieceBytes { return (count &+ pieceBytes &- 1) / pieceBytes &* pieceBytes }
        var capacity = 1024
        while capacity < count { capacity &*= 2 }
        return capacity
    }

    /// The body is complete: makes one of the pieces. Its bytes are there twice for a moment, for one body of a loop.
    mutating func join() {
        guard !pieces.isEmpty else { return }
        var whole = ByteBufferAllocator().buffer(capacity: count)
        for piece in pieces { whole.writeImmutableBuffer(piece) }
        whole.writeImmutableBuffer(bytes)
        pieces = []
        bytes = whole
    }

    /// After `join`.
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
