import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = SnapshotScene.start

/// Stands for Identity: signs, and brings back what it signed.
private actor Signer: Subsystem {
    static let name = SubsystemName.identity
    private let own: NodeID
    private let judge: Emitter<JudgeSyncMessage>
    private let finished: Emitter<ReplayFinished>
    nonisolated let orders: Inlet<Order>
    private(set) var published: [PublishMessage] = []
    private(set) var answers: [JSONValue] = []

    enum Order: Signal {
        case begin
        case judge(AdmittedMessage)
    }

    init(_ boot: borrowing Boot, own: NodeID) {
        self.own = own
        self.judge = boot.emits(JudgeSyncMessage.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.orders = boot.inlet(Order.self)
    }

    static func wire(_ wiring: borrowing Wiring<Signer>) {
        wiring.receives(Order.self) { signer, envelope, outbox in
            switch envelope.body {
            case .begin:
                outbox.send(signer.finished, ReplayFinished(lastSequence: 0, lastArrival: nil))
            case .judge(let admitted):
                outbox.send(signer.judge, JudgeSyncMessage(admitted: admitted))
            }
        }
        wiring.receives(PublishMessage.self) { signer, envelope, outbox in
            signer.published.append(envelope.body)
            let message = try EnvelopeCodec.sign(
                envelope.body.type,
                payload: envelope.body.payload,
                timestamp: outbox.now.timestamp,
                key: .named("own")
            )
            let admitted = message.admitted(from: .local(nil))
            outbox.send(signer.judge, JudgeSyncMessage(admitted: admitted))
        }
        wiring.receives(SendRequest.self) { _, _, _ in }
        wiring.receives(SendAnswer.self) { signer, envelope, _ in
            signer.answers.append(envelope.body.payload)
        }
        wiring.answers(IdentityKeys.self) { signer, envelope, outbox in
            let keys = IdentityKeys.Reply(
                key: signer.own,
                identity: signer.own,
                keys: [signer.own],
                isSuspended: false
            )
            outbox.reply(keys, to: envelope.replyAddress)
        }
        wiring.answers(IdentityTreeView.self) { _, envelope, outbox in
            outbox.reply(TreeView(root: .emptyRoot, leaves: 5), to: envelope.replyAddress)
        }
        wiring.answers(IdentityChain.self) { _, envelope, outbox in
            let nothing = IdentityChain.Reply(entries: [], hasMore: false)
            outbox.reply(nothing, to: envelope.replyAddress)
        }
    }
}

/// Stands for Reputation.
private actor Ledger: Subsystem {
    static let name = SubsystemName.reputation
    private let own: NodeID

    init(_ boot: borrowing Boot, own: NodeID) { self.own = own }

    static func wire(_ wiring: borrowing Wiring<Ledger>) {
        wiring.answers(Scores.self) { ledger, envelope, outbox in
            let entry = Scores.Entry(
                identity: ledger.own,
                overall: FixedPoint(millionths: 700_000),
                observations: 0,
                isActive: true
            )
            let scores = Scores.Reply(
                entries: [entry],
                activeIdentities: 1,
                activeReputation: .one
            )
            outbox.reply(scores, to: envelope.replyAddress)
        }
        wiring.answers(CurrentScores.self) { _, envelope, outbox in
            let nothing = CurrentScores.Reply(entries: [], hasMore: false)
            outbox.reply(nothing, to: envelope.replyAddress)
        }
    }
}

@Suite("§5 Snapshots: the actor")
struct SnapshotActorTests {
    @Test("R-05-032, R-05-047: a snapshot is put together, signed, kept and served")
    func publishes() async throws {
        let own = try SnapshotScene.node("own")
        let clock = ManualClock(Moment(start))
        let kernel = Kernel(clock: clock, entropy: SeededEntropy(seed: 1))
        let signer = kernel.add { boot in Signer(boot, own: own) }
        kernel.add { boot in Ledger(boot, own: own) }
        kernel.add { boot in
            Sync(
                boot,
                configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
            )
        }
        try kernel.boot(standard: SubsystemName.standard)
        signer.orders.put(.begin)
        for seconds in [1, 1, 43_200, 1] {
            await kernel.settle()
            clock.advance(by: .seconds(seconds))
            kernel.fireWakes()
        }
        await kernel.settle()
        let published = await signer.published
        #expect(published.map(\.type) == [.stateSnapshot])
        #expect(published.first?.payload["identity_count"] == .integer(5))

        let request = SyncRequest(sinceTimestamp: start, types: ["STATE_SNAPSHOT"], limit: 9)
        let message = try Draft(request).signed(by: .named("asker"), at: start)
        let exchange = InboundExchange(id: 1, peer: message.from, streamProtocol: .sync)
        signer.orders.put(.judge(message.admitted(from: .exchange(exchange))))
        await kernel.settle()
        let answers = await signer.answers
        #expect(answers.first?["messages"]?.elements?.count == 1)
        kernel.stop()
    }
}
