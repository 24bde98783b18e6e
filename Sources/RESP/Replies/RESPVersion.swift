/// What a client understands: RESP2 until it says `HELLO 3`.
package enum RESPVersion: Int, Sendable {
    case two = 2
    case three = 3
}
