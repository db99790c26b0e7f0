import Messages
import Primitives

/// Decides what sync does: it runs one session at a time, serves peers, and fetches what others refer to.
///
/// When a session is due and what it comes to is decided by ``Passes`` and ``Comparisons``. Nothing of it
/// is durable: the cursors follow from the log at replay.
struct SyncStateMachine: Sendable {
    private let pace: SyncPace
    private var log: HeldLog
    private var candidates = Candidates()
    private var passes: Passes
    private var comparisons = Comparisons()
    private var session: SyncSession?
    /// With whom the last session was; what it brought may still be on its way into the log.
    private var lastPeer: NodeID?
    private var requests = SideRequests()
    private var serving = Serving()
    private var bans = BanList()
    private var numbers = ExchangeNumbers()
    private var chance: Chance

    init(configuration: SyncConfiguration) {
        self.pace = configuration.pace
        self.log = HeldLog(
            phases: SyncPhases.numbers(storesContent: configuration.storesContent)
        )
        self.passes = Passes(configuration: configuration)
        self.chance = Chance(isLocalProfile: configuration.isLocalProfile)
    }

    /// Progress since the start.
    var status: SyncStatus.Reply {
        SyncStatus.Reply(
            state: self.passes.state,
            obtained: self.log.obtained,
            served: self.serving.served
        )
    }

    // MARK: The log

    /// A message is in the log.
    mutating func logged(_ entry: MessageLogged) {
        let (message, origin) = (entry.admitted.message, entry.admitted.origin)
        if !entry.isReplay, case .sync(let peer) = origin { self.brought(by: peer) }
        self.log.add(message, isOwn: origin.peer == nil)
        self.requests.found(message.id)
        self.bans.logged(message)
    }

    /// A fact of any owner is in the log.
    mutating func logged(_ fact: LocalFact) { self.bans.logged(fact) }

    /// The log took in what a peer served; while this node catches up, that is expected.
    private mutating func brought(by peer: NodeID) {
        let isOfSession = self.session?.peer == peer
        if isOfSession { self.session?.brought() }
        guard !self.passes.isCatchingUp, isOfSession || self.lastPeer == peer else { return }
        self.comparisons.brought(by: peer)
    }

    /// The replay is over.
    mutating func started(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.chance.renew(entropy)
        self.log.markStart()
        return self.passes.begin(self.log, self.chance, now: now)
    }

    // MARK: Peers

    /// A peer may be synced from.
    ///
    /// While this node catches up it gets all identity messages anyway; later it may meet a key that
    /// says nothing to it.
    mutating func authenticated(_ peer: NodeID, now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.candidates.add(peer)
        self.chance.renew(entropy)
        self.comparisons.wantSoon(with: peer, self.chance, now: now)
        guard self.passes.state == .synced, self.requests.isNews(peer) else { return [] }
        return [.ask(.chain(IdentityChain(key: peer, limit: 1), .meeting(peer)))]
    }

    /// A peer says how far it is itself.
    mutating func announced(_ peer: NodeID, status: SyncState?) {
        self.candidates.announced(peer, status)
    }

    mutating func disconnected(_ peer: NodeID, now: Timestamp) {
        self.requests.disconnected(peer)
        if self.session?.peer == peer { self.abandon(now: now) }
        self.passes.forget(peer)
        if self.candidates.remove(peer) { self.comparisons.lost(peer, now: now) }
    }

    // MARK: What others refer to

    /// A judge misses messages.
    mutating func wanted(_ ids: [MessageID], holders: [NodeID]) {
        self.requests.want(ids, holders: holders)
    }

    /// A vote was close: older assessments of its voters are asked for (R-08-015).
    mutating func wantedAssessments(since moment: Timestamp, now: Timestamp) {
        let isInSession = self.session != nil
        self.passes.wantAssessments(since: moment, isInSession: isInSession, now: now)
    }

    // MARK: Clock

    /// How long it is until the next tick, in milliseconds.
    var tickMilliseconds: Int64 { self.pace.tickMilliseconds }

    /// Starts, continues and abandons sessions; called twice a second.
    mutating func tick(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.chance.renew(entropy)
        let actions = self.session == nil ? self.startIfDue(now: now) : self.advance(now: now)
        let busy = self.session?.peer
        return actions
            + self.requests.next(self.candidates.all, busy: busy, &self.numbers, now: now)
    }

    private mutating func advance(now: Timestamp) -> [SyncAction] {
        if self.session?.isStuck(now: now) ?? false {
            if self.session?.comparison == nil { self.passes.tookTooLong() }
            return self.broke(now: now)
        }
        if self.session?.isPageOver(now: now) ?? false { return self.endPage(now: now) }
        return self.askIfDue(now: now)
    }

    /// A pass goes before a comparison.
    private mutating func startIfDue(now: Timestamp) -> [SyncAction] {
        self.comparisons.spreadNews(among: self.candidates, self.chance, now: now)
        if self.passes.isDue(now: now) {
            if !self.passes.isCatchingUp {
                self.comparisons.wantAll(with: self.candidates, now: now)
            }
            self.session = self.passes.next(
                among: self.candidates,
                self.log,
                self.chance,
                now: now
            )
            guard self.session != nil else {
                return self.passes.foundNobody(among: self.candidates, self.log, now: now)
            }
        } else if !self.passes.isCatchingUp {
            self.session = self.comparisons.next(among: self.candidates, self.log, now: now)
        }
        return self.askIfDue(now: now)
    }

