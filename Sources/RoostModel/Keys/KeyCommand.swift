/// The name of a key, or any other string of Redis: bytes, whatever they mean.
package typealias Bytes = [UInt8]

/// A command on keys, with arguments that were checked as far as they can be without the keys.
package enum KeyCommand: Sendable, Equatable {
    case string(StringCommand)
    case bits(BitCommand)
    case list(ListCommand)
    case hash(HashCommand)
    case set(SetCommand)
    case sortedSet(SortedSetCommand)
    case key(GenericCommand)
    case databases(DatabaseCommand)
    /// Stores what is published in the queues that are bound to the channel. Answers how many they are.
    case publish(channel: Bytes, Bytes)
}

/// What a command answers. The front end gives it the form of the protocol's version.
package enum KeyReply: Sendable, Equatable {
    case ok
    case null
    /// Of commands that otherwise answer an array: RESP2 tells the two apart.
    case nullArray
    case integer(Int64)
    case bytes(Bytes)
    case double(Double)
    case word(StaticWord)
    case array([KeyReply])
    /// An array of bytes, in one piece.
    case strings(ByteStrings)
    /// Pairs of member and score. In RESP2 they stand in one array, one after the other.
    case scored([ScoredMember])
    /// Keys and values in turn: an array in RESP2, a map in RESP3.
    case map([KeyReply])
    /// Firsts and seconds in turn: so in RESP2, each two in an array of their own in RESP3.
    case pairs([KeyReply])
    /// Members, each once. RESP2 has an array for it.
    case set([KeyReply])
    /// What a scan met: keys, members, or fields and values in turn. Scores are text here, with RESP3 too.
    ///
    /// - Parameter next: the cursor to go on from; zero at the end.
    case page(next: UInt64, [Bytes])
    /// What a key holds, for DUMP.
    indirect case content(KeyContent)
    case failure(KeyError)

    /// Fixed words that are no content: types of keys.
    package enum StaticWord: String, Sendable {
        case none, string, list, set, zset, hash, stream, queue
    }
}

/// Why a command was refused. Nothing was changed then.
package enum KeyError: Error, Sendable, Equatable {
    case wrongType
    case notAnInteger
    case notAFloat
    /// Hashes say so in words of their own.
    case hashValueNotAnInteger
    case hashValueNotAFloat
    /// The sum is beyond 64 bits.
    case overflow
    case notFinite
    /// The sum of two infinities as a score.
    case scoreNotANumber
    /// More random picks than one command may ask for.
    case countOutOfRange
    case noSuchKey
    case indexOutOfRange
    case stringTooLong
    /// What LCS compares has to be strings, and the product of their lengths has a limit.
    case notStrings
    case stringsTooLongToCompare
    case noSuchDatabase
    /// What it would add goes beyond the limit of memory.
    case outOfMemory
    /// What is copied or moved would come to where it is.
    case sameObject
    /// It is not known when keys were used, and how often.
    case idleTimeNotTracked
    case frequencyNotTracked
    /// An answer that repeats values, beyond 512 MiB.
    case replyTooLong
    /// SORT met a value that is no number.
    case sortValueNotANumber
    /// The key is a queue, which refused it.
    case refused(Rejection)
    /// What PUSH and the like of Redis cannot say to a FIFO queue: a group.
    case groupNeeded
    /// Nobody looks so far into a queue.
    case tooFarIntoQueue(max: Int)
    /// Messages of queues in the answers of one request.
    case messagesTooLong(max: Int)
    /// All that a request changes has to fit one record of the log, or as much as one.
    case requestTooLarge(bytes: Int, max: Int)
    /// A key with the name of a queue would come into the database of queues.
    case nameOfQueue
    /// RESTORE does not replace what is there.
    case keyExists
}
