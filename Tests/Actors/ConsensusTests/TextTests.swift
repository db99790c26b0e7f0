import Kernel
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

/// Stands for Persistence and Sync: logs what is accepted, and notes what is to be fetched.
private actor Store: Subsystem {
    static let name = SubsystemName.persistence
    private var messages: [MessageID: [UInt8]] = [:]
    private let logged: Emitter<FactLogged>

    init(_ boot: borrowing Boot) { self.logged = boot.emits(FactLogged.self) }

    static func wire(_ wiring: borrowing Wiring<Store>) {
        wiring.receives(MessageAccepted.self) { store, envelope, _ in
            let message = envelope.body.admitted.message
            store.messages[message.id] = message.canonical
        }
        wiring.receives(RecordFact.self) { store, envelope, outbox in
            let fact = envelope.body.fact
            outbox.send(store.logged, FactLogged(sequence: 1, fact: fact, isReplay: false))
        }
        wiring.answers(MessagesByID.self) { store, envelope, outbox in
            let found = envelope.body.ids.compactMap { store.messages[$0] }
            outbox.reply(MessagesByID.Reply(messages: found), to: envelope.replyAddress)
        }
    }
}

private actor Fetcher: Subsystem {
    static let name = SubsystemName.sync
    private(set) var missing: [MessageID] = []
    private(set) var since: [Timestamp] = []

    init(_ boot: borrowing Boot) {}

    static func wire(_ wiring: borrowing Wiring<Fetcher>) {
        wiring.receives(FetchMissing.self) { fetcher, envelope, _ in
            fetcher.missing += envelope.body.ids
        }
        wiring.receives(FetchPhase.self) { fetcher, envelope, _ in
            fetcher.since.append(envelope.body.since)
        }
    }
}

@Suite("Consensus, its log and its neighbours")
struct NeighbourTests {
    private let clock = ManualClock(Moment(Fixture.start))
    private let kernel: Kernel
    private let rest: RestOfNode
    private let fetcher: Fetcher

    init() throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        self.kernel.add { boot in Consensus(boot) }
        self.rest = self.kernel.add { boot in RestOfNode(boot) }
        self.fetcher = self.kernel.add { boot in Fetcher(boot) }
        self.kernel.add { boot in Store(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    private func tell(_ orders: [RestOfNode.Order]) async {
        for order in orders { self.rest.orders.put(order) }
        await self.kernel.settle()
    }

    private static let long = String(repeating: "long text ", count: 10_000)

    private static func request(_ number: Int, body: String = long) throws -> AdmittedMessage {
        try Fixture.admitted(
            .request(title: "request \(number)", body: body),
            by: number,
            at: 0
        )
    }

    @Test("long texts are whole in the answer about one proposal, and cut in a list")
    func texts() async throws {
        let inline = Array("artefact".utf8)
        let proposal = try Fixture.proposal(title: Self.long)
        let id = proposal.message.id
        let comment = try Fixture.admitted(
            .comment(on: id, body: Self.long),
            by: 1,
            at: 0,
            score: 900_000
        )
        await self.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(proposal), .judge(comment),
            .show(id),
        ])
        let whole = try #require(await self.rest.views.first)
        #expect(whole.proposal.title == Self.long)
        #expect(whole.proposal.contentInline == inline)
        #expect(whole.message.canonical == proposal.message.canonical)
        #expect(whole.threads.map(\.message.canonical) == [comment.message.canonical])
        await self.tell([.show(nil)])
        let listed = try #require(await self.rest.views.first)
        #expect(listed.proposal.title.utf8.count <= WireLimits.outlineTextBytesMax)
        #expect(listed.proposal.title.hasPrefix("long text"))
        #expect(listed.proposal.contentInline == nil)
        #expect(listed.proposal.contentHash == whole.proposal.contentHash)
        #expect(listed.message.id == id && listed.message.isOutline)
    }

