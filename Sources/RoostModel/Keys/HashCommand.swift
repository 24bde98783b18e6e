/// Commands on hashes.
package enum HashCommand: Sendable, Equatable {
}
