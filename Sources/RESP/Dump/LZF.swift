/// Unpacks what LibLZF packed: runs of bytes, and repetitions of what came before.
enum LZF {
    /// - Parameter count: how many bytes it has to become.
    static func unpack(_ packed: ArraySlice<UInt8>, count: Int) throws(DumpError) -> [UInt8] {
        var (cursor, bytes) = (DumpCursor(packed), [UInt8]())
        while !cursor.isAtEnd {
            let control = Int(try cursor.byte())
            if control < 32 {
                bytes += try cursor.take(control + 1)
            } else {
                var length = control >> 5
                if length == 7 { length += Int(try cursor.byte()) }
                let distance = (control & 0x1F) << 8 | Int(try cursor.byte())
                try repeatBytes(&bytes, distance + 1, length + 2)
            }
            guard bytes.count <= count else { throw .format }
        }
        guard bytes.count == count else { throw .format }
        return bytes
    }

    /// One by one: what is repeated may reach into itself.
    private static func repeatBytes(_ bytes: inout [UInt8], _ distance: Int, _ length: Int) throws(DumpError) {
        guard distance <= bytes.count else { throw .format }
        for _ in 0..<length { bytes.append(bytes[bytes.count - distance]) }
    }
}
