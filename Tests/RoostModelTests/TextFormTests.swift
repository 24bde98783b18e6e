import RoostModel
import Testing

/// Some words with all kinds of bits, from a fixed seed.
private let words: [UInt64] = {
    var state: UInt64 = 42
    return [0, 1, .max, 1 << 63, 0xffff_ffff, 0xfedc_ba98_7654_3210]
        + (0..<300).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
}()

@Suite("The text of message ids")
struct MessageIDTextTests {
    @Test("It is a UUID in lower case")
    func known() {
        let id = MessageID(high: 0x0123_4567_89ab_4def, low: 0x8edc_ba98_7654_3210)
        #expect(id.description == "01234567-89ab-4def-8edc-ba9876543210")
    }

    @Test("Reading it gives the id back, in either case")
    func roundTrip() {
        for (high, low) in zip(words, words.reversed()) {
            let id = MessageID(high: high, low: low)
            #expect(id.description.utf8.count == MessageID.textByteCount)
            #expect(MessageID(id.description) == id)
            #expect(MessageID(id.description.uppercased()) == id)
            var bytes: [UInt8] = []
            id.writeText { bytes.append($0) }
            #expect(String(decoding: bytes, as: UTF8.self) == id.description)
        }
    }

    @Test("Any other length is refused")
    func lengths() {
        let text = MessageID(high: 1, low: 2).description
        for count in 0..<text.count { #expect(MessageID(String(text.prefix(count))) == nil) }
        #expect(MessageID(text + "0") == nil && MessageID(" " + text) == nil && MessageID("{\(text)}") == nil)
        #expect(MessageID(text.replacing("-", with: "")) == nil)
    }

    @Test("Any other character, at any place, is refused")
    func characters() {
        let text = Array(MessageID(high: 1, low: 2).description.utf8)
        for place in text.indices {
            for wrong in UInt8(0)..<128 {
                var changed = text
                changed[place] = wrong
                let read = MessageID(String(decoding: changed, as: UTF8.self))
                let isHyphen = text[place] == UInt8(ascii: "-")
                let isLegal = isHyphen ? wrong == UInt8(ascii: "-") : hexValue(wrong) != nil
                guard (read != nil) == isLegal else {
                    Issue.record("byte \(wrong) at \(place)")
                    return
                }
            }
        }
        #expect(MessageID(String(repeating: "ü", count: 18)) == nil)
    }

    @Test("Hexadecimal digits are read as they are written")
    func hexDigits() {
        for value in UInt8(0)..<16 { #expect(hexValue(hexDigit(value)) == value) }
        #expect((0..<256).filter { hexValue(UInt8($0)) != nil }.count == 22)
    }
}

@Suite("The text of receipt handles")
struct ReceiptHandleTextTests {
    static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._".utf8)

    /// The three words as one number, six bits a digit, the highest first.
    @Test("It is the 192 bits in base 64")
    func known() {
        #expect(ReceiptHandle(words: (0, 0, 0)).description == String(repeating: "A", count: 32))
        #expect(ReceiptHandle(words: (.max, .max, .max)).description == String(repeating: "_", count: 32))
        for bit in 0..<192 {
            var words: [UInt64] = [0, 0, 0]
            words[bit / 64] = 1 << UInt64(63 - bit % 64)
            var expected = Array(repeating: UInt8(ascii: "A"), count: 32)
            expected[bit / 6] = Self.digits[1 << (5 - bit % 6)]
            let handle = ReceiptHandle(words: (words[0], words[1], words[2]))
            #expect(handle.description == String(decoding: expected, as: UTF8.self), "bit \(bit)")
        }
    }

    @Test("Reading it gives the handle back")
    func roundTrip() {
        for index in 0..<words.count - 2 {
            let handle = ReceiptHandle(words: (words[index], words[index + 1], words[index + 2]))
            #expect(handle.description.utf8.count == ReceiptHandle.textByteCount)
            #expect(ReceiptHandle(handle.description) == handle)
            let read = Array(handle.description.utf8).withUnsafeBytes { ReceiptHandle(bytes: $0) }
            #expect(read == handle)
            var bytes: [UInt8] = []
            handle.writeText { bytes.append($0) }
            #expect(String(decoding: bytes, as: UTF8.self) == handle.description)
        }
    }

    @Test("Any other length is refused")
    func lengths() {
        let text = String(repeating: "A", count: 40)
        for count in 0...40 { #expect((ReceiptHandle(String(text.prefix(count))) != nil) == (count == 32)) }
        #expect(ReceiptHandle(String(repeating: "A", count: 31) + "=") == nil)
        #expect(ReceiptHandle(String(repeating: "ü", count: 16)) == nil)
    }

    @Test("Any other character, at any place, is refused; each of the 64 means something else")
    func characters() {
        let text = Array(ReceiptHandle(words: (words[7], words[8], words[9])).description.utf8)
        for place in text.indices {
            var read: Set<ReceiptHandle> = []
            for byte in UInt8(0)..<128 {
                var changed = text
                changed[place] = byte
                let handle = ReceiptHandle(String(decoding: changed, as: UTF8.self))
                if let handle { read.insert(handle) }
                guard (handle != nil) == Self.digits.contains(byte) else {
                    Issue.record("byte \(byte) at \(place)")
                    return
                }
            }
            #expect(read.count == 64)
        }
    }

    @Test("Handles are equal when all three words are")
    func equality() {
        let handle = ReceiptHandle(words: (1, 2, 3))
        #expect(handle == ReceiptHandle(words: (1, 2, 3)))
        for other in [(0, 2, 3), (1, 0, 3), (1, 2, 0)] as [(UInt64, UInt64, UInt64)] {
            #expect(handle != ReceiptHandle(words: other))
        }
    }
}
