/// What is wrong with a reply. The connection that it came by is of no use any more.
package enum ReplyError: Error, Sendable, Equatable {
    /// A byte that no type starts with. Types whose length comes last (`$?`) are not known here: Redis sends none.
    case unknownType(UInt8)
    /// A number, a boolean, a null or a verbatim text that is none.
    case malformed
    /// CR LF is not where it has to be.
    case missingLineEnd
    case lineTooLong
    case tooLong
    case tooDeep
}

/// How much a server may send in one reply. No limit is a size to allocate.
package struct ReplyLimits: Sendable, Equatable {
    /// Each level is a container on the reader's own stack, so a deep reply costs memory, not the thread's stack. But
    /// whoever compares or frees the value does so level by level.
    package static let depthMax = 32
    package static let lineBytesMax = 64 * 1024

    package var bulkBytesMax = 512 * 1024 * 1024
    /// Elements of one container; of a map, its pairs.
    package var elementsMax = 1 << 24
    /// Of one reply on the wire. Values in memory can take ten times as much.
    package var replyBytesMax = 1024 * 1024 * 1024

    package init() {}
}
