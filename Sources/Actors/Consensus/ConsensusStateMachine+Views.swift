import Messages
import OrderedCollections
import Primitives

// What others see of the state.
extension ConsensusStateMachine {
    /// Proposals, newest first.
    func views(_ query: Proposals, network: NetworkSize) -> [ProposalView] {
        if let id = query.id {
            return self.proposals[id].map { [self.view($0, network)] } ?? []
        }
        let newest = self.proposals.values.sorted {
            ($0.message.timestamp, $0.message.id) > ($1.message.timestamp, $1.message.id)
        }
        return newest.prefix(max(0, query.limit)).map { self.view($0, network) }
    }

    /// Requests, newest first.
    func newestRequests(limit: Int) -> [Message] {
        let newest = self.requests.values.sorted {
            ($0.timestamp, $0.id) > ($1.timestamp, $1.id)
        }
        return Array(newest.prefix(max(0, limit)))
    }

    private func view(_ record: ProposalRecord, _ current: NetworkSize) -> ProposalView {
        let tally = record.tally(of: record.decision?.network ?? current)
        let state = self.state(of: record, tally)
        return ProposalView(
            message: record.message,
            proposal: record.proposal,
            author: record.author,
            state: state,
            isAdopted: record.isAdopted,
            tally: tally,
            votes: record.votes,
            adoptions: record.adoptions.map {
                AdoptionView(identity: $0.key, success: $0.value.success)
            }.sorted { $0.identity < $1.identity },
            supersededBy: record.supersededBy.sorted(),
            comments: record.comments.map(\.message).sorted {
                ($0.timestamp, $0.id) < ($1.timestamp, $1.id)
            },
            missing: self.missing(record, tally, state)
        )
    }

    private func state(of record: ProposalRecord, _ tally: Tally) -> ProposalState {
        if record.withdrawnAt != nil { return .withdrawn }
        if let decision = record.decision { return decision.state }
        return tally.hasQuorum && tally.reachesThreshold ? .converging : .open
    }

    private func missing(_ record: ProposalRecord, _ tally: Tally, _ state: ProposalState)
        -> [String]
    {
        guard state != .ratified else { return [] }
        if record.proposal.isGovernance {
            return ["governance is frozen until 16 nodes were active for days (§8)"]
        }
        return tally.missing
    }

    /// Root over the open proposals, at a time rounded down to the minute (D-33).
    func proposalRoot(now: Timestamp) -> Bytes32 {
        let minute = now.milliseconds - now.milliseconds % 60_000
        let open = self.proposals.values.filter {
            $0.withdrawnAt == nil && $0.proposal.votingDeadline.milliseconds >= minute
        }
        return MerkleTree(ids: open.map(\.message.id)).root
    }

    /// Votes that are known with their proposals.
    var voteCount: Int { self.proposals.values.reduce(0) { $0 + $1.ballots.count } }

    /// Digest of what the log determines.
    var digest: Bytes32 {
        var hasher = SHA256Hasher()
        for id in self.requests.keys.sorted() { hasher.update(id.array) }
        for id in self.proposals.keys.sorted() {
            guard let record = self.proposals[id] else { continue }
            hasher.update(Array(record.digestLine.utf8))
        }
        return hasher.finalize()
    }
}

extension ProposalRecord {
    fileprivate var votes: [VoteView] {
        let views = self.ballots.values.map { ballot in
            let reason = self.reasonNotToCount(ballot)
            return VoteView(
                identity: ballot.identity,
                voteID: ballot.message.id,
                stance: ballot.vote.stance.rawValue,
                weight: reason == nil ? ballot.weight : .zero,
                notCountedBecause: reason
            )
        }
        return views.sorted { $0.identity < $1.identity }
    }

    fileprivate var digestLine: String {
        let votes = self.ballots.values.sorted { $0.identity < $1.identity }
            .map { "\($0.message.id):\($0.weight.millionths)" }
        let adoptions = self.adoptions.values.map(\.message.id).sorted().map(\.hex)
        let comments = self.comments.map(\.message.id).sorted().map(\.hex)
        let parts = [
            self.message.id.hex, self.decision?.state.rawValue ?? "-",
            self.withdrawnAt.map { "\($0.milliseconds)" } ?? "-", "\(self.isAdopted)",
            votes.joined(separator: ","), adoptions.joined(separator: ","),
            comments.joined(separator: ","),
        ]
        return parts.joined(separator: "|") + "\n"
    }
}
