import HTTPFrontend
import Testing

@Suite("Names in paths")
struct PathTextTests {
    @Test(
        "Escapes stand for bytes; one that is not whole is refused",
        arguments: [
            ("a", [0x61]), ("a%2Fb", [0x61, 0x2F, 0x62]), ("%ff%00", [0xFF, 0x00]), ("%25", [0x25]), ("", []),
            ("%", nil), ("a%2", nil), ("%zz", nil), ("%2%", nil),
        ] as [(String, [UInt8]?)])
    func decoded(text: String, bytes: [UInt8]?) {
        #expect(PathText.decoded(text) == bytes)
    }
}
