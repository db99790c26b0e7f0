import Identities
import Kernel
import Messages
import Primitives

/// Decides when Consensus acts: it looks when something is due, asks other subsystems for what they
/// know better, decides, and writes its decisions to the log.
///
/// The rules, that is what is accepted, what counts and what follows from it, are in ``Governance``.
struct ConsensusStateMachine: Sendable, Codable {
    private var governance: Governance
    private var round = DecisionRound()
    private var hours = HourWatch()
    /// When votes that a partition kept away are looked for; nil when none has healed.
    private var mergesAt: Timestamp?
    /// The network as of the last look; decisions take a sample of their own.
    private var network = NetworkSize(activeIdentities: 1, activeReputation: .zero)

    /// Begins with what the network's description says; it knows nothing of what it missed.
    init(
        parameters: NetworkParameters = NetworkParameters(),
        founders: [NodeID] = [],
        own: NodeID? = nil
    ) {
        self.governance = Governance(parameters: parameters, founders: founders, own: own)
        self.governance.wasAway()
    }

    // MARK: Messages and the log

    /// Judges a message of its own types; one of this node may have to wait for the storage market.
    mutating func judge(_ admitted: AdmittedMessage) -> [ConsensusAction] {
        let items = self.governance.items(concerning: admitted)
        guard items.isEmpty else {
            return [.ask(.artefacts(CheckArtefacts(items: items), .judgement(admitted)))]
        }
        return self.judge(admitted, Findings())
    }

    /// Somebody asks what would become of a message of this node (ADR 0059).
    func asked(_ query: ConsensusVerdict, by asker: ReplyAddress<ConsensusVerdict>, now: Timestamp)
        -> [ConsensusAction]
    {
        let items = self.governance.items(concerning: query.admitted)
        guard items.isEmpty else {
            let purpose = ArtefactsPurpose.verdict(query.admitted, asker)
            return [.ask(.artefacts(CheckArtefacts(items: items), purpose))]
        }
        return [.tellVerdict(self.verdict(on: query.admitted, Findings(), now: now), asker)]
    }

    /// What becomes of a message is found by judging it in a copy; whether a vote counts, by counting
    /// there.
    private func verdict(on admitted: AdmittedMessage, _ findings: Findings, now: Timestamp)
        -> DraftVerdict
    {
        var copy = self
        for case .refuse(_, let refusal) in copy.judge(admitted, findings) {
            return DraftVerdict(refusal: refusal)
        }
        guard case .vote(let vote) = admitted.message.payload else { return DraftVerdict() }
        let outside = Outside(now: now, network: self.network, findings: findings)
        let views = copy.governance.views(Proposals(id: vote.proposalID, limit: 1), outside)
        let own = views.flatMap(\.votes).first { $0.voteID == admitted.message.id }
        return DraftVerdict(notCountedBecause: own?.notCountedBecause)
    }

    private mutating func judge(_ admitted: AdmittedMessage, _ findings: Findings)
        -> [ConsensusAction]
    {
        var actions = self.governance.judge(admitted, findings)
        actions += self.wake(after: admitted.message)
        return actions + self.tellArchived()
    }

    /// A message of any type is in the log.
    mutating func logged(_ entry: MessageLogged) -> [ConsensusAction] {
        let message = entry.admitted.message
        var actions = self.governance.advance(to: entry.admitted.receivedAt)
        if entry.isReplay { self.governance.apply(entry.admitted) }
        actions += self.governance.logged(entry.admitted)
        let archived = self.tellArchived()
        guard self.hours.isLive else { return archived }
        switch message.type {
        // The keys changed, so that withdrawals and proposals may now belong to other identities.
        case .keyRotate, .didLink, .didRevoke: return actions + archived + self.sleep()
        default: return actions + archived
        }
    }

    /// Others forget what this node archived, live and at replay.
    private mutating func tellArchived() -> [ConsensusAction] {
        let messages = self.governance.takeNewlyArchived()
        return messages.isEmpty ? [] : [.tellArchived(messages)]
    }

    /// A fact of any owner is in the log.
    mutating func logged(_ fact: LocalFact) -> [ConsensusAction] {
        // A resolution may also give a key another place, which changes what is due.
        var actions = self.governance.advance(to: fact.recordedAt)
        if let start = KeyStartedOver(fact) { actions += self.governance.logged(start) }
        if !self.hours.isLive { actions = [] }
        actions += self.loggedOwn(fact)
        return actions + self.tellArchived()
    }

