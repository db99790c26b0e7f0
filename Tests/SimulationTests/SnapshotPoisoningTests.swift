import Messages
import Primitives
import Simulation
import Testing

@Suite("T11: snapshots of colluders", .timeLimit(.minutes(5)))
struct SnapshotPoisoningTests {
    /// What the colluders try.
    struct Attempt: Sendable, CustomTestStringConvertible {
        var publishers = 5
        var ageMilliseconds: Int64 = 600_000
        /// Whether the snapshots count, so that they are compared, and found out.
        let counts: Bool

        var testDescription: String {
            "\(self.publishers) publishers, \(self.ageMilliseconds) ms old"
        }
    }

    @Test(
        "T11, R-05-034, R-05-035, R-05-036, R-05-039: snapshots of colluders keep no revocation from a node that is told of them alone",
        arguments: [
            Attempt(counts: true), Attempt(ageMilliseconds: 86_401_000, counts: false),
            Attempt(publishers: 4, counts: false),
        ]
    )
    func poisoned(_ attempt: Attempt) async throws {
        let (honest, liars) = (0..<5, 5..<10)
        try await JoiningScene.play(
            "poisoned",
            honest: honest.count,
            liars: liars.count,
            told: Array(liars)
        ) { scene in
            let (world, book) = (scene.stage.world, QuestionBook())
            let moment = scene.stage.now.adding(milliseconds: -attempt.ageMilliseconds)
            for node in honest { world.tamper(with: node, Tampering().noting(in: book)) }
            for (place, node) in liars.enumerated() {
                let lie = Tampering.poisoning(
                    without: .didRevoke,
                    claiming: scene.forgedRoot,
                    snapshotOf: place < attempt.publishers ? moment : nil
                )
                world.tamper(with: node, lie.noting(in: book))
            }
            try await scene.join(within: .seconds(300))
            let asked = book.asked(by: scene.joiner)
            let polled = asked.filter { $0.request.types == ["STATE_SNAPSHOT"] }.map(\.server)
            #expect(Set(polled) == Set(liars), "those that it was told of are believed")
            // Whoever finds snapshots to be wrong reads from an hour before them (R-16-154).
            let since = moment.adding(milliseconds: -3_600_000)
            let again = asked.filter { $0.request.sinceTimestamp == since }.map(\.server)
            #expect(again.isEmpty == !attempt.counts)
        }
    }
}
