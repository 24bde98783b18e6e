/// Commands on sorted sets.
package enum SortedSetCommand: Sendable, Equatable {
}
