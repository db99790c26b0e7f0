import Identities
import Kernel
import Messages
import OrderedCollections
import Primitives

/// The rules of content: which nodes hold what, and how artefacts are shared, fetched and checked; and
/// of the market, in which others keep them for rent.
///
/// It reads nothing: what lies on the disk it knows from the reports of the device, and bytes come in
/// with them.
struct StorageMarketStateMachine: Sendable {
    private var held: HeldArtefacts
    private var index: ContentIndex
    private var rates: ShareRates
    private var tasks = ContentTasks()
    private var downloads: Downloads
    private var sharing: SharingDuty
    private var pieces = PieceServing()
    private var standings = Standings()
    private var copyQueries = CopyQueries()
    private var numbers = TaskNumbers()
    private var books: MarketBooks
    private var clock = RentClock()
    private var duties = Duties()
    private var retention: Retention
    /// This node's key.
    private let own: NodeID

    /// Begins with what the device has, and with what the network's description says.
    ///
    /// - Parameters:
    ///   - inventory: what the device has.
    ///   - parameters: the network's numbers.
    ///   - calendar: how long days are.
    ///   - own: this node's key; without one it is nobody, and has no duties.
    ///   - rule: how long artefacts stay that nobody is owed.
    init(
        _ inventory: BlobInventory = BlobInventory(),
        parameters: NetworkParameters = NetworkParameters(),
        calendar: MarketCalendar = .standard,
        own: NodeID = NodeID(Bytes32.zero),
        keeps rule: ArtefactRetention = .everything
    ) {
        self.own = own
        self.retention = Retention(rule, since: inventory.since)
        self.held = HeldArtefacts(inventory.held)
        self.downloads = Downloads(partial: inventory.partial)
        self.index = ContentIndex(calendar)
        self.rates = ShareRates(calendar)
        self.sharing = SharingDuty(calendar)
        self.books = MarketBooks(parameters: parameters, calendar: calendar)
    }

    // MARK: The local API

    /// A local caller shares an upload.
    mutating func share(_ query: ShareContent, for asker: ReplyAddress<ShareContent>)
        -> [StorageMarketAction]
    {
        if let failure = self.obstacle(to: query.upload.hash) {
            return [.shared(.failure(failure), asker)]
        }
        return self.tasks.share(query, for: asker, task: self.numbers.next())
    }

    /// A local caller wants an artefact.
    mutating func fetch(
        _ query: FetchContent,
        for asker: ReplyAddress<FetchContent>,
        now: Timestamp
    ) -> [StorageMarketAction] {
        if let failure = self.obstacle(to: query.hash) {
            return [.fetched(.failure(failure), asker)]
        }
        let isHeld = self.held.size(of: query.hash) != nil
        let task = self.numbers.next()
        return self.go(self.tasks.fetch(query, for: asker, isHeld: isHeld, task: task), now: now)
    }

    /// A local caller wants to know what a copy on disk is like.
    mutating func verify(_ query: VerifyContent, for asker: ReplyAddress<VerifyContent>)
        -> [StorageMarketAction]
    {
        let standing = self.standings.standing(of: query.hash)
        return self.tasks.verify(query.hash, standing, for: asker, task: self.numbers.next())
    }

    /// Why an artefact is not to come here; nil when nothing stands against it.
    private func obstacle(to content: ContentHash) -> ContentFailure? {
        guard self.standings.standing(of: content) == .condemned else { return nil }
        return ContentFailure(
            Refusal(.rule, "\(content) was condemned by flags or by a vote; no node keeps it")
        )
    }

    /// A local caller looks for artefacts.
    func find(_ question: FindContent, now: Timestamp) -> FindContent.Reply {
        let limit = min(question.limit, StorageMarketLimits.foundMax)
        let query = ContentQuery(question)
        return FindContent.Reply(
            found: self.index.find(
                query,
                limit: limit,
                self.held,
                self.standings,
                mayGo: self.mayGo(now),
                now: now
            )
        )
    }

    /// How far the artefacts are that come from peers.
    var progress: DownloadProgress.Reply { DownloadProgress.Reply(rows: self.downloads.progress) }

    /// The content part of the state digest.
    func status(isBrief: Bool = false) -> StorageStatus.Reply {
        StorageStatus.Reply(
            storedArtefacts: self.held.count,
            knownArtefacts: self.index.count,
            droppedArtefacts: self.retention.droppedCount,
            droppedBytes: self.retention.droppedBytes,
            digest: isBrief ? nil : self.digest
        )
    }

