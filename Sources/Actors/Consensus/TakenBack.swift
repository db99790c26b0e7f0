import Identities
import Messages
import OrderedCollections
import Primitives

/// Artefacts that their uploaders take back, so that nobody proposes them any more (R-06-099).
///
/// What was said is kept as it came. Whether a withdrawal is its owner's, and whether a proposal stands
/// against it, is worked out when a proposal of the artefact is looked at (D-74, ADR 0053).
struct TakenBack: Sendable, Codable {
    fileprivate struct Words: Sendable, Codable {
        /// Of those alone who might ask for copies (R-06-036).
        var requests: [Message] = []
        var withdrawals: [Message] = []
    }

    /// Artefacts that somebody asked for who might, in the order of arrival.
    private var words: OrderedDictionary<ContentHash, Words> = [:]
    /// Withdrawals of artefacts that nobody asked for so far.
    private var early: OrderedDictionary<ContentHash, Words> = [:]
    /// Of how many artefacts requests of a key are kept.
    private var counts: [NodeID: Int] = [:]

    // MARK: The fold

    /// Notes a logged message: that copies are asked for, or that an artefact is taken back.
    mutating func note(_ admitted: AdmittedMessage) {
        switch admitted.message.payload {
        case .replicateRequest(let request):
            guard Capability.replicate.isPermitted(at: admitted.reputation) else { return }
            self.ask(admitted.message, for: request.content.contentHash)
        case .contentWithdraw(let withdrawal):
            self.takeBack(admitted.message, withdrawal.contentHash)
        default: return
        }
    }

    private mutating func ask(_ message: Message, for content: ContentHash) {
        var words = self.words[content] ?? self.early.removeValue(forKey: content) ?? Words()
        let isFirst = !words.requests.contains { $0.from == message.from }
        let others = Set(words.requests.map(\.from)).count
        guard !isFirst || others < ConsensusLimits.uploadersKeptMax else { return }
        words.requests.insert(message)
        self.words[content] = words
        guard isFirst else { return }
        self.counts[message.from, default: 0] += 1
        if self.counts[message.from, default: 0] > ConsensusLimits.uploadedPerKeyMax {
            self.forgetOldest(of: message.from)
        }
        if self.words.count > ConsensusLimits.uploadedMax { self.forgetOldest() }
    }

    private mutating func takeBack(_ message: Message, _ content: ContentHash) {
        guard self.words[content] == nil else {
            self.words[content]?.takeBack(message)
            return
        }
        self.early[content, default: Words()].takeBack(message)
        let excess = self.early.count - ConsensusLimits.earlyWithdrawalsMax
        if excess > 0 { self.early.removeFirst(excess) }
    }

    private mutating func forgetOldest(of key: NodeID) {
        let oldest = self.words.first { $0.value.requests.contains { $0.from == key } }?.key
        guard let oldest else { return }
        self.words[oldest]?.requests.removeAll { $0.from == key }
        self.forget(key)
        if self.words[oldest]?.requests.isEmpty == true { self.words[oldest] = nil }
    }

    private mutating func forgetOldest() {
        let oldest = self.words.removeFirst()
        for key in Set(oldest.value.requests.map(\.from)) { self.forget(key) }
    }

    private mutating func forget(_ key: NodeID) {
        let count = self.counts[key, default: 0] - 1
        self.counts[key] = count > 0 ? count : nil
    }

    // MARK: Reading

    /// The withdrawal because of which a proposal of an artefact does not count; nil when none is in
    /// force.
    func withdrawal(
        of content: ContentHash,
        before proposal: Message,
        _ proposals: ProposalBook,
        _ signers: Signers
    ) -> Message? {
        guard let words = self.words[content] else { return nil }
        return words.withdrawals.first { withdrawal in
            withdrawal.precedes(proposal)
                && words.isInForce(withdrawal, against: proposal, signers)
                && proposals.known { $0.contentHash == content }
                    .allSatisfy { !$0.stands(against: withdrawal, signers) }
        }
    }
}

