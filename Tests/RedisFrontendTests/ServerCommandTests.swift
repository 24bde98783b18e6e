import RedisFrontend
import RoostModel
import Testing

@Suite("Commands about the server and its clients")
struct ServerCommandTests {
    @Test(
        "Answers",
        arguments: [
            ("PING", "+PONG|"), ("PING hi", "$2|hi|"),
            ("PING a b", "-ERR wrong number of arguments for 'ping' command|"),
            ("ECHO hi", "$2|hi|"), ("CLIENT ID", ":1|"), ("CLIENT SETNAME a", "+OK|"),
            ("CLIENT SETINFO LIB-NAME x", "+OK|"), ("CLIENT SETINFO lib-ver 1.2", "+OK|"),
            ("CLIENT SETINFO x y", "-ERR Unrecognized option 'x'|"),
            ("CLIENT SETINFO LIB-NAME 'a b'", "-ERR lib-name cannot contain spaces, newlines or special characters.|"),
            ("CLIENT NO-EVICT on", "+OK|"), ("CLIENT NO-TOUCH off", "+OK|"),
            ("CLIENT NO-EVICT x", "-ERR syntax error|"),
            ("CLIENT PAUSE x", "-ERR timeout is not an integer or out of range|"),
            ("CLIENT PAUSE -1", "-ERR timeout is negative|"),
            ("CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range|"),
            ("CLIENT PAUSE 1 some", "-ERR CLIENT PAUSE mode must be WRITE or ALL|"), ("CLIENT UNPAUSE", "+OK|"),
            ("CLUSTER INFO", "-ERR This instance has cluster support disabled|"),
            ("READONLY", "-ERR This instance has cluster support disabled|"),
            ("CLIENT GETREDIR", ":-1|"), ("CLIENT", "-ERR wrong number of arguments for 'client' command|"),
            ("CLIENT FOO bar", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.|"),
            ("CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command|"),
            ("CLIENT TRACKINGINFO", "*6|$5|flags|*1|$3|off|$8|redirect|:-1|$8|prefixes|*0|"),
            ("CLIENT KILL 1.2.3.4:1", "-ERR No such client|"), ("CLIENT KILL ID 99", ":0|"),
            ("CLIENT KILL ID x", "-ERR client-id should be greater than 0|"),
            ("CLIENT KILL FOO bar", "-ERR syntax error|"),
            ("CLIENT KILL TYPE x", "-ERR Unknown client type 'x'|"), ("CLIENT KILL USER x", "-ERR No such user 'x'|"),
            ("CLIENT LIST ID x", "-ERR Invalid client ID|"), ("CLIENT LIST FOO", "-ERR syntax error|"),
            ("CLIENT LIST ID 99", "$0||"), ("ROLE", "*3|$6|master|:0|*0|"), ("MODULE LIST", "*0|"),
            ("WAIT 1 1000", ":0|"), ("WAIT a b", "-ERR value is not an integer or out of range|"),
            ("WAIT 1 -1", "-ERR timeout is negative|"), ("WAITAOF 1 0 100", "*2|:1|:0|"),
            ("WAITAOF 2 0 100", "-ERR value is out of range, value must between 0 and 1|"),
            ("TIME", "*2|$10|1700000000|$1|7|"),
            ("CONFIG GET maxmemory-policy", "*2|$16|maxmemory-policy|$10|noeviction|"),
            ("CONFIG GET APPENDFSYNC save", "*4|$11|appendfsync|$6|always|$4|save|$0||"), ("CONFIG GET nothing", "*0|"),
            ("CONFIG SET nothing 1", "-ERR Unknown option or number of arguments for CONFIG SET - 'nothing'|"),
            (
                "CONFIG SET databases 3",
                "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config|"
            ),
            ("CONFIG SET databases 16", "+OK|"), ("CONFIG SET timeout 0 databases", "-ERR syntax error|"),
            (
                "CONFIG SET timeout 0 timeout 1",
                "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter|"
            ),
            (
                "CONFIG SET timeout x",
                "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an "
                    + "integer|"
            ),
            ("CONFIG REWRITE", "-ERR The server is running without a config file|"),
            ("SLOWLOG GET", "*0|"), ("SLOWLOG GET -1", "*0|"), ("SLOWLOG LEN", ":0|"), ("SLOWLOG RESET", "+OK|"),
            ("SLOWLOG GET -2", "-ERR count should be greater than or equal to -1|"),
            ("LATENCY LATEST", "*0|"), ("LATENCY HISTORY command", "*0|"), ("LATENCY RESET a b", ":0|"),
            ("MEMORY PURGE", "+OK|"), ("FUNCTION LIST", "*0|"), ("FUNCTION FLUSH", "+OK|"),
            ("FUNCTION FLUSH async", "+OK|"),
            ("FUNCTION FLUSH x", "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option|"),
            ("MEMORY DOCTOR", "$20|Memory is not short.|"),
            ("CONFIG GET slowlog-log-slower-than", "*2|$23|slowlog-log-slower-than|$2|-1|"),
            ("CONFIG RESETSTAT", "+OK|"), ("COMMAND GETKEYS set a b", "*1|$1|a|"),
            ("COMMAND GETKEYS blpop a b 0", "*2|$1|a|$1|b|"), ("COMMAND GETKEYS lmpop 2 a b left", "*2|$1|a|$1|b|"),
            ("COMMAND GETKEYS lmpop 9 a b left", "-ERR Invalid arguments specified for command|"),
            ("COMMAND GETKEYS ping x", "-ERR The command has no key arguments|"),
            ("COMMAND GETKEYS foo a", "-ERR Invalid command specified|"),
            ("COMMAND GETKEYS mset a 1 b 2", "*2|$1|a|$1|b|"),
            ("COMMAND LIST FILTERBY PATTERN rpop*", "*2|$4|rpop|$9|rpoplpush|"),
            ("COMMAND INFO get nothing", "*2|*10|$3|get|:2|*2|+readonly|+fast|:1|:1|:1|*0|*0|*0|*0|*-1|"),
            ("COMMAND FOO", "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.|"),
            (
                "COMMAND DOCS get",
                "*2|$3|get|*6|$7|summary|$27|Answers the value of a key.|$5|since|$5|1.0.0|$5|group|$6|string|"
            ),
        ])
    func answers(_ line: String, _ expected: String) throws {
        let server = TestServer { $0.wallTime = { (1_700_000_000, 7) } }
        #expect(try server.connect().ask(line) == expected)
    }

    @Test("The command before helps to find the next one, and makes no names")
    func commandBefore() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("CLIENT ID") == ":1|")
        #expect(try client.ask("client|id").hasPrefix("-ERR unknown command 'client|id'"))
        #expect(try client.ask("PING") + client.ask("ping a") == "+PONG|$1|a|")
        #expect(try client.ask("PINGS").hasPrefix("-ERR unknown command 'PINGS'"))
        #expect(try client.ask("ECHO") == "-ERR wrong number of arguments for 'echo' command|")
        #expect(try client.ask("echo a") == "$1|a|")
    }

    @Test("DEBUG is closed unless it is allowed")
    func debug() throws {
        #expect(try TestServer().connect().ask("DEBUG PROTOCOL string").hasPrefix("-ERR DEBUG command not allowed."))
        let client = try TestServer { $0.allowsDebug = true }.connect()
        #expect(try client.ask("DEBUG PROTOCOL string") == "$11|Hello World|")
        #expect(try client.ask("DEBUG PROTOCOL x").hasPrefix("-ERR Wrong protocol type name."))
        #expect(try client.ask("DEBUG PROTOCOL attrib") == "$39|Some real reply following the attribute|")
        #expect(try client.ask("DEBUG SLEEP 0.001") == "+OK|")
        #expect(try client.ask("DEBUG SLEEP -1") == "-ERR value is out of range, must be positive|")
        #expect(try client.ask("DEBUG SET-ACTIVE-EXPIRE 0") == "+OK|")
        #expect(try client.ask("DEBUG HELP").contains("|+SLEEP <seconds>|"))
        #expect(try client.ask("DEBUG RELOAD").hasPrefix("-ERR unknown subcommand 'RELOAD'"))
        _ = try client.ask("HELLO 3")
        #expect(
            try client.ask("DEBUG PROTOCOL attrib")
                == "|1|$14|key-popularity|*2|$7|key:123|:90|$39|Some real reply following the attribute|")
    }

    @Test("Parameters of forms that Redis has are kept, under both of their names, and do nothing")
    func remembered() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("CONFIG SET hash-max-ziplist-entries 7 lazyfree-lazy-expire YES") == "+OK|")
        #expect(
            try client.ask("CONFIG GET hash-max-*-entries lazyfree-lazy-expire")
                == "*6|$25|hash-max-listpack-entries|$1|7|$24|hash-max-ziplist-entries|$1|7|$20|lazyfree-lazy-expire"
                + "|$3|yes|")
        let refusal = "-ERR CONFIG SET failed (possibly related to argument '"
        #expect(
            try client.ask("CONFIG SET hash-max-listpack-entries -1")
                == refusal
                + "hash-max-listpack-entries') - argument must be between 0 and 9223372036854775807 inclusive|"
        )
        #expect(
            try client.ask("CONFIG SET lazyfree-lazy-expire maybe")
                == refusal + "lazyfree-lazy-expire') - argument(s) must be one of the following: yes, no|")
        #expect(try client.ask("CONFIG GET lazyfree-lazy-expire") == "*2|$20|lazyfree-lazy-expire|$3|yes|")
    }

    @Test("MEMORY STATS tells what is known")
    func memory() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("MEMORY STATS").hasPrefix("*10|$15|total.allocated|:"))
        #expect(try client.ask("LATENCY DOCTOR").contains("Latency monitoring is off"))
    }

    @Test("INFO has the fields that clients look for, by section")
    func info() throws {
        let server = TestServer()
        let client = try server.connect()
        _ = try client.ask("NOTHING")
        let all = try client.ask("INFO")
        for field in [
            "|# Server|redis_version:7.2.5|roost_version:1.2.3|", "|maxmemory_policy:noeviction|", "|loading:0|",
            "|role:master|", "|connected_clients:1|", "|total_error_replies:1|", "|# Keyspace|",
        ] {
            #expect(("|" + all.drop { $0 != "#" }).contains(field))
        }
        let part = try client.ask("INFO server Clients")
        #expect(part.contains("# Server") && part.contains("# Clients") && !part.contains("# Stats"))
        #expect(try client.ask("INFO nothing") == "$0||")
        _ = try client.ask("HELLO 3")
        #expect(try client.ask("INFO memory").contains("|txt:# Memory|"))
    }

    @Test("CLIENT LIST shows the clients of all loops")
    func list() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(), try server.connect(loop: 1))
        _ = try two.ask("CLIENT SETNAME second")
        _ = try two.ask("SELECT 3")
        _ = try two.ask("SUBSCRIBE a")
        let lines = try one.ask("CLIENT LIST").split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].contains("id=1 ") && lines[0].contains("cmd=client|list"))
        #expect(lines[1].contains("id=2 addr=127.0.0.1:4711 "))
        for field in [" name=second ", " db=3 ", " sub=1 ", " flags=P ", " cmd=subscribe "] {
            #expect(lines[1].contains(field))
        }
        #expect(try one.ask("CLIENT LIST TYPE pubsub").contains("id=2 "))
        #expect(try one.ask("CLIENT LIST ID 2 7").contains("id=2 "))
        #expect(try one.ask("CLIENT LIST TYPE replica") == "$0||")
    }

    @Test("CLIENT KILL closes clients of all loops, and itself after the reply")
    func kill() throws {
        let server = TestServer(loops: 2)
        let (one, two, three) = (try server.connect(), try server.connect(loop: 1), try server.connect(loop: 1))
        #expect(try one.ask("CLIENT KILL ID 2") == ":1|")
        #expect(!two.isOpen)
        #expect(try one.ask("CLIENT KILL TYPE normal") == ":1|")
        #expect(!three.isOpen)
        #expect(one.isOpen)
        #expect(try one.ask("CLIENT KILL ID 1 SKIPME no") == ":1|")
        server.advance(seconds: 5)
        #expect(!one.isOpen)
        let four = try server.connect()
        #expect(try four.ask("CLIENT KILL 127.0.0.1:4711") == "+OK|")
    }

    @Test("proto-max-bulk-len can be set")
    func bulkLength() throws {
        let server = TestServer()
        let client = try server.connect()
        #expect(try client.ask("CONFIG SET proto-max-bulk-len 1048576") == "+OK|")
        #expect(try client.ask("CONFIG GET proto-max-bulk-len") == "*2|$18|proto-max-bulk-len|$7|1048576|")
        try client.send("*2\r\n$4\r\nECHO\r\n$1048577\r\n")
        #expect(try client.received() == "-ERR Protocol error: invalid bulk length|")
    }

    @Test("WAITAOF is truthful when replies do not wait for the disk")
    func notSynced() throws {
        let client = try TestServer { $0.syncs = .interval }.connect()
        #expect(try client.ask("WAITAOF 1 0 100") == "*2|:0|:0|")
        #expect(try client.ask("CONFIG GET appendfsync") == "*2|$11|appendfsync|$8|everysec|")
    }
}
