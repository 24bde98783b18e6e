/// What an array costs beside its elements: Swift's header, and that of the C library with what it rounds up.
let heapBlockBytes = 48

/// Bytes of memory of an array that grows by a quarter: on average an eighth is slack.
///
/// Not its capacity. That may change when a copy is made, and memory is accounted for where entries come and go.
func arrayBytes<Element>(of type: Element.Type, _ count: Int) -> Int {
    guard count > 0 else { return 0 }
    return count * MemoryLayout<Element>.stride * 9 / 8 + heapBlockBytes
}
