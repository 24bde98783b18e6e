/// What a command does to a hash, as it stands in the log.
package enum HashEffect: Sendable, Equatable {
}
