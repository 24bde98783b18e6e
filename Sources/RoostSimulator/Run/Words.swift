import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

// For the story that is told when something fails.

extension StorageNotice {
    var code: String {
        switch self {
        case .failed(let error): "failed \(error.code)"
        case .diskFull: "disk full"
        case .diskHasRoom: "disk has room"
        case .snapshotFailed: "snapshot failed"
        case .segmentDamaged: "segment damaged"
        case .messageDamaged: "message damaged"
        case .clockDoubted: "clock doubted"
        case .clockDisagrees: "clock disagrees"
        case .segmentNumbersRunOut: "segment numbers"
        case .bodyUnread: "body unread"
        }
    }
}

extension Result where Success == StorageReply, Failure == Rejection {
    var brief: String {
        switch self {
        case .success(.done): "done"
        case .success(.sent): "sent"
        case .success(.received(let messages)): "\(messages.count) messages"
        case .success(.peeked(let messages)): "\(messages.count) peeked"
        case .success(.browsed(let messages, _)): "\(messages.count) browsed"
        case .success(.groups(let groups, _)): "\(groups.count) groups"
        case .success(.waiters(let waiters, _)): "\(waiters.count) waiters"
        case .success(.tailed): "tailed"
        case .success(.tailRest(let name, let leftOut)): "\(leftOut) more in \(name)"
        case .success(.queue(let info)): "queue \(info.name)"
        case .success(.queues(let infos, _)): "\(infos.count) queues"
        case .success(.count(let count)): "\(count) of them"
        case .success(.moveTask(let task)): "move \(task.id): \(task.moved) of \(task.toMove)"
        case .success(.moveTasks(let tasks)): "\(tasks.count) moves"
        case .success(.key(let reply)): reply.text
        case .success(.keys(let replies)): replies.map(\.text).joined(separator: ", ")
        case .success(.leased(let reply, let lease)): "\(reply.text), \(lease.handles.count) leased"
        case .success(.watching(let number)): "watch \(number)"
        case .success(.watchBroken): "watch broken"
        case .success(.keyEvents(let events)): "\(events.count) events"
        case .failure(let rejection): "refused: \(rejection)"
        }
    }
}

extension KeyCommand {
    /// As Swift prints it, with words in place of their bytes.
    var brief: String {
        let text = "\(self)".replacing("RoostModel.", with: "")
        return text.replacing(/\[([0-9]+(, [0-9]+)*)\]/) { match in
            Bytes(match.1.split(separator: ", ").compactMap { UInt8($0) }).word
        }
    }
}

extension KeyRequest {
    fileprivate var brief: String {
        let words = commands.map(\.brief).joined(separator: "; ")
        let watched = watch.map { " if watch \($0) held" } ?? ""
        let waits = wait.map { " waits \($0.timeout.map { "\($0.count) ms" } ?? "for ever")" } ?? ""
        return "in \(database)\(watched)\(waits): \(words)"
    }
}

extension StorageRequest {
    var brief: String {
        switch self {
        case .createQueue(let name, _): "create \(name)"
        case .adoptQueue(let name, _): "adopt \(name)"
        case .deleteQueue(let name): "delete queue \(name)"
        case .purgeQueue(let name): "purge \(name)"
        case .changeSettings(let name, _): "change settings of \(name)"
        case .pauseQueue(let name, _): "pause \(name)"
        case .resumeQueue(let name): "resume \(name)"
        case .describeQueue(let name): "describe \(name)"
        case .listQueues: "list queues"
        case .send(let name, let message): "send \(message.body.count) bytes to \(name)"
        case .receive(let name, let options): "receive \(options.maximum) from \(name)"
        case .delete(let name, _): "delete from \(name)"
        case .deleteByID(let name, _): "delete by id from \(name)"
        case .changeVisibility(let name, _, let timeout): "change visibility in \(name) to \(timeout.count) ms"
        case .giveBack(let name, _): "give back to \(name)"
        case .renew(let name, _, let timeout): "renew in \(name) for \(timeout.count) ms"
        case .peek(let name, let options): "peek \(options.state) of \(name)"
        case .browse(let name, let options): "browse \(options.state) of \(name)"
        case .look(let name, _): "look in \(name)"
        case .listGroups(let name, _, _): "list groups of \(name)"
        case .tailQueues: "tail queues"
        case .listWaiters(let limit): "list \(limit) waiters"
        case .bury(let name, _, let burial): "bury in \(name): \(burial.reason)"
        case .kick(let name, let count): "kick \(count) of \(name)"
        case .kickByID(let name, _): "kick by id in \(name)"
        case .listDeadLetterSources(let name, _, _): "list sources of \(name)"
        case .startMove(let options): "move from \(options.from)"
        case .listMoves(let name, _): "list moves from \(name)"
        case .cancelMove(let id): "cancel move \(id)"
        case .moveByID(let name, _, let ids): "move \(ids.count) by id from \(name)"
        case .key(let command, let database): KeyRequest(database: database, [command]).brief
        case .keys(let request): request.brief
        case .watch(let database, let keys, _): "watch \(keys.count) keys of \(database)"
        case .watchToRemove(let database, _): "watch a key of \(database) to remove it"
        case .unwatch(let number): "end watch \(number)"
        case .tellKeyEvents: "tell events of keys"
        case .barrier: "barrier"
        }
    }
}
