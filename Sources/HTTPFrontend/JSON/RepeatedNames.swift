import FoundationEssentials

/// Looks for a name that an object of a JSON text has twice: the decoder keeps one of the values, and who sent both
/// may have meant the other.
///
/// Only for texts that were decoded: what is no JSON is passed over.
struct RepeatedNames {
    private let text: UnsafeRawBufferPointer
    private var place = 0
    /// The names met in the objects around the place, the innermost one last; nil: an array.
    private var around: [Set<String>?] = []
    /// The next string is the name of a member.
    private var isName = false

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    static func first(in text: UnsafeRawBufferPointer) -> String? {
        var names = Self(text)
        return names.next()
    }

    private mutating func next() -> String? {
        while place < text.count {
            let byte = text[place]
            place += 1
            switch byte {
            case UInt8(ascii: "{"): enter([])
            case UInt8(ascii: "["): enter(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): leave()
            case UInt8(ascii: ","): isName = around.last.map { $0 != nil } ?? false
            case UInt8(ascii: "\""):
                let string = takeString()
                if isName, let name = repeated(string) { return name }
                isName = false
            default: break
            }
        }
        return nil
    }

    private mutating func enter(_ names: Set<String>?) {
        around.append(names)
        isName = names != nil
    }

    private mutating func leave() {
        _ = around.popLast()
        isName = false
    }

    /// The bytes up to the quote that ends the string, behind which the place is then.
    private mutating func takeString() -> Range<Int> {
        let start = place
        while place < text.count, text[place] != UInt8(ascii: "\"") {
            place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        let end = min(place, text.count)
        place = end + 1
        return start..<end
    }

    private mutating func repeated(_ string: Range<Int>) -> String? {
        let last = around.count - 1
        guard last >= 0 else { return nil }
        let name = name(string)
        return around[last]?.insert(name).inserted == false ? name : nil
    }

    /// `"\u0061"` is the same name as `"a"`.
    private func name(_ string: Range<Int>) -> String {
        let bytes = text[string]
        let plain = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(UInt8(ascii: "\\")) else { return plain }
        return (try? JSONDecoder().decode(String.self, from: Data("\"\(plain)\"".utf8))) ?? plain
    }
}
