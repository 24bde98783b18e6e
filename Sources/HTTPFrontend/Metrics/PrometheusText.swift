package import RoostStorage

/// The text exposition format of Prometheus, version 0.0.4.
package struct PrometheusText {
    package enum MetricType: String {
        case counter, gauge, histogram
    }

    package private(set) var text = ""
    /// Families that are wanted; nil: all.
    private let wanted: Set<String>?
    /// Wanted families that were not there so far.
    package private(set) var missing: Set<String>
    private var isWanted = true

    package init(families: Set<String>? = nil) {
        wanted = families
        missing = families ?? []
    }

    package func wants(_ name: String) -> Bool { wanted?.contains(name) ?? true }

    /// Whether a family whose name begins so is wanted.
    package func wantsAny(beginningWith prefix: String) -> Bool {
        wanted?.contains { $0.hasPrefix(prefix) } ?? true
    }

    /// The lines above the samples of a metric. They stand together, once.
    package mutating func family(_ name: String, _ type: MetricType, _ help: String) {
        isWanted = wants(name)
        missing.remove(name)
        if isWanted { text += "# HELP \(name) \(help)\n# TYPE \(name) \(type.rawValue)\n" }
    }

    package mutating func sample(
        _ name: String, _ labels: [(name: String, value: String)], _ value: some CustomStringConvertible
    ) {
        guard isWanted else { return }
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// The samples of one histogram of a family.
    package mutating func histogram(
        _ name: String, _ labels: [(name: String, value: String)], _ histogram: DurationHistogram
    ) {
        let bounds = histogram.scale.bounds.map { "\(Double($0) / 1e9)" } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.cumulated) {
            sample(name + "_bucket", labels + [("le", bound)], count)
        }
        sample(name + "_sum", labels, Double(histogram.sum) / 1e9)
        sample(name + "_count", labels, histogram.count)
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
