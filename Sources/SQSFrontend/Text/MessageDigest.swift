import Crypto
package import RoostModel

/// An MD5 sum, as SQS answers it: 32 hexadecimal digits that the SDKs compare with their own.
package struct MD5Sum: Sendable, Equatable {
    package let high: UInt64
    package let low: UInt64

    package init(of bytes: UnsafeRawBufferPointer) {
        var md5 = Insecure.MD5()
        md5.update(bufferPointer: bytes)
        self.init(md5)
    }

    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Self(of: $0) }
    }

    /// Of a body as JSON shows it, with U+FFFD for what is not UTF-8: SDKs refuse a message whose sum is not that of
    /// what they got.
    package init(ofBodyInJSON body: [UInt8]) {
        let isShownAsItIs = body.withUnsafeBytes { UTF8Text.isValid($0) }
        self.init(of: isShownAsItIs ? body : Array(String(decoding: body, as: UTF8.self).utf8))
    }

    /// Of a body as XML shows it, which lacks some characters too.
    package init(ofBodyInXML body: [UInt8]) {
        let isShownAsItIs = body.withUnsafeBytes { UTF8Text.isValid($0) && UTF8Text.isLegalMessage($0) }
        self.init(of: isShownAsItIs ? body : Array(UTF8Text.legalMessage(body).utf8))
    }

    /// Nil without attributes: SQS leaves the sum out then.
    ///
    /// For each attribute in the order of names: length and bytes of the name, of the whole type, one byte for the kind
    /// of value (1 text, 2 binary), length and bytes of the value. Lengths are 32 bits, big-endian.
    package init?(of attributes: [MessageAttribute]) {
        if attributes.isEmpty { return nil }
        var md5 = Insecure.MD5()
        for attribute in attributes.sorted(by: { Self.precedes($0.name, $1.name) }) {
            md5.updateCounted(attribute.name)
            md5.updateCounted(attribute.type)
            switch attribute.value {
            case .text(let text):
                md5.update(1)
                md5.updateCounted(text)
            case .binary(let bytes):
                md5.update(2)
                bytes.withUnsafeBytes { md5.updateCounted($0) }
            }
        }
        self.init(md5)
    }

    private init(_ md5: Insecure.MD5) {
        let digest = md5.finalize()
        (high, low) = digest.withUnsafeBytes { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// Order of the UTF-8 bytes, which is that of the code points. String's own order is by normal form.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    package func writeHex(_ append: (UInt8) -> Void) {
        for word in [high, low] {
            for shift in stride(from: 60, through: 0, by: -4) {
                append(hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15))
            }
        }
    }

    package var description: String {
        var digits: [UInt8] = []
        writeHex { digits.append($0) }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension Insecure.MD5 {
    fileprivate mutating func update(_ byte: UInt8) {
        withUnsafeBytes(of: byte) { update(bufferPointer: $0) }
    }

    fileprivate mutating func updateCounted(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).bigEndian) { update(bufferPointer: $0) }
        update(bufferPointer: bytes)
    }

    fileprivate mutating func updateCounted(_ text: String) {
        var text = text
        text.withUTF8 { updateCounted(UnsafeRawBufferPointer($0)) }
    }
}
