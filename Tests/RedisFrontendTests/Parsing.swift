import RESP
import RedisFrontend
import RoostModel

/// What a request line of words is parsed to.
func parse(_ line: String) throws -> KeyCommand {
    var buffer = Array((line + "\r\n").utf8)
    return try buffer.withUnsafeMutableBytes { bytes in
        var reader = RequestReader()
        _ = try reader.next(in: bytes)
        return try reader.arguments.withUnsafeBufferPointer { ranges in
            var arguments = Arguments(UnsafeRawBufferPointer(bytes), ranges)
            return try CommandTable.shared.parse(&arguments)
        }
    }
}

/// Why a request line is refused; nil when it is not.
func faultText(_ line: String) -> String? {
    do {
        _ = try parse(line)
        return nil
    } catch {
        return (error as? CommandError)?.text
    }
}

func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }

func bytes(_ texts: String...) -> [Bytes] { texts.map { Bytes($0.utf8) } }
