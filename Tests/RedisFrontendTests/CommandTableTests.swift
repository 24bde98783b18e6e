import RESP
import RedisFrontend
import RoostModel
import Testing

@Suite("The table of commands")
struct CommandTableTests {
    @Test("Every row is found by its name, in large and small letters, and by nothing else")
    func names() {
        let table = CommandTable.shared
        for row in table.rows {
            for name in [row.name, row.name.uppercased()] {
                let found = bytes(name).withUnsafeBytes { table.row(named: $0)?.name }
                #expect(found == row.name)
            }
            #expect(row.summary.hasSuffix(".") && row.name == row.name.lowercased() && row.arity != 0)
        }
        for name in ["", "g", "gett", "ge\u{14}", "lpush ", String(repeating: "x", count: 1000)] {
            #expect(bytes(name).withUnsafeBytes { table.row(named: $0) } == nil)
        }
        #expect(Set(table.rows.map(\.name)).count == table.rows.count)
    }

    @Test("Arguments become typed")
    func typed() throws {
        #expect(
            try parse("LPUSH list a b")
                == .list(.push(bytes("list"), .left, [bytes("a"), bytes("b")], onlyExisting: false)))
        #expect(try parse("rpop list") == .list(.pop(bytes("list"), .right, count: nil)))
        #expect(try parse("rpop list 3") == .list(.pop(bytes("list"), .right, count: 3)))
        #expect(
            try parse("set k v nx get px 10")
                == .string(
                    .set(
                        bytes("k"), bytes("v"),
                        SetOptions(condition: .ifNone, expiry: .after(Milliseconds(10)), answersOld: true))))
        #expect(
            try parse("lmpop 2 a b LEFT COUNT 7") == .list(.popFirst([bytes("a"), bytes("b")], .left, count: 7)))
        #expect(
            try parse("lpos k e rank -2 count 0 maxlen 9")
                == .list(.positions(bytes("k"), bytes("e"), rank: -2, count: 0, lengthMax: 9)))
    }

    @Test(
        "What is wrong is told in the words of Redis",
        arguments: [
            ("lpush list", "ERR wrong number of arguments for 'lpush' command"),
            ("get", "ERR wrong number of arguments for 'get' command"),
            ("get a b", "ERR wrong number of arguments for 'get' command"),
            ("nothing a b", "ERR unknown command 'nothing', with args beginning with: 'a' 'b' "),
            ("set k v nx xx", "ERR syntax error"), ("set k v ex 1 px 1", "ERR syntax error"),
            ("set k v ex 0", "ERR invalid expire time in 'set' command"),
            ("set k v ex 9223372036854775807", "ERR invalid expire time in 'set' command"),
            ("set k v ex", "ERR syntax error"), ("set k v ex 1.5", "ERR value is not an integer or out of range"),
            ("lpop list -1", "ERR value is out of range, must be positive"),
            ("lpop list 1 2", "ERR wrong number of arguments for 'lpop' command"),
            ("linsert k between p e", "ERR syntax error"),
            ("mset a 1 b", "ERR wrong number of arguments for 'mset' command"),
            ("lmpop 0 a LEFT", "ERR numkeys should be greater than 0"), ("lmpop 9 a LEFT", "ERR syntax error"),
            ("lmpop 1 a LEFT COUNT 0", "ERR count should be greater than 0"),
            ("lpos k e COUNT -1", "ERR COUNT can't be negative"),
            ("decrby k -9223372036854775808", "ERR decrement would overflow"),
        ])
    func faults(_ line: String, _ expected: String) {
        #expect(faultText(line) == expected)
    }

    @Test("Replies in both versions")
    func replies() {
        func written(_ reply: KeyReply, _ version: RESPVersion) -> String {
            var writer = ReplyWriter(version: version)
            writer.write(reply)
            return String(decoding: writer.take(), as: UTF8.self)
        }
        let reply = KeyReply.array([.integer(1), .null, .bytes([97]), .ok, .word(.list)])
        #expect(written(reply, .two) == "*5\r\n:1\r\n$-1\r\n$1\r\na\r\n+OK\r\n+list\r\n")
        #expect(written(reply, .three) == "*5\r\n:1\r\n_\r\n$1\r\na\r\n+OK\r\n+list\r\n")
        #expect(written(.nullArray, .two) == "*-1\r\n")
        #expect(
            written(.failure(.wrongType), .two)
                == "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")
    }
}
