import Messages
import Primitives
import Simulation
import Testing

@Suite("§5: servers of sync that lie to a node that joins", .timeLimit(.minutes(5)))
struct LyingServerTests {
    @Test(
        "R-05-079: a server that hides a revocation keeps nobody from it, whatever root it claims",
        arguments: [false, true]
    )
    func hidden(claimsSo: Bool) async throws {
        try await JoiningScene.play("hidden", honest: 3, liars: 1, told: [3]) { scene in
            let root = claimsSo ? scene.forgedRoot : nil
            scene.stage.world.tamper(with: 3, .hiding(.didRevoke, claiming: root))
            try await scene.join(within: .seconds(300))
        }
    }

    @Test(
        "servers that answer garbage keep nobody from being synced, and bring in nothing",
        arguments: [
            [.noise, .noMessage, .foreignKey], [.brokenSignature, .forgedMessages, .wrongPages],
        ] as [[Tampering.Garbage]]
    )
    func garbage(kinds: [Tampering.Garbage]) async throws {
        try await JoiningScene.play("garbage", honest: 5, liars: 3, told: [5, 6, 7]) { scene in
            let book = QuestionBook()
            for (place, kind) in kinds.enumerated() {
                let tampering = Tampering.garbage(kind).noting(in: book)
                scene.stage.world.tamper(with: 5 + place, tampering)
            }
            // Three failures in a row cost five minutes (R-05-094).
            try await scene.join(within: .seconds(900))
            #expect(book.asked(by: scene.joiner).count > 3)
        }
    }

    @Test(
        "T18: a server that never answers, or just before it is given up, delays, and no more",
        arguments: [nil, 28]
    )
    func slow(seconds: Int?) async throws {
        let lie = seconds.map { Tampering.slow(.seconds($0)) } ?? .silence
        try await JoiningScene.play("slow", honest: 3, liars: 1, told: [3]) { scene in
            let book = QuestionBook()
            scene.stage.world.tamper(with: 3, lie.noting(in: book))
            try await scene.join(within: .seconds(600))
            #expect(!book.asked(by: scene.joiner).isEmpty)
        }
    }

    @Test("T18: a server of empty pages without end is left after a few, and asked seldom")
    func emptyPages() async throws {
        try await JoiningScene.play("empty pages", honest: 3, liars: 1, told: [3]) { scene in
            let (stage, book) = (scene.stage, QuestionBook())
            stage.world.tamper(with: 3, .emptyPages.noting(in: book))
            try await scene.join(within: .seconds(300))
            let first = book.asked(by: scene.joiner).count
            #expect((1...40).contains(first))
            stage.step("Two cycles pass; the liar is asked in each cycle, and left again")
            await stage.wait(.seconds(1_900))
            #expect(book.asked(by: scene.joiner).count - first < 100)
            try await scene.expectHonestState()
        }
    }
}
