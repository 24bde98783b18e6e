import RoostCore
import RoostModel
import Testing

/// A keyspace that is asked, and a second one that only gets the effects, by way of their bytes: as after a restart.
struct KeyspaceHarness {
    var keys = Keyspace(SealingKey(words: (1, 2, 3, 4)))
    var replayed = Keyspace(SealingKey(words: (1, 2, 3, 4)))
    var now = BrokerTime(milliseconds: 1_000_000)
    private var random = SplitMix64(seed: 1)

    mutating func ask(_ command: KeyCommand) throws -> KeyReply {
        let prepared = keys.prepare(command, now: now, random: random.next())
        for effect in prepared.effects { try keys.apply(effect) }
        for effect in try decoded(encoded(prepared.effects)) { try replayed.apply(effect) }
        return prepared.reply.inParts
    }

    mutating func ask(_ command: StringCommand) throws -> KeyReply { try ask(.string(command)) }
    mutating func ask(_ command: ListCommand) throws -> KeyReply { try ask(.list(command)) }
    mutating func ask(_ command: SetCommand) throws -> KeyReply { try ask(.set(command)) }
    mutating func ask(_ command: GenericCommand) throws -> KeyReply { try ask(.key(command)) }

    mutating func advance(_ milliseconds: Int64) { now = now + Milliseconds(milliseconds) }
}

func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }

func encoded(_ effects: [KeyEffect]) -> Bytes {
    // So that what is not written does not pass for zeros.
    var bytes = Bytes(repeating: 0xAA, count: KeyEffectCodec.size(effects))
    bytes.withUnsafeMutableBytes { KeyEffectCodec.encode(effects, into: $0) }
    return bytes
}

func decoded(_ bytes: some Sequence<UInt8>) throws -> [KeyEffect] {
    try Array(bytes).withUnsafeBytes { try KeyEffectCodec.decode($0) }
}

extension KeyReply {
    static func text(_ text: String) -> Self { .bytes(RoostCoreTests.bytes(text)) }
    static func members(_ texts: String...) -> Self { .set(texts.sorted().map { .text($0) }) }
    /// Strings that are in one piece as an array of them: so are the answers of models.
    var inParts: Self {
        guard case .strings(let strings) = self else { return self }
        var parts: [KeyReply] = []
        strings.forEach { parts.append(.bytes(Bytes($0))) }
        return .array(parts)
    }

    static func texts(_ texts: String...) -> Self { .array(texts.map { .text($0) }) }

    /// What it holds, as texts; null is "-".
    var texts: [String] {
        guard case .array(let replies) = self.listed else { return [] }
        return replies.map { reply in
            guard case .bytes(let bytes) = reply else { return "-" }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// A set in the order of its members, to be compared.
    var ordered: Self {
        guard case .set = self else { return self }
        return .set(texts.sorted().map { .text($0) })
    }

    private var listed: Self {
        guard case .set(let members) = self else { return self }
        return .array(members)
    }
}
