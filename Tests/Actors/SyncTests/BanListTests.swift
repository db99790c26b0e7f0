import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node(_ name: String) throws -> NodeID { NodeID(try SigningKey.named(name).publicKey) }

@Suite("ADR 0054: the list of bans in answers of sync")
struct BanListTests {
    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
    )

    init() { _ = self.sync.started(now: start, entropy: 0) }

    /// Puts a proposal of a kind into a log.
    private static func proposal(
        _ number: Int,
        of kind: Propose.Resolution.Kind = .ban,
        in sync: inout SyncStateMachine
    ) throws -> MessageID {
        let draft = Draft.proposal(title: "\(number)", until: start.adding(milliseconds: 1))
            .adding([
                ("resolution", Draft.resolution(kind, subject: try node("a thief")).json)
            ])
        let message = try draft.signed(by: .named("author"), at: start)
        sync.logged(message)
        return message.id
    }

    /// This node decides on a proposal.
    private mutating func decide(
        _ proposal: MessageID,
        _ state: ProposalState,
        of kind: Propose.Resolution.Kind = .ban
    ) throws {
        let decision = DecisionFact(
            on: proposal,
            state,
            author: try node("author"),
            effectiveAt: start,
            resolution: Propose.Resolution(kind: kind, subject: try node("a thief"))
        )
        self.sync.logged(decision.recorded(at: start))
    }

    /// What this node answers a peer that asks for a page.
    private mutating func answer() throws -> SyncResponse {
        let exchange = InboundExchange(
            id: 1,
            peer: try node("a peer"),
            streamProtocol: .sync
        )
        let request = try Draft.page(of: ["NOTHING"]).signed(by: .named("a peer"), at: start)
        let read = self.sync.judge(request.admitted(from: .exchange(exchange)), now: start)
        guard let answer = self.sync.served(read, now: start) else { throw NoAnswer() }
        return answer
    }

    private struct NoAnswer: Error {}

    @Test("R-06-137, D-85: answers list the proposals of ratified bans, and of nothing else")
    mutating func listed() throws {
        let ids = try (0..<5).map { try Self.proposal($0, in: &self.sync) }
        #expect(try self.answer().banList == [])
        try self.decide(ids[0], .rejected)
        try self.decide(ids[1], .ratified)
        try self.decide(ids[2], .confirming)
        try self.decide(ids[3], .ratified, of: .flag)
        try self.decide(ids[4], .ratified)
        #expect(try self.answer().banList == [ids[1], ids[4]])
    }

    @Test("R-06-137, R-08-013: a ban that is decided anew goes, or comes")
    mutating func again() throws {
        let ids = try (0..<2).map { try Self.proposal($0, in: &self.sync) }
        try self.decide(ids[0], .ratified)
        try self.decide(ids[1], .rejected)
        #expect(try self.answer().banList == [ids[0]])
        try self.decide(ids[0], .rejected)
        try self.decide(ids[1], .ratified)
        #expect(try self.answer().banList == [ids[1]])
    }

    @Test("R-06-137: of more than 256 bans the newest are listed")
    mutating func newest() throws {
        let ids = (0..<WireLimits.bansMax + 3).map { MessageID.named("ban \($0)") }
        for id in ids { try self.decide(id, .ratified) }
        #expect(try self.answer().banList == Array(ids.dropFirst(3)))
    }

    @Test("R-06-137: the list takes its part of what a peer may have in a minute")
    func charged() throws {
        let exchange = InboundExchange(id: 1, peer: try node("a peer"), streamProtocol: .sync)
        let nothing = ReadPage(
            reading: Reading(exchange: exchange),
            messages: MessagesAfter.Reply(
                messages: [],
                hasMore: false,
                nextTimestamp: start,
                nextID: nil
            )
        )
        let bans = (0..<WireLimits.bansMax).map { MessageID.named("ban \($0)") }
        let sizes = [[], bans].map { bans in
            let page = AnswerPage(nothing, bans: bans, bytesMax: 1)
            let written = SyncResponse(hasMore: false, banList: bans).json.canonicalBytes()
            return (charged: page.bytes, written: written.count)
        }
        #expect(sizes[1].charged - sizes[0].charged >= sizes[1].written - sizes[0].written - 16)
        #expect(sizes[1].written - sizes[0].written > 64 * bans.count)
    }

    @Test("R-06-137, D-88: a ban that a peer lists is fetched from it, unless the log has it")
    mutating func fetched() throws {
        let peer = try node("a peer")
        _ = self.sync.authenticated(peer, now: start, entropy: 0)
        let known = try Self.proposal(0, in: &self.sync)
        let unknown = MessageID.named("a ban of long ago")
        let exchange = OutboundExchange(opener: .sync, id: 99, peer: peer, streamProtocol: .sync)
        let answer = SyncResponse(hasMore: false, banList: [known, unknown])
        _ = self.sync.responded(answer, to: exchange, now: start)
        // The logs are compared first.
        let actions = try self.sync.tickAmongEquals(now: start, entropy: 0)
        #expect(actions.compactMap(\.payload).flatMap(\.ids) == [unknown])
    }

    @Test(
        "R-06-137, R-05-096: a node that catches up gets proposals in their phase, and asks for none"
    )
    mutating func catchingUp() throws {
        self.sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        _ = self.sync.started(now: start, entropy: 0)
        let peers = [try node("a peer"), try node("another peer")]
        for peer in peers { _ = self.sync.authenticated(peer, now: start, entropy: 0) }
        let served = try #require(self.sync.tick(now: start, entropy: 0).first?.requested).peer
        // Whoever serves the session is not asked for anything else meanwhile.
        let other = try #require(peers.first { $0 != served })
        let exchange = OutboundExchange(opener: .sync, id: 99, peer: other, streamProtocol: .sync)
        let answer = SyncResponse(hasMore: false, banList: [.named("a ban")])
        _ = self.sync.responded(answer, to: exchange, now: start)
        let asked = self.sync.tick(now: start, entropy: 0).compactMap(\.payload).flatMap(\.ids)
        #expect(asked == [])
    }
}
