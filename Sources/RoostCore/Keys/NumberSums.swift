import RoostModel

/// Of a number in text and a step; without a text it is zero.
///
/// - Parameter mismatch: thrown when the text is no number.
func sum(_ text: Bytes?, _ step: Int64, _ mismatch: KeyError) throws(KeyError) -> Int64 {
    guard let number = text.map({ IntegerText.parse($0) }) ?? 0 else { throw mismatch }
    let (sum, overflow) = number.addingReportingOverflow(step)
    guard !overflow else { throw .overflow }
    return sum
}

/// The sum as Redis writes it. It goes to the log as this text: another machine may have another long double.
func sum(_ text: Bytes?, _ step: LongDouble, _ mismatch: KeyError) throws(KeyError) -> Bytes {
    guard let number = text.map({ FloatText.parseLongDouble($0) }) ?? 0 else { throw mismatch }
    let sum = number + step
    guard sum.isFinite else { throw .notFinite }
    var written: Bytes = []
    LongDoubleText.append(sum, to: &written)
    return written
}
