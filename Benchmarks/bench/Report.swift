import Foundation
import Swarm

/// Median and spread of several runs.
struct Sample {
    let median: Double
    /// (highest - lowest) / median.
    let spread: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        self.median = sorted[sorted.count / 2]
        let width = (sorted.last ?? 0) - (sorted.first ?? 0)
        self.spread = self.median == 0 ? 0 : width / self.median
    }
}

/// Figures in the order in which they were measured.
struct Report {
    private struct Figure {
        let name: String
        let sample: Sample
        let unit: String
    }

    private var figures: [Figure] = []
    private var headlines: [(name: String, value: Double)] = []

    mutating func add(_ name: String, _ sample: Sample, unit: String) {
        self.figures.append(Figure(name: name, sample: sample, unit: unit))
    }

    /// A bare number, which stands at the top level of the JSON form.
    mutating func add(headline name: String, _ value: Double) {
        self.headlines.append((name, value))
    }

    /// A count and its bound.
    mutating func add(_ count: CountCheck.Count) {
        guard let value = count.value else { return }
        self.add(count.name, Sample([value]), unit: "of at most \(count.most)")
    }

    func print(asJSON: Bool) {
        if asJSON { self.printJSON() } else { self.printTable() }
    }

    /// What a dial of this machine proposes first, which a figure of sockets depends on.
    private static let security = SecurityProtocol.fastestFirst.first?.rawValue ?? ""

    private func printTable() {
        Swift.print("connections are secured by \(Self.security)")
        for figure in self.figures {
            let value = Self.text(figure.sample.median)
            let spread = Int((figure.sample.spread * 100).rounded())
            Swift.print("\(Self.padded(figure.name))\(value) \(figure.unit)  (spread \(spread) %)")
        }
        for headline in self.headlines {
            Swift.print("\(Self.padded(headline.name))\(String(format: "%.3f", headline.value))")
        }
    }

    private func printJSON() {
        var members: [String] = self.headlines.map {
            "\"\($0.name)\":\(String(format: "%.4f", $0.value))"
        }
        let figures = self.figures.map { figure in
            "\"\(figure.name)\":{\"median\":\(Self.text(figure.sample.median)),"
                + "\"spread\":\(String(format: "%.4f", figure.sample.spread)),"
                + "\"unit\":\"\(figure.unit)\"}"
        }
        members.append("\"security\":\"\(Self.security)\"")
        members.append("\"figures\":{\(figures.joined(separator: ","))}")
        Swift.print("{\(members.joined(separator: ","))}")
    }

    private static func text(_ value: Double) -> String {
        String(format: value >= 100 ? "%.0f" : "%.3f", value)
    }

    private static func padded(_ name: String) -> String {
        name.padding(toLength: 40, withPad: " ", startingAt: 0)
    }
}

/// Clocks of this process.
enum Stopwatch {
    private static let clock = ContinuousClock()

    /// Seconds that `body` takes.
    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let elapsed = try self.clock.measure(body)
        return elapsed / .seconds(1)
    }

    /// What a piece of work took.
    struct Cost {
        var seconds = 0.0
        /// Of all threads of this process.
        var cpuSeconds = 0.0

        static func += (sum: inout Self, more: Self) {
            sum.seconds += more.seconds
            sum.cpuSeconds += more.cpuSeconds
        }
    }

    /// What `body` takes, and what comes of it.
    static func cost<R>(_ body: () async throws -> R) async rethrows -> (cost: Cost, result: R) {
        let (start, cpu) = (self.clock.now, self.cpuSeconds)
        let result = try await body()
        let cost = Cost(
            seconds: (self.clock.now - start) / .seconds(1),
            cpuSeconds: self.cpuSeconds - cpu
        )
        return (cost, result)
    }

    /// CPU seconds of all threads of this process so far.
    static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }
}
