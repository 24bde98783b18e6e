/// Commands in one database, carried out together or not at all.
package struct KeyRequest: Sendable, Equatable {
    package var database: UInt8
    /// What a single command pops of a queue with safe pop is leased. Otherwise a pop is final.
    package var leases: Bool
    package var commands: [KeyCommand]
    /// Of a single command that takes something: it waits while there is nothing to take.
    package var wait: KeyWait?
    /// The commands are carried out only if nothing that is watched under this number changed; the watch ends with it.
    package var watch: UInt64?

    package init(
        database: UInt8 = 0, _ commands: [KeyCommand], leases: Bool = false, wait: KeyWait? = nil,
        watch: UInt64? = nil
    ) {
        self.database = database
        self.leases = leases
        self.commands = commands
        self.wait = wait
        self.watch = watch
    }
}

/// How a command waits.
package struct KeyWait: Sendable, Equatable {
    /// It is tried again when one of these changes.
    package var keys: [Bytes]
    /// Nil: for ever.
    package var timeout: Milliseconds?

    package init(_ keys: [Bytes], timeout: Milliseconds?) {
        self.keys = keys
        self.timeout = timeout
    }
}
