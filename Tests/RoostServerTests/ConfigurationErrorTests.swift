import RoostServer
import Testing

/// A value that is refused, and what the error has to say.
struct BadValue: Sendable {
    var option: String
    var value: String
    var words: String

    init(_ option: String, _ value: String, _ words: String) {
        self.option = option
        self.value = value
        self.words = words
    }

    static let all: [BadValue] = [
        BadValue("data", "", "empty. Accepted: the path of a directory."),
        BadValue("access-keys-file", "", "empty. Accepted: the path of a file that only its owner can read."),
        BadValue("storage", "redis://localhost:6379", "storage on Redis or Valkey comes in a later version"),
        BadValue("storage", "cloud", "not a storage engine. Accepted: local."),
        BadValue("fsync", "sometimes", "Accepted: always, interval or off."),
        BadValue("fsync", "Always", "Accepted: always, interval or off."),
        BadValue("segment-bytes", "64 MB", "not a size. Accepted: auto, or 64KiB to 128MiB"),
        BadValue("segment-bytes", "32KiB", "out of range. Accepted: auto, or 64KiB to 128MiB"),
        BadValue("segment-bytes", "129MiB", "out of range. Accepted: auto, or 64KiB to 128MiB"),
        BadValue("snapshot-bytes", "often", "not a size. Accepted: 64KiB to 1024GiB"),
        BadValue("snapshot-bytes", "1", "out of range. Accepted: 64KiB to 1024GiB"),
        BadValue("sqs", "9324", "not an address. Accepted: HOST:PORT"),
        BadValue("sqs", ":9324", "not an address. Accepted: HOST:PORT"),
        BadValue("sqs", "::1:9324", "not an address. Accepted: HOST:PORT"),
        BadValue("sqs", "[::1]", "not an address. Accepted: HOST:PORT"),
        BadValue("sqs", "[localhost]:1", "not an address. Accepted: HOST:PORT"),
        BadValue("http", "127.0.0.1:65536", "not an address. Accepted: HOST:PORT"),
        BadValue("http", "127.0.0.1:-1", "not an address. Accepted: HOST:PORT"),
        BadValue("http", "http://127.0.0.1:80", "not an address. Accepted: HOST:PORT"),
        BadValue("redis", "6380", "not an address. Accepted: HOST:PORT"),
        BadValue("redis-password-file", "", "empty. Accepted: the path of a file that only its owner can read."),
        BadValue("admin-token-file", "", "empty. Accepted: the path of a file that only its owner can read."),
        BadValue("console", "readonly", "not one of these. Accepted: on, read-only or off."),
        BadValue("tls-cert", "", "empty. Accepted: the path of a file in PEM."),
        BadValue("tls-key", "", "empty. Accepted: the path of a file in PEM that only its owner can read."),
        BadValue("tls-doors", "sqs,web", "not a list of ports. Accepted: sqs, http and redis."),
        BadValue("enable-debug-command", "local", "neither on nor off. Accepted: on or off."),
        BadValue("insecure", "maybe", "neither on nor off. Accepted: on or off."),
        BadValue("server-names", "a.example:80", "\"a.example:80\" is not a host name"),
        BadValue("account", "12345", "not an account number. Accepted: 12 digits."),
        BadValue("account", "12345678901٣", "not an account number. Accepted: 12 digits."),
        BadValue("region", "US East", "not the name of a region. Accepted: 1 to 63 of a-z, 0-9 and -."),
        BadValue("max-message-bytes", "1000", "out of range. Accepted: auto, or 1KiB to 64MiB"),
        BadValue("max-message-bytes", "99999999999999999999", "not a size. Accepted: auto, or 1KiB to 64MiB"),
        BadValue("sqs-strict-timing", "loose", "neither on nor off. Accepted: on or off."),
        BadValue("auto-create", "some", "neither on nor off. Accepted: on or off."),
        BadValue("aweq", "perhaps", "neither on nor off. Accepted: on or off."),
        BadValue("aweq-queue", "my queue", "not the name of a queue"),
        BadValue("aweq-queue", "jobs.fifo", "which a FIFO queue cannot"),
        BadValue("aweq-visibility", "soon", "not a time. Accepted: 1s to 12h"),
        BadValue("aweq-visibility", "0", "out of range. Accepted: 1s to 12h"),
        BadValue("aweq-visibility", "13h", "out of range. Accepted: 1s to 12h"),
        BadValue("engine", "fast", "Accepted: auto, inline or threaded."),
        BadValue("loops", "0", "out of range. Accepted: 1 to 64."),
        BadValue("loops", "two", "not a whole number. Accepted: 1 to 64."),
        BadValue("cache-bytes", "off", "not a size. Accepted: 1MiB to 1024GiB"),
        BadValue("cache-bytes", "0", "out of range. Accepted: 1MiB to 1024GiB"),
        BadValue("memory-bytes", "70%", "not a size. Accepted: auto, off, or 1MiB to 16384GiB"),
        BadValue("memory-bytes", "1", "out of range. Accepted: auto, off, or 1MiB to 16384GiB"),
        BadValue("test-acknowledge-early", "2", "neither on nor off. Accepted: on or off."),
        BadValue(
            "log-level", "loud", "not a log level. Accepted: trace, debug, info, notice, warning, error, critical."),
        BadValue("log-format", "xml", "Accepted: text or json."),
    ]
}

