package import NIOCore

/// Sizes of read buffers as NIO chooses them, but a connection keeps a small one only.
///
/// NIO's pool holds on to the buffer of a connection's last read, as long as the connection lives. Grown to 64 KiB, for
/// each of ten thousand connections, that is 640 MiB which no budget counts. Larger buffers live here for one read.
package struct ReadBufferAllocator: RecvByteBufferAllocator {
    /// A batch of ten small messages fits, so that ordinary requests need no buffer of their own and no second read.
    private static let keptBytes = 8192

    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: keptBytes, initial: keptBytes, maximum: 64 * 1024)

    package init() {}

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { sizes.buffer(allocator: allocator) }

    /// The pool keeps the first buffer. True makes it ask for another one, which it does not keep. (That there is no
    /// `nextBufferSize` here is part of it: the pool would grow the buffer that it keeps.)
    package mutating func record(actualReadBytes: Int) -> Bool {
        _ = sizes.record(actualReadBytes: actualReadBytes)
        return sizes.nextBufferSize() != Self.keptBytes
    }
}