    private mutating func loggedOwn(_ fact: LocalFact) -> [ConsensusAction] {
        switch FactKind(fact) {
        case .decision:
            return DecisionFact(fact).map { self.decided($0, at: fact.recordedAt) } ?? []
        case .hour:
            if let hour = HourObservation(fact) { self.governance.observed(hour) }
            return self.sleep()
        case .governance:
            guard let hint = GovernanceHint(fact) else { return [] }
            self.governance.learnt(hint, at: fact.recordedAt)
            return self.sleep()
        case .reopening:
            return ReopeningFact(fact).map { self.reopened($0) } ?? []
        case .adoption:
            if let own = AdoptionFact(fact) { self.governance.adopted(own.proposal) }
            return []
        default: return []
        }
    }

    private mutating func reopened(_ fact: ReopeningFact) -> [ConsensusAction] {
        self.governance.reopened(fact)
        return self.tellVersions(after: fact.proposal) + self.sleep()
    }

    /// Others must know which versions are spoken, live and at replay.
    private func tellVersions(after proposal: MessageID) -> [ConsensusAction] {
        guard self.governance.changesProtocol(proposal) else { return [] }
        return [.tell(ProtocolVersions(changes: self.governance.protocolChanges))]
    }

    /// Writes down which ratified changes of the protocol lost against others (R-12-019).
    private func settle(now: Timestamp) -> [ConsensusAction] {
        guard self.hours.isLive else { return [] }
        return self.governance.settlement(now: now).map { .record($0) }
    }

    private mutating func decided(_ decision: DecisionFact, at moment: Timestamp)
        -> [ConsensusAction]
    {
        self.governance.decided(decision, at: moment)
        var actions = self.tellVersions(after: decision.proposal)
        if decision.state == .ratified { actions += self.settle(now: moment) }
        if self.hours.isLive, decision.state == .confirming { actions += self.fetchAssessments() }
        let accepted = self.governance.advance(to: moment)
        if self.hours.isLive { actions += accepted }
        self.round.logged(decision.proposal)
        return actions + self.sleep()
    }

    /// The replay is over: what was under way before goes on.
    mutating func replayFinished(now: Timestamp) -> [ConsensusAction] {
        self.hours.goLive(at: now)
        let missing = self.governance.missing.map { target, senders in
            ConsensusAction.fetch(target, likelyHolders: senders)
        }
        return missing + self.settle(now: now) + self.fetchAssessments() + self.sleep()
    }

    private func fetchAssessments() -> [ConsensusAction] {
        self.governance.assessmentsNeeded.map { [.fetchAssessments(since: $0)] } ?? []
    }

    // MARK: Presence

    /// The node's clock was compared with those of its peers.
    mutating func compared(_ comparison: ClockComparison) -> [ConsensusAction] {
        self.governance.compared(comparison)
        return self.sleep()
    }

    /// This node has fetched what it missed.
    mutating func caughtUp(isBeginning: Bool, now: Timestamp) -> [ConsensusAction] {
        self.governance.caughtUp(isBeginning: isBeginning, now: now)
        return self.sleep()
    }

    /// A partition has healed: once its messages had the time to arrive, outcomes are looked at anew.
    mutating func healed(now: Timestamp) -> [ConsensusAction] {
        self.mergesAt = now.adding(milliseconds: ConsensusLimits.listeningMilliseconds)
        return self.sleep()
    }

    /// Writes down which outcomes are set aside, as votes of the other side have come (R-12-017).
    private mutating func mergeIfDue(now: Timestamp) -> [ConsensusAction] {
        guard let moment = self.mergesAt, moment <= now else { return [] }
        self.mergesAt = nil
        return self.governance.uncounted(now: now).map { Self.record($0, now) }
    }

    // MARK: Time

    /// The wake that was asked for: an hour has ended, or a decision is due.
    mutating func woke(now: Timestamp) -> [ConsensusAction] {
        guard self.hours.isLive else { return [] }
        var actions = self.mergeIfDue(now: now)
        // The score of each identity is needed only while peers may know better when governance began
        // (D-59).
        let isYoung = self.governance.clock.governanceSince == nil
        let sample = Scores(identities: isYoung ? nil : [])
        if self.hours.takeLook(at: now) { actions.append(.ask(.network(sample, .hour))) }
        if let opensAt = self.round.opensAt, now >= opensAt {
            let due = self.governance.due(now: self.decisionTime(now))
            if !due.isEmpty {
                self.round.begin()
                actions.append(.ask(.network(sample, .decision(on: due))))
            }
        }
        return actions + self.sleep()
    }

