import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Local API: artefacts on their way to a reader")
struct ArtefactStepTests {
    private static let content = Array("artefact".utf8)
    private static let stored = APIReply.fetched(
        .success(FetchContent.Stored(path: "/blobs/x", size: 8))
    )

    private static func view(
        _ state: ProposalState = .open,
        isAdopted: Bool = false,
        inline: [UInt8]? = nil
    ) throws -> ProposalView {
        try ProposalView.example(state, isAdopted: isAdopted, inline: inline)
    }

    /// A machine that knows the proposal by now.
    private static func found(
        _ view: ProposalView,
        for call: APICall,
        in subsystems: Set<SubsystemName> = [.consensus, .storageMarket, .identity]
    ) -> (steps: APISteps, actions: [LocalAPIAction]) {
        var steps = APISteps(subsystems)
        _ = steps.put(call)
        let actions = steps.hear(.proposals([view]), from: .consensus)
        return (steps, actions)
    }

    @Test("an artefact that its proposal carries is answered at once")
    func inline() throws {
        let view = try Self.view(inline: Self.content)
        let (_, actions) = Self.found(view, for: .artefact(view.message.id))
        let artefact = try #require(actions.answer?.artefact)
        #expect(artefact.source == .bytes(Self.content))
        #expect(artefact.hash == view.proposal.contentHash && actions.questions.isEmpty)
    }

    @Test("bytes that are not what the proposal names are not shown; it is fetched instead")
    func otherBytes() throws {
        let view = try Self.view(inline: Array("artefacT".utf8))
        let (_, actions) = Self.found(view, for: .artefact(view.message.id))
        #expect(actions.answer == nil)
        let hash = view.proposal.contentHash.hex
        let author = view.message.from.hex
        #expect(actions.questions == ["fetch \(hash) of 8 bytes, inline, from \(author)"])
    }

