/// Raw memory that grows and is reused. A class, so that an operation under way keeps its bytes alive.
///
/// `@unchecked Sendable`: the log writes into a buffer only until it hands it out in an operation, and again only after
/// `completed` for that operation; in between the performer of the operation reads. The hand-over in both directions is
/// a call by the owner, who orders them.
package final class LogBuffer: @unchecked Sendable {
    package private(set) var bytes: UnsafeMutableRawBufferPointer

    package init(capacity: Int, alignment: Int = 64) {
        bytes = .allocate(byteCount: max(capacity, 64), alignment: alignment)
    }

    deinit { bytes.deallocate() }

    /// Keeps the first `used` bytes.
    func grow(to capacity: Int, keeping used: Int) {
        guard capacity > bytes.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(capacity, bytes.count * 2).roundedUp(to: 4096), alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(bytes).part(0, used))
        bytes.deallocate()
        bytes = larger
    }
}
