import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("T9: providers who fetch what they should hold")
struct ProofTimingTests {
    /// Microseconds that a proof took beside a question without bytes: reads of 4 KiB at random places of
    /// a file of 100 MB, and their hash, on a machine that was building at the same time.
    private static let disk: [Int64] = [
        190, 176, 131, 147, 196, 233, 237, 146, 172, 191, 287, 192, 141, 308, 160, 150, 195, 187,
        213, 143, 151, 183, 170, 147, 200, 182, 206, 191, 177, 155, 149, 196, 167, 127, 199, 175,
        176, 174, 259, 158, 158, 229, 265, 145, 186, 359, 165, 143, 162, 197, 170, 167, 216, 146,
        179, 186, 152, 151, 194, 182, 220, 276, 155, 189, 161, 137, 141, 192, 183, 211, 3_383,
    ]

    /// A way to a provider, by what a question and its answer take.
    struct Line: Sendable, CustomTestStringConvertible {
        let name: String
        /// Milliseconds at the least.
        let base: Int64
        /// Milliseconds that come on top, each as often as the others.
        let jitter: [Int64]

        var testDescription: String { self.name }

        static let all = [
            Line(name: "the same town", base: 2, jitter: [0, 0, 0, 0, 1, 1, 1, 2, 3, 9]),
            Line(
                name: "another country",
                base: 38,
                jitter: [0, 0, 1, 1, 2, 2, 3, 4, 6, 9, 14, 22, 61]
            ),
            Line(
                name: "another continent",
                base: 170,
                jitter: [0, 1, 1, 2, 3, 4, 5, 7, 10, 15, 24, 40, 130]
            ),
            Line(
                name: "a mobile phone",
                base: 45,
                jitter: [0, 3, 6, 9, 12, 16, 20, 25, 31, 38, 47, 60, 90, 210]
            ),
        ]

        /// What one question takes.
        func time(_ random: inout SplitMix64) -> Int64 {
            self.base + self.jitter[random.index(below: self.jitter.count)]
        }
    }

    /// Twenty challenges of a provider beside some that hold what they should.
    private static func judges(_ line: Line, fetching: Bool, _ random: inout SplitMix64) throws
        -> Bool
    {
        var timing = ProofTiming()
        for (number, other) in (Line.all + [line]).enumerated() {
            let provider = try Fixture.node(number)
            let isJudged = number == Line.all.count
            for _ in 0..<20 {
                let disk = Self.disk[random.index(below: Self.disk.count)] / 1_000
                // The bytes come from a node in the same town as the relay, 50 ms away there and back.
                let relay = isJudged && fetching ? 48 + Line.all[0].time(&random) : 0
                timing.note(
                    provider,
                    proof: other.time(&random) + disk + relay,
                    question: other.time(&random)
                )
            }
        }
        return timing.seemsFetched(by: try Fixture.node(Line.all.count))
    }

    @Test(
        "T9: a relay that adds 50 ms is found in nine of ten runs of 20 challenges, and others in less than one of a hundred",
        arguments: Line.all
    )
    func relays(_ line: Line) throws {
        var random = SplitMix64(seed: 9)
        var (found, accused) = (0, 0)
        for _ in 0..<1_000 {
            if try Self.judges(line, fetching: true, &random) { found += 1 }
            if try Self.judges(line, fetching: false, &random) { accused += 1 }
        }
        #expect(found >= 900, "found \(found) of 1000")
        #expect(accused <= 10, "accused \(accused) of 1000")
    }

    @Test("nobody is judged by fewer than 20 answers, and old ones are forgotten")
    func samples() throws {
        let provider = try Fixture.node(1)
        var timing = ProofTiming()
        for _ in 0..<19 { timing.note(provider, proof: 100, question: 10) }
        #expect(!timing.seemsFetched(by: provider))
        timing.note(provider, proof: 100, question: 10)
        #expect(timing.seemsFetched(by: provider))
        for _ in 0..<11 { timing.note(provider, proof: 11, question: 10) }
        #expect(!timing.seemsFetched(by: provider))
    }

    @Test("who is as slow as all others is not found odd")
    func slowDisks() throws {
        var timing = ProofTiming()
        for number in 0..<5 {
            let provider = try Fixture.node(number)
            for _ in 0..<20 { timing.note(provider, proof: 90, question: 10) }
        }
        for number in 0..<5 {
            #expect(!timing.seemsFetched(by: try Fixture.node(number)))
        }
    }

    @Test("T9: who lacks a tenth of the bytes is caught in ten challenges, two times of three")
    func partialCopies() throws {
        var random = SplitMix64(seed: 4)
        let copy = Copy(content: Deal.content, provider: try Fixture.node(2))
        let size: Int64 = 10_000_000
        var caught = 0
        for run in 0..<1_000 {
            var chance = Chance(Array("run \(run)".utf8))
            let hole = Int(random.next() % 9_000_000)
            let missing = hole..<(hole + 1_000_000)
            let isCaught = (0..<10).contains { _ in
                let challenge = OwnChallenge(of: copy, at: copy.provider, size: size, &chance)
                    .challenge
                let window = ChallengeWindow(challenge).bytes(of: Int(size))
                return window.map { $0.overlaps(missing) } ?? false
            }
            if isCaught { caught += 1 }
        }
        #expect(caught >= 620, "caught \(caught) of 1000")
    }
}
