public import Kernel
import Messages
import Primitives

/// The subsystem that keeps, shares and fetches content.
public actor StorageMarket: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.storageMarket

    private var machine = StorageMarketStateMachine()
    /// Who waits for which task.
    private var sharers: [UInt64: ReplyAddress<ShareContent>] = [:]
    private var fetchers: [UInt64: ReplyAddress<FetchContent>] = [:]
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
        blobs.connect { inlet.put($0) }
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.receives(JudgeStorageMessage.self) { market, envelope, outbox in
            let actions = market.machine.judge(envelope.body.admitted, blobs: market.blobs)
            market.perform(actions, &outbox)
        }
        wiring.receives(MessageLogged.self) { market, envelope, _ in
            guard envelope.body.isReplay else { return }
            market.machine.apply(envelope.body.admitted.message)
        }
        wiring.receives(BlobReport.self) { market, envelope, outbox in
            market.perform(market.machine.reported(envelope.body), &outbox)
        }
        wiring.receives(ExchangeFailed.self) { market, envelope, outbox in
            let exchange = envelope.body.exchange
            guard exchange.opener == .storageMarket else { return }
            market.perform(market.machine.failed(exchange), &outbox)
        }
        Self.wireQueries(wiring)
    }

    private static func wireQueries(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.answers(ShareContent.self) { market, envelope, outbox in
            guard !market.machine.isFull else {
                let reply = ShareContent.Reply(outcome: .failure(Self.busy))
                return outbox.reply(reply, to: envelope.replyAddress)
            }
            let (task, actions) = market.machine.share(envelope.body)
            market.sharers[task] = envelope.replyAddress
            market.perform(actions, &outbox)
        }
        wiring.answers(FetchContent.self) { market, envelope, outbox in
            guard !market.machine.isFull else {
                let reply = FetchContent.Reply(outcome: .failure(Self.busy))
                return outbox.reply(reply, to: envelope.replyAddress)
            }
            let (task, actions) = market.machine.fetch(envelope.body, blobs: market.blobs)
            market.fetchers[task] = envelope.replyAddress
            market.perform(actions, &outbox)
        }
        wiring.answers(StorageStatus.self) { market, envelope, outbox in
            let status = StorageStatus.Reply(
                storedArtefacts: market.blobs.count,
                knownArtefacts: market.machine.index.count,
                digest: market.machine.digest
            )
            outbox.reply(status, to: envelope.replyAddress)
        }
    }

    private static let busy = ContentFailure(
        "\(StorageMarketLimits.tasksMax) shares and fetches are under way; try again later"
    )

    private func perform(_ actions: [StorageMarketAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: StorageMarketAction, _ outbox: inout Outbox) {
        switch action {
        case .store(let bytes, let hash, let adopt, let task):
            self.blobs.store(bytes, as: hash, adopt: adopt, task: task)
        case .keep(let upload, let task):
            self.blobs.keep(upload, task: task)
        case .verify(let hash, let task):
            self.blobs.verify(hash, task: task)
        case .append(let bytes, let task):
            self.blobs.append(bytes, task: task)
        case .finish(let hash, let size, let adopt, let task):
            self.blobs.finish(hash, size: size, adopt: adopt, task: task)
        case .discard(let task):
            self.blobs.discard(task: task)
        case .adopt(let hash, let task):
            self.blobs.adopt(hash, task: task)
        case .request(let exchange, let payload):
            outbox.send(
                self.request,
                SendRequest(exchange: exchange, type: .contentRequest, payload: payload)
            )
        case .answer(let exchange, let type, let payload):
            outbox.send(self.answer, SendAnswer(exchange: exchange, type: type, payload: payload))
        case .accept(let admitted):
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
        case .refuse(let admitted, let refusal):
            let refused = MessageRefused(
                origin: admitted.origin,
                id: admitted.message.id,
                refusal: refusal
            )
            outbox.send(self.refused, refused)
        case .shared(let task, let outcome):
            guard let asker = self.sharers.removeValue(forKey: task) else { return }
            outbox.reply(ShareContent.Reply(outcome: outcome), to: asker)
        case .ended(let task, let outcome):
            guard let asker = self.fetchers.removeValue(forKey: task) else { return }
            let stored = outcome.map { FetchContent.Stored(path: $0.path, size: $0.size) }
            outbox.reply(FetchContent.Reply(outcome: stored), to: asker)
        }
    }
}