    @Test("C2-11: one request comes whole from the log, with its comments and proposals")
    func requests() async throws {
        let request = try Self.request(1)
        let id = request.message.id
        let comment = try Fixture.admitted(
            .comment(on: id, body: Self.long),
            by: 2,
            at: 0,
            score: 900_000
        )
        let proposal = try Fixture.proposal([("request_id", .string(id.hex))])
        await self.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(request), .judge(comment),
            .judge(proposal), .showRequest(id),
        ])
        let whole = try #require(await self.rest.requests.first)
        #expect(whole.message.canonical == request.message.canonical)
        #expect(whole.threads.map(\.message.canonical) == [comment.message.canonical])
        #expect(whole.answers == [proposal.message.id])
        await self.tell([.showRequest(nil)])
        let listed = try #require(await self.rest.requests.first)
        #expect(listed.message.isOutline, "a list asks nobody for bodies")
        await self.tell([.showRequest(comment.message.id)])
        #expect(await self.rest.requests.isEmpty)
    }

    @Test("C2-11: a vote is shown with its reason, whole")
    func reasons() async throws {
        let proposal = try Fixture.proposal()
        let vote = try Fixture.admitted(
            Draft.vote("reject", on: proposal.message.id).adding([("reason", .string(Self.long))]),
            by: 1,
            at: 1,
            score: 500_000
        )
        await self.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(proposal), .judge(vote),
            .show(proposal.message.id),
        ])
        #expect(await self.rest.views.first?.votes.map(\.reason) == [Self.long])
    }

    @Test(
        "C2-1: an artefact is found by its hash in the proposal that carries it, whatever others say"
    )
    func offers() async throws {
        let inline = Array("artefact".utf8)
        let hash = ContentHash(SHA256Digest.hash(inline))
        let carrying = try Fixture.proposal(title: Self.long)
        let naming = try Fixture.proposal(title: "the same, elsewhere", isInline: false)
        #expect(carrying.message.id != naming.message.id)
        await self.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(carrying), .judge(naming),
            .showOffer(hash),
        ])
        let offer = try #require(await self.rest.views.first)
        #expect(offer.message.id == carrying.message.id)
        #expect(offer.proposal.contentInline == inline)
        await self.tell([.showOffer(ContentHash(SHA256Digest.hash([1])))])
        #expect(await self.rest.views.isEmpty)
    }

    @Test("R-14-005: what was missing before a restart is asked for after it")
    func missingAfterReplay() async throws {
        let proposal = try Fixture.proposal()
        let vote = try Fixture.vote("endorse", on: proposal.message.id, by: 1)
        await self.tell([.replay(vote)])
        #expect(await self.fetcher.missing.isEmpty, "nothing leaves the node while it replays")
        await self.tell([.finishReplay, .catchUp(isBeginning: true)])
        #expect(await self.fetcher.missing == [proposal.message.id])
    }

    @Test("R-08-015: a close vote asks for assessments of its voters, from before the proposal on")
    func closeVote() async throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        await self.tell([.finishReplay, .catchUp(isBeginning: true), .judge(proposal)])
        let votes: [(Int, String, Int64)] = [
            (1, "endorse", 335_000), (2, "endorse", 335_000), (3, "reject", 330_000),
        ]
        for (voter, stance, score) in votes {
            await self.tell([
                .judge(try Fixture.vote(stance, on: id, by: voter, score: score))
            ])
        }
        var machine = Governance()
        machine.take(proposal)
        let record = try #require(machine.proposals[id])
        let decision = machine.decision(on: record, Fixture.network(), Standings(), Findings())
        let confirming = DecisionFact(
            on: id,
            .confirming,
            author: decision.author,
            effectiveAt: decision.effectiveAt,
            activeIdentities: 4
        )
        let fact = confirming.recorded(at: Fixture.at(Fixture.voting + 1))
        #expect(await self.fetcher.since.isEmpty)
        await self.tell([.replayFact(fact)])
        #expect(await self.fetcher.since == [Fixture.at(-Fixture.day)])
    }

    @Test("R-13-004, D-87: a ratified change reaches admission, live and at replay")
    func versions() async throws {
        let end = Fixture.at(120 * Fixture.day + 90 * Fixture.day)
        let change = try Fixture.proposal(
            [("eol", .integer(end.milliseconds))],
            constitutional: true
        )
        let id = change.message.id
        let inForce = Fixture.at(120 * Fixture.day)
        let fact = DecisionFact(on: id, author: change.message.from, effectiveAt: inForce)
            .recorded(at: Fixture.at(90 * Fixture.day + 1))
        await self.tell([.replay(change), .replayFact(fact), .finishReplay])
        let expected = ProtocolVersions(changes: [
            ProtocolChange(
                proposal: id,
                effectiveAt: inForce,
                endOfLife: end
            )
        ])
        #expect(await self.rest.versions == [expected])
        #expect(expected.accepted(at: end) == [0, 1])
    }
}
