import Identities
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus
@testable import Identity
@testable import Verification

@Suite("Messages that come again")
struct ReplayTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    private static let types: [MessageType] = [
        .request, .propose, .vote, .comment, .withdraw, .didLink, .keyRotate,
    ]

    @Test("T16: what admission forgot and hears again changes no state, in any order of arrival")
    func forgotten() throws {
        let samples = try Self.types.map { try GoldenMessages.sample(of: $0, at: Self.now) }
        var line = try NodeLine(
            now: Self.now,
            scores: samples.map { ($0.sender, .one) }
        )
        for sample in samples { _ = try line.gossip(sample.bytes) }
        let before = (line.consensus.digest, line.identity.digest)
        let known = try line.gossip(samples[0].bytes)
        #expect(known.code == .duplicate)
        for order in [samples, samples.reversed()] {
            // The memory of identifiers is bounded; a flood of fillers leaves nothing of it.
            line.verification = VerificationStateMachine(isLocalProfile: true)
            for sample in order { _ = try line.gossip(sample.bytes) }
            #expect(line.consensus.digest == before.0)
            #expect(line.identity.digest == before.1)
        }
        #expect(line.consensus.voteCount + line.consensus.requests.count > 0)
    }
}
