/// What SQS accepts for the numbers in its requests. Origin: its API reference, as of the service model of 2026.
package enum SQSRanges {
    package static let delaySeconds: ClosedRange<Int64> = 0...900
    package static let visibilitySeconds: ClosedRange<Int64> = 0...43_200
    package static let waitSeconds: ClosedRange<Int64> = 0...20
    package static let receiveMessages: ClosedRange<Int64> = 1...10
    package static let retentionSeconds: ClosedRange<Int64> = 60...1_209_600
    package static let maximumMessageBytes: ClosedRange<Int64> = 1_024...1_048_576
    package static let listResults: ClosedRange<Int64> = 1...1_000
    package static let moveTaskResults: ClosedRange<Int64> = 1...10
    package static let keyReuseSeconds: ClosedRange<Int64> = 60...86_400
    package static let keyReuseSecondsDefault: Int64 = 300
    /// Of a tag, in characters.
    package static let tagKeyLength = 1...128
    package static let tagValueLengthMax = 256
    package static let policyActionsMax = 7
    /// Of the label of a permission, in characters.
    package static let labelLengthMax = 80

    static func invalid(_ value: Int, of parameter: String, _ range: ClosedRange<Int64>) -> SQSFault {
        .invalidValue(
            "\(value)", of: parameter, "Must be between \(range.lowerBound) and \(range.upperBound), if provided."
        )
    }
}
