package import RoostModel

/// The elements of an answer that can be far larger than the request and the key together, since it may hold the same
/// value again and again: a short `HRANDFIELD key -1000000000` would take the memory of the whole machine.
package struct BoundedReply {
    package static let bytesMaxDefault = 512 << 20
    /// What an element costs beside its bytes.
    private static let elementBytes = 64

    package private(set) var elements: [KeyReply] = []
    private let bytesMax: Int
    private var byteCount = 0

    package init(bytesMax: Int = Self.bytesMaxDefault) { self.bytesMax = bytesMax }

    /// Refuses at once what is going to be too much.
    package func admit(_ count: UInt64) throws(KeyError) {
        guard count <= bytesMax / Self.elementBytes else { throw .replyTooLong }
    }

    package mutating func append(_ element: KeyReply) throws(KeyError) {
        byteCount += Self.elementBytes
        if case .bytes(let bytes) = element { byteCount += bytes.count }
        guard byteCount <= bytesMax else { throw .replyTooLong }
        elements.append(element)
    }
}
