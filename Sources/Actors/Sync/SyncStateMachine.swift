import Messages
import Primitives

/// Decides what sync does: it runs one session at a time, serves peers, and fetches what others refer to.
///
/// When a session is due and what it comes to is decided by ``SyncPlan`` and ``Comparisons``. Nothing of it
/// is durable: the cursors follow from the log at replay.
struct SyncStateMachine: Sendable {
    private let pace: SyncPace
    private var log = HeldLog()
    private var candidates = Candidates()
    private var plan: SyncPlan
    private var comparisons = Comparisons()
    /// The phases that were told last as those whose live messages wait.
    private var awaited: [Int] = []
    private var session: SyncSession?
    /// With whom the last session was; what it brought may still be on its way into the log.
    private var lastPeer: NodeID?
    private var requests = SideRequests()
    private var narrowing = Narrowing()
    private var partition: PartitionWatch
    private var poll = ScorePoll()
    private var snapshots = Snapshots()
    private var serving = Serving()
    private var bans = BanList()
    private var budget: ReceivingBudget
    private var numbers = ExchangeNumbers()
    private var chance: Chance

    init(configuration: SyncConfiguration) {
        self.pace = configuration.pace
        self.plan = SyncPlan(configuration: configuration)
        self.partition = PartitionWatch(
            cycleMilliseconds: configuration.pace.incrementalMilliseconds
        )
        self.budget = ReceivingBudget(bandwidth: configuration.bandwidth)
        self.chance = Chance(
            makesPauses: configuration.pace.makesPauses ?? !configuration.isLocalProfile
        )
    }

    /// Progress since the start.
    var status: SyncStatus.Reply {
        SyncStatus.Reply(
            state: self.plan.state,
            obtained: self.log.obtained,
            served: self.serving.served,
            partition: self.partition.report,
            progress: self.plan.progress(in: self.session)
        )
    }

    // MARK: The log

    /// A message is in the log.
    mutating func logged(_ entry: MessageLogged) {
        let (message, origin) = (entry.admitted.message, entry.admitted.origin)
        if !entry.isReplay, case .sync(let peer) = origin { self.brought(by: peer) }
        if !entry.isReplay, message.type == .didRevoke { self.plan.revocationCame() }
        self.noteNode(entry.admitted)
        self.log.add(message, isOwn: origin.peer == nil)
        self.partition.logged(entry.admitted)
        self.requests.found(message.id)
        self.bans.logged(message)
    }

    /// Consensus archived proposals.
    mutating func archived(_ messages: [MessagePlace]) { self.log.archived(messages) }

    /// Somebody else announces a node.
    private mutating func noteNode(_ admitted: AdmittedMessage) {
        guard admitted.message.type == .peerAnnounce, admitted.origin.peer != nil else { return }
        self.plan.heard(of: admitted.sender.identity)
    }

    /// A fact of any owner is in the log.
    mutating func logged(_ fact: LocalFact) { self.bans.logged(fact) }

    /// The log took in what a peer served; while this node catches up, that is expected.
    private mutating func brought(by peer: NodeID) {
        let isOfSession = self.session?.peer == peer
        if isOfSession { self.session?.brought() }
        guard !self.plan.isCatchingUp, isOfSession || self.lastPeer == peer else { return }
        self.comparisons.brought(by: peer)
    }

    /// The replay is over.
    ///
    /// - Parameters:
    ///   - newest: when the newest message of the log arrived.
    ///   - now: the time.
    ///   - entropy: for what is left to chance.
    /// - Returns: where this node stands.
    mutating func started(newest: Timestamp?, now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.chance.renew(entropy)
        self.log.markStart()
        self.partition.started(now: now)
        let begun = self.plan.begin(self.log, newest: newest, self.chance, now: now)
        return begun + self.tellAwaited()
    }

    private mutating func tellAwaited() -> [SyncAction] {
        let awaited = self.plan.awaited
        guard awaited != self.awaited else { return [] }
        self.awaited = awaited
        return [.await(awaited)]
    }

