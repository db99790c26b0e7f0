import Doors
import Kernel
import Messages
import Primitives

/// Decides what becomes of each request: whom to ask for it, one after another, and what its caller is
/// told.
struct LocalAPIStateMachine: Sendable {
    private typealias Waiting = OpenRequests.Waiting

    private let places: [PluggedPlace]
    private var node: NodeCondition
    private var requests = OpenRequests()

    /// Begins with what no subsystem would know of the node, and with the questions of plugged-in
    /// subsystems that are served.
    init(about: NodeAbout? = nil, places: [PluggedPlace] = []) {
        self.places = places
        self.node = NodeCondition(about: about)
    }

    // MARK: The node

    /// The node is put together of these subsystems.
    mutating func assembled(of subsystems: Set<SubsystemName>) {
        self.node.assembled(of: subsystems)
    }

    mutating func compared(_ comparison: ClockComparison) { self.node.compared(comparison) }

    mutating func signingStopped(because refusal: Refusal) {
        self.node.signingStopped(because: refusal)
    }

    mutating func signingResumed() { self.node.signingResumed() }

    mutating func synced(to state: SyncState) { self.node.synced(to: state) }

    mutating func logStopped(_ event: LogStopped) { self.node.logStopped(event) }

    mutating func logResumed() { self.node.logResumed() }

    mutating func awaits(_ phases: [Int]) { self.node.awaits(phases) }

    mutating func connected() { self.node.connected() }

    mutating func disconnected() { self.node.disconnected() }

    // MARK: Time

    /// The wake that was asked for: requests whose time is up are answered with what is true of each.
    mutating func woke(now: Timestamp) -> [LocalAPIAction] {
        let late = self.requests.expire(
            now: now,
            logStoppedBecause: self.node.logStoppedBecause
        )
        return late.map { .answer($0.id, $0.answer) } + self.sleep()
    }

    /// The look for late requests is repeated while there are requests.
    private func sleep() -> [LocalAPIAction] {
        self.requests.isEmpty ? [] : [.wake(afterMilliseconds: APILimits.tickMilliseconds)]
    }

    // MARK: Requests

    /// A person or agent asks for something.
    mutating func received(_ call: APICall, as id: RequestID, now: Timestamp) -> [LocalAPIAction] {
        let (act, dryRun) = call.rehearsed
        if let refusal = self.node.refusal(of: act) ?? act.excess ?? act.flaw
            ?? act.lapse(now: now)
        {
            return [.answer(id, dryRun?.answer(to: refusal) ?? refusal)] + self.sleep()
        }
        return self.begin(act, as: id, now: now, dryRun: dryRun) { $0.serve(act, id, now: now) }
    }

    /// A person or agent asks again for something that led to a message, which stands in the place of a
    /// new one (ADR 0060); what was no reason against it then is none now.
    mutating func received(
        _ call: APICall,
        again message: MessageID,
        as id: RequestID,
        now: Timestamp
    ) -> [LocalAPIAction] {
        self.begin(call, as: id, now: now) { machine in
            switch call {
            case .publish, .vote, .leave:
                machine.requests.advance(id, to: .message)
                return machine.found(message, for: id, now: now)
            case .adopt(let proposal):
                machine.requests.advance(id, to: .adoptionAgain(proposal, message))
                return machine.serve(call, id, now: now)
            default: return machine.serve(call, id, now: now)
            }
        }
    }

    private mutating func begin(
        _ call: APICall,
        as id: RequestID,
        now: Timestamp,
        dryRun: DryRun? = nil,
        _ serve: (inout Self) -> [LocalAPIAction]
    ) -> [LocalAPIAction] {
        let isBrief = call == .briefStatus
        let waiting = Waiting(for: call, self.node.report(isBrief: isBrief, now: now))
        guard self.requests.begin(id, waiting, now: now, dryRun: dryRun) else {
            return [.answer(id, .busy)] + self.sleep()
        }
        return serve(&self) + self.sleep()
    }

