import ArgumentParser
import Foundation

/// `swift run -c release bench`: figures of the hot paths, as ratios within one run.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the hot paths of a node.",
        discussion: """
            Every figure is the median of several runs; the spread is (highest - lowest) / median. \
            Machines are noisy: compare ratios within one run, not figures of two runs.
            """
    )

    @Argument(help: "What to measure; everything unless it is named.")
    var parts: [Part] = Part.allCases
    @ArgumentParser.Flag(help: "Print one JSON object.") var json = false
    @ArgumentParser.Flag(help: "Measure little: a check that everything runs.") var quick = false
    @ArgumentParser.Flag(
        help: "Count what no clock has a part in, and fail when there is more than there may be."
    )
    var check = false
    @Option(help: "Runs per figure, at least 3.") var runs = 5
    @Option(help: "Where files are written and removed again; must be on a disk to be honest.")
    var directory = FileManager.default.temporaryDirectory.path

    func validate() throws {
        guard self.runs >= 3 else { throw ValidationError("--runs must be at least 3") }
    }

    func run() async throws {
        let effort = Effort(runs: self.quick ? 3 : self.runs, isQuick: self.quick)
        var report = Report()
        for part in Part.allCases where self.parts.contains(part) {
            Console.say("\(part.rawValue) …")
            try await self.measure(part, effort, into: &report)
        }
        let counts = self.check ? try await CountCheck(parent: self.directory).counts() : []
        for count in counts { report.add(count) }
        report.print(asJSON: self.json)
        guard counts.allSatisfy(\.holds) else {
            for count in counts where !count.holds {
                Console.say("\(count.name) must be counted, and at most \(count.most)")
            }
            throw ExitCode.failure
        }
    }

    private func measure(_ part: Part, _ effort: Effort, into report: inout Report) async throws {
        switch part {
        case .verification: try VerificationBench(effort: effort).run(into: &report)
        case .canonical: try CanonicalBench(effort: effort).run(into: &report)
        case .bus: await BusHopBench.run(effort, into: &report)
        case .gossip: try GossipBench(effort: effort).run(into: &report)
        case .loopback: try await LoopbackBench(effort: effort).run(into: &report)
        case .log: try LogBench(effort: effort, parent: self.directory).run(into: &report)
        case .serving:
            try await ServingBench(effort: effort, parent: self.directory).run(into: &report)
        case .proof: ProofBench(effort: effort).run(into: &report)
        case .challenge:
            try await ChallengeBench(effort: effort, parent: self.directory).run(into: &report)
        case .download:
            try await DownloadBench(effort: effort, parent: self.directory).run(into: &report)
        case .settlement: try await SettlementBench(effort: effort).run(into: &report)
        case .start: try await StartBench(effort: effort, parent: self.directory).run(into: &report)
        case .doors:
            try await DoorBench(effort: effort, parent: self.directory).run(into: &report)
        case .readiness:
            try await ReadinessBench(effort: effort, parent: self.directory).run(into: &report)
        }
    }
}

/// What can be measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case verification, canonical, bus, gossip, loopback, log, serving, proof
    case challenge, download, settlement, doors, start, readiness
}

/// How much is measured.
struct Effort {
    let runs: Int
    let isQuick: Bool

    /// A count for a full measurement, or a tenth of it.
    func scaled(_ count: Int) -> Int { self.isQuick ? max(1, count / 10) : count }
}

/// Talk goes to standard error.
enum Console {
    static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8))
    }
}

/// A measurement that cannot be trusted.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
