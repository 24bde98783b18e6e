/// What a bench does.
struct BenchPlan: Sendable {
    var queue: String
    var producers: Int
    var consumers: Int
    var size: Int
    var batch: Int
    /// Nil when `count` ends the run.
    var duration: Duration?
    var count: Int?

    var settingsLine: String {
        let length = count.map { Text.plural($0, "message") } ?? "\(Text.duration((duration ?? .zero) / .seconds(1)))"
        return "\(Text.plural(producers, "producer")), \(Text.plural(consumers, "consumer")), "
            + "\(Text.plural(size, "byte")) a message, \(Text.plural(batch, "message")) a request, \(length), "
            + "queue \(queue)"
    }
}