    /// Asks to be woken for the next decision or the next look at the network.
    private func sleep() -> [ConsensusAction] {
        guard self.hours.isLive else { return [] }
        let decision = self.round.opensAt.flatMap { opensAt in
            self.governance.nextDecision.map { max(opensAt, self.look(at: $0)) }
        }
        let next = [self.hours.next, decision, self.mergesAt].compactMap(\.self).min()
        return [.wake(at: next ?? self.hours.next)]
    }

    /// Asks to be woken for the one proposal that a message affects; all proposals are looked at on
    /// wakes only.
    private func wake(after message: Message) -> [ConsensusAction] {
        let proposal: MessageID? =
            switch message.payload {
            case .propose: message.id
            case .adopt(let adoption): adoption.proposalID
            default: nil
            }
        guard self.hours.isLive, let opensAt = self.round.opensAt,
            let due = proposal.flatMap({ self.governance.decisionDue(on: $0) })
        else { return [] }
        return [.wake(at: max(opensAt, self.look(at: due)))]
    }

    /// When to look at a decision: votes stamped at the deadline itself still count.
    private func look(at due: Timestamp) -> Timestamp {
        due.adding(milliseconds: self.governance.patience + 1)
    }

    /// The time as far as decisions go.
    private func decisionTime(_ now: Timestamp) -> Timestamp {
        now.adding(milliseconds: -self.governance.patience)
    }

    // MARK: The network

    /// Reputation told how large the network is.
    ///
    /// - Parameters:
    ///   - reply: what it said; nil when it did not answer.
    ///   - purpose: what it was asked for.
    ///   - now: the time.
    /// - Returns: what follows.
    mutating func heard(_ reply: Scores.Reply?, for purpose: NetworkPurpose, now: Timestamp)
        -> [ConsensusAction]
    {
        guard let reply else { return self.heardNothing(for: purpose, now: now) }
        self.network = NetworkSize(
            activeIdentities: reply.activeIdentities,
            activeReputation: reply.activeReputation
        )
        switch purpose {
        case .hour: return self.hourEnded(reply, now: now)
        case .decision(let due): return self.prepare(due, reply, now: now)
        case .view(let query, let asker):
            let voters = self.governance.voters(on: self.open(query, now: now))
            guard !voters.isEmpty else { return self.show(query, Standings(), to: asker, now: now) }
            return [.ask(.standings(VoterStandings(voters: voters), .view(query, asker)))]
        }
    }

    /// The proposals of a query on which nothing is decided.
    private func open(_ query: Proposals, now: Timestamp) -> [MessageID] {
        self.governance.records(query, now: now).filter { $0.outcome == nil }.map(\.id)
    }

    /// Reputation did not answer: decisions are tried again later, and local callers see what is known.
    private mutating func heardNothing(for purpose: NetworkPurpose, now: Timestamp)
        -> [ConsensusAction]
    {
        switch purpose {
        case .hour:
            self.hours.sawNothing(at: now)
            return self.sleep()
        case .decision: return self.abandonRound(now: now)
        case .view(let query, let asker):
            return self.show(query, Standings(), to: asker, now: now)
        }
    }

    private func hourEnded(_ reply: Scores.Reply, now: Timestamp) -> [ConsensusAction] {
        let hour = self.hours.liveSince.flatMap { liveSince in
            self.governance.observation(liveSince: liveSince, reply, now: now)
        }
        let written = hour.map { Self.record($0, now) }
        return [written, self.hint(reply, now: now)].compactMap(\.self)
    }

    /// Writes down what peers agree on, if they know more of governance than this node.
    private func hint(_ reply: Scores.Reply, now: Timestamp) -> ConsensusAction? {
        self.governance.hint(reply).map { Self.record($0, now) }
    }

    private static func record(_ fact: some Fact, _ now: Timestamp) -> ConsensusAction {
        .record(fact.fact(recordedAt: now))
    }

    // MARK: Decisions

    private mutating func prepare(_ due: [MessageID], _ reply: Scores.Reply, now: Timestamp)
        -> [ConsensusAction]
    {
        if let hint = self.hint(reply, now: now) {
            // A beginning of governance that peers agree on is recorded first; the decisions follow in
            // a new round.
            self.round.abandon()
            return [hint]
        }
        // A node that hears nobody decides only what is not late: late decisions are postponed here.
        if reply.activeIdentities <= 1 { self.governance.listen(now: now) }
        let voters = self.governance.voters(on: due)
        guard !voters.isEmpty else { return self.decide(due, Standings(), now: now) }
        return [.ask(.standings(VoterStandings(voters: voters), .decision(on: due)))]
    }