    /// The operator gives room to the storage market, or none any more (R-05-027).
    mutating func offered(_ offer: StorageOffered) {
        self.plan.offered(bytes: offer.allocatedBytes)
    }

    // MARK: Peers

    /// A peer may be synced from.
    ///
    /// While this node catches up it gets all identity messages anyway; later it may meet a key that
    /// says nothing to it.
    mutating func authenticated(_ event: PeerAuthenticated, now: Timestamp, entropy: UInt64)
        -> [SyncAction]
    {
        let peer = event.peer
        self.candidates.add(event)
        self.chance.renew(entropy)
        let jitter = self.plan.jitter(among: self.candidates)
        self.comparisons.wantSoon(with: peer, within: jitter, self.chance, now: now)
        guard self.plan.state == .synced, self.requests.isNews(peer) else { return [] }
        return [.ask(.chain(IdentityChain(key: peer, limit: 1), .meeting(peer)))]
    }

    /// A peer says how far it is itself.
    mutating func announced(_ peer: NodeID, status: SyncState?) {
        self.candidates.announced(peer, status)
    }

    mutating func disconnected(_ peer: NodeID, now: Timestamp) -> [SyncAction] {
        self.requests.disconnected(peer)
        self.narrowing.disconnected(peer)
        let actions = self.session?.peer == peer ? self.broke(now: now) : []
        self.poll.disconnected(peer)
        self.snapshots.disconnected(peer)
        self.plan.forget(peer)
        if self.candidates.remove(peer) { self.comparisons.lost(peer, now: now) }
        return actions
    }

    // MARK: What others refer to

    /// A judge misses messages.
    mutating func wanted(_ ids: [MessageID], holders: [NodeID]) {
        self.requests.want(ids, holders: holders)
    }

    /// Older messages of a phase are wanted (R-05-021, R-08-015).
    mutating func wanted(_ phase: Int, since moment: Timestamp, now: Timestamp) {
        let isInSession = self.session != nil
        self.plan.want(phase, since: moment, isInSession: isInSession, now: now)
    }

    // MARK: Clock

    /// How long it is until the next tick, in milliseconds.
    var tickMilliseconds: Int64 { self.pace.tickMilliseconds }

    /// Starts, continues and abandons sessions; called twice a second.
    mutating func tick(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.chance.renew(entropy)
        let actions = self.session == nil ? self.startIfDue(now: now) : self.advance(now: now)
        let walk = self.narrowing.next(among: self.candidates, &self.numbers, now: now)
        let isUrgent = self.session.map { self.narrowing.isUrgent($0.peer, now: now) } ?? false
        let busy = isUrgent ? nil : self.session?.peer
        let isCatchingUp = self.plan.isCatchingUp
        return actions + self.narrow(walk, now: now)
            + self.partition.lookAround(isCatchingUp: isCatchingUp, now: now).actions
            + self.fetchMissing(busy: busy, now: now)
            + self.askForScores(busy: busy, now: now) + self.tendSnapshots(busy: busy, now: now)
            + self.tellAwaited()
    }

    /// Asks for what others refer to and this node lacks.
    private mutating func fetchMissing(busy: NodeID?, now: Timestamp) -> [SyncAction] {
        guard self.budget.allowsMore(now: now) else { return [] }
        return self.requests.next(self.candidates.all, busy: busy, &self.numbers, now: now)
    }

    /// Asks peers what they think of others, and tells what they agree on (R-05-054).
    private mutating func askForScores(busy: NodeID?, now: Timestamp) -> [SyncAction] {
        let fit = self.candidates.fit.map(\.node)
        let isCatchingUp = self.plan.isCatchingUp
        if let agreed = self.poll.takeAgreed(among: fit, isCatchingUp: isCatchingUp) {
            self.snapshots.heard(agreed)
            return agreed.isEmpty ? [] : [.tellScores(agreed)]
        }
        // The pause before the first session is for the peers' sake, too (R-05-082).
        guard self.plan.hasBegunToRead else { return [] }
        return self.poll.next(among: fit, busy: busy, &self.numbers, now: now)
    }

