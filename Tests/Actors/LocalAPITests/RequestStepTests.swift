import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

/// The steps from a request to its answer, without a kernel.
@Suite("Local API: what one step leads to")
struct RequestStepTests {
    private static let now = APISteps.start
    private static let id = APISteps.id

    /// A node of these subsystems.
    private static func machine(_ subsystems: Set<SubsystemName>) -> LocalAPIStateMachine {
        APISteps(subsystems).machine
    }

    private static func logged(_ message: Message, isReplay: Bool = false) -> MessageLogged {
        let admitted = message.admitted(from: .local(Self.id))
        return MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay)
    }

    @Test("an adoption is answered when its fact is in the log, and no other fact is")
    func adoption() throws {
        let view = try ProposalView.example(.ratified)
        let proposal = view.message.id
        var machine = Self.machine([.consensus, .storageMarket, .identity])
        let asked = machine.received(.adopt(proposal), as: Self.id, now: Self.now)
        #expect(asked.contains { if case .ask(.proposals, _) = $0 { true } else { false } })
        let found = machine.heard(
            .proposals([view]),
            from: .consensus,
            for: Self.id,
            now: Self.now
        )
        #expect(found.contains { if case .ask(.fetch, _) = $0 { true } else { false } })
        let stored = FetchContent.Stored(path: "/blobs/x", size: 1)
        let fetched = machine.heard(
            .fetched(.success(stored)),
            from: .storageMarket,
            for: Self.id,
            now: Self.now
        )
        #expect(fetched.published?.type == .adopt)
        let message = try Draft(Adopt(proposalID: proposal, success: true))
            .signed(by: .generate(), at: Self.now)
        let replayed = machine.logged(Self.logged(message, isReplay: true), now: Self.now)
        #expect(replayed.isEmpty)
        let durable = machine.logged(Self.logged(message), now: Self.now)
        let fact = AdoptionFact(proposal: proposal).fact(recordedAt: Self.now)
        #expect(durable.contains { if case .record(fact) = $0 { true } else { false } })
        let alien = LocalFact(
            owner: .consensus,
            kind: "tally",
            body: fact.body,
            recordedAt: Self.now
        )
        for (other, isReplay) in [(alien, false), (fact, true)] {
            let entry = FactLogged(sequence: 2, fact: other, isReplay: isReplay)
            let actions = machine.logged(entry)
            #expect(actions.answer == nil)
        }
        let entry = FactLogged(sequence: 2, fact: fact, isReplay: false)
        let end = machine.logged(entry).answer
        #expect(end?.body["path"]?.string == "/blobs/x")
        #expect(end?.body["id"]?.string == message.id.hex)
    }

    @Test("a vote says how far the node has synced, and its answer how many peers hear it")
    func vote() throws {
        let proposal = MessageID(SHA256Digest.hash([2]))
        let call = APICall.vote(proposal, stance: .abstain, reason: "late")
        var machine = Self.machine([.identity, .peers])
        machine.synced(to: .degraded)
        let asked = machine.received(call, as: Self.id, now: Self.now)
        let said = Vote(
            proposalID: proposal,
            stance: .abstain,
            reason: "late",
            syncStatus: .degraded
        )
        let sent = try #require(asked.published)
        #expect(sent.type == .vote && sent.payload == said.json && sent.request == Self.id)
        let message = try Draft(said).signed(by: .generate(), at: Self.now)
        let durable = machine.logged(Self.logged(message), now: Self.now)
        #expect(durable.contains { if case .ask(.peers, _) = $0 { true } else { false } })
        let table = PeerTable.Reply(rows: [], bootstrap: [])
        let told = machine.heard(.peers(table), from: .peers, for: Self.id, now: Self.now)
        #expect(told.answer?.body["peers"]?.integer == 0)
        let again = machine.heard(.peers(table), from: .peers, for: Self.id, now: Self.now)
        #expect(again.isEmpty, "every request is answered once")
    }

    @Test("what nobody here can do is said, and what nobody tells in time as well")
    func absent() {
        var machine = Self.machine([.peers])
        let unasked = machine.received(.network, as: Self.id, now: Self.now)
        #expect(unasked.answer == .absent(.consensus))
        let call = APICall.vote(MessageID(Bytes32.zero), stance: .endorse, reason: nil)
        let unsigned = machine.received(call, as: Self.id, now: Self.now)
        #expect(unsigned.answer == .unsigned)
        let elsewhere = machine.received(.plugged("almanac"), as: Self.id, now: Self.now)
        #expect(elsewhere.answer == .unknownExtension)
        _ = machine.received(.peers, as: Self.id, now: Self.now)
        let silent = machine.heard(nil, from: .peers, for: Self.id, now: Self.now)
        #expect(silent.answer == .unanswered(by: .peers))
        _ = machine.received(.status, as: Self.id, now: Self.now)
        let report = machine.heard(nil, from: .peers, for: Self.id, now: Self.now).answer
        #expect(report?.status == 200)
        #expect(report?.body["absent"]?.elements?.count == 9)
    }
}
