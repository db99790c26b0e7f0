import Identities
import Messages
import OrderedCollections
import Primitives

/// All comments, by what they talk about and by who signed them.
///
/// They never affect a result (R-07-021). That a comment breaks an hourly limit is this node's own
/// opinion, because the limit follows from a score: such a comment is kept and hidden (D-76).
struct CommentBook: Sendable, Codable {
    struct Remark: Sendable, Codable {
        let message: Message
        let comment: Comment
        /// The sender's score at arrival, recorded in the log.
        let reputation: FixedPoint
    }

    /// What one key said about one target.
    private struct Place: Hashable, Sendable, Codable {
        let key: NodeID
        let target: MessageID
    }

    private var byTarget: [MessageID: [Remark]] = [:]
    private var byKey: [NodeID: [Remark]] = [:]
    private var byPlace: [Place: [Remark]] = [:]
    private var known: Set<MessageID> = []
    private static let daily = RateWindow(
        count: ConsensusLimits.commentsMax,
        milliseconds: ConsensusLimits.commentWindowMilliseconds
    )

    /// Comments that an identity may write in a rolling hour, by its score (R-07-022).
    static func perHour(_ reputation: FixedPoint) -> Int {
        guard Capability.comment.isPermitted(at: reputation) else { return 0 }
        if reputation >= ConsensusLimits.manyCommentsScore { return 10 }
        return reputation >= ConsensusLimits.severalCommentsScore ? 5 : 1
    }

    /// Keeps a comment.
    mutating func add(_ comment: Comment, _ admitted: AdmittedMessage) {
        let message = admitted.message
        let remark = Remark(message: message, comment: comment, reputation: admitted.reputation)
        guard self.known.insert(message.id).inserted else { return }
        self.byTarget[comment.targetID, default: []].append(remark)
        self.byKey[message.from, default: []].append(remark)
        self.byPlace[Place(key: message.from, target: comment.targetID), default: []].append(remark)
    }

    /// Drops a comment whose target has been unknown for too long; messages of other types are ignored.
    mutating func forget(_ admitted: AdmittedMessage) {
        guard case .comment(let comment) = admitted.message.payload else { return }
        let id = admitted.message.id
        self.known.remove(id)
        let place = Place(key: admitted.message.from, target: comment.targetID)
        Self.drop(id, from: &self.byTarget, at: place.target)
        Self.drop(id, from: &self.byKey, at: place.key)
        Self.drop(id, from: &self.byPlace, at: place)
    }

    /// The target of these comments is archived: they leave memory.
    ///
    /// - Returns: them.
    mutating func archive(_ target: MessageID) -> [MessagePlace] {
        let remarks = self.byTarget.removeValue(forKey: target) ?? []
        for remark in remarks {
            let (id, key) = (remark.message.id, remark.message.from)
            self.known.remove(id)
            Self.drop(id, from: &self.byKey, at: key)
            self.byPlace[Place(key: key, target: target)] = nil
        }
        return remarks.map { MessagePlace($0.message) }
    }

    private static func drop<Key>(
        _ id: MessageID,
        from remarks: inout [Key: [Remark]],
        at key: Key
    ) {
        remarks[key]?.removeAll { $0.message.id == id }
        if remarks[key]?.isEmpty == true { remarks[key] = nil }
    }

    /// Comments on something, in the order of arrival.
    func remarks(on target: MessageID) -> [Remark] { self.byTarget[target] ?? [] }

    /// From when on an identity may say one more on a target, by the objective limit (R-07-023); nil
    /// when it may at that moment.
    func next(_ identity: NodeID, on target: MessageID, from moment: Timestamp, _ signers: Signers)
        -> Timestamp?
    {
        let own = signers.keys(thatSignedFor: identity)
            .flatMap { self.byPlace[Place(key: $0, target: target)] ?? [] }
            .filter { signers.owner(of: $0.message) == identity }
        return Self.daily.next(from: moment, among: own.map(\.message.timestamp))
    }

    // MARK: Hourly limits