    /// Reputation told what voters weighed when they voted; nil when it did not answer.
    mutating func heard(
        _ reply: VoterStandings.Reply?,
        for purpose: StandingsPurpose,
        now: Timestamp
    ) -> [ConsensusAction] {
        switch purpose {
        case .decision(let due):
            guard let reply else { return self.abandonRound(now: now) }
            return self.decide(due, Standings(reply), now: now)
        case .view(let query, let asker):
            // The scores at arrival stand in for those that Reputation did not tell.
            let standings = reply.map { Standings($0) } ?? Standings()
            return self.show(query, standings, to: asker, now: now)
        case .waiting(let query, let asker, let voter):
            let standing = (reply.map { Standings($0) } ?? Standings()).standing(
                of: voter.identity,
                at: voter.at,
                fallback: .zero
            )
            return self.show(query, standing, to: asker, now: now)
        }
    }

    /// The storage market told who keeps the artefacts of proposals; nil when it did not answer.
    mutating func heard(
        _ reply: CheckArtefacts.Reply?,
        for purpose: ArtefactsPurpose,
        now: Timestamp
    ) -> [ConsensusAction] {
        switch purpose {
        case .judgement(let admitted): return self.judge(admitted, Findings(reply))
        case .verdict(let admitted, let asker):
            let verdict = self.verdict(on: admitted, Findings(reply), now: now)
            return [.tellVerdict(verdict, asker)]
        case .decision(let due, let standings):
            // Without an answer those wait whose artefacts others keep, and hold up nothing else.
            let known = reply == nil ? due.filter { self.governance.items(on: [$0]).isEmpty } : due
            guard !known.isEmpty else { return self.abandonRound(now: now) }
            return self.decide(known, standings, Findings(reply), now: now)
        case .view(let query, let asker, let standings):
            return self.show(query, standings, Findings(reply), to: asker, now: now)
        case .waiting(let query, let asker, let standing):
            let waiting = self.governance.waiting(query, standing, Findings(reply), now: now)
            return [.showWaiting(waiting, asker)]
        }
    }

    private mutating func decide(_ due: [MessageID], _ standings: Standings, now: Timestamp)
        -> [ConsensusAction]
    {
        let items = self.governance.items(on: due)
        guard items.isEmpty else {
            let purpose = ArtefactsPurpose.decision(on: due, standings)
            return [.ask(.artefacts(CheckArtefacts(items: items), purpose))]
        }
        return self.decide(due, standings, Findings(), now: now)
    }

    private mutating func decide(
        _ due: [MessageID],
        _ standings: Standings,
        _ findings: Findings,
        now: Timestamp
    ) -> [ConsensusAction] {
        // Votes that came while their voters were not asked about are looked at once more.
        let known = due.filter {
            standings.cover(self.governance.voters(on: [$0]))
                && findings.cover(self.governance.items(on: [$0]))
        }
        let decisions = self.governance.decide(
            known,
            network: self.network,
            standings,
            findings,
            now: self.decisionTime(now)
        )
        self.round.decided(decisions.map(\.proposal))
        return decisions.map { Self.record($0, now) } + self.sleep()
    }

    /// What was due still is, and is asked about again in a while.
    private mutating func abandonRound(now: Timestamp) -> [ConsensusAction] {
        self.round.abandon(
            until: now.adding(milliseconds: ConsensusLimits.askAgainMilliseconds)
        )
        return self.sleep()
    }

    // MARK: Questions of others

    /// A caller wants to see proposals: with current weights, or with the scores at arrival when
    /// Reputation tells none.
    func asked(_ query: Proposals, by asker: ReplyAddress<Proposals>) -> [ConsensusAction] {
        [.ask(.network(Scores(identities: []), .view(query, asker)))]
    }

    /// A caller wants to see requests.
    func asked(_ query: Requests, by asker: ReplyAddress<Requests>, now: Timestamp)
        -> [ConsensusAction]
    {
        self.read(self.governance.cutTexts(query), for: .requests(query, asker), now: now)
    }

