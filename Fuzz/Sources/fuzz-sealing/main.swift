import FuzzRunner
import FuzzSupport
import Glibc
import RoostCore
import RoostModel

private let key = SealingKey(words: (1, 2, 3, 4))

private func check(_ handle: ReceiptHandle) {
    precondition(ReceiptHandle(handle.description) == handle)
    let seal = ReceiptHandleSeal(key)
    guard let receipt = seal.open(handle, queue: 3) else { return }
    precondition(seal.seal(receipt, queue: 3) == handle)
}

// Ids and handles from requests. What is opened was sealed: sealing it again gives the same.
exit(
    runFuzzer(seeds: { _ in
        let id = MessageIDSeal(key).seal(slot: 7, number: 99)
        let receipt = Receipt(slot: 7, number: 99, lease: 1, leasedSeconds: 5)
        let handle = ReceiptHandleSeal(key).seal(receipt, queue: 3)
        return [Array(id.description.utf8), Array(handle.description.utf8)]
    }) { bytes, count in
        let buffer = UnsafeBufferPointer(start: bytes, count: count)
        let text = String(decoding: buffer, as: UTF8.self)
        if let id = MessageID(text) {
            precondition(MessageID(id.description) == id)
            let seal = MessageIDSeal(key)
            if let (slot, number) = seal.open(id) { precondition(seal.seal(slot: slot, number: number) == id) }
        }
        if let handle = ReceiptHandle(text) { check(handle) }
        if let handle = ReceiptHandle(bytes: UnsafeRawBufferPointer(buffer)) { check(handle) }
        return 0
    })
