import RoostLocalStorage
import Testing

@Suite struct HeapKeeperTests {
    private static let mebibyte = 1 << 20

    @Test func memoryIsHandedBackOnceWhenHalfOfItCameFree() {
        var heap = HeapKeeper()
        let uses = [10, 200, 150, 101, 100, 99, 40, 120, 60, 29]
        let due = uses.filter { heap.isTrimDue($0 * Self.mebibyte) }
        #expect(due == [100, 40, 60])
    }

    @Test func littleIsNotWorthIt() {
        var heap = HeapKeeper()
        #expect([31, 0, 20, 1].allSatisfy { !heap.isTrimDue($0 * Self.mebibyte) })
        #expect(!heap.isTrimDue(33 * Self.mebibyte) && heap.isTrimDue(Self.mebibyte))
    }
}
