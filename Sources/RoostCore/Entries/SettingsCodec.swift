import RoostModel

/// The settings of a queue, in entries and in images.
///
/// ```
/// visibility i64 | delay i64 | retention i64 | maximum bytes i64 | wait i64 | redelivery u8
/// | flags u8 (1: FIFO, 2: more parts, 4: duplicates by content, 8: duplicates by group, 16: safe pop, 32: bytes)
/// | reserved (11), zero
///
/// more parts       bytes u32 | part, part, …
/// part             kind u8 | bytes u32 | content
///   dead letters (1)  receives u32 | target to the end
///   sources (2)       names, each: bytes u8 | name; none: no queue may
///   property (3)      name bytes u32 | name | value to the end
/// ```
/// Properties stand in the order of their names, so that equal settings are equal bytes.
enum SettingsCodec {
    private enum Part: UInt8 {
        case deadLetters = 1
        case sources = 2
        case property = 3
    }

    static let fixedSize = 53
    private static let fifoFlag: UInt8 = 1
    private static let partsFlag: UInt8 = 2
    private static let contentFlag: UInt8 = 4
    private static let groupScopeFlag: UInt8 = 8
    private static let safePopFlag: UInt8 = 16
    private static let bytesFlag: UInt8 = 32
    private static let knownFlags = fifoFlag | partsFlag | contentFlag | groupScopeFlag | safePopFlag | bytesFlag
    private static let partHeaderSize = 5

    static func size(_ settings: QueueSettings) -> Int {
        let parts = partsSize(settings)
        return fixedSize + (parts == 0 ? 0 : 4 + parts)
    }

    private static func partsSize(_ settings: QueueSettings) -> Int {
        var size = 0
        if let policy = settings.deadLetters { size += partHeaderSize + 4 + policy.target.text.utf8.count }
        if let sources = sourceNames(settings) {
            size += partHeaderSize + sources.reduce(0) { $0 + 1 + $1.text.utf8.count }
        }
        for (name, value) in settings.properties { size += partHeaderSize + 4 + name.utf8.count + value.utf8.count }
        return size
    }

    /// Nil when all may.
    private static func sourceNames(_ settings: QueueSettings) -> [QueueName]? {
        switch settings.deadLetterSources {
        case .all: nil
        case .none: []
        case .these(let names): names
        }
    }

    static func encode(_ settings: QueueSettings, _ writer: inout ByteWriter) {
        let parts = partsSize(settings)
        writer.write(settings.visibilityTimeout.count)
        writer.write(settings.delay.count)
        writer.write(settings.retention.count)
        writer.write(Int64(settings.maximumMessageBytes))
        writer.write(settings.receiveWait.count)
        writer.write(settings.redelivery.rawValue)
        writer.write(flags(of: settings) | (parts == 0 ? 0 : partsFlag))
        writer.write(UInt64(0))
        writer.write(UInt16(0))
        writer.write(UInt8(0))
        guard parts > 0 else { return }
        writer.write(UInt32(parts))
        encodeParts(settings, &writer)
    }

    private static func flags(of settings: QueueSettings) -> UInt8 {
        (settings.isFIFO ? fifoFlag : 0) | (settings.deduplicatesContent ? contentFlag : 0)
            | (settings.deduplicationScope == .group ? groupScopeFlag : 0)
            | (settings.safePop ? safePopFlag : 0) | (settings.contents == .bytes ? bytesFlag : 0)
    }

    private static func encodeParts(_ settings: QueueSettings, _ writer: inout ByteWriter) {
        if let policy = settings.deadLetters {
            encodeHeader(.deadLetters, 4 + policy.target.text.utf8.count, &writer)
            writer.write(UInt32(policy.receivesMax))
            writer.write(text: policy.target.text)
        }
        if let sources = sourceNames(settings) {
            encodeHeader(.sources, sources.reduce(0) { $0 + 1 + $1.text.utf8.count }, &writer)
            for name in sources {
                writer.write(UInt8(name.text.utf8.count))
                writer.write(text: name.text)
            }
        }
        for (name, value) in settings.properties.sorted(by: { $0.key < $1.key }) {
            encodeHeader(.property, 4 + name.utf8.count + value.utf8.count, &writer)
            writer.write(UInt32(name.utf8.count))
            writer.write(text: name)
            writer.write(text: value)
        }
    }

