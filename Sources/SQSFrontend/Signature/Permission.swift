/// What AWS calls an action in policies. That of a batch is the one of a single message.
package enum Permission: String, Sendable, CaseIterable {
    case addPermission = "AddPermission"
    case cancelMessageMoveTask = "CancelMessageMoveTask"
    case changeMessageVisibility = "ChangeMessageVisibility"
    case createQueue = "CreateQueue"
    case deleteMessage = "DeleteMessage"
    case deleteQueue = "DeleteQueue"
    case getQueueAttributes = "GetQueueAttributes"
    case getQueueURL = "GetQueueUrl"
    case listDeadLetterSourceQueues = "ListDeadLetterSourceQueues"
    case listMessageMoveTasks = "ListMessageMoveTasks"
    case listQueueTags = "ListQueueTags"
    case listQueues = "ListQueues"
    case purgeQueue = "PurgeQueue"
    case receiveMessage = "ReceiveMessage"
    case removePermission = "RemovePermission"
    case sendMessage = "SendMessage"
    case setQueueAttributes = "SetQueueAttributes"
    case startMessageMoveTask = "StartMessageMoveTask"
    case tagQueue = "TagQueue"
    case untagQueue = "UntagQueue"

    /// Of an action of the API; nil when there is none of this name.
    package init?(action: String) {
        self.init(rawValue: action.hasSuffix("Batch") ? String(action.dropLast(5)) : action)
    }

    /// A queue's policy cannot give these to other accounts.
    package var isForOwnerOnly: Bool {
        switch self {
        case .changeMessageVisibility, .deleteMessage, .getQueueAttributes, .getQueueURL,
            .listDeadLetterSourceQueues, .purgeQueue, .receiveMessage, .sendMessage:
            false
        case .addPermission, .cancelMessageMoveTask, .createQueue, .deleteQueue, .listMessageMoveTasks, .listQueueTags,
            .listQueues, .removePermission, .setQueueAttributes, .startMessageMoveTask, .tagQueue, .untagQueue:
            true
        }
    }

    /// As it stands in policies and in the texts of SQS.
    var name: String { "sqs:\(rawValue.lowercased())" }
}
