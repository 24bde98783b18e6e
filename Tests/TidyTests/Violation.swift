/// What the tidy test looks at.
enum Rule: String, CaseIterable, Sendable {
    case functionLength, fileLength, lineLength
    case bannedCall, clockOrRandomness, uncheckedSendable
    case importAcrossWall, testFileName
    case openWorkMarker, machinePath
    case changelogShape, deadReference
}

struct Violation: Equatable, CustomStringConvertible {
    var rule: Rule
    var path: String
    /// From 1; 0 for the file as a whole.
    var line: Int
    /// The function, word or path in question. Exceptions name it.
    var subject: String
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// Something that the rules forbid and that is right all the same.
struct TidyException: Sendable {
    var rule: Rule
    var path: String
    /// `Violation.subject`.
    var subject: String
    /// Why. Without a reason it is not an exception.
    var reason: String

    func covers(_ violation: Violation) -> Bool {
        rule == violation.rule && path == violation.path && subject == violation.subject
    }
}