    // MARK: Downloads

    /// What a task of a local caller leads to.
    private mutating func go(_ step: ContentTasks.Step, now: Timestamp) -> [StorageMarketAction] {
        guard let wanted = step.wanted else { return step.actions }
        let contract = self.books.contract(on: wanted.hash, at: now)
        let keys = self.books.keys
        let keepers = contract.map { contract in
            contract.holders.map { keys.heir(of: $0.key) } + keys.keys(of: contract.uploader)
        }
        let sharers = self.index.hosts(of: wanted.hash, now: now)
        // Who confirmed a copy has something to lose; whoever shares need only say so.
        let hosts = OrderedSet(wanted.likelyHosts + (keepers ?? []) + sharers)
        let begun = self.downloads.begin(
            wanted.hash,
            size: wanted.size,
            from: hosts.filter { $0 != self.own },
            for: .fetch(wanted.task),
            now: now,
            &self.numbers
        )
        return step.actions + self.go(begun, now: now)
    }

    /// What a download leads to; whoever wanted it is told of its end.
    private mutating func go(_ step: Downloads.Step, now: Timestamp) -> [StorageMarketAction] {
        var actions = step.actions
        for end in step.ends {
            switch end.purpose {
            case .fetch(let task):
                actions += self.go(self.tasks.downloaded(end.outcome, task: task), now: now)
            case .copy:
                let obstacle = end.outcome.obstacle
                self.duties.pulled(end.hash, obstacle: obstacle, at: now, self.parties)
            }
        }
        return actions
    }

    // MARK: The device

    /// The blob directory finished a task.
    mutating func reported(_ report: BlobReport, now: Timestamp) -> [StorageMarketAction] {
        let consequences = self.consequences(of: report.outcome)
        let dropped = self.retention.reported(report.outcome, now: now)
        self.held.note(report.outcome)
        return self.concerned(by: report, now: now) + consequences + dropped
    }

    /// Whoever had the task goes on.
    private mutating func concerned(by report: BlobReport, now: Timestamp) -> [StorageMarketAction]
    {
        if let actions = self.pieces.reported(report) { return actions }
        if let actions = self.duties.reported(report, at: now, self.parties) {
            return actions
        }
        if let step = self.downloads.reported(report, now: now, &self.numbers) {
            return self.go(step, now: now)
        }
        return self.go(self.tasks.reported(report), now: now)
    }

    /// What follows for the disk: others learn what is new on it, and what must not stay goes.
    private mutating func consequences(of outcome: BlobOutcome) -> [StorageMarketAction] {
        switch outcome {
        case .stored(let blob) where self.held.size(of: blob.hash) == nil:
            let news = StorageMarketAction.holds(ContentHeld([blob.hash]))
            let isCondemned = self.standings.standing(of: blob.hash) == .condemned
            return isCondemned ? [news, self.drop(blob.hash)] : [news]
        case .failed(.noRoom(let bytes)):
            return self.standings.dispensable(for: bytes, self.held, self.duties.pins)
                .map { self.drop($0) }
        case .stored, .piece, .written, .proof, .removed, .failed: return []
        }
    }

    private mutating func drop(_ content: ContentHash) -> StorageMarketAction {
        .remove(content, task: self.numbers.next())
    }

    // MARK: Flags

    /// Reputation weighed the flags and votes on an artefact.
    mutating func weighed(_ news: ContentWeighed, now: Timestamp) -> [StorageMarketAction] {
        self.standings.weighed(news)
        self.duties.weighed(news.content, at: now)
        guard news.standing == .condemned else { return [] }
        let ended = self.go(self.downloads.forbid(news.content, now: now, &self.numbers), now: now)
        return self.held.size(of: news.content) == nil ? ended : ended + [self.drop(news.content)]
    }

    /// Bytes of an artefact, for a peer that may have it; nil when it is not held or not served (D-71).
    private func size(of content: ContentHash, for peer: NodeID) -> Int? {
        self.standings.isServed(content, to: peer) ? self.held.size(of: content) : nil
    }