    private static func encodeHeader(_ part: Part, _ bytes: Int, _ writer: inout ByteWriter) {
        writer.write(part.rawValue)
        writer.write(UInt32(bytes))
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> QueueSettings {
        let visibility: Int64 = try reader.read()
        let delay: Int64 = try reader.read()
        let retention: Int64 = try reader.read()
        let maximum: Int64 = try reader.read()
        let wait: Int64 = try reader.read()
        guard let redelivery = Redelivery(rawValue: try reader.read()), let maximum = Int(exactly: maximum) else {
            throw EntryDecodingError(reason: "settings out of range")
        }
        let flags: UInt8 = try reader.read()
        guard flags & ~knownFlags == 0 else { throw .init(reason: "settings that are not known here") }
        _ = try reader.readBytes(11)
        var settings = QueueSettings(
            visibilityTimeout: Milliseconds(visibility), delay: Milliseconds(delay),
            retention: Milliseconds(retention), maximumMessageBytes: maximum,
            receiveWait: Milliseconds(wait), redelivery: redelivery, isFIFO: flags & fifoFlag != 0)
        settings.deduplicatesContent = flags & contentFlag != 0
        settings.deduplicationScope = flags & groupScopeFlag != 0 ? .group : .queue
        settings.contents = flags & bytesFlag != 0 ? .bytes : .text
        settings.safePop = flags & safePopFlag != 0
        if flags & partsFlag != 0 { try decodeParts(&settings, &reader) }
        return settings
    }

    private static func decodeParts(
        _ settings: inout QueueSettings, _ reader: inout ByteReader
    ) throws(EntryDecodingError) {
        let bytes: UInt32 = try reader.read()
        guard bytes > 0, Int(bytes) <= reader.remaining else { throw .init(reason: "settings end early") }
        let end = reader.remaining - Int(bytes)
        while reader.remaining > end {
            let (kind, count): (UInt8, UInt32) = (try reader.read(), try reader.read())
            guard let part = Part(rawValue: kind), Int(count) <= reader.remaining - end else {
                throw EntryDecodingError(reason: "settings have a part that is not known here, or ends early")
            }
            try decode(part, Int(count), &settings, &reader)
        }
        guard reader.remaining == end else { throw EntryDecodingError(reason: "a part of settings is too long") }
    }

    private static func decode(
        _ part: Part, _ bytes: Int, _ settings: inout QueueSettings, _ reader: inout ByteReader
    ) throws(EntryDecodingError) {
        let end = reader.remaining - bytes
        switch part {
        case .deadLetters:
            let receives: UInt32 = try reader.read()
            let target = try name(reader.readText(max(reader.remaining - end, 0)))
            settings.deadLetters = DeadLetterPolicy(target: target, receivesMax: Int(receives))
        case .sources:
            var names: [QueueName] = []
            while reader.remaining > end {
                let count: UInt8 = try reader.read()
                names.append(try name(reader.readText(Int(count))))
            }
            settings.deadLetterSources = names.isEmpty ? .none : .these(names)
        case .property:
            let count: UInt32 = try reader.read()
            let name = try reader.readText(Int(count))
            settings.properties[name] = try reader.readText(max(reader.remaining - end, 0))
        }
        guard reader.remaining == end else { throw EntryDecodingError(reason: "a part of settings is too long") }
    }

    private static func name(_ text: String) throws(EntryDecodingError) -> QueueName {
        do throws(Rejection) { return try QueueName(text) } catch { throw .init(reason: "not the name of a queue") }
    }
}
