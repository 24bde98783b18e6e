import FuzzRunner
import RESP
import RoostModel

let numberReaches = ["whole number", "double", "long double"]

/// What is read and written again is the same number.
func checkNumbers(_ text: [UInt8]) {
    if let number = IntegerText.parse(text) {
        Reach.note("whole number")
        var again: [UInt8] = []
        IntegerText.append(number, to: &again)
        guard again == text else { report("another text for \(number)") }
    }
    if let number = FloatText.parseDouble(text) {
        Reach.note("double")
        var again: [UInt8] = []
        DoubleText.append(number, to: &again)
        guard FloatText.parseDouble(again) == number else { report("\(number) reads back as another number") }
    }
    if let number = FloatText.parseLongDouble(text) {
        Reach.note("long double")
        var again: [UInt8] = []
        LongDoubleText.append(number, to: &again)
        guard let other = FloatText.parseLongDouble(again) else { report("\(number) cannot be read back") }
        // 17 decimals, and the number's own precision where it has fewer of them.
        let distance = (other - number).magnitude
        guard other == number || distance <= 0.5001e-17 + number.magnitude * 1.2e-19 else {
            report("\(number): far off")
        }
    }
}