extension TakenBack.Words {
    fileprivate mutating func takeBack(_ message: Message) {
        let uploaders = Set(self.requests.map(\.from))
        let isStranger = !uploaders.contains(message.from)
        let strangers = self.withdrawals.count { !uploaders.contains($0.from) }
        guard !isStranger || strangers < ConsensusLimits.wordsOfStrangersMax else { return }
        self.withdrawals.insert(message)
    }

    /// Whether the identity that takes an artefact back is one that asked for its copies, and nobody else
    /// asks for them.
    ///
    /// Others who ask for copies keep it in the network, so that one of two uploaders alone takes nothing
    /// away; and so does the uploader itself that asks anew when the artefact is gone. That is a week
    /// after the withdrawal at the latest, whatever it says: others need a day to hear of it (R-06-097),
    /// and nobody keeps an artefact from being proposed for longer than that.
    fileprivate func isInForce(
        _ withdrawal: Message,
        against proposal: Message,
        _ signers: Signers
    ) -> Bool {
        guard let owner = signers.owner(of: withdrawal),
            case .contentWithdraw(let body) = withdrawal.payload
        else { return false }
        let latest = withdrawal.timestamp.adding(
            milliseconds: ConsensusLimits.withdrawalMilliseconds
        )
        let gone = min(body.effectiveAfter, latest)
        let asked = self.requests.filter { $0.precedes(proposal) }
        let isOwners = asked.contains {
            $0.timestamp <= withdrawal.timestamp && signers.owner(of: $0) == owner
        }
        return isOwners
            && !asked.contains { request in
                guard let uploader = signers.owner(of: request) else { return false }
                return uploader == owner
                    ? request.timestamp >= gone
                    : !self.isTakenBack(request, by: uploader, before: proposal, signers)
            }
    }

    private func isTakenBack(
        _ request: Message,
        by uploader: NodeID,
        before proposal: Message,
        _ signers: Signers
    ) -> Bool {
        self.withdrawals.contains {
            $0.timestamp >= request.timestamp && $0.precedes(proposal)
                && signers.owner(of: $0) == uploader
        }
    }
}

extension TakenBack: Digestible {
    /// Which artefact was heard of first decides which one gives way.
    func digest(into writer: inout some StateWriter) {
        writer.field("words", self.words)
        writer.field("early", self.early)
    }
}

extension TakenBack.Words: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("requests", self.requests)
        writer.field("withdrawals", self.withdrawals)
    }
}

extension KnownProposal {
    /// Whether the artefact was put to the vote when somebody took it back.
    fileprivate func stands(against withdrawal: Message, _ signers: Signers) -> Bool {
        let isEarlier = (self.timestamp, self.id) < (withdrawal.timestamp, withdrawal.id)
        return isEarlier && Capability.propose.isPermitted(at: self.reputation)
            && self.votingDeadline >= withdrawal.timestamp && self.author(signers) != nil
            && (self.withdrawnAt(signers).map { $0 > withdrawal.timestamp } ?? true)
    }
}

extension Message {
    /// Whether it comes before another one: by the time, and then by the id (D-74).
    fileprivate func precedes(_ other: Message) -> Bool {
        (self.timestamp, self.id) < (other.timestamp, other.id)
    }
}

extension [Message] {
    /// Adds a message in the order of the stamps; of very many of one key those in the middle give way.
    fileprivate mutating func insert(_ message: Message) {
        guard !self.contains(where: { $0.id == message.id }) else { return }
        let place = self.firstIndex { message.precedes($0) } ?? self.endIndex
        self.insert(message, at: place)
        let own = self.indices.filter { self[$0].from == message.from }
        if own.count > ConsensusLimits.uploadsKeptMax { self.remove(at: own[own.count / 2]) }
    }
}
