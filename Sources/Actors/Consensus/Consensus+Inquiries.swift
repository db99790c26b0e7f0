import Kernel
import Messages
import OrderedCollections
import Primitives

// What Reputation is asked: first for the network, then for the voters; and what the log is asked,
// for texts of which only an outline is kept.
extension Consensus {
    /// What a question to Reputation is for.
    enum Inquiry: Sendable {
        /// What came due since waits for the next look: nobody was asked about it.
        case decision(on: [MessageID])
        case hour
        case views(Proposals, ReplyAddress<Proposals>)
    }

    /// An answer that waits for texts from the log.
    enum Unread: Sendable {
        case proposals(Proposals, ReplyAddress<Proposals>, Outside)
        case requests(Requests, ReplyAddress<Requests>)
    }

    static func wireInquiries(_ wiring: borrowing Wiring<Consensus>) {
        wiring.wakes { consensus, outbox in consensus.lookAround(&outbox) }
        wiring.hears(Scores.self, about: Inquiry.self) { consensus, answer, outbox in
            guard let reply = answer.reply else {
                return consensus.unanswered(answer.context, &outbox)
            }
            consensus.sampled(reply, for: answer.context, &outbox)
        }
        wiring.hears(VoterStandings.self, about: Inquiry.self) { consensus, answer, outbox in
            guard let reply = answer.reply else {
                return consensus.unanswered(answer.context, &outbox)
            }
            consensus.rated(Standings(reply), for: answer.context, &outbox)
        }
        wiring.hears(MessagesByID.self, about: Unread.self) { consensus, answer, outbox in
            let texts = answer.reply.map { Self.texts($0) } ?? [:]
            consensus.answer(answer.context, texts: texts, &outbox)
        }
    }

    /// Reputation said nothing in time: what is due is looked at again, what is asked is answered
    /// with the scores at arrival.
    private func unanswered(_ inquiry: Inquiry, _ outbox: inout Outbox) {
        switch inquiry {
        case .hour: break
        case .decision:
            self.isDeciding = false
            outbox.wake(at: outbox.now.advanced(by: .answering))
        case .views: self.rated(Standings(), for: inquiry, &outbox)
        }
    }

    private static func texts(_ reply: MessagesByID.Reply) -> [MessageID: Message] {
        let messages = reply.messages.compactMap { try? EnvelopeCodec.decode($0) }
        return Dictionary(messages.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Asks for a sample of the network when a decision is due or an hour has ended.
    private func lookAround(_ outbox: inout Outbox) {
        guard self.liveSince != nil else { return }
        let now = outbox.now.timestamp
        // Who is who matters only while peers may know better when governance began (D-59).
        let sample = Scores(identities: self.machine.clock.governanceSince == nil ? nil : [])
        if now >= self.nextHour {
            self.nextHour = Timestamp(clockHour: now.clockHour + 1)
            outbox.ask(self.scores, sample, context: .hour)
        }
        let due = self.isDeciding ? [] : self.machine.due(now: self.decisionTime(outbox))
        if !due.isEmpty {
            self.isDeciding = true
            outbox.ask(self.scores, sample, context: .decision(on: due))
        }
        self.sleep(&outbox)
    }

    private func sampled(_ reply: Scores.Reply, for inquiry: Inquiry, _ outbox: inout Outbox) {
        self.network = NetworkSize(
            activeIdentities: reply.activeIdentities,
            activeReputation: reply.activeReputation
        )
        let now = outbox.now.timestamp
        switch inquiry {
        case .hour:
            if let liveSince = self.liveSince,
                let hour = self.machine.observation(liveSince: liveSince, reply, now: now)
            {
                self.record(HourObservation.factKind, hour.factBody, &outbox)
            }
            self.recordHint(reply, &outbox)
        case .decision(let due):
            if self.recordHint(reply, &outbox) {
                // What this node knows of governance comes first; then it looks again.
                self.isDeciding = false
            } else {
                // Alone, only what is not late is decided: the rest is no longer due.
                if reply.activeIdentities <= 1 { self.machine.listen(now: now) }
                self.ask(about: due, for: inquiry, &outbox)
            }
        case .views(let query, _):
            let open = self.machine.records(query).filter { $0.outcome == nil }
            self.ask(about: open.map(\.id), for: inquiry, &outbox)
        }
    }

    /// Writes down what peers agree on, if they know more of governance than this node.
    @discardableResult
    private func recordHint(_ reply: Scores.Reply, _ outbox: inout Outbox) -> Bool {
        guard let hint = self.machine.hint(reply) else { return false }
        self.record(GovernanceHint.factKind, hint.factBody, &outbox)
        return true
    }

    private func ask(about proposals: [MessageID], for inquiry: Inquiry, _ outbox: inout Outbox) {
        let voters = self.machine.voters(on: proposals)
        guard !voters.isEmpty, self.standings.isConnected else {
            return self.rated(Standings(), for: inquiry, &outbox)
        }
        outbox.ask(self.standings, VoterStandings(voters: voters), context: inquiry)
    }

    private func rated(_ standings: Standings, for inquiry: Inquiry, _ outbox: inout Outbox) {
        let now = outbox.now.timestamp
        switch inquiry {
        case .hour: break
        case .decision(let due):
            // Votes that came while their voters were not asked about are looked at once more.
            let known = due.filter { proposal in
                !self.standings.isConnected
                    || standings.cover(self.machine.voters(on: [proposal]))
            }
            let decisions = self.machine.decide(
                known,
                network: self.network,
                standings,
                now: self.decisionTime(outbox)
            )
            self.record(decisions, &outbox)
            self.sleep(&outbox)
        case .views(let query, let address):
            let outside = Outside(now: now, network: self.network, standings: standings)
            let cut = self.machine.cutTexts(query)
            self.read(cut, for: .proposals(query, address, outside), &outbox)
        }
    }

    // MARK: Texts

    /// Asks the log for the whole texts of an answer, newest first; what has no room there, or is
    /// not committed yet, is answered in outline.
    private func read(_ ids: [MessageID], for unread: Unread, _ outbox: inout Outbox) {
        guard !ids.isEmpty else {
            return self.answer(unread, texts: [:], &outbox)
        }
        let wanted = Array(ids.prefix(ConsensusLimits.textsRead))
        outbox.ask(self.log, MessagesByID(ids: wanted), context: unread)
    }

    private func answer(
        _ unread: Unread,
        texts: [MessageID: Message],
        _ outbox: inout Outbox
    ) {
        switch unread {
        case .proposals(let query, let address, let outside):
            var outside = outside
            outside.texts = texts
            let views = self.machine.views(query, outside)
            outbox.reply(Proposals.Reply(proposals: views), to: address)
        case .requests(let query, let address):
            let now = outbox.now.timestamp
            let views = self.machine.views(query, now: now, texts)
            outbox.reply(Requests.Reply(requests: views), to: address)
        }
    }

    func answer(_ query: Requests, _ address: ReplyAddress<Requests>, _ outbox: inout Outbox) {
        self.read(self.machine.cutTexts(query), for: .requests(query, address), &outbox)
    }

    /// Answers with current weights, or with the scores at arrival when nobody knows any.
    func answer(
        _ query: Proposals,
        _ address: ReplyAddress<Proposals>,
        _ outbox: inout Outbox
    ) {
        outbox.ask(self.scores, Scores(identities: []), context: .views(query, address))
    }
}
