/// What the doctor found out about one thing.
package struct DoctorFinding: Sendable, Equatable {
    package enum Level: String, Sendable {
        case fine = "ok"
        /// Could be better, or could not be found out.
        case note
        /// Will hurt some day.
        case warning
        /// A server does not start here, or is not there.
        case problem
    }

    package var level: Level
    package var subject: String
    package var text: String
    /// What to do about it.
    package var nextStep: String?

    package init(_ level: Level, _ subject: String, _ text: String, nextStep: String? = nil) {
        self.level = level
        self.subject = subject
        self.text = text
        self.nextStep = nextStep
    }

    package static func fine(_ subject: String, _ text: String) -> Self { Self(.fine, subject, text) }

    package var document: JSONValue {
        .object([
            "level": .text(level.rawValue), "subject": .text(subject), "text": .text(text),
            "next_step": nextStep.map { .text($0) } ?? .null,
        ])
    }
}
