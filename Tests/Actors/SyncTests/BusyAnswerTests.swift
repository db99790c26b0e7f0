import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

/// Stands for Verification, and refuses everything.
private actor Judge: Subsystem {
    static let name = SubsystemName.verification
    private let code: Refusal.Code
    private let refused: Emitter<MessageRefused>
    private(set) var admitted = 0

    init(_ boot: borrowing Boot, refusing code: Refusal.Code) {
        self.code = code
        self.refused = boot.emits(MessageRefused.self)
    }

    static func wire(_ wiring: borrowing Wiring<Judge>) {
        wiring.receives(AdmitMessage.self) { judge, envelope, outbox in
            judge.admitted += 1
            let refusal = Refusal(judge.code, "for a test")
            outbox.send(
                judge.refused,
                MessageRefused(origin: envelope.body.origin, id: nil, refusal: refusal)
            )
        }
    }
}

/// Stands for Identity and for a peer that serves one message.
private actor Surroundings: Subsystem {
    static let name = SubsystemName.identity
    private let peer: NodeID
    private let message: Message
    private let judge: Emitter<JudgeSyncMessage>
    private let finished: Emitter<ReplayFinished>
    private let authenticated: Emitter<PeerAuthenticated>
    nonisolated let begin: Inlet<Begin>
    private(set) var states: [SyncState] = []

    struct Begin: Signal {}

    init(_ boot: borrowing Boot, peer: NodeID, message: Message) {
        (self.peer, self.message) = (peer, message)
        self.judge = boot.emits(JudgeSyncMessage.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.begin = boot.inlet(Begin.self)
    }

    static func wire(_ wiring: borrowing Wiring<Surroundings>) {
        wiring.receives(Begin.self) { around, _, outbox in
            outbox.send(around.finished, ReplayFinished(lastSequence: 0, lastArrival: nil))
            outbox.send(around.authenticated, PeerAuthenticated(peer: around.peer))
        }
        wiring.receives(SendRequest.self) { around, envelope, outbox in
            guard let answer = around.answer(to: envelope.body) else { return }
            outbox.send(around.judge, JudgeSyncMessage(admitted: answer))
        }
        wiring.receives(SyncStateChanged.self) { around, envelope, _ in
            around.states.append(envelope.body.state)
        }
        // Nobody asks this node for anything.
        wiring.receives(SendAnswer.self) { _, _, _ in }
        wiring.publishesNothing()
        wiring.answers(IdentityTreeView.self) { _, envelope, outbox in
            let view = TreeView(root: MerkleTree(ids: []).root, leaves: 0)
            outbox.reply(view, to: envelope.replyAddress)
        }
        wiring.answers(IdentityChain.self) { _, envelope, outbox in
            let nothing = IdentityChain.Reply(entries: [], hasMore: false)
            outbox.reply(nothing, to: envelope.replyAddress)
        }
    }

    private func answer(to request: SendRequest) -> AdmittedMessage? {
        let types = request.payload["types"]?.elements?.compactMap(\.string) ?? []
        let found = types.contains(self.message.typeName) ? [self.message] : []
        let draft = Draft(
            .syncResponse,
            [
                ("messages", .array(found.map { .canonical($0.canonical) })),
                ("has_more", .bool(false)), ("next_timestamp", .null), ("next_id", .null),
                ("checkpoint", .string(Bytes32.emptyRoot.hex)),
            ]
        )
        let signed = try? draft.signed(by: .generate(), at: start)
        return signed?.admitted(from: .answer(request.exchange))
    }
}

@Suite("C3-1: a judge without room")
struct BusyAnswerTests {
    @Test(
        "C3-1: what the judge refuses as busy keeps the node from being synced; what breaks a rule does not",
        arguments: [(Refusal.Code.busy, SyncState.syncing), (.rule, .synced)]
    )
    func refusals(code: Refusal.Code, state: SyncState) async throws {
        let message = try EnvelopeCodec.sign(
            .withdraw,
            payload: .object([("proposal_id", .string(SHA256Digest.hash([1]).hex))]),
            timestamp: start,
            key: .generate()
        )
        let clock = ManualClock(Moment(start))
        let kernel = Kernel(clock: clock, entropy: SeededEntropy(seed: 1))
        let peer = NodeID(SigningKey.generate().publicKey)
        let around = kernel.add { boot in Surroundings(boot, peer: peer, message: message) }
        let judge = kernel.add { boot in Judge(boot, refusing: code) }
        kernel.add { boot in
            Sync(
                boot,
                configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
            )
        }
        try kernel.boot(standard: SubsystemName.standard)
        around.begin.put(Surroundings.Begin())
        await kernel.settle()
        for _ in 0..<20 {
            clock.set(to: clock.now.advanced(by: .seconds(1)))
            kernel.fireWakes()
            await kernel.settle()
        }
        #expect(await judge.admitted > 0)
        #expect(await around.states.last == state)
    }
}
