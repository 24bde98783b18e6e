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
        case .failure(let error): writeError(error.text)
        }
    }

    package mutating func write(_ error: CommandError) { writeError(error.text) }
}