@Suite struct ConfigurationErrorTests {
    @Test func everyOptionHasABadValue() {
        #expect(Set(BadValue.all.map(\.option)) == Set(ServerOption.all.map(\.name)))
    }

    @Test(arguments: BadValue.all)
    func aBadFlagIsNamedWithItsValueAndWhatIsAccepted(_ bad: BadValue) {
        let words = complaint([bad.option: [bad.value]])
        #expect(words.hasPrefix("--\(bad.option) \"\(bad.value)\" (from the command line): "))
        #expect(words.contains(bad.words))
    }

    @Test(arguments: BadValue.all.filter { !$0.value.isEmpty })
    func aBadVariableIsNamedWithItsPlace(_ bad: BadValue) throws {
        let variable = try #require(ServerOption.named(bad.option)?.environmentVariable)
        let words = complaint([:], environment: [variable: bad.value])
        #expect(words.hasPrefix("\(bad.option) \"\(bad.value)\" (from the environment, \(variable)): "))
        #expect(words.contains(bad.words))
    }

    @Test(arguments: BadValue.all.filter { !$0.value.isEmpty })
    func aBadLineOfTheFileIsNamedWithItsPlace(_ bad: BadValue) throws {
        try withFile("# first line\n\(bad.option): '\(bad.value)'\n") { (path) throws in
            let words = complaint(["config": [path]])
            #expect(words.hasPrefix("\(bad.option) \"\(bad.value)\" (from the file, \(path):2): "))
            #expect(words.contains(bad.words))
        }
    }

    @Test func allBadValuesAreToldAtOnce() {
        let words = complaint(["fsync": ["x"], "loops": ["y"]], environment: ["ROOST_REGION": "?"])
        #expect(words.split(separator: "\n").count == 3)
    }

    @Test(arguments: ["0.0.0.0:1", "[::]:1", "192.168.1.5:1", "broker.example:1", "127.0.0.1.example:1"])
    func anAddressThatOthersReachNeedsInsecure(_ address: String) throws {
        for door in ["sqs", "http"] {
            let words = complaint([door: [address]])
            #expect(words.contains("--\(door) \"\(address)\" (from the command line): other machines may reach"))
            #expect(words.contains("--insecure"))
            let loaded = try load([door: [address], "insecure": ["on"]])
            #expect(loaded.warnings.contains { $0.hasPrefix("insecure: ") && $0.contains("(\(door))") })
        }
    }

    @Test(arguments: [
        "127.0.0.1:1", "127.1.2.3:1", "localhost:1", "Roost.LOCALHOST:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:0",
    ])
    func loopbackAddressesNeedNothing(_ address: String) throws {
        #expect(try load(["sqs": [address]]).warnings.isEmpty)
    }

    @Test func insecureWithoutNeedIsToldToo() throws {
        #expect(try load(["insecure": ["on"]]).warnings.count == 1)
    }

    @Test(arguments: ["interval", "off"])
    func weakerSyncIsTold(_ policy: String) throws {
        #expect(try load(["fsync": [policy]]).warnings.contains { $0.hasPrefix("fsync \(policy): a power cut loses") })
    }

    @Test func optionsThatContradictEachOtherAreRefused() {
        #expect(complaint(["sqs": ["off"], "http": ["off"], "redis": ["off"]]).contains("nothing to serve"))
        #expect(complaint(["sqs": ["off"], "http": ["off"]]).isEmpty)
        #expect(complaint(["sqs": ["127.0.0.1:7"], "http": ["127.0.0.1:7"]]).contains("--sqs has the same address"))
        #expect(complaint(["http": ["127.0.0.1:7"], "redis": ["127.0.0.1:7"]]).contains("--http has the same address"))
        #expect(complaint(["sqs": ["127.0.0.1:0"], "http": ["127.0.0.1:0"]]).isEmpty)
        #expect(complaint(["engine": ["inline"], "loops": ["2"]]).contains("use --loops 1 or --engine threaded"))
        let large = ["segment-bytes": ["1MiB"], "max-message-bytes": ["16MiB"]]
        #expect(complaint(large).contains("Accepted: 32MiB or more."))
        #expect(complaint(["segment-bytes": ["1MiB"]]).isEmpty)
        #expect(complaint(["segment-bytes": ["1MiB"], "max-message-bytes": ["512KiB"]]).isEmpty)
        #expect(complaint(["segment-bytes": ["67108865"]]).contains("Accepted: a multiple of 4KiB."))
    }

    @Test func misspeltVariablesAreToldButThoseOfKubernetesAreNot() throws {
        let environment = [
            "ROOST_FSYC": "off", "ROOST_URL": "http://x", "ROOST_SERVICE_HOST": "10.0.0.1",
            "ROOST_PORT": "tcp://10.0.0.1:9324", "ROOST_PORT_9324_TCP_ADDR": "10.0.0.1", "ROOSTER": "1",
        ]
        #expect(try load(environment: environment).warnings == ["ROOST_FSYC is not an option and was ignored"])
    }
}
