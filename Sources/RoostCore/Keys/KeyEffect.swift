package import RoostModel

/// What a command does to keys, as it stands in the log: few and simple changes, with nothing to decide.
package enum KeyEffect: Sendable, Equatable {
    /// The key holds this string from now on, whatever it held.
    case putString(Bytes, Bytes, expiry: BrokerTime?)
    /// Of a string that exists, or of an empty one: bytes at a place not beyond its end.
    case splice(Bytes, offset: Int, Bytes)
    /// Of a string that exists: with zeros, up to so many bytes.
    case extend(Bytes, to: Int)
    case setExpiry(Bytes, BrokerTime?)
    case delete(Bytes)
    /// The value goes to another name, with its expiry, in place of what is there.
    case rename(Bytes, to: Bytes)
    /// The value is at another name too, with its expiry, in place of what is there.
    case copy(from: Bytes, to: Bytes)
    case flush
    case hash(HashEffect)
    case set(SetEffect)
    case sortedSet(SortedSetEffect)
    /// For `Databases` to carry out.
    case databases(DatabaseEffect)

    /// Makes the list if there is none.
    case push(Bytes, ListEnd, [Bytes])
    case setElement(Bytes, at: Int, Bytes)
    case insertElement(Bytes, at: Int, Bytes)
    /// A list without elements goes.
    case removeElements(Bytes, Range<Int>)
}

/// What a command would do, and what it answers.
package struct PreparedKeys: Sendable, Equatable {
    package var reply: KeyReply
    package var effects: [KeyEffect] = []

    package init(_ reply: KeyReply, _ effects: [KeyEffect] = []) {
        self.reply = reply
        self.effects = effects
    }
}
