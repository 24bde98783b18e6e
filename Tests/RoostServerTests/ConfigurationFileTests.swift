import RoostServer
import Testing

@Suite struct ConfigurationFileTests {
    private func complaint(file text: String) throws -> String {
        try withFile(text) { (path) throws in
            RoostServerTests.complaint(["config": [path]]).replacing(path, with: "FILE")
        }
    }

    @Test func aMisspeltOptionIsRefusedWithItsLineAndASuggestion() throws {
        #expect(
            try complaint(file: "data: /x\nfsnyc: off\n") == "FILE:2: \"fsnyc\" is not an option. Did you mean fsync?.")
        #expect(try complaint(file: "colour-of-the-shed: red\n") == "FILE:1: \"colour-of-the-shed\" is not an option.")
    }

    @Test(arguments: [
        ("aweq:\n  queue: jobs\n", "FILE:1: aweq is a mapping"),
        ("fsync: [always, off]\n", "FILE:1: fsync is a list"),
        ("fsync:\n", "FILE:1: fsync has no value"),
        ("config: other.yaml\n", "FILE:1: config has no place in the file itself"),
        ("- fsync\n", "FILE: not a list of \"option: value\" lines"),
        ("just words\n", "FILE: not a list of \"option: value\" lines"),
        ("fsync: 'always\n", "FILE: not YAML: "),
        ("fsync: off\nfsync: always\n", "FILE: not YAML: "),
        ("server-names: [[a]]\n", "FILE"),
    ])
    func aFileOfAnotherShapeIsRefused(_ text: String, _ words: String) throws {
        #expect(try complaint(file: text).hasPrefix(words))
    }

    @Test func everyWrongLineIsToldAtOnce() throws {
        #expect(try complaint(file: "a: 1\nb: 2\nfsync: always\n").split(separator: "\n").count == 2)
    }

    @Test func aMissingFileIsToldWithWhereItWasNamed() {
        #expect(
            RoostServerTests.complaint(["config": ["/nowhere/roost.yaml"]])
                == "/nowhere/roost.yaml (from the command line): there is no such file.")
        #expect(
            RoostServerTests.complaint([:], environment: ["ROOST_CONFIG": "/nowhere/roost.yaml"])
                == "/nowhere/roost.yaml (from the environment, ROOST_CONFIG): there is no such file.")
    }

    @Test func aDirectoryOrAHugeFileIsNoConfiguration() throws {
        #expect(!RoostServerTests.complaint(["config": ["/"]]).isEmpty)
        let huge = String(repeating: "# filler\n", count: 120_000)
        #expect(try complaint(file: huge).contains("longer than 1 MiB"))
    }

    /// A file that is cut anywhere is loaded or refused, and never ends the process.
    @Test func aFileCutAtAnyByteDoesNotTrap() throws {
        let text = "data: \"/v\"\nserver-names: [a, 'b']\nloops: 2\nsqs: '[::1]:1'\n"
        for end in text.indices {
            _ = try complaint(file: String(text[..<end]))
        }
    }
}
