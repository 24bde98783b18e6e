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

/// What a verifier remembers of one request must not show in the next.
@Suite struct SignatureMemoryTests {
    private func fault(_ test: SignatureCase, _ verifier: inout SignatureVerifier) -> SQSFault? {
        do throws(SQSFault) {
            let fields = test.headers.map { (name: $0[0], value: $0[1]) }
            var pending = try verifier.begin(method: test.method, target: test.target, fields: fields, now: test.now)
            let fault: SQSFault? = Array(test.body.utf8).withUnsafeBytes { body in
                do throws(SQSFault) {
                    _ = try pending.finish(body, SignatureCase.keys)
                    return nil
                } catch {
                    return error
                }
            }
            return fault
        } catch {
            return error
        }
    }

    /// The header is not read in full when it is that of the request before but for the signature.
    @Test func aHeaderThatWasSeenBeforeIsReadAsIfItWereTheFirst() throws {
        let good = try #require(try SignatureCase.named("SendMessage"))
        let place = try #require(good.headers.firstIndex { $0[0] == "Authorization" })
        let text = Array(good.headers[place][1].utf8)
        var verifier = SignatureVerifier(SignatureCase.keys)
        #expect(fault(good, &verifier) == nil)
        var changed: [[UInt8]] = []
        for index in text.indices {
            for byte in ", =/;\tz0A".utf8 where byte != text[index] {
                var other = text
                other[index] = byte
                changed.append(other)
            }
            changed.append(Array(text.prefix(index)))
            for added in [" ", ", Signature="] {
                changed.append(Array(text.prefix(index)) + Array(added.utf8) + Array(text.suffix(from: index)))
            }
        }
        for bytes in changed {
            var other = good
            other.headers[place][1] = String(decoding: bytes, as: UTF8.self)
            var fresh = SignatureVerifier(SignatureCase.keys)
            let expected = fault(other, &fresh)
            #expect(fault(other, &verifier) == expected, "\(other.headers[place][1])")
            #expect(fault(good, &verifier) == nil)
        }
    }

    /// The code over time and scope is kept for a second; each second has its own.
    @Test func secondsInTurn() throws {
        let first = try #require(try SignatureCase.named("SendMessage"))
        let last = try #require(first.headers.firstIndex { $0[0] == "Authorization" })
        var second = first
        second.headers = first.headers.map { [$0[0], $0[1].replacing("T235000Z", with: "T235001Z")] }
        var verifier = SignatureVerifier(SignatureCase.keys)
        for _ in 0..<2 {
            #expect(fault(first, &verifier) == nil)
            #expect(fault(second, &verifier)?.code == .signatureDoesNotMatch)
        }
        // HMAC of Python over the same text with the other second.
        second.headers[last][1] =
            first.headers[last][1].dropLast(64)
            + "558c2477534907b44f728e9d329771b39f336d05554b5f3a3a61b7de9228378d"
        for test in [first, second, second, first, second] { #expect(fault(test, &verifier) == nil) }
    }

    /// A request that is shorter than the one before is not read beyond its end.
    @Test func requestsOfAllLengthsInTurn() throws {
        let cases = try SignatureCase.all()
        let good = try #require(cases.first { $0.name == "SendMessage" })
        var verifier = SignatureVerifier(SignatureCase.keys)
        for count in [0, 1, 1500, 7, 5000, 3, 40_000, 2, 0] {
            var other = good
            other.headers.insert(["X-Unsigned", String(repeating: "u", count: count)], at: 0)
            other.headers.append(["x-unsigned", String(repeating: "u", count: count / 2)])
            #expect(fault(other, &verifier) == nil, "\(count) bytes, the field twice")
            for test in cases {
                #expect((fault(test, &verifier) == nil) == (test.expect == "ok"), "\(test.name) after \(count) bytes")
            }
        }
    }

    @Test func aFieldThatIsLookedUpMayStandOnce() throws {
        let good = try #require(try SignatureCase.named("SendMessage"))
        var verifier = SignatureVerifier(SignatureCase.keys)
        for name in ["Authorization", "X-Amz-Date", "X-Amz-Target", "Host"] {
            let field = try #require(good.headers.first { $0[0] == name })
            for spelling in [name, name.lowercased(), name.uppercased()] {
                var other = good
                other.headers.append([spelling, field[1]])
                #expect(fault(other, &verifier) != nil, "\(spelling) twice")
                #expect(fault(good, &verifier) == nil)
            }
        }
        for name in ["User-Agent", "Accept-Encoding", "X-Other"] {
            var other = good
            other.headers += [[name, "one"], [name.uppercased(), "two"]]
            #expect(fault(other, &verifier) == nil, "\(name) twice")
        }
    }

    /// In each place of names of each length, those that are cut into words of eight bytes and the others.
    @Test func namesAreMadeSmallAndNothingElse() throws {
        var request = SignedRequest()
        let letters = (UInt8(0)...127).map { String(UnicodeScalar($0)) } + ["\u{80}", "\u{C1}", "\u{E9}", "\u{7FF}"]
        for count in 0...20 {
            for place in 0...count {
                for letter in letters {
                    let name =
                        String(repeating: "Q", count: place) + letter + String(repeating: "z", count: count - place)
                    try request.load(method: "GET", target: "/", fields: [(name: name, value: " A ")])
                    let small = name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
                    #expect(request.bytes == Array("GET".utf8) + small + Array(" A /".utf8))
                }
            }
        }
    }
}