    /// Signs a snapshot when one is due, and asks for those of others.
    private mutating func tendSnapshots(busy: NodeID?, now: Timestamp) -> [SyncAction] {
        let hasCaughtUp = !self.plan.isCatchingUp
        let own = self.snapshots.publish(isSynced: hasCaughtUp, self.chance, now: now)
        let asked = self.snapshots.ask(self.candidates, busy: busy, &self.numbers, now: now)
        guard hasCaughtUp else { return own + asked }
        let roots = self.plan.toldRoots
        return own + asked + self.snapshots.conclude(self.candidates, telling: roots, now: now)
    }

    private mutating func advance(now: Timestamp) -> [SyncAction] {
        if self.session?.isStuck(now: now) ?? false {
            if self.session?.comparison == nil { self.plan.tookTooLong() }
            return self.broke(now: now)
        }
        if self.session?.isPageOver(now: now) ?? false { return self.endPage(now: now) }
        return self.askIfDue(now: now)
    }

    /// What the plan wants goes before a comparison.
    private mutating func startIfDue(now: Timestamp) -> [SyncAction] {
        self.comparisons.spreadNews(among: self.candidates, self.chance, now: now)
        guard self.plan.isDue(now: now) else {
            if !self.plan.isCatchingUp {
                self.session = self.comparisons.next(among: self.candidates, self.log, now: now)
            }
            return self.askIfDue(now: now)
        }
        if !self.plan.isCatchingUp { self.comparisons.wantAll(with: self.candidates, now: now) }
        return self.takeStep(now: now)
    }

    private mutating func takeStep(now: Timestamp) -> [SyncAction] {
        var news: [SyncAction] = []
        let step = self.plan.next(
            among: self.candidates,
            self.log,
            self.chance,
            now: now,
            telling: &news
        )
        switch step {
        case .session(let session):
            self.session = session
            return news + self.askIfDue(now: now)
        case .judge: return news + [RootPurpose.judgement.question]
        case .wait: return news
        case .tooFew: return news + self.plan.foundTooFew(among: self.candidates, now: now)
        }
    }

    // MARK: The session

    private mutating func askIfDue(now: Timestamp) -> [SyncAction] {
        guard self.budget.allowsMore(now: now), var session = self.session,
            session.mayAsk(now: now)
        else { return [] }
        let exchange = self.numbers.exchange(with: session.peer)
        let request = session.ask(on: exchange, self.log)
        self.session = session
        return [.request(exchange, request)]
    }

    /// A peer answered.
    mutating func responded(_ response: SyncResponse, to exchange: OutboundExchange, now: Timestamp)
        -> [SyncAction]
    {
        self.budget.received(response.messages.reduce(0) { $0 + $1.count }, now: now)
        self.listed(response.banList, by: exchange.peer)
        if self.candidates.contains(exchange.peer) {
            self.narrowing.saw(response, of: exchange.peer)
        }
        if self.narrowing.isWaiting(for: exchange) {
            return self.narrow(self.narrowing.answered(response, now: now), now: now)
        }
        if self.poll.take(response, on: exchange, now: now) { return [] }
        if let found = self.snapshots.take(response, on: exchange, now: now) { return found }
        guard var session = self.session, session.isWaiting(for: exchange) else {
            let messages = self.requests.take(response, on: exchange, now: now)
            return self.admit(messages, from: exchange.peer)
        }
        self.plan.answered(response, by: session.peer)
        let outcome = session.take(response, now: now)
        self.session = session
        switch outcome {
        case .page(let messages):
            guard !messages.isEmpty else { return self.endPage(now: now) }
            return self.admit(messages, from: session.peer)
        case .differing(let ranges):
            let wanted = self.comparisons.stretches(of: ranges, with: session.peer, now: now)
            return self.read(wanted, now: now)
        case .incomparable:
            let lookback = self.comparisons.lookback(for: session.peer, now: now)
            let wanted = self.plan.stretches(of: self.log, startingBy: lookback, now: now)
            return self.read(wanted, now: now)
        case .paused:
            let moment = now.adding(milliseconds: response.wait)
            self.session = self.plan.handOver(session, until: moment, now: now)
            return self.askIfDue(now: now)
        case .broken: return self.broke(now: now)
        }
    }

