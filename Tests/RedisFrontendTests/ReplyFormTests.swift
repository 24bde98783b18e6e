import RESP
import RedisFrontend
import RoostModel
import Testing

@Suite("Forms of replies, as redis-server 7.0.15 sends them")
struct ReplyFormTests {
    private func written(_ reply: KeyReply, _ version: RESPVersion) -> String {
        var writer = ReplyWriter(version: version)
        writer.write(reply)
        return String(decoding: writer.take(), as: UTF8.self).replacing("\r\n", with: "|")
    }

    private static let a = KeyReply.bytes(bytes("a"))

    @Test(
        "Both versions",
        arguments: [
            // HGETALL
            (.map([a, .bytes(bytes("12"))]), "*2|$1|a|$2|12|", "%1|$1|a|$2|12|"), (.map([]), "*0|", "%0|"),
            // HRANDFIELD WITHVALUES
            (.pairs([a, a, a, a]), "*4|$1|a|$1|a|$1|a|$1|a|", "*2|*2|$1|a|$1|a|*2|$1|a|$1|a|"),
            (.pairs([]), "*0|", "*0|"),
            // SMEMBERS, SPOP with a count
            (.set([a]), "*1|$1|a|", "~1|$1|a|"), (.set([]), "*0|", "~0|"),
            // ZSCORE, ZADD INCR
            (.double(1.5), "$3|1.5|", ",1.5|"), (.double(-.infinity), "$4|-inf|", ",-inf|"),
            // ZRANGE WITHSCORES, ZPOPMIN with a count
            (
                .scored([ScoredMember(2, bytes("b")), ScoredMember(.infinity, bytes("i"))]),
                "*4|$1|b|$1|2|$1|i|$3|inf|", "*2|*2|$1|b|,2|*2|$1|i|,inf|"
            ),
            (.scored([]), "*0|", "*0|"),
            // ZPOPMIN without a count
            (.array([a, .double(1)]), "*2|$1|a|$1|1|", "*2|$1|a|,1|"),
            // ZRANK WITHSCORE of a member that is not there
            (.nullArray, "*-1|", "_|"),
        ] as [(KeyReply, String, String)])
    func forms(_ reply: KeyReply, _ two: String, _ three: String) {
        #expect(written(reply, .two) == two)
        #expect(written(reply, .three) == three)
    }
}
