import Foundation
import Simulation
import Testing

/// ADR 0045: killed at any step, with what the disk had by then.
///
/// `VALENCE_SEED` is the first seed, `VALENCE_CRASHES` how many there are, and `VALENCE_STORY` another story
/// to be played. The release plays fifty of them: `scripts/stories --brief`.
@Suite("ADR 0045: nodes that are killed come back from their logs", .timeLimit(.minutes(20)))
struct CrashTests {
    private static let story =
        ProcessInfo.processInfo.environment["VALENCE_STORY"].flatMap { Story.named($0) }
        ?? .crashesInBrief

    private static let seeds: ClosedRange<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        let first = environment["VALENCE_SEED"].flatMap { UInt64($0) } ?? 1
        let count = environment["VALENCE_CRASHES"].flatMap { UInt64($0) } ?? 10
        return first...(first + max(count, 1) - 1)
    }()

    @Test("ten histories: the log is the whole truth, and all of what was acknowledged is in it")
    func histories() async throws {
        for seed in Self.seeds {
            do {
                try await Self.story.run(seed: seed)
            } catch {
                Issue.record(
                    "\(error); again: valence-node simulate --story \(Self.story.name) --seed \(seed)"
                )
            }
        }
    }
}