    private mutating func serve(_ call: APICall, _ id: RequestID, now: Timestamp)
        -> [LocalAPIAction]
    {
        switch call {
        case .status: return self.askStatus(id)
        case .briefStatus: return self.askStatus(id, isBrief: true)
        case .readiness(let memory): return self.answer(id, self.node.readiness(memory))
        case .identity(let key): return self.ask(.keys(IdentityKeys(key: key)), id)
        case .network: return self.ask(.phase, id)
        case .peers: return self.ask(.peers, id)
        // One entry more than is shown tells whether there is another page.
        case .requests(let limit, let place):
            return self.ask(.requests(Requests(limit: limit + 1, after: place)), id)
        case .request(let request):
            return self.ask(.requests(Requests(id: request, limit: 1)), id)
        case .proposals(let limit, let place):
            return self.ask(.proposals(Proposals(limit: limit + 1, after: place)), id)
        case .explain(let message): return self.go(on: Inquiry.begin(message), id)
        case .proposal(let proposal), .reasons(let proposal), .artefact(let proposal),
            .adopt(let proposal):
            return self.ask(.proposals(Proposals(id: proposal, limit: 1)), id)
        case .reputations: return self.ask(.scores, id)
        case .reputation(let node): return self.ask(.history(ScoreHistory(identity: node)), id)
        case .publish(.propose, let payload):
            let whole = ProposalForm.completed(payload, now: now)
            return self.publish(.propose, whole, id, now: now)
        case .publish(let type, let payload): return self.publish(type, payload, id, now: now)
        case .vote(let proposal, let stance, let reason):
            let state = self.node.syncState
            let vote = Vote(proposalID: proposal, stance: stance, reason: reason, syncStatus: state)
            return self.publish(.vote, vote.json, id, now: now)
        case .share(var share):
            share.isDryRun = self.requests.dryRun(id) != nil
            return self.ask(.share(share), id)
        // A proposal that carries an artefact, or at least names it, is its best source.
        case .fetch(let hash):
            let alone = APIQuestion.fetch(FetchContent(hash, offeredBy: nil))
            let source = APIQuestion.proposals(Proposals(offering: hash))
            return self.ask(self.node.has(.consensus) ? source : alone, id)
        case .find(let text, let tags, let limit, let place):
            let find = FindContent(text: text, tags: tags, limit: limit + 1, after: place)
            return self.ask(.find(find), id)
        case .downloads: return self.ask(.downloads, id)
        case .replicate(var wanted):
            wanted.content.isDryRun = self.requests.dryRun(id) != nil
            return self.ask(.replicate(wanted), id)
        case .leave(let hash, let way):
            return self.ask(.leave(LeaveContract(content: hash, way: way)), id)
        case .storage:
            return self.node.has(.reputation)
                ? [.ask(.status(.reputation), id)] : self.ask(.dealings, id)
        case .offerStorage(let offer): return self.ask(.offer(OfferStorage(offer: offer)), id)
        case .verify(let hash): return self.ask(.verify(VerifyContent(hash: hash)), id)
        case .dryRun(let act): return self.serve(act, id, now: now)
        case .inbox(let inbox): return self.ask(.inbox(inbox), id)
        case .events(let page, _): return self.ask(.events(page), id)
        case .plugged(let name, let arguments): return self.read(name, arguments, id)
        }
    }

    /// Puts a question on behalf of a request, or says which subsystem is missing.
    private mutating func ask(_ question: APIQuestion, _ id: RequestID) -> [LocalAPIAction] {
        self.node.has(question.answerer)
            ? [.ask(question, id)] : self.answer(id, .absent(question.answerer))
    }

    /// Goes on with the question what became of a message.
    private mutating func go(on step: Inquiry.Step, _ id: RequestID) -> [LocalAPIAction] {
        switch step {
        case .ask(let question, let inquiry):
            self.requests.advance(id, to: .inquiry(inquiry))
            return self.ask(question, id)
        case .answer(let response): return self.answer(id, response)
        }
    }

