import ArgumentParser
import Foundation
import Messages
import Primitives

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

    @ArgumentParser.Flag(help: "Print one JSON object.") var json = false
    @Option(help: "Runs per figure, at least 3.") var runs = 5

    func validate() throws {
        guard self.runs >= 3 else { throw ValidationError("--runs must be at least 3") }
    }

    func run() async throws {
        var report = Report()
        Console.say("verification …")
        try VerificationBench(runs: self.runs).run(into: &report)
        Console.say("canonicalisation …")
        try CanonicalBench(runs: self.runs).run(into: &report)
        Console.say("bus …")
        for inFlight in [1, 64, 1_024] {
            var samples: [Double] = []
            for _ in 0..<self.runs {
                samples.append(await BusHopBench.run(inFlight: inFlight, envelopes: 200_000))
            }
            report.add("bus_hop_\(inFlight)", Sample(samples), unit: "ns")
        }
        Console.say("proof of delay …")
        ProofBench(runs: self.runs).run(into: &report)
        report.print(asJSON: self.json)
    }
}

/// Talk goes to standard error.
enum Console {
    static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8))
    }
}
