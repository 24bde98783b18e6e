import RoostModel

/// Commands on hashes.
enum HashCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        set("hset", countsNew: true, "Sets fields of a hash, which it makes if there is none."),
        CommandRow("hsetnx", 4, [.write, .denyoom, .fast], .one, since: "2.0.0", "Sets a field that does not exist.") {
            (arguments) throws(Failure) in
            .hash(.setNew(try arguments.bytes(), field: try arguments.bytes(), try arguments.bytes()))
        },
        set("hmset", countsNew: false, "Sets fields of a hash, and does not say how many are new."),
        CommandRow("hget", 3, [.readonly, .fast], .one, since: "2.0.0", "Answers the value of a field.") {
            (arguments) throws(Failure) in .hash(.get(try arguments.bytes(), field: try arguments.bytes()))
        },
        CommandRow("hmget", -3, [.readonly, .fast], .one, since: "2.0.0", "Answers the values of fields.") {
            (arguments) throws(Failure) in .hash(.getMany(try arguments.bytes(), fields: try arguments.rest()))
        },
        CommandRow("hgetall", 2, .readonly, .one, since: "2.0.0", "Answers all fields with their values.") {
            (arguments) throws(Failure) in .hash(.getAll(try arguments.bytes()))
        },
        CommandRow(
            "hdel", -3, [.write, .fast], .one, since: "2.0.0", "Deletes fields; the last one takes the hash along."
        ) {
            (arguments) throws(Failure) in .hash(.remove(try arguments.bytes(), fields: try arguments.rest()))
        },
        CommandRow("hlen", 2, [.readonly, .fast], .one, since: "2.0.0", "Answers how many fields a hash has.") {
            (arguments) throws(Failure) in .hash(.length(try arguments.bytes()))
        },
        CommandRow("hexists", 3, [.readonly, .fast], .one, since: "2.0.0", "Answers whether a field exists.") {
            (arguments) throws(Failure) in .hash(.exists(try arguments.bytes(), field: try arguments.bytes()))
        },
        CommandRow("hkeys", 2, .readonly, .one, since: "2.0.0", "Answers all fields.") {
            (arguments) throws(Failure) in .hash(.fields(try arguments.bytes()))
        },
        CommandRow("hvals", 2, .readonly, .one, since: "2.0.0", "Answers all values.") {
            (arguments) throws(Failure) in .hash(.values(try arguments.bytes()))
        },
        CommandRow("hstrlen", 3, [.readonly, .fast], .one, since: "3.2.0", "Answers the length of a field's value.") {
            (arguments) throws(Failure) in .hash(.valueLength(try arguments.bytes(), field: try arguments.bytes()))
        },
        CommandRow("hincrby", 4, [.write, .denyoom, .fast], .one, since: "2.0.0", "Adds to the number in a field.") {
            (arguments) throws(Failure) in
            .hash(.increment(try arguments.bytes(), field: try arguments.bytes(), by: try arguments.integer()))
        },
        CommandRow(
            "hincrbyfloat", 4, [.write, .denyoom, .fast], .one, since: "2.6.0",
            "Adds a fraction to the number in a field."
        ) { (arguments) throws(Failure) in
            .hash(.incrementFloat(try arguments.bytes(), field: try arguments.bytes(), by: try arguments.longDouble()))
        },
        CommandRow("hrandfield", -2, .readonly, .one, since: "6.2.0", "Answers fields that are picked at random.") {
            (arguments) throws(Failure) in try pick(&arguments)
        },
        CommandRow("hscan", -3, .readonly, .one, since: "2.8.0", "Answers fields and values page by page.") {
            (arguments) throws(Failure) in
            .hash(.scan(try arguments.bytes(), try arguments.scan(onlyNames: "NOVALUES")))
        },
    ]

    private static func set(_ name: String, countsNew: Bool, _ summary: String) -> CommandRow {
        CommandRow(name, -4, [.write, .denyoom, .fast], .one, since: "2.0.0", summary) { (arguments) throws(Failure) in
            let key = try arguments.bytes()
            guard arguments.remaining % 2 == 0 else { throw .wrongArity(StaticCommandName(text: name)) }
            return .hash(.set(key, try arguments.pairs(), countsNew: countsNew))
        }
    }

    private static func pick(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        guard !arguments.isAtEnd else { return .hash(.pick(key)) }
        let (count, withValues) = try arguments.picks("WITHVALUES")
        return .hash(.pickMany(key, count: count, withValues: withValues))
    }
}