    /// A peer lists bans: proposals that never came here are asked for (D-88).
    ///
    /// While this node catches up it gets all proposals anyway, after the keys that signed them.
    private mutating func listed(_ bans: [MessageID], by peer: NodeID) {
        guard !self.plan.isCatchingUp else { return }
        self.requests.want(self.bans.unknown(of: bans), holders: [peer])
    }

    /// Every message goes through admission like any other.
    private mutating func admit(_ messages: [[UInt8]], from peer: NodeID) -> [SyncAction] {
        self.log.expect(messages.count)
        return messages.map { .admit($0, from: peer) }
    }

    private mutating func read(_ stretches: [Stretch], now: Timestamp) -> [SyncAction] {
        self.session?.read(stretches, now: now)
        return self.goOn(now: now)
    }

    /// A judge accepted a message: it may be one of a page, or say how far a peer is.
    mutating func accepted(_ admitted: AdmittedMessage, now: Timestamp) -> [SyncAction] {
        if case .peerAnnounce(let announcement) = admitted.message.payload {
            let status = announcement.syncStatus.flatMap { SyncState(rawValue: $0.rawValue) }
            self.noteNode(admitted)
            self.announced(admitted.message.from, status: status)
        }
        return self.judged(admitted.origin, wasBusy: false, now: now)
    }

    /// A message was refused: it may be one of a page, or an answer, which will not come any more then.
    mutating func refused(_ event: MessageRefused, now: Timestamp) -> [SyncAction] {
        if case .answer(let exchange) = event.origin {
            return self.exchangeFailed(exchange, now: now)
        }
        if let id = event.id, self.snapshots.refused(id, event.origin) { return [] }
        // The log has it: whoever names it again and again must not have it fetched as often.
        if event.refusal.code == .duplicate, let id = event.id { self.requests.found(id) }
        return self.judged(event.origin, wasBusy: event.refusal.code == .busy, now: now)
    }

    /// What was refused for want of room must be served again.
    private mutating func judged(_ origin: Origin, wasBusy: Bool, now: Timestamp) -> [SyncAction] {
        guard case .sync(let peer) = origin, var session = self.session, session.peer == peer
        else { return [] }
        let isPageOver = session.judged(wasBusy: wasBusy)
        self.session = session
        return isPageOver ? self.endPage(now: now) : []
    }

    private mutating func endPage(now: Timestamp) -> [SyncAction] {
        let (least, spread) = SyncLimits.phasePauseMilliseconds
        let pause = self.chance.pause(least: least, spread: spread)
        let phase = self.session?.endPage(pausing: pause, now: now)
        if let phase, let peer = self.session?.peer {
            self.log.markReading(of: phase)
            self.narrowing.read(phase: phase, of: peer, now: now)
        }
        return self.goOn(now: now)
    }

    private mutating func goOn(now: Timestamp) -> [SyncAction] {
        guard let session = self.session, session.isOver else { return self.askIfDue(now: now) }
        return self.passed(session, now: now)
    }

    // MARK: How sessions end

    /// Everything was read.
    private mutating func passed(_ session: SyncSession, now: Timestamp) -> [SyncAction] {
        self.forgetSession()
        let actions = self.ended(session, now: now)
        // While the node catches up, many short sessions follow each other.
        guard self.plan.isCatchingUp, self.plan.isDue(now: now) else { return actions }
        return actions + self.takeStep(now: now)
    }

    private mutating func ended(_ session: SyncSession, now: Timestamp) -> [SyncAction] {
        let peer = session.peer
        if let comparison = session.comparison {
            self.narrowing.compared(with: peer, now: now)
            self.comparisons.passed(comparison, of: session, self.chance, now: now)
            self.plan.compared(with: peer, now: now)
            return self.compareRoots(with: peer)
        }
        guard session.wasBusy else {
            self.plan.passed(session, now: now)
            return self.compareRoots(with: peer)
        }
        let again = self.chance.afterPauseForRoom(now: now)
        self.comparisons.hadNoRoom(for: peer, until: again)
        return self.plan.hadNoRoom(for: peer, until: again, among: self.candidates, now: now)
    }

