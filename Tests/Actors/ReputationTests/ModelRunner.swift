import Foundation
import Primitives
import Testing

/// Where and how the real state machine and the plain rules differ.
struct Difference: Error, CustomStringConvertible {
    let description: String
}

/// Lives random histories through a state machine and through the rules written a second time.
enum ModelRunner {
    /// Histories of a run; `VALENCE_HISTORIES` sets another number, `VALENCE_SEED` the first seed.
    private static let environment = ProcessInfo.processInfo.environment
    private static let histories =
        Self.environment["VALENCE_HISTORIES"].flatMap { UInt64($0) } ?? 1_500
    private static let firstSeed = Self.environment["VALENCE_SEED"].flatMap { UInt64($0) } ?? 1
    private static let parts = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))

    /// Looks for a history after which both differ, and reports the shortest form of it.
    ///
    /// - Parameters:
    ///   - draw: draws a history.
    ///   - prepare: makes what lives a history; one for each thread, so that it may remember.
    static func compare<Step: Sendable>(
        _ draw: @escaping @Sendable (inout HistoryGenerator) -> [Step],
        _ prepare: @escaping @Sendable () -> ([Step]) -> Difference?
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for part in 0..<Self.parts {
                group.addTask {
                    let live = prepare()
                    for seed in Self.firstSeed..<Self.firstSeed + Self.histories
                    where seed % Self.parts == part {
                        var generator = HistoryGenerator(seed: seed)
                        let steps = draw(&generator)
                        // One difference is enough; more of them mostly have the same cause.
                        guard live(steps) == nil else { return Self.report(steps, seed, live) }
                    }
                }
            }
        }
    }

    private static func report<Step>(
        _ steps: [Step],
        _ seed: UInt64,
        _ live: ([Step]) -> Difference?
    ) {
        let smallest = Self.shrunk(steps) { live($0) != nil }
        let difference = live(smallest)?.description ?? "it went away"
        let lines = smallest.map { "  \($0)" }.joined(separator: "\n")
        Issue.record("seed \(seed), \(smallest.count) steps: \(difference)\n\(lines)")
    }

    /// Leaves out steps, many at once and then one by one, as long as the two still differ.
    static func shrunk<Step>(_ steps: [Step], while differs: ([Step]) -> Bool) -> [Step] {
        var smallest = steps
        var length = max(1, steps.count / 2)
        while true {
            let before = smallest.count
            var index = 0
            while index < smallest.count {
                var fewer = smallest
                fewer.removeSubrange(index..<min(index + length, fewer.count))
                if differs(fewer) { smallest = fewer } else { index += length }
            }
            if length == 1, smallest.count == before { return smallest }
            length = max(1, length / 2)
        }
    }
}

/// Chance for histories.
struct HistoryGenerator: RandomNumberGenerator {
    private var source: SplitMix64

    init(seed: UInt64) {
        var seeds = SplitMix64(seed: seed)
        // Without this, the stream of a seed would be that of its neighbour, one number later.
        self.source = SplitMix64(seed: seeds.next())
    }

    mutating func next() -> UInt64 { self.source.next() }

    mutating func number<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> Number {
        Number.random(in: range, using: &self)
    }

    /// One of these; the first one if there is no other.
    mutating func one<Element>(_ first: Element, _ more: Element...) -> Element {
        let index = Int.random(in: 0...more.count, using: &self)
        return index == 0 ? first : more[index - 1]
    }
}