    @Test("an artefact that the proposal names alone is fetched, from its author first, and shown")
    func fetched() throws {
        let view = try Self.view()
        var (steps, actions) = Self.found(view, for: .artefact(view.message.id))
        let hash = view.proposal.contentHash
        #expect(
            actions.questions == ["fetch \(hash.hex) of 8 bytes, from \(view.message.from.hex)"]
        )
        actions = steps.hear(Self.stored, from: .storageMarket)
        #expect(actions.answer?.artefact?.source == .file(path: "/blobs/x"))
        #expect(actions.answer?.artefact?.hash == hash)
    }

    @Test("an artefact that nobody has is told as such, with the cause; a refusal keeps its code")
    func unavailable() throws {
        let view = try Self.view()
        for (failure, problem) in [
            (ContentFailure("three peers were asked"), "422 content_unavailable"),
            (ContentFailure(Refusal(.busy, "three peers were asked")), "503 busy"),
            (ContentFailure(Refusal(.tooLarge, "three peers were asked")), "413 too_large"),
        ] {
            for call in [APICall.artefact(view.message.id), .fetch(view.proposal.contentHash)] {
                var (steps, _) = Self.found(view, for: call)
                let actions = steps.hear(.fetched(.failure(failure)), from: .storageMarket)
                #expect(actions.answer?.problem == problem)
                #expect(actions.answer?.detail == "three peers were asked")
                #expect(actions.published == nil, "reading is nobody's business")
            }
        }
    }

    @Test("a fetch by hash asks proposals for the best source, and does without them")
    func byHash() throws {
        let view = try Self.view()
        let hash = view.proposal.contentHash
        var (steps, actions) = Self.found(view, for: .fetch(hash))
        #expect(
            actions.questions == ["fetch \(hash.hex) of 8 bytes, from \(view.message.from.hex)"]
        )
        actions = steps.hear(Self.stored, from: .storageMarket)
        #expect(actions.answer?.body.text == #"{"path":"/blobs/x","size":8}"#)

        var nobody = APISteps()
        _ = nobody.put(.fetch(hash))
        let unnamed = nobody.hear(.proposals([]), from: .consensus)
        #expect(unnamed.questions == ["fetch \(hash.hex) of any bytes"])
        var bare = APISteps([.storageMarket])
        let alone = bare.put(.fetch(hash))
        #expect(alone.questions == ["fetch \(hash.hex) of any bytes"])
    }

    @Test("R-07-027: only what is ratified and not adopted yet is fetched to be adopted")
    func adoption() throws {
        let view = try Self.view(.ratified)
        let (_, actions) = Self.found(view, for: .adopt(view.message.id))
        let hash = view.proposal.contentHash.hex
        let author = view.message.from.hex
        #expect(actions.questions == ["fetch \(hash) of 8 bytes, to adopt, from \(author)"])
        for (view, problem) in [
            (try Self.view(.open), "409 not_ratified"),
            (try Self.view(.ratified, isAdopted: true), "409 already_adopted"),
        ] {
            let (_, actions) = Self.found(view, for: .adopt(view.message.id))
            #expect(actions.answer?.problem == problem && actions.questions.isEmpty)
        }
        let (_, bare) = Self.found(view, for: .adopt(view.message.id), in: [.consensus])
        #expect(bare.answer == .absent(.storageMarket))
    }

    @Test("R-07-028: an adoption that fails is said, unless the node cannot sign or store it")
    func failedAdoption() throws {
        let view = try Self.view(.ratified)
        let failure = APIReply.fetched(.failure(ContentFailure("the disk is full")))
        let call = APICall.adopt(view.message.id)
        var (steps, _) = Self.found(view, for: call)
        let actions = steps.hear(failure, from: .storageMarket)
        #expect(actions.answer?.problem == "422 content_unavailable")
        #expect(actions.published?.payload["success"]?.bool == false)
        #expect(actions.published?.request == nil, "nobody waits for it")
        (steps, _) = Self.found(view, for: call)
        steps.machine.logStopped(LogStopped(reason: "full"))
        let stopped = steps.hear(failure, from: .storageMarket)
        #expect(stopped.published == nil && stopped.answer?.status == 422)
        (steps, _) = Self.found(view, for: call, in: [.consensus, .storageMarket])
        let unsigned = steps.hear(failure, from: .storageMarket)
        #expect(unsigned.published == nil && unsigned.answer?.status == 422)
    }

    @Test(
        "C3-12: a log that stops while the artefact is fetched ends the adoption before it is signed"
    )
    func stopsMeanwhile() throws {
        let view = try Self.view(.ratified)
        var (steps, _) = Self.found(view, for: .adopt(view.message.id))
        steps.machine.logStopped(LogStopped(reason: "the disk is full"))
        let actions = steps.hear(Self.stored, from: .storageMarket)
        #expect(actions.published == nil && actions.answer?.problem == "507 storage_stopped")
        #expect(actions.answer?.detail == "the disk is full")
    }

    @Test(
        "an upload that cannot be kept is not shared, nor one whose caller was told that it is late"
    )
    func shares() {
        let hash = ContentHash(SHA256Digest.hash([1]))
        let call = APICall.share(
            ShareContent(
                upload: UploadedContent(number: 1, hash: hash, size: 1),
                contentType: "x/y",
                filename: nil,
                description: nil,
                tags: []
            )
        )
        var steps = APISteps()
        _ = steps.put(call)
        let failed = steps.hear(.kept(.failure(ContentFailure("no room"))), from: .storageMarket)
        #expect(failed.answer?.problem == "422 content_unavailable" && failed.published == nil)
        _ = steps.put(call)
        let full = ContentFailure("the disk is full", isOfDisk: true)
        let stopped = steps.hear(.kept(.failure(full)), from: .storageMarket)
        #expect(stopped.answer?.problem == "507 storage_stopped" && stopped.published == nil)
        let kept = ShareContent.Kept(hash: hash, offer: Share(entries: []))
        _ = steps.put(call)
        let shared = steps.hear(.kept(.success(kept)), from: .storageMarket)
        #expect(shared.published?.type == .share && shared.published?.request == APISteps.id)
        _ = steps.put(call, as: APISteps.id)
        _ = steps.wait(APILimits.requestMilliseconds)
        let late = steps.hear(.kept(.success(kept)), from: .storageMarket)
        #expect(late.isEmpty)
        var bare = APISteps([.storageMarket])
        _ = bare.put(call)
        let unsigned = bare.hear(.kept(.success(kept)), from: .storageMarket)
        #expect(unsigned.answer == .unsigned)
    }
}
