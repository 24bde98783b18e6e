/// What a command does to a set, as it stands in the log.
package enum SetEffect: Sendable, Equatable {
}