    private func compareRoots(with peer: NodeID) -> [SyncAction] {
        self.plan.wantsRoots(of: peer) ? [RootPurpose.comparison(with: peer).question] : []
    }

    /// A root of this node is told; nil when nobody told it.
    private mutating func heard(
        _ root: Bytes32?,
        beside proposals: Bytes32?,
        for purpose: RootPurpose,
        now: Timestamp
    ) -> [SyncAction] {
        if let root, proposals == nil {
            return [.ask(.tree(.identity, .root, .own(purpose, proposals: root)))]
        }
        let roots = root.flatMap { identities in
            proposals.map { Roots(proposals: $0, identities: identities) }
        }
        switch purpose {
        case .judgement: return self.judge(roots, now: now)
        case .comparison(let peer):
            if let roots { self.compare(roots, with: peer) }
            return []
        case .snapshots: return roots.map { self.weigh($0, now: now) } ?? []
        }
    }

    /// The own roots are told, to be compared with what snapshots agree on: where they differ, what came
    /// since then is read again, phases 1 and 3, of which the trees are made (ADR 0069).
    private mutating func weigh(_ own: Roots, now: Timestamp) -> [SyncAction] {
        guard let (finding, since) = self.snapshots.compare(own) else { return [] }
        if let since { for phase in [1, 3] { self.wanted(phase, since: since, now: now) } }
        return [.tellSnapshots(finding)]
    }

    /// The own roots are told after a session with a peer.
    mutating func compare(_ own: Roots, with peer: NodeID) {
        self.plan.compare(own, with: peer, among: self.candidates)
    }

    /// The own roots are told after all was read; nil when nobody told them.
    mutating func judge(_ roots: Roots?, now: Timestamp) -> [SyncAction] {
        self.plan.judge(roots, among: self.candidates, self.log, self.chance, now: now)
    }

    /// An exchange failed.
    mutating func exchangeFailed(_ exchange: OutboundExchange, now: Timestamp) -> [SyncAction] {
        guard exchange.opener == .sync else { return [] }
        self.requests.failed(exchange)
        self.narrowing.failed(exchange, now: now)
        self.poll.failed(exchange.id)
        self.snapshots.failed(exchange.id)
        guard let session = self.session, session.isWaiting(for: exchange) else { return [] }
        return self.broke(now: now)
    }

    /// The session got no answer, or none that leads anywhere.
    private mutating func broke(now: Timestamp) -> [SyncAction] {
        guard let session = self.session else { return [] }
        self.forgetSession()
        if session.comparison != nil {
            self.comparisons.broke(with: session.peer, now: now)
            guard self.plan.isCatchingUp else { return [] }
        }
        return self.plan.broke(with: session.peer, now: now)
    }

    private mutating func forgetSession() {
        self.lastPeer = self.session?.peer
        self.session = nil
    }

    // MARK: Serving

    /// Judges SYNC_REQUEST, SYNC_RESPONSE and STATE_SNAPSHOT.
    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [SyncAction] {
        switch (admitted.message.payload, admitted.origin) {
        case (.syncRequest(let request), .exchange(let exchange)):
            return self.serve(request, on: exchange, now: now)
        case (.syncResponse(let response), .answer(let exchange)):
            return self.responded(response, to: exchange, now: now)
        case (.stateSnapshot(let snapshot), let origin):
            let peers = self.candidates
            return self.snapshots.judge(snapshot, admitted, among: peers, now: now)
                .map { [.refuse(origin, admitted.message.id, $0)] } ?? []
        default:
            let message = admitted.message
            let refusal = Refusal(.rule, "\(message.typeName) is not served here")
            return [.refuse(admitted.origin, message.id, refusal)]
        }
    }

