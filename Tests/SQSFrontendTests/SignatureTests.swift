import Foundation
import SQSFrontend
import Testing

/// The verifier against requests that botocore has signed, and against those that nobody should get through with.
/// `Fixtures/signatures.py` makes them.
@Suite struct SignatureTests {
    /// `ok`, or the code that a client gets.
    private func verdict(_ test: SignatureCase, _ verifier: inout SignatureVerifier) -> String {
        let fields = test.headers.map { (name: $0[0], value: $0[1]) }
        do throws(SQSFault) {
            let key = try verify(test, fields, &verifier)
            return key.id == "AKIDEXAMPLE" ? "ok" : key.id
        } catch {
            let status = error.code.row.status.code
            return status == 400 || status == 403 ? "\(error.code.row.queryCode)" : "\(status)"
        }
    }

    private func verify(
        _ test: SignatureCase, _ fields: [(name: String, value: String)], _ verifier: inout SignatureVerifier
    ) throws(SQSFault) -> AccessKey {
        let result: Result<AccessKey, SQSFault> = Array(test.body.utf8).withUnsafeBytes { body in
            do throws(SQSFault) {
                return .success(
                    try verifier.verify(
                        method: test.method, target: test.target, fields: fields, body: body, now: test.now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    @Test func everyCaseGetsItsVerdict() throws {
        var verifier = SignatureVerifier(SignatureCase.keys)
        let cases = try SignatureCase.all()
        #expect(cases.count { $0.expect == "ok" } >= 31)
        #expect(cases.count { $0.expect != "ok" } >= 60)
        for test in cases { #expect(verdict(test, &verifier) == test.expect, "\(test.name)") }
        // Nothing is left in the buffers of one request that another could use, and keys come from the cache now.
        for test in cases.reversed() { #expect(verdict(test, &verifier) == test.expect, "again: \(test.name)") }
    }

    @Test func everyChangeOfOneByteBreaksTheSignature() throws {
        var verifier = SignatureVerifier(SignatureCase.keys)
        let good = try #require(try SignatureCase.all().first { $0.name == "presigned at the queue's URL" })
        #expect(verdict(good, &verifier) == "ok")
        let target = Array(good.target.utf8)
        for index in target.indices {
            var changed = good
            var bytes = target
            bytes[index] ^= 1
            changed.target = String(decoding: bytes, as: UTF8.self)
            #expect(verdict(changed, &verifier) != "ok", "byte \(index) of the URL")
        }
    }

    @Test func everyCutIsRefused() throws {
        var verifier = SignatureVerifier(SignatureCase.keys)
        for name in ["SendMessage", "presigned with a token"] {
            let good = try #require(try SignatureCase.all().first { $0.name == name })
            for count in 0..<good.target.utf8.count {
                var cut = good
                cut.target = String(good.target.prefix(count))
                if cut.target != "/" { #expect(verdict(cut, &verifier) != "ok" || name == "SendMessage") }
            }
            for (place, header) in good.headers.enumerated() where header[0] != "My-Header" {
                for count in 0..<header[1].utf8.count {
                    var cut = good
                    cut.headers[place][1] = String(header[1].prefix(count))
                    #expect(verdict(cut, &verifier) != "ok", "\(header[0]) cut to \(count)")
                }
            }
        }
    }

    /// In each place of the signature: a digit that is wrong, and everything that is none.
    @Test func aSignatureIsSixtyFourSmallDigits() throws {
        var verifier = SignatureVerifier(SignatureCase.keys)
        let good = try #require(try SignatureCase.named("SendMessage"))
        let header = try #require(good.headers.firstIndex { $0[0] == "Authorization" })
        let text = Array(good.headers[header][1].utf8)
        for place in text.count - 64..<text.count {
            for byte in UInt8(1)...127 where byte != text[place] {
                var other = good
                var bytes = text
                bytes[place] = byte
                other.headers[header][1] = String(decoding: bytes, as: UTF8.self)
                let isDigit = "0123456789abcdef".utf8.contains(byte)
                let verdict = verdict(other, &verifier)
                #expect(
                    verdict == (isDigit ? "SignatureDoesNotMatch" : "IncompleteSignature"), "byte \(byte) at \(place)")
            }
        }
        for letter in ["\u{80}", "\u{B0}", "\u{E1}", "\u{7FF}"] {
            var other = good
            other.headers[header][1] = String(good.headers[header][1].dropLast(2)) + letter
            #expect(verdict(other, &verifier) == "IncompleteSignature")
        }
    }

    @Test func everyKeyIsFound() throws {
        let good = try #require(try SignatureCase.named("SendMessage"))
        let right = SignatureCase.keys.all[1]
        for count in 0..<20 {
            let others = (0..<count).map { AccessKey(id: $0 % 2 == 0 ? "AKID\($0)" : "AKIDZ\($0)", secret: "other") }
            var without = SignatureVerifier(AccessKeys(others))
            #expect(verdict(good, &without) == "InvalidClientTokenId")
            // Of two with one id the first counts.
            var verifier = SignatureVerifier(AccessKeys(others + [right, AccessKey(id: right.id, secret: "later")]))
            #expect(verdict(good, &verifier) == "ok", "\(count) other keys")
        }
    }

    @Test func manyScopesDoNotFillTheMemoryAndStillVerify() throws {
        var verifier = SignatureVerifier(SignatureCase.keys)
        let good = try #require(try SignatureCase.all().first { $0.name == "SendMessage" })
        for number in 0..<1000 {
            var other = good
            other.headers = good.headers.map { [$0[0], $0[1].replacing("us-east-1", with: "region-\(number)")] }
            #expect(verdict(other, &verifier) == "SignatureDoesNotMatch")
        }
        #expect(verdict(good, &verifier) == "ok")
    }

    @Test func aKeyNeverShowsItsSecret() {
        let key = SignatureCase.keys.all[1]
        var dumped = ""
        dump(SignatureCase.keys, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(Optional(key) as Any)", dumped] {
            #expect(!text.contains("wJalr"))
        }
    }

    @Test func timesAreReadAndWritten() {
        for text in [
            "19700101T000000Z", "20000229T235959Z", "20260228T120000Z", "21000301T000001Z", "99991231T235959Z",
        ] {
            #expect(SignatureTime.seconds(text.utf8).map { SignatureTime.text($0) } == text)
        }
        #expect(SignatureTime.seconds("20260228T235000Z".utf8) == 1_772_322_600)
        #expect(SignatureTime.text(-1) == "19700101T000000Z")
        for text in ["21000229T000000Z", "20260431T000000Z", "20261301T000000Z", "2026", ""] {
            #expect(SignatureTime.seconds(text.utf8) == nil)
        }
    }
}
