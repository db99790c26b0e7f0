import Identities
import Messages
import OrderedCollections
import Primitives

/// What is known of proposals and of the content in them: who earns when others adopt (D-44).
struct RewardBook: Sendable, Codable {
    /// A proposal as far as the ledger needs it.
    struct Offer: Sendable, Codable {
        var author: NodeID
        let contentHash: ContentHash
        let timestamp: Timestamp
        let deadline: Timestamp
        /// Earlier adoptions are refused where the proposal is known, so they earn nothing (R-08-037).
        let adoptableFrom: Timestamp
        let claims: Int
        /// The SHARE that it names as its origin.
        let origin: MessageID?
        /// When it arrived.
        let heardAt: Timestamp
        /// Who held copies during the vote, as listed then; nil until the market tells.
        var providers: [NodeID]?
        var pool = AdoptionPool()
        var adopters: OrderedSet<NodeID> = []
    }

    /// A rewarded adoption: who gets what.
    struct Reward: Sendable, Equatable {
        let author: NodeID
        let host: NodeID?
        let providers: [NodeID]
        let shares: AdoptionPool.Shares
    }

    /// A successful ADOPT.
    struct Adoption: Sendable, Hashable, Codable {
        let proposal: MessageID
        var adopter: NodeID
        let timestamp: Timestamp
    }

    fileprivate struct SharedContent: Sendable, Codable {
        var host: NodeID
        let timestamp: Timestamp
        let hashes: [ContentHash]
    }

    private(set) var offers: OrderedDictionary<MessageID, Offer> = [:]
    /// What does not count yet (ADR 0025).
    private var waiting: OrderedSet<Adoption> = []
    private var shares: OrderedDictionary<MessageID, SharedContent> = [:]
    /// SHAREs that proposals name and that did not come yet.
    private var missingOrigins: Set<MessageID> = []
    private var uploaders: OrderedDictionary<ContentHash, OrderedSet<NodeID>> = [:]

    // MARK: Folding

    /// Notes a proposal.
    mutating func proposed(
        _ proposal: Propose,
        _ message: Message,
        by author: NodeID,
        heardAt arrival: Timestamp
    ) {
        guard self.offers[message.id] == nil else { return }
        let origin = proposal.originShareID
        if let origin, self.shares[origin] == nil { self.missingOrigins.insert(origin) }
        self.offers[message.id] = Offer(
            author: author,
            contentHash: proposal.contentHash,
            timestamp: message.timestamp,
            deadline: proposal.votingDeadline,
            adoptableFrom: proposal.adoptableFrom,
            claims: proposal.claims.count,
            origin: origin,
            heardAt: arrival
        )
    }

    /// Keeps an adoption that does not count yet; when there are too many, the oldest goes.
    mutating func wait(_ adoption: Adoption) {
        self.waiting.append(adoption)
        if self.waiting.count > ReputationLimits.waitingAdoptionsMax { self.waiting.removeFirst() }
    }

    /// Takes out waiting adoptions that count now, in the order of their times; each is asked once.
    mutating func takeReady(where counts: (Adoption) -> Bool) -> [Adoption] {
        let ready = self.waiting.filter(counts)
        guard !ready.isEmpty else { return [] }
        self.waiting.subtract(ready)
        return ready.sorted {
            ($0.timestamp, $0.adopter, $0.proposal) < ($1.timestamp, $1.adopter, $1.proposal)
        }
    }

    /// Notes who held copies of a proposal's content; the first word stands, so that the pool is
    /// cut into the same number of parts at every adoption.
    mutating func held(_ proposal: MessageID, by providers: [NodeID]) {
        guard self.offers[proposal]?.providers == nil else { return }
        self.offers[proposal]?.providers = Array(OrderedSet(providers))
    }

    /// Whether the SHARE that a proposal names may still come: then its host is not known yet.
    func awaitsOrigin(_ offer: Offer, at time: Timestamp) -> Bool {
        guard let origin = offer.origin, self.missingOrigins.contains(origin) else { return false }
        return time.milliseconds(since: offer.heardAt) < ReputationLimits.originWaitMilliseconds
    }

