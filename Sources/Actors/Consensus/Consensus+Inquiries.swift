import Kernel
import Messages
import OrderedCollections
import Primitives

// What Reputation is asked: first for the network, then for the voters.
extension Consensus {
    /// What a question to Reputation is for.
    enum Inquiry: Sendable {
        case decision
        case hour
        case views(Proposals, ReplyAddress<Proposals>)
    }

    static func wireInquiries(_ wiring: borrowing Wiring<Consensus>) {
        wiring.wakes { consensus, outbox in consensus.lookAround(&outbox) }
        wiring.receives(Scores.Reply.self) { consensus, envelope, outbox in
            guard let inquiry = consensus.take(envelope.cause) else { return }
            consensus.sampled(envelope.body, for: inquiry, &outbox)
        }
        wiring.receives(VoterStandings.Reply.self) { consensus, envelope, outbox in
            guard let inquiry = consensus.take(envelope.cause) else { return }
            consensus.rated(Standings(envelope.body), for: inquiry, &outbox)
        }
    }

    private func take(_ question: EnvelopeID?) -> Inquiry? {
        question.flatMap { self.inquiries.removeValue(forKey: $0) }
    }

    /// Asks for a sample of the network when a decision is due or an hour has ended.
    private func lookAround(_ outbox: inout Outbox) {
        guard self.liveSince != nil else { return }
        let now = outbox.now.timestamp
        if now >= self.nextHour {
            self.nextHour = Timestamp(clockHour: now.clockHour + 1)
            self.inquiries[outbox.ask(self.scores, Scores())] = .hour
        }
        if !self.isDeciding, !self.machine.due(now: now).isEmpty {
            self.isDeciding = true
            self.inquiries[outbox.ask(self.scores, Scores(identities: []))] = .decision
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
            guard let liveSince = self.liveSince,
                let hour = self.machine.observation(liveSince: liveSince, reply, now: now)
            else { return }
            self.record(HourObservation.factKind, hour.factBody, &outbox)
        case .decision: self.ask(about: self.machine.due(now: now), for: inquiry, &outbox)
        case .views(let query, _):
            let open = self.machine.records(query).filter { $0.outcome == nil }
            self.ask(about: open.map(\.id), for: inquiry, &outbox)
        }
    }

    private func ask(about proposals: [MessageID], for inquiry: Inquiry, _ outbox: inout Outbox) {
        let voters = self.machine.voters(on: proposals)
        guard !voters.isEmpty, self.standings.isConnected else {
            return self.rated(Standings(), for: inquiry, &outbox)
        }
        self.inquiries[outbox.ask(self.standings, VoterStandings(voters: voters))] = inquiry
    }

    private func rated(_ standings: Standings, for inquiry: Inquiry, _ outbox: inout Outbox) {
        let now = outbox.now.timestamp
        switch inquiry {
        case .hour: break
        case .decision:
            let decisions = self.machine.decide(network: self.network, standings, now: now)
            self.record(decisions, &outbox)
            self.sleep(&outbox)
        case .views(let query, let address):
            let outside = Outside(now: now, network: self.network, standings: standings)
            let views = self.machine.views(query, outside)
            outbox.reply(Proposals.Reply(proposals: views), to: address)
        }
    }

    /// Answers with current weights, or with the scores at arrival when nobody knows any.
    func answer(
        _ query: Proposals,
        _ address: ReplyAddress<Proposals>,
        _ outbox: inout Outbox
    ) {
        let inquiry = Inquiry.views(query, address)
        guard self.scores.isConnected else {
            return self.rated(Standings(), for: inquiry, &outbox)
        }
        self.inquiries[outbox.ask(self.scores, Scores(identities: []))] = inquiry
    }
}
