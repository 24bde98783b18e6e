/// How SORT orders elements, and what it answers of them.
package struct SortOptions: Sendable, Equatable {
    /// What is compared in place of the elements. A pattern without a star keeps the order that there is.
    package var by: SortPattern?
    /// What is answered for each element; the element itself when empty.
    package var get: [SortPattern]
    package var offset: Int64
    /// All when negative.
    package var count: Int64
    package var isDescending: Bool
    /// Compares bytes instead of numbers.
    package var isAlphabetic: Bool
    /// The list that gets the answer.
    package var destination: Bytes?
    /// Sorts the members of a set even if `by` keeps the order that there is: for scripts, as Redis does it.
    package var ordersSets: Bool

    package init(
        by: SortPattern? = nil, get: [SortPattern] = [], offset: Int64 = 0, count: Int64 = -1,
        isDescending: Bool = false, isAlphabetic: Bool = false, destination: Bytes? = nil, ordersSets: Bool = false
    ) {
        self.by = by
        self.get = get
        self.offset = offset
        self.count = count
        self.isDescending = isDescending
        self.isAlphabetic = isAlphabetic
        self.destination = destination
        self.ordersSets = ordersSets
    }
}

/// Where SORT finds the value that belongs to an element.
package enum SortPattern: Sendable, Equatable {
    /// `#`: the element itself.
    case element
    /// No star: there is no value, whatever the element.
    case constant
    /// The string in the key that has the element in place of the star.
    case key(prefix: Bytes, suffix: Bytes)
    /// A field of the hash in such a key.
    case field(Bytes, prefix: Bytes, suffix: Bytes)

    package init(_ text: Bytes) {
        guard let star = text.firstIndex(of: UInt8(ascii: "*")) else {
            self = text == [UInt8(ascii: "#")] ? .element : .constant
            return
        }
        let (prefix, rest) = (Bytes(text[..<star]), text[(star + 1)...])
        let arrow = rest.indices.dropLast().first { text[$0] == UInt8(ascii: "-") && text[$0 + 1] == UInt8(ascii: ">") }
        // An arrow at the very end belongs to the name of the key.
        guard let arrow, arrow + 2 < text.endIndex else {
            self = .key(prefix: prefix, suffix: Bytes(rest))
            return
        }
        self = .field(Bytes(text[(arrow + 2)...]), prefix: prefix, suffix: Bytes(rest[..<arrow]))
    }
}