    /// Notes who offers which content.
    ///
    /// - Returns: whether a proposal names it and came before it.
    mutating func shared(_ share: Share, _ message: Message, by host: NodeID) -> Bool {
        self.shares[message.id] = SharedContent(
            host: host,
            timestamp: message.timestamp,
            hashes: share.entries.map(\.contentHash)
        )
        if self.shares.count > ReputationLimits.sharesMax { self.shares.removeFirst() }
        return self.missingOrigins.remove(message.id) != nil
    }

    /// Notes who pays for copies of which content.
    mutating func uploaded(_ content: ContentHash, by uploader: NodeID) {
        self.uploaders[content, default: []].append(uploader)
        if self.uploaders.count > ReputationLimits.sharesMax { self.uploaders.removeFirst() }
    }

    /// A successful adoption: once for each identity, of somebody without a part in it, ten times.
    ///
    /// - Parameters:
    ///   - adoption: one that counts; its proposal is known.
    ///   - score: the score of an identity now; it decides the host's class at each ADOPT.
    /// - Returns: who is rewarded; nil when nobody is.
    mutating func adopted(_ adoption: Adoption, score: (NodeID) -> FixedPoint) -> Reward? {
        guard var offer = self.offers[adoption.proposal] else { return nil }
        let adopter = adoption.adopter
        let host = self.host(of: offer)
        let isUploader = self.uploaders[offer.contentHash]?.contains(adopter) ?? false
        guard adoption.timestamp >= offer.adoptableFrom, offer.pool.isOpen, adopter != offer.author,
            adopter != host, !isUploader,
            offer.adopters.append(adopter).inserted
        else { return nil }
        let providers = offer.providers ?? []
        let shares = offer.pool.next(hostScore: host.map(score), providers: providers.count)
        self.offers[adoption.proposal] = offer
        return Reward(author: offer.author, host: host, providers: providers, shares: shares)
    }

    /// The first host: who shared the content before, in the SHARE that the proposal names.
    private func host(of offer: Offer) -> NodeID? {
        guard let share = offer.origin.flatMap({ self.shares[$0] }),
            share.timestamp < offer.timestamp, share.hashes.contains(offer.contentHash),
            share.host != offer.author
        else { return nil }
        return share.host
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for id in self.offers.keys {
            if self.offers[id]?.author == old { self.offers[id]?.author = new }
            // Two that became one have two parts: the pool is cut into as many as before.
            let providers = self.offers[id]?.providers
            self.offers[id]?.providers = providers?.map { $0 == old ? new : $0 }
            if self.offers[id]?.adopters.remove(old) != nil {
                self.offers[id]?.adopters.append(new)
            }
        }
        self.moveWaiting(old, to: new)
        for id in self.shares.keys where self.shares[id]?.host == old {
            self.shares[id]?.host = new
        }
        for content in self.uploaders.keys
        where self.uploaders[content]?.remove(old) != nil {
            self.uploaders[content]?.append(new)
        }
    }

    /// Each keeps its place, in one pass.
    private mutating func moveWaiting(_ old: NodeID, to new: NodeID) {
        guard self.waiting.contains(where: { $0.adopter == old }) else { return }
        self.waiting = OrderedSet(
            self.waiting.map { adoption in
                guard adoption.adopter == old else { return adoption }
                var moved = adoption
                moved.adopter = new
                return moved
            }
        )
    }
}

extension RewardBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("offers", self.offers)
        writer.field("waiting", self.waiting)
        writer.field("shares", self.shares)
        writer.field("missingOrigins", self.missingOrigins)
        writer.field("uploaders", self.uploaders)
    }
}

extension RewardBook.Offer: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("author", self.author)
        writer.field("contentHash", self.contentHash)
        writer.field("timestamp", self.timestamp)
        writer.field("deadline", self.deadline)
        writer.field("adoptableFrom", self.adoptableFrom)
        writer.field("claims", self.claims)
        writer.field("origin", self.origin)
        writer.field("heardAt", self.heardAt)
        writer.field("providers", self.providers)
        writer.field("pool", self.pool)
        writer.field("adopters", self.adopters)
    }
}

extension RewardBook.Adoption: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("proposal", self.proposal)
        writer.field("adopter", self.adopter)
        writer.field("timestamp", self.timestamp)
    }
}

extension RewardBook.SharedContent: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("host", self.host)
        writer.field("timestamp", self.timestamp)
        writer.field("hashes", self.hashes)
    }
}
