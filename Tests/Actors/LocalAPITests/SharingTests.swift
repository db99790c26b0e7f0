import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

/// Keeps what is uploaded.
private actor Shelf: Subsystem {
    static let name = SubsystemName.storageMarket
    static let hash = ContentHash(SHA256Digest.hash([1]))

    init(_ boot: borrowing Boot) {}

    static func wire(_ wiring: borrowing Wiring<Shelf>) {
        wiring.answers(ShareContent.self) { _, envelope, outbox in
            let kept = ShareContent.Kept(hash: Self.hash, offer: Share(entries: []))
            outbox.reply(ShareContent.Reply(outcome: .success(kept)), to: envelope.replyAddress)
        }
        wiring.answers(FetchContent.self) { _, _, _ in }
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

/// Signs what it is told, and lets the test say what becomes of it.
private actor Scribe: Subsystem {
    enum Told: Signal { case replayed, logged, refused }

    static let name = SubsystemName.identity
    nonisolated let told: Inlet<Told>
    private let finished: Emitter<ReplayFinished>
    private let logged: Emitter<MessageLogged>
    private let refused: Emitter<MessageRefused>
    private let message: Message
    private(set) var published: [PublishMessage] = []

    init(_ boot: borrowing Boot, _ message: Message) {
        self.told = boot.inlet(Told.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.logged = boot.emits(MessageLogged.self)
        self.refused = boot.emits(MessageRefused.self)
        self.message = message
    }

    static func wire(_ wiring: borrowing Wiring<Scribe>) {
        wiring.receives(Told.self) { scribe, envelope, outbox in
            let origin = Origin.local(scribe.published.first?.request)
            switch envelope.body {
            case .replayed:
                outbox.send(scribe.finished, ReplayFinished(lastSequence: 0, lastArrival: nil))
            case .logged:
                let admitted = scribe.message.admitted(from: origin)
                outbox.send(
                    scribe.logged,
                    MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
                )
            case .refused:
                let refusal = Refusal(.rateLimited, "ten a day; try again tomorrow")
                outbox.send(
                    scribe.refused,
                    MessageRefused(origin: origin, id: scribe.message.id, refusal: refusal)
                )
            }
        }
        wiring.receives(PublishMessage.self) { scribe, envelope, _ in
            scribe.published.append(envelope.body)
        }
        wiring.answers(IdentityKeys.self) { _, _, _ in }
        wiring.answers(IdentityStatus.self) { _, _, _ in }
        wiring.answers(MessageDraft.self) { _, _, _ in }
        wiring.answers(IdentityVerdict.self) { _, _, _ in }
    }
}

@Suite("Local API: sharing")
struct SharingTests {
    /// Shares an upload, lets the node do all it can, and then says what becomes of the SHARE.
    private func share(_ fate: Scribe.Told) async throws -> (before: Int?, after: APIResponse?) {
        let message = try Draft.share([[1]]).signed(
            by: .named("host"),
            at: Timestamp(milliseconds: 1_767_225_600_000)
        )
        let caller = Caller()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in LocalAPI(boot, server: caller) }
        _ = kernel.add { boot in Shelf(boot) }
        let scribe = kernel.add { boot in Scribe(boot, message) }
        _ = try kernel.boot(standard: SubsystemName.standard)
        scribe.told.put(.replayed)
        await kernel.settle()
        let upload = UploadedContent(number: 1, hash: Shelf.hash, size: 1)
        caller.put(
            1,
            .share(
                ShareContent(
                    upload: upload,
                    contentType: "x/y",
                    filename: nil,
                    description: nil,
                    tags: []
                )
            )
        )
        await kernel.settle()
        let before = caller.answer(1)?.status
        #expect(await scribe.published.map(\.type) == [.share])
        scribe.told.put(fate)
        await kernel.settle()
        return (before, caller.answer(1))
    }

    @Test("C3-5: an upload is answered when its SHARE is in the log, with the SHARE's id")
    func durable() async throws {
        let (before, after) = try await self.share(.logged)
        #expect(before == nil, "no answer before the commit")
        #expect(after?.status == 200)
        #expect(after?.body["content_hash"]?.string == Shelf.hash.hex)
        #expect(after?.body["id"]?.string?.utf8.count == 64)
    }

    @Test("C3-5: an upload whose SHARE is refused is refused, with code and detail")
    func refused() async throws {
        let (before, after) = try await self.share(.refused)
        #expect(before == nil)
        #expect(after?.status == 429)
        #expect(after?.body["code"]?.string == "rate_limited")
        #expect(after?.body["detail"]?.string == "ten a day; try again tomorrow")
    }
}
