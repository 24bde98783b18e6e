package import RoostModel

/// What a receipt handle says, once opened.
package struct Receipt: Equatable {
    package var slot: UInt32
    /// 48 bits.
    package var number: UInt64
    /// The lease that the handle was issued for: see `MessageSlot.lease`.
    package var lease: UInt32
    /// Broker time of that receive in seconds, its low 16 bits: enough to tell how long a lease of at most
    /// 12 hours has been held.
    package var leasedSeconds: UInt16

    package init(slot: UInt32, number: UInt64, lease: UInt32, leasedSeconds: UInt16) {
        self.slot = slot
        self.number = number
        self.lease = lease
        self.leasedSeconds = leasedSeconds
    }
}

/// Turns receipts into handles and back: a synthetic initialisation vector (after Rogaway and Shrimpton, 2006).
///
/// The third word is a SipHash of the queue and the receipt, and also the seed of the key stream over the first two.
/// A changed or made-up handle fails the comparison of the tag, with odds of 2^64 to 1; a handle of another queue too.
package struct ReceiptHandleSeal {
    private let key: (UInt64, UInt64)

    package init(_ key: SealingKey) { self.key = key.handles }

    package func seal(_ receipt: Receipt, queue: UInt32) -> ReceiptHandle {
        let plain = (
            UInt64(receipt.slot) << 32 | UInt64(receipt.lease),
            receipt.number << 16 | UInt64(receipt.leasedSeconds)
        )
        let tag = self.tag(plain, queue: queue)
        return ReceiptHandle(words: (plain.0 ^ stream(tag, 0), plain.1 ^ stream(tag, 1), tag))
    }

    /// Nil for what this key did not seal for this queue.
    package func open(_ handle: ReceiptHandle, queue: UInt32) -> Receipt? {
        let tag = handle.words.2
        let plain = (handle.words.0 ^ stream(tag, 0), handle.words.1 ^ stream(tag, 1))
        guard self.tag(plain, queue: queue) == tag else { return nil }
        return Receipt(
            slot: UInt32(truncatingIfNeeded: plain.0 >> 32),
            number: plain.1 >> 16,
            lease: UInt32(truncatingIfNeeded: plain.0),
            leasedSeconds: UInt16(truncatingIfNeeded: plain.1)
        )
    }

    private func tag(_ plain: (UInt64, UInt64), queue: UInt32) -> UInt64 {
        var hash = SipHash(key: key)
        hash.combine(plain.0)
        hash.combine(plain.1)
        hash.combine(UInt64(queue))
        return hash.finalize()
    }

    private func stream(_ tag: UInt64, _ block: UInt64) -> UInt64 {
        var hash = SipHash(key: key)
        hash.combine(tag)
        hash.combine(block)
        return hash.finalize()
    }
}
