import RoostModel
import Yams

/// Reads `bindings:` of the configuration file: a mapping from patterns of channels to the queues that store what is
/// published there.
struct BindingFields {
    static let option = "bindings"

    typealias Problem = ConfigurationError.Problem

    private struct Binding {
        var pattern: String
        var queue: QueueName
        var place: String
    }

    private let path: String
    private var bindings: [Binding] = []
    private(set) var problems: [Problem] = []

    init(_ node: Node, path: String) {
        self.path = path
        guard let mapping = node.mapping else {
            if node.scalar?.string.isEmpty != true {
                object(node, "bindings is no mapping from patterns to queues, for example \"\"orders.*\": orders\"")
            }
            return
        }
        for (key, value) in mapping { read(key, value) }
    }

    private mutating func object(_ node: Node, _ reason: String, accepted: String? = nil) {
        problems.append(Problem(subject: place(of: node), reason: reason, accepted: accepted))
    }

    private func place(of node: Node) -> String { node.mark.map { "\(path):\($0.line)" } ?? path }

    private mutating func read(_ key: Node, _ value: Node) {
        guard let pattern = key.string, !pattern.isEmpty else {
            return object(key, "a pattern of channels has no text")
        }
        for node in value.sequence.map({ Array($0) }) ?? [value] {
            guard let name = try? QueueName(node.string ?? ""), !name.isFIFO else {
                object(
                    node, "\"\((node.string ?? "").prefix(100))\" is not the name of a queue that can be bound",
                    accepted: "a standard queue, or a list of them: what is published has no message group")
                continue
            }
            bindings.append(Binding(pattern: pattern, queue: name, place: place(of: key)))
        }
    }

    /// The declared queues with their bindings. A queue that is bound and not declared is declared by that.
    func bound(_ queues: [DeclaredQueue]) -> [DeclaredQueue] {
        var queues = queues
        for binding in bindings {
            let change = ChannelBinding.change(of: [binding.pattern], isBound: true)
            if let index = queues.firstIndex(where: { $0.name == binding.queue }) {
                queues[index].change.properties.merge(change.properties) { $1 }
            } else {
                queues.append(DeclaredQueue(name: binding.queue, change: change, place: binding.place))
            }
        }
        return queues
    }
}
