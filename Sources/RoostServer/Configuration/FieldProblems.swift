import Yams

/// What is wrong with a part of the configuration file that is no option.
struct FieldProblems {
    let path: String
    private(set) var all: [ConfigurationError.Problem] = []

    init(path: String) { self.path = path }

    mutating func object(_ node: Node, _ reason: String, accepted: String? = nil) {
        all.append(ConfigurationError.Problem(subject: place(of: node), reason: reason, accepted: accepted))
    }

    /// File and line.
    func place(of node: Node) -> String { node.mark.map { "\(path):\($0.line)" } ?? path }

    /// Nil when it is none: then nothing may stand below the name of the part.
    mutating func mapping(_ node: Node, else reason: String) -> Node.Mapping? {
        if node.mapping == nil, node.scalar?.string.isEmpty != true { object(node, reason) }
        return node.mapping
    }
}
