import RoostCore
import RoostModel
import Testing

/// A keyspace that is asked, and a second one that only gets the effects: as after a restart.
struct KeyspaceHarness {
    var keys = Keyspace(SealingKey(words: (1, 2, 3, 4)))
    var replayed = Keyspace(SealingKey(words: (1, 2, 3, 4)))
    var now = BrokerTime(milliseconds: 1_000_000)
    private var random = SplitMix64(seed: 1)

    mutating func ask(_ command: KeyCommand) throws -> KeyReply {
        let prepared = keys.prepare(command, now: now, random: random.next())
        for effect in prepared.effects {
            try keys.apply(effect)
            try replayed.apply(effect)
        }
        return prepared.reply
    }

    mutating func ask(_ command: StringCommand) throws -> KeyReply { try ask(.string(command)) }
    mutating func ask(_ command: ListCommand) throws -> KeyReply { try ask(.list(command)) }
    mutating func ask(_ command: GenericCommand) throws -> KeyReply { try ask(.key(command)) }

    mutating func advance(_ milliseconds: Int64) { now = now + Milliseconds(milliseconds) }
}

func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }

extension KeyReply {
    static func text(_ text: String) -> Self { .bytes(RoostCoreTests.bytes(text)) }
    static func texts(_ texts: String...) -> Self { .array(texts.map { .text($0) }) }
}