    /// Asks every subsystem that is plugged in.
    private mutating func askStatus(_ id: RequestID, isBrief: Bool = false) -> [LocalAPIAction] {
        if case .status(let report) = self.requests[id], report.open == 0 {
            return self.answer(id, APIResponse(report))
        }
        return StatusQuestion.allCases.filter { self.node.has($0.answerer) }
            .map { .ask(.status($0, isBrief: isBrief), id) }
    }

    /// Asks the plugged-in subsystem that serves an operation.
    private mutating func read(_ name: String, _ arguments: JSONValue, _ id: RequestID)
        -> [LocalAPIAction]
    {
        let place = self.places.first { $0.name.utf8.elementsEqual(name.utf8) }
        guard let place else { return self.answer(id, .unknownExtension) }
        do throws(ArgumentFlaw) {
            return self.ask(.plugged(try place.question(arguments)), id)
        } catch {
            return self.answer(id, .unclear(error.detail))
        }
    }

    /// Answers a request, once.
    private mutating func answer(_ id: RequestID, _ response: APIResponse) -> [LocalAPIAction] {
        let dryRun = self.requests.dryRun(id)
        guard self.requests.end(id) else { return [] }
        return [.answer(id, dryRun?.answer(to: response) ?? response)]
    }

    // MARK: Own messages

