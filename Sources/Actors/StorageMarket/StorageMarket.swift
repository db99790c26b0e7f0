public import Checkpoints
public import Kernel
public import Logging
public import Messages
public import Primitives

/// The subsystem that keeps, shares and fetches content.
public actor StorageMarket: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.storageMarket

    var machine: StorageMarketStateMachine
    private let blobs: any BlobDevice
    private let logger: Logger
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let request: Emitter<SendRequest>
    private let answer: Emitter<SendAnswer>
    private let record: Emitter<RecordFact>
    private let scores: Asker<Scores, ScoresPurpose>
    private let publish: Emitter<PublishMessage>
    private let holds: Emitter<ContentHeld>
    private let reach: Emitter<ReachPeer>
    private let offered: Emitter<StorageOffered>
    private let peers: Asker<PeerTable, PeersPurpose>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    public init(
        _ boot: borrowing Boot,
        blobs: any BlobDevice,
        parameters: NetworkParameters = NetworkParameters(),
        calendar: MarketCalendar = .standard,
        own: NodeID = NodeID(Bytes32.zero),
        keeps: ArtefactRetention = .everything,
        logger: Logger = Logger(label: "valence.storage")
    ) {
        self.blobs = blobs
        self.logger = logger
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.request = boot.emits(SendRequest.self)
        self.answer = boot.emits(SendAnswer.self)
        self.record = boot.emits(RecordFact.self)
        self.scores = boot.asks(Scores.self, about: ScoresPurpose.self)
        self.publish = boot.emits(PublishMessage.self)
        self.holds = boot.emits(ContentHeld.self)
        self.reach = boot.emits(ReachPeer.self)
        self.offered = boot.emits(StorageOffered.self)
        self.peers = boot.asks(PeerTable.self, about: PeersPurpose.self)
        let inlet = boot.inlet(BlobReport.self)
        self.machine = StorageMarketStateMachine(
            blobs.connect { inlet.put($0) },
            parameters: parameters,
            calendar: calendar,
            own: own,
            keeps: keeps
        )
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.checkpoints()
        Self.wireAnswers(wiring)
        Self.wireDuties(wiring)
        wiring.receives(JudgeStorageMessage.self) { market, envelope, outbox in
            let now = outbox.now.timestamp
            market.perform(market.machine.judge(envelope.body.admitted, now: now), &outbox)
        }
        Self.wireLog(wiring)
        wiring.receives(ContentWeighed.self) { market, envelope, outbox in
            let now = outbox.now.timestamp
            market.perform(market.machine.weighed(envelope.body, now: now), &outbox)
        }
        wiring.receives(BlobReport.self) { market, envelope, outbox in
            let now = outbox.now.timestamp
            market.perform(market.machine.reported(envelope.body, now: now), &outbox)
        }
        wiring.receives(ExchangeFailed.self) { market, envelope, outbox in
            let now = outbox.now.timestamp
            market.perform(market.machine.failed(envelope.body.exchange, now: now), &outbox)
        }
    }

    private static func wireAnswers(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.answers(ShareContent.self) { market, envelope, outbox in
            let asker = envelope.replyAddress
            market.perform(market.machine.share(envelope.body, for: asker), &outbox)
        }
        wiring.answers(FetchContent.self) { market, envelope, outbox in
            let (asker, now) = (envelope.replyAddress, outbox.now.timestamp)
            market.perform(market.machine.fetch(envelope.body, for: asker, now: now), &outbox)
        }
        wiring.answers(VerifyContent.self) { market, envelope, outbox in
            let asker = envelope.replyAddress
            market.perform(market.machine.verify(envelope.body, for: asker), &outbox)
        }
        wiring.answers(FindContent.self) { market, envelope, outbox in
            let found = market.machine.find(envelope.body, now: outbox.now.timestamp)
            outbox.reply(found, to: envelope.replyAddress)
        }
        wiring.answers(DownloadProgress.self) { market, envelope, outbox in
            outbox.reply(market.machine.progress, to: envelope.replyAddress)
        }
        wiring.answers(StorageVerdict.self) { market, envelope, outbox in
            let verdict = market.machine.verdict(
                on: envelope.body.admitted,
                now: outbox.now.timestamp
            )
            outbox.reply(verdict, to: envelope.replyAddress)
        }
        wiring.answers(StorageStatus.self) { market, envelope, outbox in
            let status = market.machine.status(isBrief: envelope.body.isBrief)
            outbox.reply(status, to: envelope.replyAddress)
        }
    }

    private static func wireLog(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.receives(MessageLogged.self) { market, envelope, outbox in
            market.perform(market.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(FactLogged.self) { market, envelope, outbox in
            market.perform(market.machine.logged(envelope.body.fact), &outbox)
        }
        wiring.receives(ReplayFinished.self) { market, _, outbox in
            let now = outbox.now.timestamp
            market.perform(market.machine.replayFinished(now: now), &outbox)
        }
        wiring.receives(CaughtUp.self) { market, _, outbox in
            market.perform(market.machine.caughtUp(now: outbox.now.timestamp), &outbox)
        }
        wiring.hears(Scores.self, about: ScoresPurpose.self) { market, answer, outbox in
            let now = outbox.now.timestamp
            let actions = market.machine.heard(answer.reply, for: answer.context, now: now)
            market.perform(actions, &outbox)
        }
        wiring.wakes { market, outbox in
            let now = outbox.now.timestamp
            let entropy = outbox.randomBytes(32)
            market.perform(market.machine.woke(now: now, entropy: entropy), &outbox)
        }
    }

    /// Performs what follows from an event, and sleeps until something is due.
    func perform(_ actions: [StorageMarketAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
        let pause = self.machine.pause(from: outbox.now.timestamp)
        if let pause { outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause))) }
    }

    private func perform(_ action: StorageMarketAction, _ outbox: inout Outbox) {
        switch action {
        case .publish(let payload): outbox.send(self.publish, PublishMessage(payload))
        case .challenge(let exchange, let payload):
            outbox.send(self.request, SendRequest(exchange: exchange, payload))
        case .reach(let node): outbox.send(self.reach, ReachPeer(node: node))
        case .tell(let offered): outbox.send(self.offered, offered)
        case .ask(.peers(let purpose)):
            outbox.ask(self.peers, PeerTable(), context: purpose)
        case .replicated(let outcome, let asker):
            outbox.reply(ReplicateContent.Reply(outcome: outcome), to: asker)
        case .offered(let offer, let asker):
            outbox.reply(OfferStorage.Reply(offer: offer), to: asker)
        case .store(let bytes, let hash, let adopt, let task):
            self.blobs.store(bytes, as: hash, adopt: adopt, task: task)
        case .keep(let upload, let task): self.blobs.keep(upload, task: task)
        case .verify(let hash, let task): self.blobs.verify(hash, task: task)
        case .read(let hash, let offset, let count, let task):
            self.blobs.read(hash, offset: offset, count: count, task: task)
        case .prove(let hash, let window, let nonce, let task):
            self.blobs.prove(hash, window: window, nonce: nonce, task: task)
        case .write(let bytes, let number, let hash, let size, let task):
            self.blobs.write(bytes, number: number, of: hash, size: size, task: task)
        case .finish(let hash, let size, let task):
            self.blobs.finish(hash, size: size, task: task)
        case .discard(let hash): self.blobs.discard(hash)
        case .dropped(let hash, let bytes):
            self.logger.info(
                "the artefact \(hash) of \(bytes) bytes was dropped, as the settings say",
                metadata: ["event": "artefact_dropped"]
            )
        case .remove(let hash, let task): self.blobs.remove(hash, task: task)
        case .adopt(let hash, let task): self.blobs.adopt(hash, task: task)
        case .holds(let contents): outbox.send(self.holds, contents)
        case .request(let exchange, let request):
            outbox.send(
                self.request,
                SendRequest(exchange: exchange, request)
            )
        case .answer(let exchange, let payload):
            outbox.send(self.answer, SendAnswer(exchange: exchange, payload))
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .ask(.scores(let query, let purpose)):
            outbox.ask(self.scores, query, context: purpose)
        case .wake(let moment): outbox.wake(at: Moment(moment))
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
        case .verified(let reply, let asker): outbox.reply(reply, to: asker)
        case .fetched(let outcome, let asker):
            outbox.reply(FetchContent.Reply(outcome: outcome), to: asker)
        }
    }
}

extension StorageMarket {
    /// What it has made of the log.
    package var kept: StorageMarketState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: StorageMarketState) { self.machine.restore(kept) }
}
