import Foundation
import RoostCommand
import RoostServer
import Testing

@Suite struct DoctorTests {
    private func withDirectory<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    private func finding(_ subject: String, _ findings: [DoctorFinding]) throws -> DoctorFinding {
        try #require(findings.first { $0.subject == subject }, "no finding about \(subject)")
    }

    @Test func aPrivateDirectoryIsFine() throws {
        try withDirectory { path in
            let findings = DataDirectoryChecks.all(at: path, isServerRunning: false)
            let (directory, speed) = (try finding("data directory", findings), try finding("disk speed", findings))
            #expect(directory == .fine("data directory", path))
            #expect(speed.text.hasPrefix("fdatasync takes "))
            let left = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(left.isEmpty, "nothing is left behind")
        }
    }

    @Test func aDirectoryThatOthersSeeIsAWarning() throws {
        try withDirectory { path in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let finding = try finding("data directory", DataDirectoryChecks.all(at: path, isServerRunning: false))
            #expect(finding.level == .warning && finding.nextStep == "chmod 700 \(path)")
        }
    }

    @Test func aFileInItsPlaceIsAProblem() throws {
        try withDirectory { path in
            try Data().write(to: URL(filePath: path + "/file"))
            let findings = DataDirectoryChecks.all(at: path + "/file", isServerRunning: false)
            #expect(findings.contains { $0.level == .problem && $0.subject == "data directory" })
        }
    }

    @Test func aDirectoryToComeIsFine() throws {
        try withDirectory { path in
            let finding = try finding(
                "data directory", DataDirectoryChecks.all(at: path + "/a/b", isServerRunning: false))
            #expect(finding.level == .fine && finding.text.contains("a start makes it"))
        }
    }

    @Test(arguments: [
        ("/", "ext4"), ("/data", "tmpfs"), ("/data/x", "tmpfs"), ("/database", "ext4"), ("/data/nfs/y", "nfs4"),
    ])
    func theFileSystemIsThatOfTheNearestMount(path: String, type: String) {
        let mounts = "/dev/sda1 / ext4 rw 0 0\ntmpfs /data tmpfs rw 0 0\nhost:/x /data/nfs nfs4 rw 0 0\n"
        #expect(DataDirectoryChecks.fileSystemType(at: path, mounts: mounts) == type)
    }

    @Test func wrongOptionsAndMissingServersAreFindings() async throws {
        let out = OutputBox()
        let console = Console(
            writeOut: { out.add($0) }, writeError: { _ in }, readLine: { nil }, readInput: { _ in Data() },
            inputIsTerminal: false, outIsTerminal: false, errorIsTerminal: false, environment: [:])
        await Console.$current.withValue(console) {
            await #expect(throws: (any Error).self) {
                try await Roost.run([
                    "doctor", "--fsync", "sometimes", "--url", "http://127.0.0.1:1", "--json", "--data", "/tmp",
                ])
            }
        }
        let document = try JSONValue(Data(out.text.utf8))
        let findings = try #require(document["findings"]?.items)
        func level(_ subject: String) -> JSONValue? { findings.first { $0["subject"] == .text(subject) }?["level"] }
        #expect(level("configuration") == .text("problem"))
        #expect(level("server") == .text("problem"))
        #expect(level("memory") != nil && level("open files") != nil && level("clock") != nil)
    }

    @Test func scratchDirectoriesOfRunsThatAreGoneAreRemoved() throws {
        try withDirectory { parent in
            // No process has this number: it is above the highest that Linux gives.
            let left = parent + "/roost-dev-4194305-abcdef"
            let others = ["roost-dev-\(getpid())-abcdef", "roost-dev-4194305-abc", "roost-dev-x-abcdef", "other"]
            for name in [left] + others.map({ parent + "/" + $0 }) {
                try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
            }
            let made = try ScratchDirectory.make(in: parent)
            #expect(made.hasPrefix(parent + "/roost-dev-\(getpid())-"))
            #expect(!FileManager.default.fileExists(atPath: left))
            #expect(others.allSatisfy { FileManager.default.fileExists(atPath: parent + "/" + $0) })
            ScratchDirectory.remove(made)
            #expect(!FileManager.default.fileExists(atPath: made))
        }
    }
}
