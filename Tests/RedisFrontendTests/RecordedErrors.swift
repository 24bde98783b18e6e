/// What redis-server 7.0.15 answered to commands with wrong arguments, those of Redis 7.2 aside.
enum RecordedErrors {
    /// "ERR wrong number of arguments for '...' command"
    static let arity: [String] = [
        "hset k f", "hset k f v f2", "hset k", "hmset k f v f2", "hmset k f", "hsetnx k f", "hsetnx k f v x",
        "hget k", "hget k f x", "hmget k", "hgetall", "hgetall k x", "hdel k", "hlen", "hlen k x", "hexists k",
        "hexists k f x", "hkeys", "hkeys k x", "hvals", "hvals k x", "hstrlen k", "hstrlen k f x", "hincrby k f",
        "hincrby k f 1 x", "hincrbyfloat k f", "hincrbyfloat k f 1 x", "hrandfield", "hscan k", "sadd k", "srem k",
        "smove a b", "smove a b c d", "sismember k", "sismember k a b", "smismember k", "scard", "scard k x", "spop",
        "srandmember", "smembers", "smembers k x", "sinter", "sintercard 1", "sinterstore k", "sunion",
        "sunionstore k", "sdiff", "sdiffstore k", "sscan k", "zadd k 1", "zadd k incr", "zincrby k 1",
        "zincrby k 1 m x", "zrem k", "zcard", "zcard k x", "zscore k", "zscore k m x", "zmscore k", "zrank k",
        "zrank k a b c", "zrevrank k", "zrevrank k a b c", "zpopmin", "zpopmax", "zmpop 1 k", "zrandmember",
        "zscan k", "zrange k 0", "zrangestore d k 0", "zrevrange k 0", "zrangebyscore k 0", "zrevrangebyscore k 0",
        "zrangebylex k -", "zrevrangebylex k +", "zcount k 0", "zcount k 0 1 2", "zlexcount k -",
        "zlexcount k - + x", "zremrangebyscore k 0", "zremrangebyscore k 0 1 2", "zremrangebyrank k 0",
        "zremrangebyrank k 0 1 2", "zremrangebylex k -", "zremrangebylex k - + x", "zunion 1", "zinter 1", "zdiff 1",
        "zunionstore d 1", "zinterstore d 1", "zdiffstore d 1", "zintercard 1", "scan", "lpop k 1 2", "lmpop 1 k",
        "lmove a b left",
    ]

