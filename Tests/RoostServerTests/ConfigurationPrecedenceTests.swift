import RoostModel
import RoostServer
import Testing

@Suite struct ConfigurationPrecedenceTests {
    @Test func everyOptionHasASample() {
        let sampled = Set(OptionSample.all.map(\.option)).union(OptionSample.fixed)
        #expect(sampled == Set(ServerOption.all.map(\.name)))
    }

    @Test(arguments: OptionSample.all)
    func flagWinsOverEnvironmentOverFileOverDefault(_ sample: OptionSample) throws {
        let option = try #require(ServerOption.named(sample.option))
        try withFile("\(option.name): \(sample.file)\n") { (path) throws in
            let variables = [option.environmentVariable: sample.environment, "ROOST_CONFIG": path]
            let flags = [option.name: [sample.flag]]
            func value(_ flags: [String: [String]], _ environment: [String: String]) throws -> LoadedConfiguration
                .Value?
            {
                try load(flags, environment: environment).values.first { $0.option == option.name }
            }
            #expect(try value(flags, variables)?.text == sample.flag)
            #expect(try value(flags, variables)?.source == .flag(option.flag))
            #expect(try value([:], variables)?.text == sample.environment)
            #expect(try value([:], variables)?.source == .environment(option.environmentVariable))
            #expect(try value([:], ["ROOST_CONFIG": path])?.text == sample.file)
            #expect(try value([:], ["ROOST_CONFIG": path])?.source == .file(path: path, line: 1))
            #expect(try value([:], [:])?.text == option.defaultText)
            #expect(try value([:], [:])?.source == .defaultValue)
        }
    }

    /// The text of a value could be listed and then not used: each sample has to change the configuration.
    @Test(arguments: OptionSample.all)
    func everyOptionReachesTheConfiguration(_ sample: OptionSample) throws {
        #expect(try load([sample.option: [sample.flag]]).configuration != ServerConfiguration())
    }

    @Test func noOptionMeansTheDefaults() throws {
        let loaded = try load()
        #expect(loaded.configuration == ServerConfiguration())
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.configuration.sqs?.description == "127.0.0.1:9324")
        #expect(loaded.configuration.http?.description == "127.0.0.1:9325")
        #expect(loaded.configuration.fsync == .always)
        #expect(loaded.configuration.runsInline)
    }

    /// The listed default of an option is what the option makes of it.
    @Test(arguments: ServerOption.all.filter { !$0.defaultText.isEmpty }.map(\.name))
    func defaultTextsAreTheDefaults(_ name: String) throws {
        let text = try #require(ServerOption.named(name)?.defaultText)
        #expect(try load([name: [text]]).configuration == ServerConfiguration())
    }

    @Test func flagForTheFileWinsOverTheVariable() throws {
        try withFile("region: from-flag\n") { (flagged) throws in
            try withFile("region: from-variable\n") { (variable) throws in
                let loaded = try load(["config": [flagged]], environment: ["ROOST_CONFIG": variable])
                #expect(loaded.configuration.region == "from-flag")
            }
        }
    }

    @Test func emptyVariablesCountAsNotSet() throws {
        let loaded = try load(environment: ["ROOST_FSYNC": "", "ROOST_CONFIG": "", "ROOST_SQS": ""])
        #expect(loaded.configuration == ServerConfiguration())
    }

    @Test func aListMayBeRepeatedOrSeparatedOrAYAMLSequence() throws {
        #expect(try load(["server-names": ["A.example", "b"]]).configuration.serverNames == ["a.example", "b"])
        #expect(try load(environment: ["ROOST_SERVER_NAMES": "a, b"]).configuration.serverNames == ["a", "b"])
        for text in ["server-names: [a, b]\n", "server-names:\n  - a\n  - b\n", "server-names: a,b\n"] {
            try withFile(text) { (path) throws in
                #expect(try load(["config": [path]]).configuration.serverNames == ["a", "b"])
            }
        }
    }

    @Test func numbersAndSwitchesInTheFileNeedNoQuotes() throws {
        let text = "account: 123456789012\nloops: 2\naweq: off\ninsecure: true\nsqs: 0.0.0.0:1\n"
        try withFile(text) { (path) throws in
            let configuration = try load(["config": [path]]).configuration
            #expect(configuration.account == "123456789012")
            #expect(configuration.loops == 2)
            #expect(configuration.aweq == nil)
            #expect(configuration.insecure)
        }
    }

    @Test(arguments: ["", "# nothing but a comment\n", "---\n", "{}\n"])
    func aFileWithoutOptionsChangesNothing(_ text: String) throws {
        try withFile(text) { (path) throws in
            #expect(try load(["config": [path]]).configuration == ServerConfiguration())
        }
    }

    @Test func aweqOptionsApplyWhateverTheirOrder() throws {
        let loaded = try load(["aweq-queue": ["jobs"], "aweq-visibility": ["5"], "aweq": ["on"]])
        #expect(loaded.configuration.aweq?.queue == "jobs")
        #expect(loaded.configuration.aweq?.visibilityTimeout == .seconds(5))
        #expect(try load(["aweq-queue": ["jobs"], "aweq": ["off"]]).configuration.aweq == nil)
    }

    @Test func engineFollowsTheLoopsUnlessItIsSet() throws {
        #expect(try load(["loops": ["1"]]).configuration.runsInline)
        #expect(try !load(["loops": ["2"]]).configuration.runsInline)
        #expect(try !load(["engine": ["threaded"]]).configuration.runsInline)
    }
}
