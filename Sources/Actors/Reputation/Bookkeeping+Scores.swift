import Identities
import Messages
import OrderedCollections
import Primitives

// What others ask of identities (§9).
extension Bookkeeping {
    /// This node's identity, at the end of all rotations.
    var ownIdentity: NodeID { self.ledger.identity(of: self.configuration.ownIdentity) }

    /// The score of an identity, as this node sees it now.
    func score(of key: NodeID) -> FixedPoint { self.witnesses.score(of: key, self.ledger) }

    /// What goes into a score, now or as of a moment (D-48).
    func evaluation(of identity: NodeID, at moment: Timestamp? = nil) -> Witnesses.Evaluation {
        self.witnesses.evaluation(of: identity, at: moment, self.ledger)
    }

    /// The ledger part of the state digest, and this node's opinion of itself (D-51).
    func status(isBrief: Bool = false) -> ReputationStatus.Reply {
        ReputationStatus.Reply(
            knownIdentities: self.ledger.accounts.count,
            ownScore: self.score(of: self.ownIdentity),
            digest: isBrief ? nil : self.digest
        )
    }

    // MARK: The network

    /// Identities that announced themselves within 30 minutes, and this node.
    func activeIdentities(now: Timestamp) -> OrderedSet<NodeID> {
        let recent = self.attendance.recent(now: now)
        var active = OrderedSet(recent.map { self.ledger.identity(of: $0) })
        active.append(self.ownIdentity)
        return active
    }

    /// The scores of some identities, or of all known ones, and the size of the active network.
    func scores(_ wanted: [NodeID]?, now: Timestamp) -> Scores.Reply {
        let active = self.activeIdentities(now: now)
        // Those of the active ones are needed twice.
        let known = Dictionary(uniqueKeysWithValues: active.map { ($0, self.score(of: $0)) })
        let wanted = wanted ?? Array(self.ledger.accounts.keys)
        let entries = wanted.sorted().map { key in
            let identity = self.ledger.identity(of: key)
            let observations = self.ledger.read(identity) { $0.pointee.observations.count }
            return Scores.Entry(
                identity: key,
                overall: known[identity] ?? self.score(of: identity),
                observations: observations ?? 0,
                isActive: known[identity] != nil,
                spendable: max(.zero, self.ledger.direct(of: identity) - ReputationLimits.floor),
                network: self.witnesses.network(of: identity, self.ledger.keys, at: now).name
            )
        }
        return Scores.Reply(
            entries: entries,
            activeIdentities: active.count,
            activeReputation: active.reduce(.zero) { $0 + (known[$1] ?? .zero) },
            earnedDelta: active.reduce(.zero) {
                $0 + (self.ledger.read($1) { $0.pointee.earned(at: now) } ?? .zero)
            }
        )
    }

    /// Whom this node can tell others about: identities that it knows by itself, as an echo of others'
    /// words says nothing.
    var subjects: [NodeID] {
        let own = self.ownIdentity
        return Array(
            self.ledger.accounts.filter {
                $0.key != own && !$0.value.isBanned && $0.value.alpha() > 0
            }.keys
        )
    }

    /// What this node tells others about an identity (R-09-042).
    func assessment(of subject: NodeID, now: Timestamp) -> ReputationGossip.Assessment {
        let observations = self.ledger.account(of: subject)?.observations
        let observed = observations?.newest ?? now
        return ReputationGossip.Assessment(
            nodeID: subject,
            overall: self.score(of: subject),
            byDomain: [],
            observationCount: Int64(observations?.count ?? 0),
            lastObserved: min(observed, now),
            assessmentTimestamp: now
        )
    }

    /// What this node thinks now of those that it assessed in public, by identity (R-05-052).
    func currentScores(after: NodeID?, limit: Int) -> CurrentScores.Reply {
        let assessed = self.witnesses.assessments.newest(by: self.ownIdentity)
            .filter { entry in after.map { $0 < entry.subject } ?? true }
            .sorted { $0.subject < $1.subject }
        let entries = assessed.prefix(max(1, limit)).map { subject, time in
            SyncResponse.CurrentReputation(
                nodeID: subject,
                reputation: self.score(of: subject),
                lastAssessment: time
            )
        }
        return CurrentScores.Reply(
            entries: Array(entries),
            hasMore: entries.count < assessed.count
        )
    }

    /// An answer to a peer that counts as service (R-05-112).
    func serviceFact(_ answered: SyncAnswered, now: Timestamp) -> LocalFact? {
        let peer = self.ledger.identity(of: answered.peer)
        guard peer != self.ownIdentity,
            self.own.service.counts(answered.messages, to: peer, at: now)
        else { return nil }
        return OwnFact.served(peer: answered.peer).fact(recordedAt: now)
    }

    // MARK: Peers and voters

    /// What a connected peer is to this node.
    func standing(of node: NodeID, now: Timestamp) -> PeerStandings.Standing {
        let identity = self.ledger.identity(of: node)
        var condition = PeerStandings.Condition.good
        if self.ledger.isSuspended(identity) { condition = .suspended }
        if self.verdicts.isBanned(identity, at: now, self.ledger) { condition = .banned }
        return PeerStandings.Standing(
            node: node,
            score: self.score(of: identity),
            condition: condition
        )
    }

    /// A voter's standing when it voted.
    func standing(of voter: VoterStandings.Voter) -> VoterStandings.Reply.Standing {
        let identity = self.ledger.identity(of: voter.identity)
        let isBanned = self.ledger.isBanned(identity)
        let evaluation = self.evaluation(of: identity, at: voter.at)
        return VoterStandings.Reply.Standing(
            identity: voter.identity,
            at: voter.at,
            reputation: isBanned ? .zero : evaluation.score,
            isSuspended: self.ledger.isSuspended(identity),
            tenureFactor: self.verdicts.tenures.tenure(of: identity, at: voter.at).factor
        )
    }
}
