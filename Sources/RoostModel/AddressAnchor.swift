/// A member that keeps a large structure at its place in memory. It holds nothing.
///
/// The compiler hands a structure that it could load to each method that only looks at it as a copy: hundreds or
/// thousands of bytes for every call. One with a member whose type is not known has to be handed over by its address.
package struct AddressAnchor: Sendable {
    private let nothing: (any Sendable)? = nil

    package init() {}
}
