import Foundation
import RoostServer
import SQSFrontend
import Testing

@Suite struct AccessKeySourcesTests {
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    private static let file = """
        - id: ORDERS
          secret: \(secret)
          queues: [orders, "mail-*"]
          actions: [SendMessage, "get*"]
        - id: PARTNER
          secret: \(secret)
          account: 011111111111
        """

    /// The keys of a file of this content and mode, or what is said against it.
    private func keys(_ text: String, mode: Int = 0o600, environment: [String: String] = [:]) throws -> [AccessKey] {
        try withFile(text) { path in
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let loaded = try load(["access-keys-file": [path]], environment: environment)
            return try AccessKeySources.all(loaded.configuration)
        }
    }

    private func complaint(_ text: String, mode: Int = 0o600, environment: [String: String] = [:]) -> String {
        do {
            _ = try keys(text, mode: mode, environment: environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func aFileIsReadWhole() throws {
        let keys = try keys(Self.file)
        #expect(keys.map(\.id) == ["ORDERS", "PARTNER"])
        #expect(keys[0].queues == [Wildcard("orders"), Wildcard("mail-*")])
        #expect(keys[0].permissions == [.sendMessage, .getQueueURL, .getQueueAttributes])
        #expect(keys[0].account == nil && keys[0].secret == Self.secret)
        #expect(keys[1].account == "011111111111" && keys[1].queues == nil && keys[1].permissions == nil)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o601, 0o777])
    func aFileOfOthersIsRefused(_ mode: Int) {
        #expect(complaint(Self.file, mode: mode).contains("Run: chmod 600 "))
    }

    @Test(arguments: [
        ("", "not a list"), ("id: a", "not a list"), ("- a", "not a key"), ("[]", "not a list"), ("{", "not a list"),
        ("- id: A", "needs an id and a secret"), ("- secret: SECRET", "needs an id and a secret"),
        ("- {id: A, secret: short}", "the secret of A is not one"), ("- {id: 'a/b', secret: SECRET}", "not the id"),
        ("- {id: A, secret: SECRET, queue: x}", "\"queue\" is not known here"),
        ("- {id: A, secret: SECRET, account: 12}", "12 digits"),
        ("- {id: A, secret: SECRET, queues: []}", "not a list of names"),
        ("- {id: A, secret: SECRET, queues: [[a]]}", "not a list of names"),
        ("- {id: A, secret: SECRET, actions: [SendMesage]}", "\"SendMesage\" is not an action of SQS"),
        ("- {id: A, secret: SECRET, actions: [SendMessageBatch]}", "a batch has the permission of the single action"),
        ("- {id: A, secret: SECRET}\n- {id: A, secret: SECRET}", "it is there twice"),
    ])
    func whatIsWrongIsTold(_ text: String, _ words: String) {
        let complaint = complaint(text.replacing("SECRET", with: Self.secret))
        #expect(complaint.contains(words), "\(complaint)")
        #expect(!complaint.contains(Self.secret) && !complaint.contains("short"))
    }

    @Test func aMissingFileIsTold() {
        #expect(throws: ConfigurationError.self) {
            try AccessKeySources.all(load(["access-keys-file": ["/no/such/file"]]).configuration)
        }
    }

    @Test func theEnvironmentAddsKeys() throws {
        let environment = [
            "ROOST_ACCESS_KEY_ID": "ONE", "ROOST_SECRET_ACCESS_KEY": Self.secret,
            "ROOST_ACCESS_KEYS": "TWO:\(Self.secret), THREE:\(Self.secret):with-colon",
        ]
        let loaded = try load(environment: environment)
        #expect(try AccessKeySources.all(loaded.configuration).map(\.id) == ["ONE", "TWO", "THREE"])
        #expect(loaded.warnings.isEmpty)
        #expect(try keys(Self.file, environment: environment).count == 5)
        #expect(complaint(Self.file, environment: ["ROOST_ACCESS_KEYS": "ORDERS:\(Self.secret)"]).contains("twice"))
    }

    @Test(arguments: [
        ["ROOST_ACCESS_KEY_ID": "ONE"], ["ROOST_SECRET_ACCESS_KEY": secret], ["ROOST_ACCESS_KEYS": secret],
        ["ROOST_ACCESS_KEYS": "ONE:short"], ["ROOST_ACCESS_KEYS": ":\(secret)"],
    ])
    func halfAKeyInTheEnvironmentIsRefused(_ environment: [String: String]) {
        let complaint = RoostServerTests.complaint([:], environment: environment)
        #expect(complaint.contains("ROOST_"))
        #expect(!complaint.contains(Self.secret) && !complaint.contains("short"))
    }

    @Test func keysOpenTheSQSPortAlone() throws {
        let environment = ["ROOST_ACCESS_KEYS": "ONE:\(Self.secret)"]
        let sqs = try load(["sqs": ["0.0.0.0:9324"]], environment: environment)
        #expect(sqs.warnings.isEmpty)
        let http = RoostServerTests.complaint(["http": ["0.0.0.0:9325"]], environment: environment)
        #expect(http.contains("--insecure") && !http.contains("--access-keys-file"))
        #expect(RoostServerTests.complaint(["sqs": ["0.0.0.0:9324"]]).contains("--access-keys-file"))
    }
}
