import FuzzRunner
import Glibc
import SQSFrontend

private let texts = [
    #"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":["111111111111"]},"#
        + #""Action":["SQS:Send*"],"Resource":"arn:aws:sqs:*:*:q?","Condition":{"Bool":{"a":"b"}}}]}"#,
    #"{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":"*","NotResource":"${a}"}}"#,
]

// Policy documents: read, and decided for the owner and for a stranger.
exit(
    runFuzzer(seeds: { _ in texts.map { Array($0.utf8) } }) { bytes, count in
        let text = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let policy = try? PolicyReader.read(text) else { return 0 }
        let queue = "arn:aws:sqs:us-east-1:000000000000:q1"
        for permission in Permission.allCases {
            for account in ["000000000000", "111111111111"] {
                let caller = Policy.Caller(account: account, name: "AKID")
                let decision = Policy.decide(policy, caller, permission, on: queue, owner: "000000000000")
                precondition(decision != .allow || account == "000000000000" || !permission.isForOwnerOnly)
            }
        }
        return 0
    })
