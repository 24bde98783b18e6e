import Foundation
import RoostModel
package import SQSFrontend
import Yams

/// Where access keys come from: a file of their own, and the environment. Never from a flag, which every user of the
/// machine can read in the list of processes.
package enum AccessKeySources {
    package static let idVariable = "ROOST_ACCESS_KEY_ID"
    package static let secretVariable = "ROOST_SECRET_ACCESS_KEY"
    /// `ID:SECRET`, with commas between several.
    package static let listVariable = "ROOST_ACCESS_KEYS"
    static let variables = [idVariable, secretVariable, listVariable]

    typealias Problem = ConfigurationError.Problem

    static let secretBytes = 16...128
    private static let acceptedID = "1 to 128 letters, digits and -_."

    // MARK: Environment

    /// Keys without restrictions. What is wrong never repeats a secret.
    static func keys(in environment: [String: String]) -> (keys: [AccessKey], problems: [Problem]) {
        func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var pairs: [(variable: String, id: String, secret: String)] = []
        var problems: [Problem] = []
        switch (text(idVariable), text(secretVariable)) {
        case (let id?, let secret?): pairs.append((idVariable, id, secret))
        case (nil, nil): break
        default:
            let reason = "\(idVariable) and \(secretVariable) go together, and one of them is not set"
            problems.append(Problem(reason: reason))
        }
        for part in (text(listVariable) ?? "").split(separator: ",") {
            let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else {
                problems.append(
                    Problem(subject: listVariable, reason: "a key without a colon", accepted: "ID:SECRET,..."))
                continue
            }
            pairs.append((listVariable, trimmed(halves[0]), trimmed(halves[1])))
        }
        var keys: [AccessKey] = []
        for (variable, id, secret) in pairs {
            if let problem = objection(id: id, secret: secret, variable) {
                problems.append(problem)
            } else {
                keys.append(AccessKey(id: id, secret: secret))
            }
        }
        return (keys, problems)
    }

    private static func trimmed(_ text: Substring) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    private static func objection(id: String, secret: String, _ subject: String) -> Problem? {
        guard (1...128).contains(id.utf8.count),
            id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
        else { return Problem(subject: subject, reason: "not the id of an access key", accepted: acceptedID) }
        guard secretBytes.contains(secret.utf8.count), secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return Problem(
                subject: subject, reason: "the secret of \(id) is not one",
                accepted: "\(secretBytes.lowerBound) to \(secretBytes.upperBound) printable characters")
        }
        return nil
    }

    // MARK: All

    /// The keys of the file, if one is configured, and those of the environment.
    package static func all(_ configuration: ServerConfiguration) throws(ConfigurationError) -> [AccessKey] {
        var keys = configuration.accessKeys
        if let path = configuration.accessKeysFile { keys = try AccessKeysFile.read(path) + keys }
        var seen: Set<String> = []
        let twice = keys.map(\.id).filter { !seen.insert($0).inserted }
        guard twice.isEmpty else {
            throw ConfigurationError(
                problems: twice.map { Problem(subject: "access key \($0)", reason: "it is there twice") })
        }
        return keys
    }

    /// The file with the keys: a list of mappings.
    private enum AccessKeysFile {
        static func read(_ path: String) throws(ConfigurationError) -> [AccessKey] {
            let text = try SecretFile.contents(of: path, option: "access-keys-file")
            // An error of the parser may quote the text, and with it a secret.
            guard let root = try? Yams.compose(yaml: text), let list = root.sequence, !list.isEmpty else {
                throw failure(path, "not a list of access keys: \"- id: ...\", \"secret: ...\" below it, and so on")
            }
            var keys: [AccessKey] = []
            var problems: [Problem] = []
            for node in list {
                let place = node.mark.map { "\(path):\($0.line)" } ?? path
                var reader = AccessKeyReader(place: place)
                if let key = reader.read(node) { keys.append(key) }
                problems += reader.problems
            }
            guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
            return keys
        }

        private static func failure(_ path: String, _ reason: String) -> ConfigurationError {
            SecretFile.failure(path, option: "access-keys-file", reason)
        }
    }

    /// Reads one key.
    private struct AccessKeyReader {
        let place: String
        var problems: [Problem] = []
        private var id: String?
        private var secret: String?
        private var account: String?
        private var queues: [Wildcard]?
        private var permissions: Set<Permission>?

        init(place: String) { self.place = place }

        mutating func read(_ node: Node) -> AccessKey? {
            guard let mapping = node.mapping else {
                complain("not a key: \"id: ...\" and \"secret: ...\" are expected")
                return nil
            }
            for (name, value) in mapping { take(name.string ?? "", value) }
            guard let id, let secret else {
                complain("an access key needs an id and a secret")
                return nil
            }
            if let problem = objection(id: id, secret: secret, place) { problems.append(problem) }
            guard problems.isEmpty else { return nil }
            return AccessKey(id: id, secret: secret, account: account, queues: queues, permissions: permissions)
        }

        private mutating func take(_ name: String, _ value: Node) {
            switch name {
            case "id": id = text(name, value)
            case "secret": secret = text(name, value)
            case "account": takeAccount(text(name, value) ?? "")
            case "queues": queues = texts(name, value).map { Wildcard($0) }
            case "actions": permissions = Set(texts(name, value).flatMap { permissions(named: $0) })
            default: complain("\"\(name.prefix(40))\" is not known here; id, secret, account, queues and actions are")
            }
        }

        private mutating func takeAccount(_ text: String) {
            if text.utf8.count == 12, text.allSatisfy({ $0.isASCII && $0.isNumber }) {
                account = text
            } else {
                complain("account is not 12 digits")
            }
        }

        private mutating func text(_ name: String, _ value: Node) -> String? {
            guard let scalar = value.scalar, !scalar.string.isEmpty else {
                complain("\(name) has no value")
                return nil
            }
            return scalar.string
        }

        /// A list, or one text alone. An empty one would be a key that may do nothing.
        private mutating func texts(_ name: String, _ value: Node) -> [String] {
            let texts = (value.sequence.map(Array.init) ?? [value]).compactMap { $0.scalar?.string }
            let isWhole = texts.count == (value.sequence?.count ?? 1) && !texts.isEmpty
            if !isWhole || texts.contains("") { complain("\(name) is not a list of names") }
            return texts
        }

        private mutating func permissions(named pattern: String) -> [Permission] {
            let wildcard = Wildcard(pattern, ignoresCase: true)
            let found = Permission.allCases.filter { wildcard.matches($0.rawValue) }
            if found.isEmpty {
                let batch = pattern.hasSuffix("Batch") ? "; a batch has the permission of the single action" : ""
                complain("\"\(pattern.prefix(40))\" is not an action of SQS\(batch)")
            }
            return found
        }

        private mutating func complain(_ reason: String) { problems.append(Problem(subject: place, reason: reason)) }
    }
}