    // MARK: Peers

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange, now: Timestamp) -> [StorageMarketAction] {
        guard exchange.opener == .storageMarket else { return [] }
        if let actions = self.duties.failed(exchange, at: now, self.parties, &self.numbers) {
            return actions
        }
        return self.go(self.downloads.failed(exchange, now: now, &self.numbers), now: now)
    }

    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [StorageMarketAction] {
        switch (admitted.message.payload, admitted.origin) {
        case (.contentRequest(let request), .exchange(let exchange)):
            let size = self.size(of: request.contentHash, for: exchange.peer)
            if size != nil { self.standings.reads(request.contentHash, exchange.peer) }
            return self.pieces.serve(request, to: exchange, size: size, task: self.numbers.next())
        case (.copyQuery(let query), .exchange(let exchange)):
            return self.answer(query, to: exchange, admitted, now: now)
        case (.contentResponse(let response), .answer(let exchange)):
            let step = self.downloads.responded(response, on: exchange, now: now, &self.numbers)
            return self.go(step, now: now)
        case (.storageChallenge(let challenge), .exchange(let exchange)):
            return self.duties.challenged(
                challenge,
                admitted,
                on: exchange,
                size: self.held.size(of: challenge.contentHash),
                self.scene(now),
                number: self.numbers.next()
            )
        case (_, .exchange), (_, .answer):
            if case .answer(let exchange) = admitted.origin,
                let actions = self.duties.answered(
                    admitted.message.payload,
                    on: exchange,
                    at: now,
                    &self.numbers
                )
            {
                return actions
            }
            let refusal = Refusal(.rule, "\(admitted.message.typeName) is not expected here")
            return [.refuse(admitted, refusal)]
        default:
            if let refusal = self.obstacle(to: admitted) ?? self.books.refusal(of: admitted) {
                return [.refuse(admitted, refusal)]
            }
            self.apply(admitted)
            return [.accept(admitted)] + self.clock.accepted(admitted, self.books)
        }
    }

    /// What would become of a message of this node (ADR 0059).
    func verdict(on admitted: AdmittedMessage, now: Timestamp) -> DraftVerdict {
        var copy = self
        for case .refuse(_, let refusal) in copy.judge(admitted, now: now) {
            return DraftVerdict(refusal: refusal)
        }
        return DraftVerdict()
    }

    private mutating func answer(
        _ query: CopyQuery,
        to exchange: InboundExchange,
        _ admitted: AdmittedMessage,
        now: Timestamp
    ) -> [StorageMarketAction] {
        guard self.copyQueries.admit(exchange.peer, now: now) else {
            let most = StorageMarketLimits.copyQueriesPerMinuteMax
            return [.refuse(admitted, Refusal(.rateLimited, "\(most) COPY_QUERYs a minute"))]
        }
        let has = self.size(of: query.contentHash, for: exchange.peer) != nil
        return [.answer(exchange, CopyQueryResponse(hasCopy: has))]
    }

    /// Why every node refuses a message; nil when none has to.
    private func obstacle(to admitted: AdmittedMessage) -> Refusal? {
        guard case .share = admitted.message.payload else { return nil }
        return self.rates.obstacle(
            to: self.speaker(of: admitted),
            at: admitted.message.timestamp
        )
    }

    // MARK: The log

    /// A message of any type is in the log; one of the market was applied live when it was judged.
    @discardableResult
    mutating func logged(_ entry: MessageLogged) -> [StorageMarketAction] {
        self.follow(self.books.logged(entry.admitted))
        if case .propose = entry.admitted.message.payload {
            self.index.add(entry.admitted, of: self.speaker(of: entry.admitted))
            self.duties.heard(entry.admitted, self.parties)
            self.retention.heard(entry.admitted, self.parties)
        }
        if entry.isReplay { self.apply(entry.admitted) }
        return self.clock.logged(
            entry.admitted.message,
            self.books,
            at: entry.admitted.receivedAt
        )
    }

    /// A fact of any owner is in the log.
    mutating func logged(_ fact: LocalFact) -> [StorageMarketAction] {
        self.follow(self.books.logged(fact))
        let actions = self.duties.logged(fact)
        guard let finding = StorageFact(fact) else { return actions }
        return actions + self.clock.logged(finding, at: fact.recordedAt)
    }

    /// What stands under the name of a key goes with it.
    private mutating func follow(_ changes: [KeyChange]) {
        for change in changes {
            self.index.follow(change, self.books.keys)
            self.rates.follow(change, self.books.keys)
        }
        if !changes.isEmpty { self.sharing.keysChanged(self.books.keys) }
    }

    /// Whom a message is of: keys may have changed hands between its admission and now, or in the log
    /// before it.
    private func speaker(of admitted: AdmittedMessage) -> NodeID {
        self.books.keys.identity(of: admitted.sender.identity)
    }

    /// Folds an accepted message, now or at replay.
    private mutating func apply(_ admitted: AdmittedMessage) {
        let message = admitted.message
        guard message.type?.isOfMarket == true else { return }
        self.books.apply(admitted)
        self.duties.heard(admitted, self.parties)
        self.retention.heard(admitted, self.parties)
        let speaker = self.speaker(of: admitted)
        self.index.add(admitted, of: speaker)
        if case .share(let share) = message.payload {
            self.rates.add(speaker, at: message.timestamp)
            self.sharing.heard(share, admitted, of: speaker)
        }
    }

    /// Digest of what the log determines.
    private var digest: Bytes32 {
        let parts = [self.index.digest, self.rates.digest, self.books.digest]
        return SHA256Digest.hash(parts.flatMap(\.array))
    }

    // MARK: The market

    /// The log has been read; live messages follow.
    mutating func replayFinished(now: Timestamp) -> [StorageMarketAction] {
        self.sharing.started(now: now)
        self.retention.started(self.held, now: now)
        self.duties.replayFinished(at: now, hasContracts: !self.books.contracts.isEmpty)
        let held = self.held.contents
        let news = held.isEmpty ? [] : [StorageMarketAction.holds(ContentHeld(held))]
        return self.clock.replayFinished(self.books, now: now) + news
    }

    /// This node has fetched what it missed.
    mutating func caughtUp(now: Timestamp) -> [StorageMarketAction] {
        self.clock.caughtUp(self.books, now: now)
    }

    /// Reputation told scores; nil when it did not answer.
    mutating func heard(_ reply: Scores.Reply?, for purpose: ScoresPurpose, now: Timestamp)
        -> [StorageMarketAction]
    {
        switch purpose {
        case .rent(let due): self.clock.heard(reply, on: due, self.books, now: now)
        case .providers(let search): self.duties.heard(reply, for: search)
        }
    }

    /// Tells of an artefact that is held whether the protocol lets this node drop it, as of one moment (ADR 0082).
    ///
    /// Not what it shares, proposed, adopted or asked others to keep; not what it has a part in as a provider, be it
    /// one that may still begin; and not what nobody else is known to have.
    private func mayGo(_ now: Timestamp) -> (ContentHash) -> Bool {
        guard !self.retention.keepsEverything else { return { _ in false } }
        let parties = self.parties
        let concerned = Set(self.books.contents(concerning: parties.own, at: now))
        return { content in
            guard !concerned.contains(content), !self.duties.pins.contains(content),
                !self.retention.isOwn(content)
            else { return false }
            let holders = self.books.contract(on: content, at: now)?.holders.map(\.key) ?? []
            let others = self.index.hosts(of: content, now: now) + holders
            return others.contains { parties.identity($0) != parties.own }
        }
    }

    // MARK: Duties

    private var parties: Parties { Parties(self.books, own: self.own) }

    private func scene(_ now: Timestamp) -> DutyScene {
        DutyScene(
            self.books,
            self.held,
            self.duties.pins,
            self.standings,
            self.parties,
            now: now
        )
    }

    /// What duties lead to.
    private mutating func go(_ step: DutyStep, now: Timestamp) -> [StorageMarketAction] {
        let drops = step.drops.map { self.drop($0) }
        return step.actions + drops + step.pulls.flatMap { self.pull($0, now: now) }
    }

    private mutating func pull(_ pull: CopyPull, now: Timestamp) -> [StorageMarketAction] {
        let step = self.downloads.begin(
            pull.content,
            size: pull.size,
            from: pull.hosts.filter { $0 != self.own },
            for: .copy(uploader: pull.uploader),
            now: now,
            &self.numbers
        )
        return self.go(step, now: now)
    }

    /// Peers told what they announced; nil when they did not answer.
    mutating func heard(_ reply: PeerTable.Reply?, for purpose: PeersPurpose, now: Timestamp)
        -> [StorageMarketAction]
    {
        self.duties.heard(reply, for: purpose, at: now, self.parties)
    }

    /// A peer has authenticated.
    mutating func connected(_ peer: NodeID, now: Timestamp) -> [StorageMarketAction] {
        self.duties.connected(peer, at: now, self.parties)
    }

    /// A peer is gone.
    mutating func disconnected(_ peer: NodeID) { self.duties.disconnected(peer) }

    /// The log takes in what others send again, or does so no longer.
    mutating func listens(_ isListening: Bool) { self.duties.listens(isListening) }

    /// The node catches up, or has caught up.
    mutating func syncStateChanged(_ state: SyncState, now: Timestamp) {
        self.duties.syncStateChanged(state, at: now)
    }

    /// A request of this node was signed.
    mutating func signed(_ signed: RequestSigned) {
        self.duties.signed(signed.exchange, signed.id)
    }

    /// A local caller wants copies of an upload.
    mutating func replicate(
        _ query: ReplicateContent,
        for asker: ReplyAddress<ReplicateContent>,
        now: Timestamp
    ) -> [StorageMarketAction] {
        if let failure = self.obstacle(to: query.content.upload.hash) {
            return [.replicated(.failure(failure), asker)]
        }
        let (rate, number) = (self.books.rate(at: now), self.numbers.next())
        return self.duties.replicate(query, for: asker, rate: rate, number: number)
    }

    /// A local caller changes the offer.
    mutating func offer(
        _ query: OfferStorage,
        for asker: ReplyAddress<OfferStorage>,
        now: Timestamp
    ) -> [StorageMarketAction] {
        self.duties.offer(query, for: asker, at: now)
    }

    /// The message that ends this node's part in a contract, or why it would lead to nothing.
    func leave(_ query: LeaveContract, now: Timestamp) -> LeaveContract.Reply {
        LeaveContract.Reply(outcome: query.outcome(self.scene(now)))
    }

    /// Who keeps the artefacts of proposals.
    func check(_ query: CheckArtefacts) -> CheckArtefacts.Reply {
        CheckArtefacts.Reply(findings: query.items.map { self.books.finding(on: $0) })
    }

    /// What this node has to do with the market.
    func dealings(now: Timestamp) -> StorageDealings.Reply {
        self.duties.dealings(self.scene(now), suspicious: self.books.suspiciousPairs)
    }

    // MARK: Time

    /// Milliseconds until something is due; nil when nothing is.
    func pause(from now: Timestamp) -> Int64? {
        [
            self.downloads.nextWake, self.sharing.nextWake, self.duties.nextWake,
            self.retention.nextWake,
        ]
        .compactMap(\.self).min()
        .map { max(0, $0.milliseconds(since: now)) }
    }

    /// Something is due.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - entropy: thirty-two fresh random bytes.
    /// - Returns: what is to be done.
    mutating func woke(now: Timestamp, entropy: [UInt8]) -> [StorageMarketAction] {
        var chance = Chance(entropy)
        self.books.workOut(at: now)
        let done = self.duties.woke(self.scene(now), &chance, &self.numbers)
        let step = self.downloads.tick(now: now, &self.numbers)
        let shares = self.sharing.tick(self.held, self.rates, now: now)
        let old = self.retention.due(self.held, mayGo: self.mayGo(now), now: now)
        return self.clock.woke(self.books, now: now) + self.go(step, now: now)
            + shares.map { .publish($0) } + self.go(done, now: now) + old.map { self.drop($0) }
    }
}

extension MessageType {
    /// Broadcasts that the storage market owns: what the last two phases of reconciliation fetch.
    fileprivate var isOfMarket: Bool { self.syncPhase.map { $0 >= 4 } ?? false }
}

extension StorageMarketStateMachine {
    /// What a checkpoint keeps.
    var kept: StorageMarketState {
        StorageMarketState(
            index: self.index,
            rates: self.rates,
            sharing: self.sharing,
            standings: self.standings,
            books: self.books,
            clock: self.clock,
            duties: self.duties,
            named: self.retention.own
        )
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: StorageMarketState) {
        self.index = kept.index
        self.rates = kept.rates
        self.sharing = kept.sharing
        self.standings = kept.standings
        self.books = kept.books
        self.clock = kept.clock
        self.duties = kept.duties
        self.retention.restore(own: kept.named)
    }
}
