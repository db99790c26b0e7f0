import Kernel
import Messages
import Primitives
import Testing

@testable import LocalAPI

/// Knows one ratified proposal.
private actor Assembly: Subsystem {
    static let name = SubsystemName.consensus
    private let view: ProposalView

    init(_ boot: borrowing Boot, _ view: ProposalView) { self.view = view }

    static func wire(_ wiring: borrowing Wiring<Assembly>) {
        wiring.answers(Proposals.self) { assembly, envelope, outbox in
            outbox.reply(Proposals.Reply(proposals: [assembly.view]), to: envelope.replyAddress)
        }
        wiring.answers(Requests.self) { _, _, _ in }
        wiring.answers(NetworkPhase.self) { _, _, _ in }
        wiring.answers(ConsensusStatus.self) { _, _, _ in }
        wiring.answers(ConsensusVerdict.self) { _, _, _ in }
    }
}

/// Has the artefact or not.
private actor Market: Subsystem {
    static let name = SubsystemName.storageMarket
    private let outcome: Result<FetchContent.Stored, ContentFailure>

    init(_ boot: borrowing Boot, _ outcome: Result<FetchContent.Stored, ContentFailure>) {
        self.outcome = outcome
    }

    static func wire(_ wiring: borrowing Wiring<Market>) {
        wiring.answers(FetchContent.self) { market, envelope, outbox in
            let reply = FetchContent.Reply(outcome: market.outcome)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(ShareContent.self) { _, _, _ in }
        wiring.answers(StorageStatus.self) { _, _, _ in }
        wiring.answers(StorageVerdict.self) { _, _, _ in }
        wiring.answers(FindContent.self) { _, _, _ in }
        wiring.answers(DownloadProgress.self) { _, _, _ in }
        wiring.answers(ReplicateContent.self) { _, _, _ in }
        wiring.answers(LeaveContract.self) { _, _, _ in }
        wiring.answers(OfferStorage.self) { _, _, _ in }
        wiring.answers(StorageDealings.self) { _, _, _ in }
        wiring.answers(VerifyContent.self) { _, _, _ in }
    }
}

/// Says that the replay is over, and notes what is to be signed.
private actor Signer: Subsystem {
    enum Begin: Signal { case replayed }

    static let name = SubsystemName.identity
    nonisolated let begin: Inlet<Begin>
    private(set) var adoptions: [JSONValue] = []
    private let finished: Emitter<ReplayFinished>

    init(_ boot: borrowing Boot) {
        self.begin = boot.inlet(Begin.self)
        self.finished = boot.emits(ReplayFinished.self)
    }

    static func wire(_ wiring: borrowing Wiring<Signer>) {
        wiring.receives(Begin.self) { signer, _, outbox in
            outbox.send(signer.finished, ReplayFinished(lastSequence: 0, lastArrival: nil))
        }
        wiring.receives(PublishMessage.self) { signer, envelope, _ in
            #expect(envelope.body.type == .adopt)
            signer.adoptions.append(envelope.body.payload)
        }
        wiring.answers(IdentityKeys.self) { _, _, _ in }
        wiring.answers(IdentityStatus.self) { _, _, _ in }
        wiring.answers(MessageDraft.self) { _, _, _ in }
        wiring.answers(IdentityVerdict.self) { _, _, _ in }
    }
}

@Suite("Local API: adoptions")
struct AdoptionTests {
    @Test(
        "R-07-027, R-07-028: an adoption is broadcast, and one that fails as a failed one",
        arguments: [true, false]
    )
    func broadcast(succeeds: Bool) async throws {
        let view = try ProposalView.example(.ratified)
        let outcome: Result<FetchContent.Stored, ContentFailure> =
            succeeds
            ? .success(FetchContent.Stored(path: "/blobs/x", size: 1))
            : .failure(ContentFailure("nobody has it; nothing at /blobs/x"))
        let caller = Caller()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in LocalAPI(boot, server: caller) }
        _ = kernel.add { boot in Assembly(boot, view) }
        _ = kernel.add { boot in Market(boot, outcome) }
        let signer = kernel.add { boot in Signer(boot) }
        _ = try kernel.boot(standard: SubsystemName.standard)
        signer.begin.put(.replayed)
        await kernel.settle()
        caller.put(1, .adopt(view.message.id))
        await kernel.settle()
        let adoptions = await signer.adoptions
        #expect(adoptions.count == 1)
        #expect(adoptions.first?["proposal_id"]?.string == view.message.id.hex)
        #expect(adoptions.first?["success"]?.bool == succeeds)
        #expect(adoptions.first?["notes"] == nil, "paths of this machine are nobody's business")
        // A success is answered once it is in the log; a failure at once.
        #expect(caller.answer(1)?.status == (succeeds ? nil : 422))
    }
}
