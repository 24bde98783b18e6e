/// How much one client may send. No limit is a size to allocate: bytes and ranges are kept as they arrive.
package struct RequestLimits: Sendable, Equatable {
    /// Redis' PROTO_INLINE_MAX_SIZE: a line that has no end after so many bytes is refused.
    package static let lineBytesMax = 64 * 1024
    /// A client that has not said its password can make the server hold ten arguments of 16 KiB, and no more.
    package static let unauthenticatedArgumentsMax = 10
    package static let unauthenticatedBulkBytesMax = 16 * 1024

    package var argumentsMax = 1_048_576
    /// Redis' `proto-max-bulk-len`.
    package var bulkBytesMax = 64 * 1024 * 1024
    /// Of one whole request with its headers. A million arguments of 64 MiB each would be within the other limits.
    package var requestBytesMax = 256 * 1024 * 1024

    package init() {}
}
