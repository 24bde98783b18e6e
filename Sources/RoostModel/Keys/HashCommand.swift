/// Commands on hashes: values by field.
package enum HashCommand: Sendable, Equatable {
    /// HSET and HMSET. Answers how many fields are new, or OK; of one that is named twice the later value stays.
    case set(Bytes, [KeyValuePair], countsNew: Bool = true)
    /// HSETNX: 0 when the field is there.
    case setNew(Bytes, field: Bytes, Bytes)
    case get(Bytes, field: Bytes)
    case getMany(Bytes, fields: [Bytes])
    case getAll(Bytes)
    case fields(Bytes)
    case values(Bytes)
    case length(Bytes)
    case exists(Bytes, field: Bytes)
    case valueLength(Bytes, field: Bytes)
    case remove(Bytes, fields: [Bytes])
    case increment(Bytes, field: Bytes, by: Int64)
    /// HINCRBYFLOAT. The front end refuses a step that is not finite.
    case incrementFloat(Bytes, field: Bytes, by: LongDouble)
    /// HRANDFIELD: one field or null.
    case pick(Bytes)
    /// At most `count` different fields; as many as it says, with repeats, when it is negative.
    case pickMany(Bytes, count: Int64, withValues: Bool)
    /// Fields and values in turn.
    case scan(Bytes, ScanOptions)
}
