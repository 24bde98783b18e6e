import RoostModel
import Yams

/// Reads `bindings:` of the configuration file: a mapping from patterns of channels to the queues that store what is
/// published there.
struct BindingFields {
    static let option = "bindings"

    private struct Binding {
        var pattern: String
        var queue: QueueName
        var place: String
    }

    private var bindings: [Binding] = []
    private(set) var problems: FieldProblems

    init(_ node: Node, path: String) {
        problems = FieldProblems(path: path)
        let mapping = problems.mapping(
            node, else: "bindings is no mapping from patterns to queues, for example \"\"orders.*\": orders\"")
        for (key, value) in mapping ?? [:] { read(key, value) }
    }

    private mutating func read(_ key: Node, _ value: Node) {
        guard let pattern = key.string, !pattern.isEmpty else {
            return problems.object(key, "a pattern of channels has no text")
        }
        for node in value.sequence.map({ Array($0) }) ?? [value] {
            guard let name = try? QueueName(node.string ?? ""), !name.isFIFO else {
                problems.object(
                    node, "\"\((node.string ?? "").prefix(100))\" is not the name of a queue that can be bound",
                    accepted: "a standard queue, or a list of them: what is published has no message group")
                continue
            }
            bindings.append(Binding(pattern: pattern, queue: name, place: problems.place(of: key)))
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
