/// Members by score, and the score of each.
struct SortedSetValue: Sendable {
    var order = ScoreTree()
    var scores = ValueMap<Double>()
}
