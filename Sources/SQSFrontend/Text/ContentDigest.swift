import Crypto
import RoostModel

/// The id of a message whose sender gave it none: the SHA-256 sum of its body, without its attributes (SQS).
enum ContentDigest {
    static func id(of body: [UInt8]) -> String {
        let digest = SHA256.hash(data: body)
        return String(unsafeUninitializedCapacity: 64) { target in
            var count = 0
            for byte in digest {
                target[count] = hexDigit(byte >> 4)
                target[count &+ 1] = hexDigit(byte & 15)
                count &+= 2
            }
            return count
        }
    }
}
