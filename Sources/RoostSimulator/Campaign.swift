import RoostLog

extension Simulation {
    package static var ruleNames: [String] { BrokenRule.allCases.map(\.rawValue) }

    /// Nil: there is no such rule.
    package init?(brokenRuleNamed name: String) {
        guard let rule = BrokenRule(rawValue: name) else { return nil }
        self.init(brokenRule: rule)
    }
}

/// Many seeds and scripts, one after the other, and what came of them.
package struct Campaign: Sendable {
    /// A run of as many seeds must have met every coverage mark.
    package static let standardSeeds: UInt64 = 2000
    /// Failures that are told before a campaign gives up.
    private static let failuresMax = 3
    private static let secondsBetweenLines = 2.0

    package let simulation: Simulation
    package let scripts: [String]
    package let first: UInt64
    /// Seeds, or as many as fit into `seconds`.
    package let runs: UInt64
    package let seconds: Double?

    package init(simulation: Simulation, scripts: [String], first: UInt64, runs: UInt64, seconds: Double?) {
        self.simulation = simulation
        self.scripts = scripts
        self.first = first
        self.runs = runs
        self.seconds = seconds
    }

    package struct Report: Sendable {
        package var brokenRule: String?
        package var firstSeed: UInt64
        package var seeds: UInt64 = 0
        package var steps = 0
        package var replies = 0
        package var scripts: [(name: String, calls: Int, runs: Int)] = []
        package var coverage = Coverage()
        package var requiresCoverage = false
        package var failures: [SimulationFailure] = []
        package var seconds = 0.0
        /// Over everything that happened.
        package var trace: UInt64 = 0xcbf2_9ce4_8422_2325

        /// A broken rule has to be found; everything else has to hold.
        package var isPassed: Bool {
            if brokenRule != nil { return !failures.isEmpty }
            return failures.isEmpty && (!requiresCoverage || coverage.missing.isEmpty)
        }

        fileprivate mutating func mix(_ trace: UInt64) {
            // One run alone has its own hash.
            self.trace = seeds + UInt64(scripts.count) <= 1 ? trace : (self.trace ^ trace) &* 0x0000_0100_0000_01b3
        }
    }

    /// - Parameters:
    ///   - elapsed: seconds since the start; nothing that is simulated depends on it.
    ///   - tell: a line about how far it is.
    package func run(elapsed: () -> Double, tell: (String) -> Void) -> Report {
        var report = Report(brokenRule: simulation.brokenRule?.rawValue, firstSeed: first)
        for name in scripts { play(name, &report, tell) }
        let scriptsEnd = elapsed()
        var nextLine = scriptsEnd + Self.secondsBetweenLines
        while goesOn(report, elapsed() - scriptsEnd) {
            let outcome = simulation.run(seed: first + report.seeds)
            report.seeds += 1
            report.steps += outcome.steps
            report.replies += outcome.replies
            report.coverage.add(outcome.coverage)
            report.mix(outcome.trace)
            if let failure = outcome.failure { report.failures.append(failure) }
            if elapsed() >= nextLine {
                nextLine = elapsed() + Self.secondsBetweenLines
                tell(Self.line(report, elapsed() - scriptsEnd))
            }
        }
        report.requiresCoverage = simulation.brokenRule == nil && report.seeds >= Self.standardSeeds
        report.seconds = elapsed()
        return report
    }

    private func play(_ name: String, _ report: inout Report, _ tell: (String) -> Void) {
        guard let outcome = Simulation.run(script: name) else { return }
        report.scripts.append((name, outcome.calls, outcome.runs))
        report.coverage.add(outcome.coverage)
        report.mix(outcome.trace)
        if let failure = outcome.failure { report.failures.append(failure) }
        tell("script \(name): a fault at each of \(outcome.calls) calls, \(outcome.runs) runs")
    }

    private func goesOn(_ report: Report, _ spent: Double) -> Bool {
        // A rule that is broken on purpose has to be found once.
        if report.failures.count >= (simulation.brokenRule == nil ? Self.failuresMax : 1) { return false }
        if let seconds { return spent < seconds }
        return report.seeds < runs
    }

    private static func line(_ report: Report, _ spent: Double) -> String {
        let rate = spent > 0 ? Int(Double(report.seeds) / spent) : 0
        return "\(report.seeds) seeds, \(rate) a second, \(report.replies) replies,"
            + " \(report.coverage.missing.count) marks missing, \(report.failures.count) failures"
    }
}

extension Campaign.Report {
    package var traceText: String {
        let digits = String(trace, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// For a person. The last line is the trace.
    package var text: String {
        var lines: [String] = failures.map(\.text)
        if seeds > 1 || !scripts.isEmpty { lines += marks }
        lines.append(verdict)
        lines.append("trace \(traceText)")
        return lines.joined(separator: "\n") + "\n"
    }

    private var marks: [String] {
        let width = CoverageMark.allCases.map(\.name.count).max() ?? 0
        return CoverageMark.allCases.map { mark in
            let name = mark.name + String(repeating: " ", count: width - mark.name.count)
            return "\(name)  \(coverage[mark])" + (coverage[mark] == 0 && requiresCoverage ? "  never met" : "")
        }
    }

    package var verdict: String {
        let work = "\(scripts.count) scripts, \(seeds) seeds, \(steps) steps, \(replies) replies compared"
        if let brokenRule {
            return failures.isEmpty
                ? "The broken rule \(brokenRule) was not found in \(seeds) seeds."
                : "The broken rule \(brokenRule) was found, after \(seeds) seeds."
        }
        if !failures.isEmpty { return "\(failures.count) failures. \(work)." }
        if requiresCoverage, !coverage.missing.isEmpty {
            return "Never met: \(coverage.missing.map(\.name).joined(separator: ", ")). \(work)."
        }
        return "Every rule held. \(work)."
    }
}

extension SimulationFailure {
    package var text: String {
        """
        A rule did not hold: seed \(seed), step \(step) (\(activity))
          \(problem)
          with \(limits)
          the last steps:
            \(story.joined(separator: "\n    "))
          again: \(command)

        """
    }
}
