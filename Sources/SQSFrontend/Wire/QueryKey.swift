/// Where a parameter belongs in its action, as one number: the places of the parts of its name, the first part highest.
/// Sorted by it, the parameters stand in the order in which the JSON is written, and those of one list or map together.
///
/// 0 is no place, so a name that ends early comes before those that lead on. The longest name, a value in a list in an
/// attribute of an entry of a batch, takes 62 bits.
struct QueryKey: Comparable {
    enum Part {
        /// A member of a structure.
        case member
        /// The number of an element.
        case index

        fileprivate var bits: UInt64 { self == .member ? 5 : 14 }
    }

    static let indexMax = 16_383

    private(set) var value: UInt64 = 0

    static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    /// Builds and reads keys from the first part on.
    struct Cursor {
        private var shift: UInt64 = 64

        mutating func set(_ place: Int, as part: Part, in key: inout QueryKey) {
            shift &-= part.bits
            key.value |= UInt64(truncatingIfNeeded: place) << shift
        }

        mutating func next(_ part: Part, of key: QueryKey) -> Int {
            shift &-= part.bits
            return Int(truncatingIfNeeded: key.value >> shift & (1 << part.bits - 1))
        }
    }
}
