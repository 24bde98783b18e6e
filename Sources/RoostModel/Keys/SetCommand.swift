/// Commands on sets.
package enum SetCommand: Sendable, Equatable {
}
