package import RoostModel

extension JSON {
    package init(_ task: MoveTask) {
        self = [
            "id": .counter(task.id),
            "from": .string(task.from.text),
            "to": task.to.map { .string($0.text) } ?? nil,
            "rate": task.rate.map(JSON.count) ?? nil,
            "status": .string(task.status.name),
            "failure": task.status.failure.map { .string($0.name) } ?? nil,
            "moved": .count(task.moved),
            "to_move": .count(task.toMove),
            "started_at_ms": .time(task.startedAt),
            "finished_at_ms": task.finishedAt.map(JSON.time) ?? nil,
        ]
    }
}

extension MoveTask.Status {
    package var name: String {
        switch self {
        case .running: "running"
        case .completed: "completed"
        case .cancelled: "cancelled"
        case .failed: "failed"
        }
    }

    var failure: MoveTask.Failure? {
        guard case .failed(let failure) = self else { return nil }
        return failure
    }
}

extension MoveTask.Failure {
    package var name: String {
        switch self {
        case .queueIsGone: "queue_is_gone"
        case .unknownOrigin: "unknown_origin"
        }
    }
}