    private mutating func serve(
        _ request: SyncRequest,
        on exchange: InboundExchange,
        now: Timestamp
    ) -> [SyncAction] {
        let throttled = self.serving.throttle(
            request,
            on: exchange,
            isSyncing: self.candidates.isSyncing(exchange.peer),
            now: now
        )
        if let throttled { return [.answer(exchange, throttled)] }
        guard let theirs = request.comparison else {
            let snapshots = self.snapshots.served(now: now)
            return [self.serving.serve(request, on: exchange, snapshots: snapshots)]
        }
        let differences = self.log.differences(from: theirs)
        self.notice(differences, from: theirs, of: exchange.peer, now: now)
        return [Serving.serveNothing(request, on: exchange, differences: differences)]
    }

    /// A peer that asks for a comparison says what it holds itself; what this node lacks of it is fetched.
    private mutating func notice(
        _ differences: [SyncDifference],
        from theirs: SyncComparison,
        of peer: NodeID,
        now: Timestamp
    ) {
        guard self.candidates.contains(peer),
            self.comparisons.isNews(differences, from: theirs, of: peer, now: now)
        else { return }
        self.comparisons.wantNews(of: peer, self.chance, now: now)
    }

    // MARK: Replies

    /// Identity told which messages make up a chain; nil when it did not answer.
    mutating func heard(_ chain: IdentityChain.Reply?, for purpose: ChainPurpose) -> [SyncAction] {
        switch purpose {
        case .serving(let exchange, let request):
            return [Serving.read(chain, for: request, on: exchange)]
        case .meeting(let peer):
            // No identity message names the key of this peer (R-01-032): it is asked on the next tick.
            if chain?.entries.isEmpty ?? false, self.candidates.contains(peer) {
                self.requests.wantChain(of: peer)
            }
            return []
        }
    }

    /// The owner of a tree answered; nil when it did not, and the peer asks again.
    mutating func heard(
        _ view: TreeView?,
        of tree: SyncRequest.Tree,
        for purpose: TreePurpose,
        now: Timestamp
    ) -> [SyncAction] {
        switch purpose {
        case .own(let purpose, let proposals):
            return self.heard(view?.root, beside: proposals, for: purpose, now: now)
        case .snapshot(let draft):
            return SnapshotPublisher.looked(view, at: tree, for: draft, now: now)
        case .narrowing(let number):
            return self.narrow(self.narrowing.looked(view, number: number, now: now), now: now)
        case .serving(let page):
            guard let view else { return [.hangUp(page.reading.exchange)] }
            let (read, question) = Serving.looked(view, at: tree, for: page)
            return question.map { [$0] }
                ?? self.serving.answer(read, bans: self.bans.entries, now: now)
        }
    }

    // MARK: Narrowing

    private mutating func narrow(_ actions: [NarrowingAction], now: Timestamp) -> [SyncAction] {
        actions.flatMap { action -> [SyncAction] in
            switch action {
            case .request(let exchange, let request): return [.request(exchange, request)]
            case .look(let tree, let question, let number):
                return [.ask(.tree(tree, question, .narrowing(number)))]
            case .fetch(let ids, let peer):
                self.requests.want(ids, holders: [peer])
                return []
            case .tell(let divergence):
                // While this node catches up its trees differ anyway (R-05-009).
                guard !self.plan.isCatchingUp else { return [] }
                let finding = self.partition.found(
                    divergence,
                    areSynced: self.plan.state == .synced,
                    now: now
                )
                self.requests.want(finding.wanted, holders: [divergence.peer])
                return [.tell(divergence)] + finding.actions
            case .tellEqual(let subject):
                let finding = self.partition.equal(subject.tree, with: subject.peer, now: now)
                return finding.actions
            }
        }
    }

    /// What a checkpoint keeps.
    var kept: FoldedSync {
        let (log, bans, partition) = (self.log, self.bans, self.partition)
        return FoldedSync(log: log, bans: bans, partition: partition, size: self.plan.size)
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: FoldedSync) {
        (self.log, self.bans, self.partition) = (kept.log, kept.bans, kept.partition)
        self.plan.restore(kept.size)
    }
}
