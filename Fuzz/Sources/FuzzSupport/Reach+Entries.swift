package import FuzzRunner
package import RoostCore

extension Reach {
    package static func note(_ verb: String, _ kind: EntryKind) { note("\(verb) \(kind)") }

    package static let kindsMade = EntryKind.allCases.map { "made \($0)" }
    package static let kindsTaken = EntryKind.allCases.map { "took \($0)" }
}
