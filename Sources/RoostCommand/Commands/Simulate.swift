package import ArgumentParser
import Foundation
import RoostSimulator

/// Crashes, faults and damage from a seed, in memory.
package struct Simulate: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Try the storage engine against crashes, faults and damage, in memory.",
        discussion: """
            Runs the real engine on a virtual disk with a virtual clock, and compares every reply and every start with \
            a model. The same seed gives the same run: the last line is a hash of all that happened.

            Without options: all scripts, and the seeds 1 to 2000. The exit status is 1 when a rule did not hold, or \
            when 2000 seeds or more did not meet every situation that they are there for.

            Examples:
              roost simulate
              roost simulate --seed 42
              roost simulate --seed 1 --minutes 10
              roost simulate --broken-rule reuseSalt --runs 1000
            """
    )

    @Option(help: ArgumentHelp("The first seed.", valueName: "N"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("How many seeds to run, from --seed on.", valueName: "R"))
    var runs: UInt64?

    @Option(help: ArgumentHelp("Run seeds, from --seed on, until this time is over.", valueName: "M"))
    var minutes: Double?

    @Option(
        help: ArgumentHelp(
            "Break a rule on purpose; the run has to find it: \(Simulation.ruleNames.joined(separator: ", ")).",
            valueName: "NAME"))
    var brokenRule: String?

    @Option(
        help: ArgumentHelp("Run this script, with a fault at each call of the disk; `all` for all.", valueName: "NAME"))
    var script: String?

    @Flag(help: "Write one JSON document to stdout.")
    var json = false

    package init() {}

    package func validate() throws {
        if let brokenRule, Simulation(brokenRuleNamed: brokenRule) == nil {
            throw ValidationError(
                "there is no rule \(brokenRule); the rules are \(Simulation.ruleNames.joined(separator: ", "))")
        }
        if let script, script != "all", !Simulation.scriptNames.contains(script) {
            throw ValidationError(
                "there is no script \(script); the scripts are \(Simulation.scriptNames.joined(separator: ", "))")
        }
        if let minutes, !(0...1_000_000).contains(minutes) {
            throw ValidationError("--minutes \(minutes): accepted are 0 to 1000000")
        }
        guard (seed ?? 1).addingReportingOverflow(runs ?? 1).overflow == false else {
            throw ValidationError("--seed and --runs together are too large")
        }
    }

    package func run() throws {
        let (console, start) = (Console.current, Date())
        let report = campaign.run(elapsed: { Date().timeIntervalSince(start) }, tell: { console.error($0 + "\n") })
        console.out(json ? try Self.document(report).rendered() : report.text)
        guard report.isPassed else { throw CommandError(.failed, report.verdict) }
    }

    private var campaign: Campaign {
        let isStandard = seed == nil && runs == nil && minutes == nil && script == nil && brokenRule == nil
        var scripts = isStandard || script == "all" ? Simulation.scriptNames : []
        if let script, script != "all" { scripts = [script] }
        let standardRuns: UInt64 = isStandard ? Campaign.standardSeeds : brokenRule != nil && seed == nil ? 1000 : 1
        return Campaign(
            simulation: brokenRule.flatMap { Simulation(brokenRuleNamed: $0) } ?? Simulation(), scripts: scripts,
            first: seed ?? 1, runs: script == nil ? runs ?? standardRuns : runs ?? 0,
            seconds: minutes.map { $0 * 60 })
    }

    private static func document(_ report: Campaign.Report) -> JSONValue {
        .object([
            "passed": .bool(report.isPassed),
            "broken_rule": report.brokenRule.map { .text($0) } ?? .null,
            "first_seed": .text(String(report.firstSeed)),
            "seeds": .integer(Int64(clamping: report.seeds)),
            "steps": .integer(Int64(report.steps)),
            "replies": .integer(Int64(report.replies)),
            "seconds": .number(report.seconds),
            "scripts": .list(
                report.scripts.map {
                    .object([
                        "name": .text($0.name), "calls": .integer(Int64($0.calls)), "runs": .integer(Int64($0.runs)),
                    ])
                }),
            "coverage": .object(
                Dictionary(
                    uniqueKeysWithValues: CoverageMark.allCases.map {
                        ($0.name, .integer(Int64(report.coverage[$0])))
                    })),
            "failures": .list(report.failures.map(failure)),
            "trace": .text(report.traceText),
        ])
    }

    private static func failure(_ failure: SimulationFailure) -> JSONValue {
        .object([
            "seed": .text(String(failure.seed)), "step": .integer(Int64(failure.step)),
            "activity": .text(failure.activity), "problem": .text(failure.problem),
            "story": .list(failure.story.map { .text($0) }), "again": .text(failure.command),
        ])
    }
}
