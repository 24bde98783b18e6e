package import Foundation

/// The body of a bench message: the run, a hyphen, the number, a full stop, and filler up to the size.
///
///     4f1c09ab-12345.................
package struct BenchMessage: Sendable {
    /// Room for the run, a number of 19 digits and the marks.
    package static let sizeMin = 32

    /// Eight characters that no other run has.
    package let run: String
    package let size: Int

    package init(run: String, size: Int) {
        self.run = run
        self.size = size
    }

    package static func newRun() -> String {
        let text = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }

    package func body(_ number: Int) -> String {
        let start = "\(run)-\(number)"
        return start + String(repeating: ".", count: max(1, size - start.utf8.count))
    }

    /// The number of a message of this run, or nil when it is somebody else's.
    package func number(of body: String) -> Int? {
        guard body.hasPrefix(run) else { return nil }
        let rest = body.dropFirst(run.count)
        guard rest.first == "-", let end = rest.firstIndex(of: ".") else { return nil }
        let digits = rest[rest.index(after: rest.startIndex)..<end]
        guard digits.allSatisfy(\.isWholeNumber), let number = Int(digits), number >= 0 else { return nil }
        return number
    }

    /// The request that sends these numbers. Written by hand: bodies need no escapes, and a client that is busy
    /// encoding measures itself.
    package func sendRequest(_ numbers: Range<Int>) -> Data {
        var data = Data(#"{"messages":["#.utf8)
        data.reserveCapacity(numbers.count * (size + 16) + 16)
        for number in numbers {
            if number != numbers.lowerBound { data.append(UInt8(ascii: ",")) }
            data.append(contentsOf: #"{"body":""#.utf8)
            data.append(contentsOf: body(number).utf8)
            data.append(contentsOf: #""}"#.utf8)
        }
        data.append(contentsOf: "]}".utf8)
        return data
    }
}
