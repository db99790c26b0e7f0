import TestSupport

/// The rules of §8 written a second time, in the plainest way: everything is kept, and looked at
/// again in full whenever somebody asks.
///
/// People are numbers, times are milliseconds, fractions are millionths.
struct PlainAssembly {
    enum Stance: String {
        case endorse
        case reject
        case abstain
    }

    struct Vote {
        let key: Int
        let at: Int64
        let stance: Stance
        let isDegraded: Bool
        /// The score at arrival, for want of a better one.
        let score: Int64
        let rank: [UInt8]
    }

    struct Adoption {
        let key: Int
        let at: Int64
        let isSuccess: Bool
        let score: Int64
        let rank: [UInt8]
    }

    /// What a proposal would change.
    enum Remedy {
        case nothing
        case flag
        case threshold(Int64)
        case successor(of: Int, Int)
        /// Of the protocol, with this time from effect to the end of the version before.
        case version(grace: Int64)
    }

    struct Proposal {
        let number: Int
        let author: Int
        let at: Int64
        let deadline: Int64
        let isConstitutional: Bool
        let remedy: Remedy
        let score: Int64
        var decision: PlainDecision?
        var decidedAt: Int64 = 0
        /// How it ended, once nobody looks at it any more.
        var archivedAs: String?

        var effectiveAt: Int64 { self.deadline + (self.isConstitutional ? 30 * PlainClock.day : 0) }

        var isGovernance: Bool {
            if case .nothing = self.remedy { return self.isConstitutional }
            return true
        }
    }

    /// What somebody is rated from a moment on.
    struct Rating {
        let identity: Int
        let from: Int64
        let reputation: Int64
        let isSuspended: Bool
        let tenureFactor: Int64
    }

    var keys = PlainKeys()
    var clock = PlainClock()
    var proposals: [Int: Proposal] = [:]
    /// By proposal, those that are not known included.
    var votes: [Int: [Vote]] = [:]
    var adoptions: [Int: [Adoption]] = [:]
    var withdrawals: [Int: [(key: Int, at: Int64)]] = [:]
    var ratings: [Rating] = []
    var announcements: [(key: Int, at: Int64, isDegraded: Bool)] = []
    /// Ratified thresholds, from when on.
    var thresholds: [(from: Int64, value: Int64, rank: [UInt8])] = []

    /// Votes on the successors of keys that are not in force yet.
    var successors: [(of: Int, Int, from: Int64, rank: [UInt8])] = []

    // MARK: Who

    func identity(_ key: Int, at time: Int64) -> Int? {
        self.keys.owner(of: key, at: time)?.identity
    }

    func author(of proposal: Proposal) -> Int? { self.identity(proposal.author, at: proposal.at) }

    func rating(of identity: Int, at time: Int64) -> Rating? {
        self.ratings.last { $0.identity == identity && $0.from <= time }
    }

    /// Whether an identity has made fewer than three proposals in seven days.
    func mayPropose(_ key: Int, at time: Int64) -> Bool {
        let identity = self.identity(key, at: time)
        let recent = self.proposals.values.filter {
            self.author(of: $0) == identity && time - $0.at < 7 * PlainClock.day
        }
        return recent.count < 3
    }

    /// When any key of the author's identity took a proposal back.
    func withdrawnAt(_ proposal: Proposal) -> Int64? {
        guard let author = self.author(of: proposal) else { return nil }
        let isConfirming = proposal.decision?.state == "confirming"
        let end = proposal.deadline + (isConfirming ? 7 * PlainClock.day : 0)
        return self.withdrawals[proposal.number]?
            .filter { $0.at <= end && self.identity($0.key, at: $0.at) == author }
            .map(\.at).min()
    }

    // MARK: What counts

    /// The standing item of each identity: one in time before any other, then the later one, then
    /// the larger id.
    private func newest<Item>(
        _ items: [Item],
        _ place: (Item) -> (key: Int, at: Int64, isInTime: Bool, rank: [UInt8])
    ) -> [Int: Item] {
        var newest: [Int: Item] = [:]
        for item in items {
            let new = place(item)
            guard let identity = self.identity(new.key, at: new.at) else { continue }
            guard let other = newest[identity].map(place) else {
                newest[identity] = item
                continue
            }
            if new.isInTime != other.isInTime {
                if new.isInTime { newest[identity] = item }
            } else if new.at != other.at {
                if new.at > other.at { newest[identity] = item }
            } else if other.rank.lexicographicallyPrecedes(new.rank) {
                newest[identity] = item
            }
        }
        return newest
    }

    func ballots(_ proposal: Proposal) -> [PlainBallot] {
        let withdrawnAt = self.withdrawnAt(proposal)
        let standing = self.newest(self.votes[proposal.number] ?? []) {
            (key: $0.key, at: $0.at, isInTime: $0.at <= proposal.deadline, rank: $0.rank)
        }
        return standing.map { identity, vote in
            let rating = self.rating(of: identity, at: vote.at)
            let reputation = rating?.reputation ?? vote.score
            let votesFrom = self.keys.owner(of: vote.key, at: vote.at)?.votesFrom ?? .min
            let isCounted =
                vote.at <= proposal.deadline && withdrawnAt.map { vote.at <= $0 } ?? true
                && vote.at >= votesFrom && reputation >= 300_000
            let isDegraded = vote.isDegraded || self.isDegraded(vote.key, at: vote.at)
            let isContested = [self.keys.last(vote.key), identity]
                .contains { self.keys.isContested($0) }
            var weight = isContested || rating?.isSuspended == true ? 10_000 : reputation
            if isDegraded { weight = weight / 2 }
            weight = weight * (rating?.tenureFactor ?? 1_000_000) / 1_000_000
            return PlainBallot(
                identity: identity,
                at: vote.at,
                stance: vote.stance.rawValue,
                weight: isCounted ? weight : 0,
                isDegraded: isDegraded,
                isCounted: isCounted
            )
        }.sorted { $0.identity < $1.identity }
    }

    /// What a key announced last at or before a moment.
    private func isDegraded(_ key: Int, at time: Int64) -> Bool {
        var newest: (at: Int64, isDegraded: Bool)?
        for said in self.announcements where said.key == key && said.at <= time {
            if newest.map({ $0.at <= said.at }) ?? true { newest = (said.at, said.isDegraded) }
        }
        return newest?.isDegraded ?? false
    }

    /// Successful adoptions of identities with a say, in the time for adoptions.
    func adopters(_ proposal: Proposal) -> Int {
        let first = proposal.isConstitutional ? proposal.effectiveAt : .min
        return self.newest(self.adoptions[proposal.number] ?? []) {
            (key: $0.key, at: $0.at, isInTime: $0.at >= first, rank: $0.rank)
        }.values.count { $0.at >= first && $0.isSuccess && $0.score >= 300_000 }
    }
}
