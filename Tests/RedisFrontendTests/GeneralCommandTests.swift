import RedisFrontend
import RoostModel
import Testing

@Suite("Requests on keys of any type, databases and bits")
struct GeneralCommandTests {
    private let key = bytes("k")

    @Test("Expiries")
    func expiries() throws {
        #expect(try parse("expire k 5") == .key(.expireAfter(key, Milliseconds(5000), .always)))
        #expect(try parse("pexpire k -5 nx") == .key(.expireAfter(key, Milliseconds(-5), .ifNone)))
        #expect(try parse("expireat k 5 xx GT") == .key(.expire(key, at: BrokerTime(milliseconds: 5000), .ifLater)))
        #expect(
            try parse("pexpireat k 9223372036854775807 lt xx")
                == .key(.expire(key, at: BrokerTime(milliseconds: .max), .ifSomeEarlier)))
        for (name, form) in [
            ("ttl", ExpiryForm.secondsLeft), ("pttl", .millisecondsLeft), ("expiretime", .seconds),
            ("pexpiretime", .milliseconds),
        ] {
            #expect(try parse(name + " k") == .key(.expiry(key, form)))
        }
    }

    @Test("Keys and databases")
    func databases() throws {
        #expect(try parse("keys *") == .key(.names(nil)))
        #expect(try parse("keys a*") == .key(.names(GlobPattern(bytes("a*")))))
        #expect(try parse("touch a b") == .key(.exists(bytes("a", "b"))))
        #expect(try parse("copy k n replace") == .key(.copy(key, to: bytes("n"), replaces: true)))
        #expect(
            try parse("copy k n DB 3") == .databases(.copy(key, to: bytes("n"), in: 3, replaces: false)))
        #expect(try parse("move k 200") == .databases(.move(key, to: 200)))
        #expect(try parse("swapdb 0 15") == .databases(.swap(0, 15)))
        #expect(try parse("flushall") == .databases(.flushAll) && parse("flushall ASYNC") == .databases(.flushAll))
        #expect(try parse("object encoding k") == .key(.about(key, .encoding)))
        #expect(try parse("memory usage k samples 0") == .key(.about(key, .bytes)))
    }

    @Test("SORT")
    func sort() throws {
        let options = SortOptions(
            by: SortPattern(bytes("w_*")), get: [.element, SortPattern(bytes("h_*->f"))], offset: 1, count: 2,
            isDescending: true, isAlphabetic: true, destination: bytes("to"))
        #expect(
            try parse("sort k by w_* get # get h_*->f limit 1 2 asc desc alpha store x store to")
                == .key(.sort(key, options)))
        #expect(
            try parse("sort_ro k by w_* by nosort by w_*") == .key(.sort(key, SortOptions(by: .constant))))
    }

    @Test("Bits")
    func bits() throws {
        #expect(try parse("setbit k 4294967295 1") == .bits(.set(key, at: 4_294_967_295, true)))
        #expect(try parse("bitcount k") == .bits(.count(key, nil)))
        #expect(try parse("bitcount k 1 -2 bit") == .bits(.count(key, BitRange(1, -2, isOfBits: true))))
        #expect(try parse("bitpos k 0 3") == .bits(.position(key, of: false, BitRange(3, nil))))
        #expect(try parse("bitpos k 1 3 4 byte") == .bits(.position(key, of: true, BitRange(3, 4))))
        #expect(try parse("bitop xor to a b") == .bits(.combine(.xor, bytes("a", "b"), to: bytes("to"))))
        let (one, other) = (
            BitField(isSigned: true, width: 5, place: 100), BitField(isSigned: false, width: 8, place: 16)
        )
        #expect(
            try parse("bitfield k incrby i5 100 1 overflow sat set u8 #2 3 get u8 #2")
                == .bits(
                    .fields(
                        key,
                        [
                            BitFieldStep(one, .increment(1, .wrap)), BitFieldStep(other, .set(3, .saturate)),
                            BitFieldStep(other, .get),
                        ])))
        #expect(
            try parse("lcs a b idx minmatchlen 4 withmatchlen")
                == .string(.longestCommon(bytes("a"), bytes("b"), .places(countMin: 4, withCounts: true))))
    }

    @Test("HELP, and the keys of SORT")
    func help() throws {
        let client = try TestServer().connect()
        let help = try client.ask("OBJECT HELP")
        #expect(help.hasPrefix("*11|+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:|+ENCODING <key>|"))
        #expect(try client.ask("MEMORY HELP").contains("|+USAGE <key> ...|+    Answers what a key takes in memory.|"))
        #expect(try client.ask("CLIENT HELP").contains("|+ID|+    Answers the id of the client.|+GETNAME|"))
        let containers = CommandTable.shared.rows.map(\.name).filter {
            ["object", "memory", "client", "config", "pubsub", "module", "slowlog", "latency", "function", "command"]
                .contains($0)
        }
        #expect(containers.count == 10)
        for name in containers {
            #expect(try client.ask(name + " help").hasSuffix("|+HELP|+    Prints this help.|"))
            #expect(try client.ask(name + " help x").hasPrefix("-ERR wrong number of arguments for '\(name)|help'"))
        }
        #expect(
            try client.ask("COMMAND GETKEYS sort a by x get b store c store d limit 1 2") == "*2|$1|a|$1|d|")
        #expect(try client.ask("COMMAND GETKEYS sort_ro a by store") == "*1|$1|a|")
        #expect(try client.ask("COMMAND GETKEYS bzmpop 1 2 a b min") == "*2|$1|a|$1|b|")
    }
}
