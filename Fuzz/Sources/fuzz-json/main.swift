import FuzzRunner
import Glibc
import SQSFrontend

private let texts = [
    #"{"a.b":{"DataType":"Binary.x","BinaryValue":"AP8="},"c":{"DataType":"Number","StringValue":"-1.5e3"}}"#,
    #"{"n":{"DataType":"String","StringValue":"a\u00e9\ud83d\ude00b\n","StringListValues":[],"BinaryListValues":[1]}}"#,
    #"[null,true,false,0,-12.5E+3,"",[],{},[[{"x":[1,2]}]]]"#,
]

// Bodies of requests: read over as any JSON, and read as message attributes.
exit(
    runFuzzer(seeds: { _ in texts.map { Array($0.utf8) } }) { bytes, count in
        let body = UnsafeRawBufferPointer(start: bytes, count: count)
        if var reader = try? JSONReader(body), (try? reader.skipValue()) != nil { _ = try? reader.finish() }
        if var reader = try? JSONReader(body) {
            var attributes = RawMessageAttributes()
            if (try? attributes.read(&reader)) != nil { _ = try? attributes.checked() }
        }
        if var reader = try? JSONReader(body) { _ = try? reader.readInteger("number") }
        return 0
    })
