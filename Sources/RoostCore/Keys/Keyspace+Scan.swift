import RoostModel

// The SCAN family: all four commands answer a page of some map.

extension ByteMap {
    /// A page of what `parts` finds in entries whose names match. Nothing is copied of the others.
    func page(
        _ options: ScanOptions, _ parts: (_ name: Span<UInt8>, _ values: Column, _ index: Int, inout [Bytes]) -> Void
    ) -> KeyReply {
        var found: [Bytes] = []
        let next = scan(from: options.cursor, atLeast: options.countMin) { name, values, index in
            guard options.pattern?.matches(name) ?? true else { return }
            parts(name, values, index, &found)
        }
        return .page(next: next, found)
    }
}

extension ByteMap where Column == NoColumn {
    func page(_ options: ScanOptions) -> KeyReply {
        page(options) { member, _, _, found in found.append(Bytes(copying: member)) }
    }
}

extension ByteMap where Column == BytesColumn {
    func page(_ options: ScanOptions) -> KeyReply {
        page(options) { field, values, index, found in
            found.append(Bytes(copying: field))
            if !options.onlyNames { found.append(values.value(index)) }
        }
    }
}

extension ByteMap where Column == ArrayColumn<Double> {
    func page(_ options: ScanOptions) -> KeyReply {
        page(options) { member, scores, index, found in
            found.append(Bytes(copying: member))
            guard !options.onlyNames else { return }
            var score: Bytes = []
            DoubleText.append(scores[index], to: &score)
            found.append(score)
        }
    }
}

extension ByteMap where Column == ArrayColumn<KeyRecord> {
    /// Keys whose time is over are not there.
    ///
    /// - Parameter type: of the keys that are answered; nil for all.
    func page(_ options: ScanOptions, _ type: KeyReply.StaticWord?, _ now: BrokerTime) -> KeyReply {
        page(options) { key, records, index, found in
            let record = records[index]
            if let expiry = record.expiry, expiry <= now { return }
            guard type == nil || record.value.word == type else { return }
            found.append(Bytes(copying: key))
        }
    }
}