    /// Comments of an identity that its hourly limit allows, oldest first.
    func heard(of identity: NodeID, _ signers: Signers) -> OrderedSet<MessageID> {
        let own = signers.keys(thatSignedFor: identity)
            .flatMap { self.byKey[$0] ?? [] }
            .filter { signers.owner(of: $0.message) == identity }
            .sorted {
                ($0.message.timestamp, $0.message.id) < ($1.message.timestamp, $1.message.id)
            }
        var heard: OrderedSet<MessageID> = []
        var recent: [Timestamp] = []
        for remark in own {
            let moment = remark.message.timestamp
            recent.removeAll {
                moment.milliseconds(since: $0) >= ConsensusLimits.commentHourMilliseconds
            }
            guard recent.count < Self.perHour(remark.reputation) else { continue }
            recent.append(moment)
            heard.append(remark.message.id)
        }
        return heard
    }

    /// Whether the hourly limit leaves room for one more comment of an identity.
    func hasRoom(_ identity: NodeID, at moment: Timestamp, score: FixedPoint, _ signers: Signers)
        -> Bool
    {
        let heard = self.heard(of: identity, signers)
        let recent = signers.keys(thatSignedFor: identity)
            .flatMap { self.byKey[$0] ?? [] }
            .filter { heard.contains($0.message.id) }
            .map { moment.milliseconds(since: $0.message.timestamp) }
            .count { $0 >= 0 && $0 < ConsensusLimits.commentHourMilliseconds }
        return recent < Self.perHour(score)
    }

    // MARK: Threads

    /// The comments on something, each thread in order, answers below what they answer (R-07-020).
    ///
    /// - Parameters:
    ///   - target: what they are about.
    ///   - signers: who speaks for whom.
    ///   - texts: whole messages in the place of outlines.
    /// - Returns: all comments, with why some are hidden.
    func threads(
        on target: MessageID,
        _ signers: Signers,
        _ texts: [MessageID: Message] = [:]
    ) -> [CommentView] {
        let remarks = self.remarks(on: target).sorted {
            ($0.message.timestamp, $0.message.id) < ($1.message.timestamp, $1.message.id)
        }
        let known = OrderedSet(remarks.map(\.message.id))
        var answers: OrderedDictionary<MessageID, [Remark]> = [:]
        var roots: [Remark] = []
        for remark in remarks {
            // An answer to what nobody here knows begins a thread of its own. An id is a hash of
            // what it answers, so answers cannot form a circle.
            if let parent = remark.comment.parentCommentID, known.contains(parent) {
                answers[parent, default: []].append(remark)
            } else {
                roots.append(remark)
            }
        }
        var heard: OrderedDictionary<NodeID, OrderedSet<MessageID>> = [:]
        for identity in OrderedSet(remarks.compactMap { signers.owner(of: $0.message) }) {
            heard[identity] = self.heard(of: identity, signers)
        }
        return Self.unfold(roots, answers).map { remark, depth in
            Self.view(remark, depth, signers, heard, texts)
        }
    }

    /// Depth first, without recursion: a thread may be as deep as it has comments.
    private static func unfold(
        _ roots: [Remark],
        _ answers: OrderedDictionary<MessageID, [Remark]>
    ) -> [(Remark, Int)] {
        var pending = roots.reversed().map { ($0, 0) }
        var order: [(Remark, Int)] = []
        while let (remark, depth) = pending.popLast() {
            order.append((remark, depth))
            pending += (answers[remark.message.id] ?? []).reversed().map { ($0, depth + 1) }
        }
        return order
    }

    private static func view(
        _ remark: Remark,
        _ depth: Int,
        _ signers: Signers,
        _ heard: OrderedDictionary<NodeID, OrderedSet<MessageID>>,
        _ texts: [MessageID: Message]
    ) -> CommentView {
        let owner = signers.owner(of: remark.message)
        let isHeard = owner.flatMap { heard[$0]?.contains(remark.message.id) } ?? false
        let reason =
            owner == nil
            ? "the key was revoked with effect before"
            : isHeard ? nil : "over \(Self.perHour(remark.reputation)) an hour at this score"
        return CommentView(
            message: texts[remark.message.id] ?? remark.message,
            identity: owner ?? remark.message.from,
            depth: depth,
            hiddenBecause: reason
        )
    }
}

extension CommentBook: Digestible {
    /// The other tables say by whom a comment is and which ones there are.
    func digest(into writer: inout some StateWriter) {
        let sorted = self.byTarget.mapValues { $0.sorted { $0.message.id < $1.message.id } }
        writer.field("byTarget", sorted)
    }
}

extension CommentBook.Remark: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("message", self.message)
        writer.field("reputation", self.reputation)
    }
}
