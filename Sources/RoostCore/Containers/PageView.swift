/// Reads a page: see there for the map of its bytes.
struct PageView<Slot: PageSlot> {
    let bytes: UnsafeRawBufferPointer

    @inline(__always)
    private func load<Number: FixedWidthInteger>(_ offset: Int) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    @inline(__always)
    var count: Int {
        guard !bytes.isEmpty else { return 0 }
        return Int(load(0) as UInt16)
    }

    /// Where the bytes of the last entry end.
    @inline(__always)
    var end: Int {
        guard !bytes.isEmpty else { return Page<Slot>.headerBytes }
        return Int(load(2) as UInt32)
    }

    /// Bytes of all entries.
    @inline(__always)
    var payload: Int { end - Page<Slot>.headerBytes }

    @inline(__always)
    func slot(_ index: Int) -> Int {
        bytes.count - (index + 1) * Page<Slot>.slotBytes
    }

    /// Where the bytes of an entry start; where all end for the index behind the last one.
    @inline(__always)
    func start(_ index: Int) -> Int {
        index == count ? end : Int(load(slot(index)) as UInt16)
    }

    @inline(__always)
    func range(_ index: Int) -> Range<Int> { start(index)..<start(index + 1) }

    @inline(__always)
    func word(_ index: Int) -> UInt64 { load(slot(index) + 2) }

    @inline(__always)
    func entry(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range(index)])
    }
}

/// Changes a page that has room for it.
struct PageEditor<Slot: PageSlot> {
    let bytes: UnsafeMutableRawBufferPointer

    private typealias Map = Page<Slot>

    @inline(__always)
    private var view: PageView<Slot> { PageView(bytes: UnsafeRawBufferPointer(bytes)) }

    @inline(__always)
    private func store<Number: FixedWidthInteger>(_ number: Number, _ offset: Int) {
        bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    @inline(__always)
    private func move(_ byteCount: Int, from source: Int, to target: Int) {
        guard byteCount > 0, let base = bytes.baseAddress else { return }
        (base + target).copyMemory(from: base + source, byteCount: byteCount)
    }

    @inline(__always)
    private func copy(_ source: UnsafeRawBufferPointer, to target: Int) {
        guard let from = source.baseAddress, let base = bytes.baseAddress else { return }
        (base + target).copyMemory(from: from, byteCount: source.count)
    }

    @inline(__always)
    func setSize(count: Int, end: Int) {
        store(UInt16(count), 0)
        store(UInt32(end), 2)
    }

    /// Adds to the starts of the entries in `range`.
    @inline(__always)
    private func shift(_ range: Range<Int>, by distance: Int) {
        let distance = UInt16(truncatingIfNeeded: distance)
        for index in range {
            let slot = view.slot(index)
            let start = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: slot, as: UInt16.self))
            store(start &+ distance, slot)
        }
    }

    func insert(_ entry: UnsafeRawBufferPointer, _ word: UInt64, at index: Int) {
        let (count, end, start) = (view.count, view.end, view.start(index))
        move(end - start, from: start, to: start + entry.count)
        copy(entry, to: start)
        shift(index..<count, by: entry.count)
        let lowest = view.slot(count - 1)
        move((count - index) * Map.slotBytes, from: lowest, to: lowest - Map.slotBytes)
        setSlot(index, start, word)
        setSize(count: count + 1, end: end + entry.count)
    }

    func removeSubrange(_ range: Range<Int>) {
        let (count, end) = (view.count, view.end)
        let (from, to) = (view.start(range.lowerBound), view.start(range.upperBound))
        move(end - to, from: to, to: from)
        shift(range.upperBound..<count, by: from - to)
        let lowest = view.slot(count - 1)
        move((count - range.upperBound) * Map.slotBytes, from: lowest, to: lowest + range.count * Map.slotBytes)
        setSize(count: count - range.count, end: end - (to - from))
    }

    func overwrite(_ index: Int, with entry: UnsafeRawBufferPointer) {
        copy(entry, to: view.start(index))
    }

    /// Adds the entries of another page from `first` on.
    func append(_ source: PageView<Slot>, from first: Int) {
        let (count, end, start) = (view.count, view.end, source.start(first))
        copy(UnsafeRawBufferPointer(rebasing: source.bytes[start..<source.end]), to: end)
        let added = source.count - first
        let lowest = source.slot(source.count - 1)
        let slots = UnsafeRawBufferPointer(rebasing: source.bytes[lowest..<lowest + added * Map.slotBytes])
        copy(slots, to: view.slot(count + added - 1))
        shift(count..<count + added, by: end - start)
        setSize(count: count + added, end: end + source.end - start)
    }

    @inline(__always)
    private func setSlot(_ index: Int, _ start: Int, _ word: UInt64) {
        let slot = view.slot(index)
        store(UInt16(truncatingIfNeeded: start), slot)
        if Slot.wordBytes > 0 { store(word, slot + 2) }
    }
}
