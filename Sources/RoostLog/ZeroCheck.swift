import Glibc

extension UnsafeRawBufferPointer {
    /// In prepared segments zero means "no data": one byte that is not zero is data or damage.
    var isAllZero: Bool {
        guard let base = baseAddress, count > 0 else { return true }
        return self[0] == 0 && memcmp(base, base + 1, count - 1) == 0
    }

    /// Offset behind the last byte that is not zero.
    var endOfNonZero: Int {
        var end = count
        while end >= 4096, part(end - 4096, end).isAllZero { end -= 4096 }
        while end > 0, self[end - 1] == 0 { end -= 1 }
        return end
    }
}
