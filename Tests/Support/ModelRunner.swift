import Foundation
import Primitives

/// Where and how the real state machine and the plain rules differ.
package struct Difference: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Lives random histories through a state machine and through the rules written a second time.
package enum ModelRunner {
    /// Histories of a run; `VALENCE_HISTORIES` sets another number, `VALENCE_SEED` the first seed.
    private static let environment = ProcessInfo.processInfo.environment
    private static let histories =
        Self.environment["VALENCE_HISTORIES"].flatMap { UInt64($0) }
    private static let firstSeed = Self.environment["VALENCE_SEED"].flatMap { UInt64($0) } ?? 1
    private static let parts = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))

    /// Looks for histories after which both differ.
    ///
    /// - Parameters:
    ///   - histories: how many are lived, unless the environment says so.
    ///   - draw: draws a history.
    ///   - live: lives a history; each thread has a cast of its own, which remembers.
    /// - Returns: the shortest form of a history for each thread that found one.
    package static func differences<Step: Sendable>(
        histories: UInt64 = 1_500,
        _ draw: @escaping @Sendable (inout HistoryGenerator) -> [Step],
        _ live: @escaping @Sendable ([Step], ModelCast) throws -> Difference?
    ) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for part in 0..<Self.parts {
                group.addTask {
                    Self.firstDifference(part, Self.histories ?? histories, draw, live)
                }
            }
            return await group.reduce(into: []) { found, next in found += [next].compactMap { $0 } }
        }
    }

    /// One difference is enough; more of them mostly have the same cause.
    private static func firstDifference<Step>(
        _ part: UInt64,
        _ histories: UInt64,
        _ draw: (inout HistoryGenerator) -> [Step],
        _ live: ([Step], ModelCast) throws -> Difference?
    ) -> String? {
        let cast: ModelCast
        do { cast = try ModelCast() } catch { return "\(error)" }
        func difference(_ steps: [Step]) -> Difference? {
            do {
                return try live(steps, cast)
            } catch {
                return error as? Difference ?? Difference("\(error)")
            }
        }
        for seed in Self.firstSeed..<Self.firstSeed + histories
        where seed % Self.parts == part {
            var generator = HistoryGenerator(seed: seed)
            let steps = draw(&generator)
            guard difference(steps) != nil else { continue }
            let smallest = Self.shrunk(steps) { difference($0) != nil }
            let found = difference(smallest)?.description ?? "it went away"
            let lines = smallest.map { "  \($0)" }.joined(separator: "\n")
            return "seed \(seed), \(smallest.count) steps: \(found)\n\(lines)"
        }
        return nil
    }

    /// Leaves out steps, many at once and then one by one, as long as the two still differ.
    package static func shrunk<Step>(_ steps: [Step], while differs: ([Step]) -> Bool) -> [Step] {
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
package struct HistoryGenerator: RandomNumberGenerator {
    private var source: SplitMix64

    package init(seed: UInt64) {
        var seeds = SplitMix64(seed: seed)
        // Without this, the stream of a seed would be that of its neighbour, one number later.
        self.source = SplitMix64(seed: seeds.next())
    }

    package mutating func next() -> UInt64 { self.source.next() }

    package mutating func number<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> Number
    {
        Number.random(in: range, using: &self)
    }

    /// One of these; the first one if there is no other.
    package mutating func one<Element>(_ first: Element, _ more: Element...) -> Element {
        let index = Int.random(in: 0...more.count, using: &self)
        return index == 0 ? first : more[index - 1]
    }
}