    /// A caller wants to know what waits for a vote of this node.
    func asked(_ query: WaitingVotes, by asker: ReplyAddress<WaitingVotes>, now: Timestamp)
        -> [ConsensusAction]
    {
        guard let own = self.governance.ownStanding(now: now) else {
            let none = Standing(reputation: .zero, isSuspended: false, tenureFactor: .one)
            return self.show(query, none, to: asker, now: now)
        }
        let voter = VoterStandings.Voter(identity: own.identity, at: now)
        let question = VoterStandings(voters: [voter])
        return [.ask(.standings(question, .waiting(query, asker, voter)))]
    }

    private func show(
        _ query: WaitingVotes,
        _ standing: Standing,
        to asker: ReplyAddress<WaitingVotes>,
        now: Timestamp
    ) -> [ConsensusAction] {
        let open = self.governance.unvoted(query, now: now).map(\.id)
        let items = standing.objection == nil ? self.governance.items(on: open) : []
        guard items.isEmpty else {
            let purpose = ArtefactsPurpose.waiting(query, asker, standing)
            return [.ask(.artefacts(CheckArtefacts(items: items), purpose))]
        }
        let waiting = self.governance.waiting(query, standing, Findings(), now: now)
        return [.showWaiting(waiting, asker)]
    }

    private func show(
        _ query: Proposals,
        _ standings: Standings,
        to asker: ReplyAddress<Proposals>,
        now: Timestamp
    ) -> [ConsensusAction] {
        let items = self.governance.items(on: self.open(query, now: now))
        guard items.isEmpty else {
            let purpose = ArtefactsPurpose.view(query, asker, standings)
            return [.ask(.artefacts(CheckArtefacts(items: items), purpose))]
        }
        return self.show(query, standings, Findings(), to: asker, now: now)
    }

    private func show(
        _ query: Proposals,
        _ standings: Standings,
        _ findings: Findings,
        to asker: ReplyAddress<Proposals>,
        now: Timestamp
    ) -> [ConsensusAction] {
        let outside = Outside(
            now: now,
            network: self.network,
            standings: standings,
            findings: findings
        )
        let cut = self.governance.cutTexts(query, now: now)
        return self.read(cut, for: .proposals(query, asker, outside), now: now)
    }

    /// Asks the log for the whole texts of an answer, newest first.
    private func read(_ ids: [MessageID], for purpose: TextsPurpose, now: Timestamp)
        -> [ConsensusAction]
    {
        guard !ids.isEmpty else { return self.heard(nil, for: purpose, now: now) }
        let wanted = Array(ids.prefix(ConsensusLimits.textsRead))
        return [.ask(.texts(MessagesByID(ids: wanted), purpose))]
    }

    /// The log handed out whole texts; what had no room there, is not committed yet, or was not
    /// answered at all is shown in outline.
    func heard(_ reply: MessagesByID.Reply?, for purpose: TextsPurpose, now: Timestamp)
        -> [ConsensusAction]
    {
        let messages = (reply?.messages ?? []).compactMap { try? EnvelopeCodec.decode($0) }
        let texts = Dictionary(messages.map { ($0.id, $0) }) { first, _ in first }
        switch purpose {
        case .proposals(let query, let asker, var outside):
            outside.texts = texts
            return [.showProposals(self.governance.views(query, outside), asker)]
        case .requests(let query, let asker):
            return [.showRequests(self.governance.views(query, now: now, texts), asker)]
        }
    }

    /// The tree over the open proposals (D-33).
    mutating func treeView(_ question: TreeQuestion, now: Timestamp) -> TreeView {
        self.governance.treeView(question, now: now)
    }

    /// Votes on proposals, as peers are served them.
    func votes(_ query: ProposalVotes) -> ProposalVotes.Reply { self.governance.votes(query) }

    /// The archived ones among these proposals.
    func archived(among proposals: [MessageID], now: Timestamp) -> Set<MessageID> {
        self.governance.archived(among: proposals, now: now)
    }

    /// The phase of the network and what it lacks for the next one.
    func phase(now: Timestamp) -> NetworkPhase.Reply { self.governance.phase(now: now) }

    /// The governance part of the state digest.
    func status(isBrief: Bool = false) -> ConsensusStatus.Reply {
        ConsensusStatus.Reply(
            requests: self.governance.requests.count,
            proposals: self.governance.proposals.count,
            votes: self.governance.voteCount,
            digest: isBrief ? nil : self.digest
        )
    }
}

extension ConsensusStateMachine: Digestible {
    /// How far decisions are, whether a partition has just healed, which hours it looks at and how large the network is are this life's.
    func digest(into writer: inout some StateWriter) {
        writer.field("governance", self.governance)
    }
}