    /// Signs and sends a message; when it has a deadline and the clock is off, it looks first how much
    /// time peers see left.
    private mutating func publish(
        _ type: MessageType,
        _ payload: JSONValue,
        _ id: RequestID,
        now: Timestamp
    ) -> [LocalAPIAction] {
        guard let clock = self.node.clock, clock.isOff else {
            return self.broadcast(type, payload, id)
        }
        switch type {
        case .propose:
            let end = payload["voting_deadline"]?.integer.map { Timestamp(milliseconds: $0) }
            let warning = end.flatMap { clock.warning(until: $0, now: now) }
            self.requests.warn(warning, id)
            return self.broadcast(type, payload, id)
        case .vote, .withdraw:
            guard let proposal = payload["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
                self.node.has(.consensus)
            else { return self.broadcast(type, payload, id) }
            self.requests.advance(id, to: .closing(type, payload))
            return self.ask(.proposals(Proposals(id: proposal, limit: 1)), id)
        default: return self.broadcast(type, payload, id)
        }
    }

    /// Signs and sends what is said about a proposal, now that it is known when that closes.
    private mutating func publish(
        _ type: MessageType,
        _ payload: JSONValue,
        about view: ProposalView?,
        _ id: RequestID,
        now: Timestamp
    ) -> [LocalAPIAction] {
        self.requests.warn(view.flatMap { self.node.warning(about: $0, now: now) }, id)
        self.requests.advance(id, to: .message)
        return self.broadcast(type, payload, id)
    }

    /// Signs and sends a message on behalf of a request.
    private mutating func broadcast(_ type: MessageType, _ payload: JSONValue, _ id: RequestID)
        -> [LocalAPIAction]
    {
        guard self.node.has(.identity) else { return self.answer(id, .unsigned) }
        // The log may have stopped while the artefact of an adoption was fetched.
        if let reason = self.node.logStoppedBecause {
            return self.answer(id, .storageStopped(reason))
        }
        if self.requests.dryRun(id) != nil {
            self.requests.advance(id, to: .dryRun)
            return self.ask(.draft(MessageDraft(type: type, payload: payload)), id)
        }
        return [.publish(PublishMessage(type: type, payload: payload, request: id))]
    }

    /// One step of a dry run further.
    private mutating func goOn(_ id: RequestID, _ event: (inout DryRun) -> DryRun.Step)
        -> [LocalAPIAction]
    {
        switch self.requests.rehearse(id, event) {
        case .ask(let question)?: return self.ask(question, id)
        case .told(var report)?:
            report.warning = self.requests.warning(to: id)
            return self.answer(id, APIResponse(report))
        case nil: return []
        }
    }

    /// One step of a request about an artefact further; nil when nobody waits for it any more.
    private mutating func go(on step: OpenRequests.Step?, _ id: RequestID) -> [LocalAPIAction] {
        switch step {
        case .ask(let question)?: self.ask(question, id)
        case .say(let type, let payload)?: self.broadcast(type, payload, id)
        case .answer(let answer)?: self.answer(id, answer)
        case .failed(let proposal, let answer)?:
            self.report(failureOf: proposal) + self.answer(id, answer)
        case nil: []
        }
    }

    /// Others learn that an adoption failed here (R-07-028); nobody waits for this message.
    private func report(failureOf proposal: MessageID) -> [LocalAPIAction] {
        guard self.node.has(.identity), self.node.logStoppedBecause == nil else { return [] }
        // Why it failed may name files of this machine.
        return [.publish(PublishMessage(Adopt(proposalID: proposal, success: false)))]
    }

    /// A message is in the log; somebody may wait for it.
    mutating func logged(_ entry: MessageLogged, now: Timestamp) -> [LocalAPIAction] {
        guard !entry.isReplay, case .local(let id?, _) = entry.admitted.origin else { return [] }
        return self.found(entry.admitted.message.id, for: id, now: now)
    }

    /// The message that a request leads to is in the log, since now or since an earlier attempt.
    mutating func found(_ message: MessageID, for id: RequestID, now: Timestamp) -> [LocalAPIAction]
    {
        switch self.requests[id] {
        case .message: return self.durable(DurableMessage(id: message), id)
        case .adoptionMessage(let proposal, let hash, let path):
            let adopted = Adopted(message: message, proposal: proposal, path: path, hash: hash)
            // Acknowledged when the fact is durable too, or a crash in between would lose it.
            self.requests.advance(id, to: .adoptionFact(proposal, APIResponse(adopted)))
            return [.record(AdoptionFact(proposal: proposal).fact(recordedAt: now))]
        case .shareMessage(let hash):
            return self.durable(DurableMessage(id: message, content: hash), id)
        case .status, .answer, .page, .audience, .identity, .acquaintance, .proposal, .reasons,
            .inquiry, .request, .artefactLookup, .artefactContent, .closing,
            .offers, .shareContent, .replication, .dealings, .adoptionLookup, .adoptionContent,
            .adoptionFact, .adoptionAgain, .adoptedBefore, .dryRun, nil:
            return []
        }
    }

    /// Stored does not mean received: a node without peers must not report that a message was sent.
    private mutating func durable(_ message: DurableMessage, _ id: RequestID) -> [LocalAPIAction] {
        guard self.node.has(.peers) else { return self.published(message, id) }
        self.requests.advance(id, to: .audience(of: message))
        return self.ask(.peers, id)
    }

    /// Tells that a message is durable, and how many peers hear it if that is known.
    private mutating func published(
        _ message: DurableMessage,
        _ id: RequestID,
        heardBy peers: Int? = nil
    ) -> [LocalAPIAction] {
        self.answer(id, message.outcome(heardBy: peers, warning: self.requests.warning(to: id)))
    }

    /// A message ended before acceptance.
    mutating func refused(_ event: MessageRefused) -> [LocalAPIAction] {
        guard case .local(let id?, _) = event.origin else { return [] }
        return self.answer(id, APIResponse(event.refusal, of: event.id))
    }

    /// A fact is in the log: an adoption may be durable now.
    mutating func logged(_ entry: FactLogged) -> [LocalAPIAction] {
        guard !entry.isReplay, let adoption = AdoptionFact(entry.fact) else { return [] }
        return self.requests.adopted(adoption.proposal).flatMap { self.answer($0.id, $0.answer) }
    }

    // MARK: Replies

    /// A subsystem did not answer; a status report shows what the others said, and a message that is
    /// durable is no failure because nobody counts who hears it.
    private mutating func unanswered(by name: SubsystemName, _ id: RequestID) -> [LocalAPIAction] {
        switch self.requests[id] {
        case .status: self.answer(id, whole: self.requests.report(id) { $0.miss(name) })
        case .audience(let message): self.published(message, id)
        case .replication: self.go(on: self.requests.heard(ownScore: nil, id), id)
        case .dealings where name == .reputation:
            self.go(on: self.requests.heard(ownScore: nil, id), id)
        default: self.answer(id, .unanswered(by: name))
        }
    }

    /// Answers with a status report once it is whole.
    private mutating func answer(_ id: RequestID, whole report: StatusReport?)
        -> [LocalAPIAction]
    {
        report.map { self.answer(id, APIResponse($0)) } ?? []
    }

    /// A subsystem told what it was asked.
    ///
    /// - Parameters:
    ///   - reply: what it told; nil when it did not answer in time.
    ///   - name: the subsystem.
    ///   - id: the request on whose behalf it was asked.
    ///   - now: the time.
    /// - Returns: what follows.
    mutating func heard(
        _ reply: APIReply?,
        from name: SubsystemName,
        for id: RequestID,
        now: Timestamp
    ) -> [LocalAPIAction] {
        switch reply {
        case nil: self.unanswered(by: name, id)
        case .whole(let answer)?: self.answer(id, APIResponse(answer))
        case .plugin(let result)?: self.answer(id, APIResponse(result))
        case .keys(let keys)?: self.heard(keys, id)
        case .peers(let table)?: self.heard(table, id)
        case .reputation(let status)?: self.heard(status, id)
        case .requests(let views)?: self.heard(views, id)
        case .proposals(let views)?: self.heard(views, id, now: now)
        case .messages(let reply)?: self.inquire(id) { $0.heard(reply) }
        case .refused(let reply)?: self.inquire(id) { $0.heard(reply) }
        case .history(let history)?: self.heard(history, id)
        case .found(let found)?: self.heard(found, id)
        case .kept(let outcome)?: self.go(on: self.requests.kept(outcome, id), id)
        case .fetched(let outcome)?: self.go(on: self.requests.fetched(outcome, id), id)
        case .replicable(let outcome)?:
            self.go(
                on: self.requests.replicable(
                    outcome,
                    id,
                    knowsScore: self.node.has(.reputation)
                ),
                id
            )
        case .leaving(let outcome)?: self.go(on: self.requests.leave(outcome, id), id)
        case .dealings(let dealings)?:
            self.answer(id, APIResponse(StorageReport(dealings, self.requests.warning(to: id))))
        case .verified(let reply)?: self.answer(id, .verified(reply))
        case .status(let part)?: self.heard(part, id)
        case .drafted(let reply)?: self.goOn(id) { $0.drafted(reply) }
        case .checked(let refusal)?: self.goOn(id) { $0.checked(refusal) }
        case .rated(let reply)?: self.goOn(id) { $0.rated(reply) }
        case .judged(let verdict)?: self.goOn(id) { $0.judged(verdict) }
        }
    }

    private mutating func inquire(_ id: RequestID, _ next: (Inquiry) -> Inquiry.Step)
        -> [LocalAPIAction]
    {
        guard case .inquiry(let inquiry) = self.requests[id] else { return [] }
        return self.go(on: next(inquiry), id)
    }

    private mutating func heard(_ part: StatusPart, _ id: RequestID) -> [LocalAPIAction] {
        let report = self.requests.report(id) {
            $0.add(part.name, part.value, digest: part.digest)
        }
        return self.answer(id, whole: report)
    }

    private mutating func heard(_ status: ReputationStatus.Reply, _ id: RequestID)
        -> [LocalAPIAction]
    {
        switch self.requests[id] {
        case .replication, .dealings:
            self.go(on: self.requests.heard(ownScore: status.ownScore, id), id)
        default: self.heard(StatusPart(status), id)
        }
    }

    /// The keys of an identity arrived; of a key that no other message names it tells nothing, so that
    /// the ledger is asked whether the key was ever heard of.
    private mutating func heard(_ keys: IdentityKeys.Reply, _ id: RequestID) -> [LocalAPIAction] {
        let answer = APIResponse(keys)
        guard case .identity(let key) = self.requests[id], keys.tellsNothing,
            self.node.has(.reputation)
        else { return self.answer(id, answer) }
        self.requests.advance(id, to: .acquaintance(answer))
        return self.ask(.history(ScoreHistory(identity: key)), id)
    }

    private mutating func heard(_ history: ScoreHistory.Reply, _ id: RequestID)
        -> [LocalAPIAction]
    {
        guard history.isKnown else { return self.answer(id, .unknownIdentity) }
        guard case .acquaintance(let answer) = self.requests[id] else {
            return self.answer(id, APIResponse(history))
        }
        return self.answer(id, answer)
    }

    private mutating func heard(_ table: PeerTable.Reply, _ id: RequestID) -> [LocalAPIAction] {
        switch self.requests[id] {
        case .status: self.heard(StatusPart(table), id)
        case .audience(let message):
            self.published(message, id, heardBy: table.rows.count(where: \.isAuthenticated))
        default: self.answer(id, APIResponse(table))
        }
    }

    /// Requests arrived: for a list, or for a single view.
    private mutating func heard(_ views: [RequestView], _ id: RequestID) -> [LocalAPIAction] {
        if case .inquiry = self.requests[id] { return self.inquire(id) { $0.heard(views) } }
        guard self.requests[id] != .request else {
            return self.answer(id, views.first.map { APIResponse($0.detail) } ?? .unknownRequest)
        }
        let page = self.requests.page(views, id)
        let list = RequestList(
            requests: page.shown.map(\.summary),
            next: page.last.map { MessagePlace($0.message) }
        )
        return self.answer(id, APIResponse(list))
    }

    /// Artefacts were found.
    private mutating func heard(_ found: [FoundContent], _ id: RequestID) -> [LocalAPIAction] {
        let page = self.requests.page(found, id)
        let next = page.last.map { ContentPlace($0) }
        return self.answer(id, APIResponse(ContentList(found: page.shown, next: next)))
    }

    /// Proposals arrived: for a list, for a single view, for an artefact, or for an adoption.
    private mutating func heard(_ views: [ProposalView], _ id: RequestID, now: Timestamp)
        -> [LocalAPIAction]
    {
        switch self.requests[id] {
        case .adoptionLookup(let proposal):
            let step = self.requests.adopt(proposal, views.first, id, now: now)
            return self.go(on: step, id)
        case .adoptionAgain(let proposal, let message):
            let step = self.requests.adopt(
                proposal,
                views.first,
                again: message,
                id,
                now: now
            )
            return self.go(on: step, id)
        case .artefactLookup:
            return self.go(on: self.requests.show(artefactOf: views.first, id), id)
        case .offers(let hash):
            self.requests.advance(id, to: .answer)
            return self.ask(.fetch(FetchContent(hash, offeredBy: views.first)), id)
        case .proposal:
            let detail = views.first.map { view in
                let warning = self.node.warning(about: view, now: now)
                return APIResponse(view.detail(now: now, warning: warning))
            }
            return self.answer(id, detail ?? .unknownProposal)
        case .inquiry: return self.inquire(id) { $0.heard(views, now: now) }
        case .reasons:
            let reasons = views.first.map { APIResponse(ProposalReasons(view: $0, now: now)) }
            return self.answer(id, reasons ?? .unknownProposal)
        case .closing(let type, let payload):
            return self.publish(type, payload, about: views.first, id, now: now)
        default:
            let page = self.requests.page(views, id)
            let list = ProposalList(
                proposals: page.shown.map { $0.summary(now: now) },
                next: page.last.map { MessagePlace($0.message) }
            )
            return self.answer(id, APIResponse(list))
        }
    }
}