    /// Requests by the error that answers them.
    static let others: [(error: String, requests: [String])] = [
        (
            "ERR value is not an integer or out of range",
            [
                "hincrby k f x", "hincrby k f 1.5", "hincrby k f 9223372036854775808", "hrandfield k x",
                "hrandfield k 1.0", "hrandfield k x withvalues", "srandmember k x", "zrandmember k x",
                "zrange k a 1", "zrange k 0 1.5", "zrange k 0 1 limit x 1", "zrange k 0 1 byscore limit 0 x",
                "zrangestore d k 0 x", "zrevrange k x 1", "zrangebyscore k 0 1 limit 0 x",
                "zrangebylex k - + limit x 1", "zremrangebyrank k a 1", "zunion x k", "zinter x k", "zdiff x k",
                "zunionstore d x k", "zintercard x k", "scan 0 count x", "lpos k e rank x", "lrange k 0 x",
                "lrem k x e", "ltrim k x 1", "hscan h 0 count x", "sscan s 0 count x", "zscan z 0 count x",
            ]
        ),
        (
            "ERR value is not a valid float",
            [
                "hincrbyfloat k f x", "hincrbyfloat k f nan", "hincrbyfloat k f 1e5000", "zadd k x m",
                "zadd k nan m", "zadd k 1 m x n", "zadd k incr x m", "zincrby k x m", "zincrby k nan m",
            ]
        ),
        (
            "ERR value is NaN or Infinity",
            [
                "hincrbyfloat k f inf", "hincrbyfloat k f -inf",
            ]
        ),
        (
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            [
                "hrandfield k -9223372036854775808", "srandmember k -9223372036854775808",
                "zrandmember k -9223372036854775808",
            ]
        ),
        (
            "ERR syntax error",
            [
                "hrandfield k 1 x", "hrandfield k 1 withscores", "hrandfield k 1 withvalues x", "spop k 1 2",
                "spop k x y", "srandmember k 1 2", "sintercard 1 k x", "sintercard 1 k limit",
                "sintercard 1 k limit 1 x", "zadd k 1 m 2", "zadd k nx 1", "zadd k nx xx", "zadd k nx xx ch",
                "zadd k incr ch", "zincrby k nx m", "zincrby k nx xx", "zpopmin k 1 2", "zpopmin k x y",
                "zpopmax k 1 2", "zmpop 2 k min", "zmpop 3 k min", "zmpop 9223372036854775806 k min",
                "zmpop 1 k left", "zmpop 1 k min x", "zmpop 1 k min count", "zmpop 1 k min count 1 count 1",
                "zmpop 1 k min count 1 x", "zrandmember k 1 x", "zrandmember k 1 withvalues",
                "zrandmember k 1 withscores x", "zrange k 0 1 x", "zrange k 0 1 limit", "zrange k 0 1 limit 1",
                "zrange k 0 1 byscore limit 0", "zrange k 0 1 byscore bylex", "zrange k 0 1 byscore byscore",
                "zrange k 0 1 rev rev", "zrangestore d k 0 1 withscores", "zrangestore d k 0 1 x",
                "zrevrange k 0 1 rev", "zrevrange k 0 1 byscore", "zrangebyscore k 0 1 rev",
                "zrangebyscore k 0 1 byscore", "zrangebyscore k 0 1 limit 0", "zrangebyscore k 0 1 limit 0 1 x",
                "zrevrangebyscore k 0 1 rev", "zrangebylex k - + rev", "zunion 2 k", "zunion 1 k x",
                "zunion 1 k weights", "zunion 2 k j weights 1", "zunion 1 k weights 1 2", "zunion 1 k aggregate",
                "zunion 1 k aggregate x", "zunion 1 k aggregate avg withscores", "zunion 1 k limit 1",
                "zunion 9223372036854775807 k", "zinter 2 k", "zinter 1 k x", "zinter 1 k aggregate x", "zdiff 2 k",
                "zdiff 1 k weights 1", "zdiff 1 k aggregate sum", "zdiff 1 k x", "zunionstore d 2 k",
                "zunionstore d 1 k withscores", "zinterstore d 1 k withscores", "zinterstore d 1 k aggregate x",
                "zdiffstore d 1 k withscores", "zdiffstore d 1 k weights 1", "zintercard 2 k", "zintercard 1 k x",
                "zintercard 1 k limit", "zintercard 1 k weights 1", "zintercard 1 k withscores", "scan 0 x",
                "scan 0 match", "scan 0 count", "scan 0 count 0", "scan 0 count -1", "scan 0 type",
                "scan 0 match a b", "lmpop 1 k min", "lmpop 2 k left", "lmpop 1 k left count",
                "lmpop 1 k left count 1 count 1", "lpos k e x", "linsert k between p e", "lmove a b up left",
                "hscan h 0 x", "hscan h 0 match", "hscan h 0 count", "hscan h 0 count 0", "hscan h 0 type hash",
                "hscan h 0 values", "sscan s 0 x", "sscan s 0 match", "sscan s 0 count 0", "sscan s 0 type set",
                "zscan z 0 x", "zscan z 0 match", "zscan z 0 count 0", "zscan z 0 type zset",
            ]
        ),
        (
            "ERR value is out of range",
            [
                "hrandfield k -4611686018427387904 withvalues", "hrandfield k 4611686018427387904 withvalues",
                "zrandmember k -4611686018427387904 withscores", "zrandmember k 4611686018427387904 withscores",
            ]
        ),
        (
            "ERR invalid cursor",
            [
                "hscan k x", "hscan k -", "hscan k 1x", "hscan k 18446744073709551616", "sscan k x", "zscan k x",
                "scan x", "scan -", "scan +", "scan 1.5", "scan 0x1", "scan 18446744073709551616",
                "scan -18446744073709551616", "hscan h x", "sscan s x", "zscan z 18446744073709551616",
            ]
        ),
        (
            "ERR value is out of range, must be positive",
            [
                "spop k x", "spop k -1", "zpopmin k x", "zpopmin k -1", "zpopmax k x", "zpopmax k -1", "lpop k x",
                "lpop k -1", "rpop k 1.0",
            ]
        ),
        (
            "ERR numkeys should be greater than 0",
            [
                "sintercard x k", "sintercard 0 k", "sintercard -1 k", "zmpop x k min", "zmpop 0 k min",
                "zmpop -1 k min", "lmpop x k left", "lmpop 0 k left",
            ]
        ),
        (
            "ERR Number of keys can't be greater than number of args",
            [
                "sintercard 2 k", "sintercard 9223372036854775807 k",
            ]
        ),
        (
            "ERR LIMIT can't be negative",
            [
                "sintercard 1 k limit x", "sintercard 1 k limit -1", "zintercard 1 k limit x",
                "zintercard 1 k limit -1",
            ]
        ),
        (
            "ERR XX and NX options at the same time are not compatible",
            [
                "zadd k nx xx 1 m", "zadd k xx nx gt 1 m", "zadd k nx xx incr 1 m 2 n",
            ]
        ),
        (
            "ERR GT, LT, and/or NX options at the same time are not compatible",
            [
                "zadd k nx gt 1 m", "zadd k nx lt 1 m", "zadd k gt lt 1 m", "zadd k gt lt xx 1 m",
            ]
        ),
        (
            "ERR INCR option supports a single increment-element pair",
            [
                "zadd k incr 1 m 2 n"
            ]
        ),
        (
            "ERR count should be greater than 0",
            [
                "zmpop 1 k min count x", "zmpop 1 k min count 0", "zmpop 1 k min count -1", "lmpop 1 k left count x",
                "lmpop 1 k left count 0",
            ]
        ),
        (
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            [
                "zrange k 0 1 limit 0 1", "zrangestore d k 0 1 limit 0 1", "zrevrange k 0 1 limit 0 1",
            ]
        ),
        (
            "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            [
                "zrange k [a [b bylex withscores", "zrangebylex k - + withscores", "zrevrangebylex k + - withscores",
            ]
        ),
        (
            "ERR min or max not valid string range item",
            [
                "zrange k a b bylex", "zrange k [a b bylex", "zrange k -a + bylex", "zrange k - ++ bylex",
                "zrange k - 5 bylex", "zrangestore d k a b bylex", "zrangebylex k a b", "zrevrangebylex k a b",
                "zlexcount k a b", "zremrangebylex k a b",
            ]
        ),
        (
            "ERR min or max is not a float",
            [
                "zrange k a b byscore", "zrange k 1 nan byscore", "zrange k ((1 2 byscore", "zrange k 1 2x byscore",
                "zrangestore d k a b byscore", "zrangebyscore k a 1", "zrangebyscore k nan 1",
                "zrevrangebyscore k 0 x", "zcount k a 1", "zcount k 0 (x", "zremrangebyscore k a 1",
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zunion' command",
            [
                "zunion 0 k", "zunion -1 k",
            ]
        ),
        (
            "ERR weight value is not a float",
            [
                "zunion 1 k weights x", "zunion 1 k weights nan", "zinter 1 k weights x",
                "zunionstore d 1 k weights x",
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zinter' command",
            [
                "zinter 0 k"
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zdiff' command",
            [
                "zdiff 0 k"
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zunionstore' command",
            [
                "zunionstore d 0 k"
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zinterstore' command",
            [
                "zinterstore d 0 k"
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zdiffstore' command",
            [
                "zdiffstore d 0 k"
            ]
        ),
        (
            "ERR at least 1 input key is needed for 'zintercard' command",
            [
                "zintercard 0 k"
            ]
        ),
        (
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                + "negative to start from the end of the list",
            [
                "lpos k e rank 0"
            ]
        ),
        (
            "ERR COUNT can't be negative",
            [
                "lpos k e count x", "lpos k e count -1",
            ]
        ),
        (
            "ERR MAXLEN can't be negative",
            [
                "lpos k e maxlen x", "lpos k e maxlen -1",
            ]
        ),
    ]

    /// Of Redis 7.2, from its source: ZRANK has an option there.
    static let newer: [(error: String, requests: [String])] = [
        ("ERR syntax error", ["zrank k m x", "zrevrank k m withscores", "bitcount k 1", "bitcount k 1 2 foo"]),
        ("ERR value is not an integer or out of range", ["bitcount k x 2", "bitpos k 1 x"]),
    ]

    /// Of commands on keys of any type, on databases and on bits.
    static let general: [(error: String, requests: [String])] = [
        (
            "ERR syntax error",
            [
                "copy a b foo", "copy a b db", "flushall foo", "flushall sync async", "sort k limit 1", "sort k by",
                "sort k foo", "sort_ro k store x", "memory usage k samples", "memory usage k samples -1",
                "memory usage k sample 1", "bzmpop 1 1 a foo", "bzmpop 0 1 a min count", "bitop foo a b",
                "bitfield k overflow", "bitfield k get u8", "bitfield k foo", "bitfield k set u8 0", "lcs a b foo",
                "lcs a b minmatchlen", "bitpos k 1 1 2 foo", "bitpos k 1 1 2 bit x",
            ]
        ),
        (
            "ERR value is not an integer or out of range",
            [
                "expire k x", "copy a b db x", "move k x", "sort k limit a b", "memory usage k samples x",
                "bitpos k x", "bitfield k set u8 0 x", "lcs a b minmatchlen x", "expireat k 1.5",
            ]
        ),
        ("ERR DB index is out of range", ["copy a b db 256", "copy a b db -1", "move k 256", "swapdb 0 256"]),
        (
            "ERR value is out of range, value must between -2147483648 and 2147483647",
            ["copy a b db 99999999999", "move k 99999999999"]
        ),
        ("ERR invalid first DB index", ["swapdb x 1", "swapdb 99999999999 x"]),
        ("ERR invalid second DB index", ["swapdb 0 x", "swapdb 0 99999999999"]),
        ("ERR Unsupported option foo", ["expire k 1 foo", "expire k x foo", "pexpireat k 1 nx foo"]),
        (
            "ERR NX and XX, GT or LT options at the same time are not compatible",
            ["expire k 1 nx gt", "expire k 1 nx xx", "expire k x lt nx"]
        ),
        ("ERR GT and LT options at the same time are not compatible", ["expire k 1 gt lt", "expireat k 1 xx lt gt"]),
        (
            "ERR invalid expire time in 'expire' command",
            ["expire k 9223372036854775807", "expire k -9223372036854775807"]
        ),
        ("ERR invalid expire time in 'pexpire' command", ["pexpire k 9223372036854775807"]),
        ("ERR invalid expire time in 'expireat' command", ["expireat k 9223372036854775807"]),
        ("ERR value is not a valid float", ["incrbyfloat k x", "incrbyfloat k nan"]),
        ("ERR unknown subcommand 'foo'. Try OBJECT HELP.", ["object foo", "object foo bar"]),
        ("ERR wrong number of arguments for 'object|encoding' command", ["object encoding"]),
        ("ERR wrong number of arguments for 'memory|usage' command", ["memory usage"]),
        (
            "ERR bit offset is not an integer or out of range",
            [
                "setbit k x 1", "setbit k -1 1", "setbit k 4294967296 1", "getbit k x", "getbit k 4294967296",
                "bitfield k get u8 x", "bitfield k get u8 #x", "bitfield k get u8 -1", "bitfield k get u8 #-1",
                "bitfield k get u8 #536870912", "bitfield k get u8 08", "bitfield k get u8 #",
                "bitfield k get i64 9223372036854775807", "bitfield k get i64 #9223372036854775807",
            ]
        ),
        ("ERR bit is not an integer or out of range", ["setbit k 1 2", "setbit k 1 x", "setbit k 1 -1"]),
        ("ERR The bit argument must be 1 or 0.", ["bitpos k 2", "bitpos k -1"]),
        ("ERR BITOP NOT must be called with a single source key.", ["bitop not d a b"]),
        (
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
            [
                "bitfield k get u64 0", "bitfield k get i65 0", "bitfield k get u0 0", "bitfield k get x8 0",
                "bitfield k get u 0", "bitfield k get u08 0", "bitfield k get u8x 0", "bitfield k get i-1 0",
            ]
        ),
        ("ERR Invalid OVERFLOW type specified", ["bitfield k overflow foo"]),
        ("ERR BITFIELD_RO only supports the GET subcommand", ["bitfield_ro k set u8 0 1"]),
        ("ERR If you want both the length and indexes, please just use IDX.", ["lcs a b len idx"]),
    ]
}
