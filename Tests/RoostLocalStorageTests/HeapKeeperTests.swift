import RoostLocalStorage
import RoostModel
import Testing

@Suite struct HeapKeeperTests {
    private func due(_ mebibytes: [Int], everySeconds step: Int64) -> [Int] {
        var (heap, now) = (HeapKeeper(), BrokerTime(milliseconds: 0))
        return mebibytes.filter { use in
            now = now + .seconds(step)
            return heap.isTrimDue(use << 20, now: now)
        }
    }

    @Test func memoryIsHandedBackOnceWhenHalfOfItCameFree() {
        #expect(due([10, 200, 150, 101, 100, 99, 40, 120, 60, 29], everySeconds: 60) == [100, 40, 60])
    }

    @Test func littleIsNotWorthIt() {
        #expect(due([31, 0, 20, 1], everySeconds: 60).isEmpty)
        #expect(due([33, 1], everySeconds: 60) == [1])
    }

    @Test func notAllTheTime() {
        #expect(due([200, 10, 200, 10, 200, 11, 200, 12], everySeconds: 20) == [10, 11])
    }
}
