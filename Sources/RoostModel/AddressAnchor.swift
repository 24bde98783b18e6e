/// A member that keeps a large structure at its place in memory. It holds nothing.
///
/// The compiler hands a structure that it could load to each method that only looks at it as a copy: hundreds or
/// thousands of bytes for every call. One with a member whose type is not known has to be handed over by its address.
///
/// In return it is copied as a whole, and all that it holds retained, where the compiler cannot see that nothing
/// changes meanwhile: `core.prepare(core.find(name))`, a method of it that is carried out in the place of its caller,
/// or `pointer.pointee.look()`. On paths where that counts a look is a statement of its own.
package struct AddressAnchor: Sendable {
    private let nothing: (any Sendable)? = nil

    package init() {}
}