    // MARK: The session

    private mutating func askIfDue(now: Timestamp) -> [SyncAction] {
        guard var session = self.session, session.mayAsk(now: now) else { return [] }
        let exchange = self.numbers.exchange(with: session.peer)
        let request = session.ask(on: exchange, self.log)
        self.session = session
        return [.request(exchange, request)]
    }

    /// A peer answered.
    mutating func responded(_ response: SyncResponse, to exchange: OutboundExchange, now: Timestamp)
        -> [SyncAction]
    {
        self.listed(response.banList, by: exchange.peer)
        guard var session = self.session, session.isWaiting(for: exchange) else {
            let messages = self.requests.take(response, on: exchange, now: now)
            return self.admit(messages, from: exchange.peer)
        }
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
            let wanted = self.passes.stretches(of: self.log, startingBy: lookback, now: now)
            return self.read(wanted, now: now)
        case .paused: return []
        case .broken: return self.broke(now: now)
        }
    }

    /// A peer lists bans: proposals that never came here are asked for (D-88).
    ///
    /// While this node catches up it gets all proposals anyway, after the keys that signed them.
    private mutating func listed(_ bans: [MessageID], by peer: NodeID) {
        guard !self.passes.isCatchingUp else { return }
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
            self.announced(admitted.message.from, status: status)
        }
        return self.judged(admitted.origin, wasBusy: false, now: now)
    }

    /// A message was refused: it may be one of a page, or an answer, which will not come any more then.
    mutating func refused(_ event: MessageRefused, now: Timestamp) -> [SyncAction] {
        if case .answer(let exchange) = event.origin {
            return self.exchangeFailed(exchange, now: now)
        }
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
        let finished = phase.map { self.passes.finished($0) } ?? []
        return finished + self.goOn(now: now)
    }

    private mutating func goOn(now: Timestamp) -> [SyncAction] {
        guard let session = self.session, session.isOver else { return self.askIfDue(now: now) }
        return self.passed(session, now: now)
    }

    // MARK: How sessions end

    /// Everything was read.
    private mutating func passed(_ session: SyncSession, now: Timestamp) -> [SyncAction] {
        self.forgetSession()
        let peer = session.peer
        if let comparison = session.comparison {
            self.comparisons.passed(comparison, of: session, self.chance, now: now)
            return []
        }
        guard session.wasBusy else {
            return self.passes.passed(with: peer, self.log, now: now)
        }
        let again = self.chance.afterPauseForRoom(now: now)
        self.comparisons.hadNoRoom(for: peer, until: again)
        return self.passes.hadNoRoom(for: peer, until: again, among: self.candidates, now: now)
    }

    /// An exchange failed.
    mutating func exchangeFailed(_ exchange: OutboundExchange, now: Timestamp) -> [SyncAction] {
        guard exchange.opener == .sync else { return [] }
        self.requests.failed(exchange)
        guard let session = self.session, session.isWaiting(for: exchange) else { return [] }
        return self.broke(now: now)
    }

    /// The session got no answer, or none that leads anywhere.
    private mutating func broke(now: Timestamp) -> [SyncAction] {
        let isComparison = self.session?.comparison != nil
        self.abandon(now: now)
        return isComparison ? [] : self.passes.degradeIfHopeless()
    }

    private mutating func abandon(now: Timestamp) {
        guard let session = self.session else { return }
        self.forgetSession()
        if session.comparison == nil {
            self.passes.broke(with: session.peer, now: now)
        } else {
            self.comparisons.broke(with: session.peer, now: now)
        }
    }

    private mutating func forgetSession() {
        self.lastPeer = self.session?.peer
        self.session = nil
    }

    // MARK: Serving

    /// Judges SYNC_REQUEST and SYNC_RESPONSE.
    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [SyncAction] {
        switch (admitted.message.payload, admitted.origin) {
        case (.syncRequest(let request), .exchange(let exchange)):
            return self.serve(request, on: exchange, now: now)
        case (.syncResponse(let response), .answer(let exchange)):
            return self.responded(response, to: exchange, now: now)
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
            return [self.serving.serve(request, on: exchange)]
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
        self.comparisons.wantSoon(with: peer, self.chance, now: now)
    }

    // MARK: Replies

    /// The log handed out a page; nil when it did not answer.
    func heard(_ page: MessagesAfter.Reply?, for reading: Reading) -> [SyncAction] {
        [Serving.read(page, for: reading)]
    }

    /// The log handed out messages; nil when it did not answer.
    func heard(_ reply: MessagesByID.Reply?, for reading: Reading) -> [SyncAction] {
        let chain = reading.chain ?? IdentityChain.Reply(entries: [], hasMore: false)
        let page = reply.map { MessagesAfter.Reply($0.messages, of: chain) }
        return [Serving.read(page, for: reading)]
    }

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

    /// Consensus told the root of the proposals; nil when it did not answer, and the peer asks again.
    mutating func heard(_ root: Bytes32?, for page: ReadPage, now: Timestamp) -> [SyncAction] {
        guard let root else { return [.hangUp(page.reading.exchange)] }
        return self.serving.answer(
            page,
            checkpoint: root,
            bans: self.bans.entries,
            now: now
        )
    }
}
