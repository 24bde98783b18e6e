/// Commands on strings.
package enum StringCommand: Sendable, Equatable {
    case get(Bytes)
    case set(Bytes, Bytes, SetOptions)
    case getAndExpire(Bytes, ExpiryChange)
    case getAndDelete(Bytes)
    case append(Bytes, Bytes)
    case length(Bytes)
    /// Both ends included, counted from the end when negative.
    case range(Bytes, start: Int64, end: Int64)
    case setRange(Bytes, offset: Int, Bytes)
    case increment(Bytes, by: Int64)
    /// INCRBYFLOAT.
    case incrementFloat(Bytes, by: LongDouble)
    case getMany([Bytes])
    /// `onlyNew`: none is set when one of them exists.
    case setMany([KeyValuePair], onlyNew: Bool)
    /// The longest bytes that both have in this order, with gaps.
    case longestCommon(Bytes, Bytes, LongestCommonForm)
}

/// What LCS answers.
package enum LongestCommonForm: Sendable, Equatable {
    case bytes
    case count
    /// Where they are in both, from the last on, and how many in all.
    ///
    /// - Parameter countMin: shorter parts are left out.
    case places(countMin: Int64, withCounts: Bool)
}

package struct KeyValuePair: Sendable, Equatable {
    package var key: Bytes
    package var value: Bytes

    package init(_ key: Bytes, _ value: Bytes) {
        self.key = key
        self.value = value
    }
}

package struct SetOptions: Sendable, Equatable {
    package enum Condition: Sendable {
        case always, ifNone, ifExists
    }

    package var condition: Condition
    package var expiry: ExpiryChange
    /// Answers the old value instead, and refuses a key that holds something else.
    package var answersOld: Bool

    package init(condition: Condition = .always, expiry: ExpiryChange = .remove, answersOld: Bool = false) {
        self.condition = condition
        self.expiry = expiry
        self.answersOld = answersOld
    }
}

package enum ExpiryChange: Sendable, Equatable {
    case keep
    case remove
    case after(Milliseconds)
    case at(BrokerTime)
}
