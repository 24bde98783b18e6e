/// What a command does to a sorted set, as it stands in the log.
package enum SortedSetEffect: Sendable, Equatable {
}
