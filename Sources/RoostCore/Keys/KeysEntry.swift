/// Changes of the keys of one database, carried out together: one command, or all of a transaction.
///
/// In bytes: database u8 | effects to the end, as in `KeyEffectCodec`.
package struct KeysEntry: Sendable, Equatable {
    package var database: UInt8
    package var effects: [KeyEffect]

    package init(database: UInt8, effects: [KeyEffect]) {
        self.database = database
        self.effects = effects
    }

    /// Bytes of the payload. Goes through all effects.
    package var size: Int { 1 + KeyEffectCodec.size(effects) }

    /// Fills exactly `size` bytes.
    package func encode(into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ByteWriter(buffer)
        encode(&writer)
    }

    func encode(_ writer: inout ByteWriter) {
        writer.write(database)
        KeyEffectCodec.encode(effects, &writer)
    }

    package init(decoding payload: UnsafeRawBufferPointer) throws(EntryDecodingError) {
        var reader = ByteReader(payload)
        try self.init(&reader)
    }

    init(_ reader: inout ByteReader) throws(EntryDecodingError) {
        database = try reader.readDatabase()
        effects = try KeyEffectCodec.decode(&reader)
        guard !effects.isEmpty else { throw .init(reason: "keys without an effect") }
    }
}

extension [KeyEffect] {
    /// Visits them in their place, in order: a `for` loop would retain all that is in each.
    @inline(__always)
    package func visit<Failure>(_ body: (UnsafePointer<KeyEffect>) throws(Failure) -> Void) throws(Failure) {
        try withUnsafeBufferPointer { (effects) throws(Failure) in
            guard let first = effects.baseAddress else { return }
            for index in 0..<effects.count { try body(first + index) }
        }
    }
}
