import RoostModel

/// A key of one of the databases.
struct KeyName: Hashable {
    var database: UInt8
    var key: Bytes
}
