public import Kernel
import Messages
import Primitives

/// The subsystem that keeps, shares and fetches content.
public actor StorageMarket: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.storageMarket

    private var machine: StorageMarketStateMachine
    private let blobs: any BlobDevice
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let request: Emitter<SendRequest>
    private let answer: Emitter<SendAnswer>

    /// Plugs the subsystem in.
    public init(_ boot: borrowing Boot, blobs: any BlobDevice) {
        self.blobs = blobs
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.request = boot.emits(SendRequest.self)
        self.answer = boot.emits(SendAnswer.self)
        let inlet = boot.inlet(BlobReport.self)
        self.machine = StorageMarketStateMachine(held: blobs.connect { inlet.put($0) })
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.receives(JudgeStorageMessage.self) { market, envelope, outbox in
            market.perform(market.machine.judge(envelope.body.admitted), &outbox)
        }
        wiring.receives(MessageLogged.self) { market, envelope, _ in
            market.machine.logged(envelope.body)
        }
        wiring.receives(BlobReport.self) { market, envelope, outbox in
            market.perform(market.machine.reported(envelope.body), &outbox)
        }
        wiring.receives(ExchangeFailed.self) { market, envelope, outbox in
            market.perform(market.machine.failed(envelope.body.exchange), &outbox)
        }
        wiring.answers(ShareContent.self) { market, envelope, outbox in
            let asker = envelope.replyAddress
            market.perform(market.machine.share(envelope.body, for: asker), &outbox)
        }
        wiring.answers(FetchContent.self) { market, envelope, outbox in
            let asker = envelope.replyAddress
            market.perform(market.machine.fetch(envelope.body, for: asker), &outbox)
        }
        wiring.answers(StorageStatus.self) { market, envelope, outbox in
            outbox.reply(market.machine.status, to: envelope.replyAddress)
        }
    }

    private func perform(_ actions: [StorageMarketAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: StorageMarketAction, _ outbox: inout Outbox) {
        switch action {
        case .store(let bytes, let hash, let adopt, let task):
            self.blobs.store(bytes, as: hash, adopt: adopt, task: task)
        case .keep(let upload, let task): self.blobs.keep(upload, task: task)
        case .verify(let hash, let task): self.blobs.verify(hash, task: task)
        case .read(let hash, let offset, let count, let task):
            self.blobs.read(hash, offset: offset, count: count, task: task)
        case .append(let bytes, let task): self.blobs.append(bytes, task: task)
        case .finish(let hash, let size, let adopt, let task):
            self.blobs.finish(hash, size: size, adopt: adopt, task: task)
        case .discard(let task): self.blobs.discard(task: task)
        case .adopt(let hash, let task): self.blobs.adopt(hash, task: task)
        case .request(let exchange, let request):
            outbox.send(
                self.request,
                SendRequest(exchange: exchange, request)
            )
        case .answer(let exchange, let payload):
            outbox.send(self.answer, SendAnswer(exchange: exchange, payload))
        case .accept(let admitted):
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
        case .refuse(let admitted, let refusal):
            outbox.send(
                self.refused,
                MessageRefused(
                    origin: admitted.origin,
                    id: admitted.message.id,
                    refusal: refusal
                )
            )
        case .shared(let outcome, let asker):
            outbox.reply(ShareContent.Reply(outcome: outcome), to: asker)
        case .fetched(let outcome, let asker):
            outbox.reply(FetchContent.Reply(outcome: outcome), to: asker)
        }
    }
}
