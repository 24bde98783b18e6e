package import RESP
package import RoostModel

extension ReplyWriter {
    /// A reply about keys in the form of the protocol's version.
    package mutating func write(_ reply: KeyReply) {
        switch reply {
        case .ok: writeOK()
        case .null: writeNull()
        case .nullArray: writeNullArray()
        case .integer(let number): writeInteger(number)
        case .bytes(let bytes): writeBulk(bytes)
        case .double(let number): writeDouble(number)
        case .word(let word): writeSimpleString(Array(word.rawValue.utf8))
        case .array(let replies):
            writeArray(count: replies.count)
            for reply in replies { write(reply) }
        case .strings(let strings):
            writeArray(count: strings.count)
            writeBulks(strings)
        case .scored(let members): write(members)
        case .map(let replies):
            writeMap(count: replies.count / 2)
            for reply in replies { write(reply) }
        case .pairs(let replies): writePairs(replies)
        case .set(let replies):
            writeSet(count: replies.count)
            for reply in replies { write(reply) }
        case .page(let next, let found): write(found, next)
        case .content(let content): writeBulk(DumpWriter.dump(content))
        case .failure(let error): writeError(error.text)
        }
    }

    private mutating func writePairs(_ replies: [KeyReply]) {
        writeArray(count: version == .two ? replies.count : replies.count / 2)
        for (place, reply) in replies.enumerated() {
            if version == .three, place.isMultiple(of: 2) { writeArray(count: 2) }
            write(reply)
        }
    }

    private mutating func write(_ members: [ScoredMember]) {
        writeArray(count: version == .two ? members.count * 2 : members.count)
        for member in members {
            if version == .three { writeArray(count: 2) }
            writeBulk(member.member)
            writeDouble(member.score)
        }
    }

    /// The cursor is text: it has 64 bits without a sign.
    private mutating func write(_ found: [Bytes], _ next: UInt64) {
        var cursor: Bytes = []
        IntegerText.append(next, to: &cursor)
        writeArray(count: 2)
        writeBulk(cursor)
        writeArray(count: found.count)
        for bytes in found { writeBulk(bytes) }
    }

    package mutating func write(_ error: CommandError) { writeError(error.text) }
}
