import DequeModule
import Identities
import Messages
import OrderedCollections
import Primitives

/// Votes, adoptions, withdrawals and comments whose proposal is not known yet (R-14-005).
///
/// When there are too many, the one that has waited longest goes (D-88).
struct OrphanBox: Sendable, Codable {
    fileprivate struct Place: Hashable, Sendable, Codable {
        let target: MessageID
        let orphan: MessageID
        let isComment: Bool
    }

    private var waiting: [MessageID: Deque<AdmittedMessage>] = [:]
    /// Targets in the order of arrival of their orphans; those of targets that came stay until it
    /// is their turn.
    private var order: Deque<Place> = []
    private(set) var count = 0

    /// Keeps an orphan.
    ///
    /// - Returns: the orphans that had to go for it.
    mutating func add(_ admitted: AdmittedMessage, waitingFor target: MessageID)
        -> [AdmittedMessage]
    {
        self.waiting[target, default: []].append(admitted)
        self.order.append(
            Place(
                target: target,
                orphan: admitted.message.id,
                isComment: admitted.message.type == .comment
            )
        )
        self.count += 1
        var dropped: [AdmittedMessage] = []
        while self.count > ConsensusLimits.orphansMax || self.order.count > Self.orderMax,
            let oldest = self.order.popFirst()
        {
            guard self.waiting[oldest.target]?.first?.message.id == oldest.orphan,
                let orphan = self.waiting[oldest.target]?.popFirst()
            else { continue }
            if self.waiting[oldest.target]?.isEmpty == true { self.waiting[oldest.target] = nil }
            self.count -= 1
            dropped.append(orphan)
        }
        return dropped
    }

    private static let orderMax = 2 * ConsensusLimits.orphansMax

    /// Hands over what waited for a target that has come, in the order of arrival.
    mutating func take(_ target: MessageID) -> [AdmittedMessage] {
        let orphans = self.waiting.removeValue(forKey: target) ?? []
        self.count -= orphans.count
        return Array(orphans)
    }

    /// What is waited for, sorted, with the senders of the first few orphans.
    var targets: [(target: MessageID, senders: [NodeID])] {
        self.waiting.sorted { $0.key < $1.key }.map { target, orphans in
            (target: target, senders: orphans.prefix(Self.sendersMax).map(\.message.from))
        }
    }

    private static let sendersMax = 4
}

extension OrphanBox: Digestible {
    /// What waits for a proposal, each message once.
    ///
    /// One that comes again waits twice until the next life, but the log has it once (ADR 0045).
    /// Comments are left out: one on a request waits if the request has left memory by then, and when
    /// its judge looks may be an hour before the log has it.
    func digest(into writer: inout some StateWriter) {
        let waiting = self.waiting.mapValues { Self.statements($0) }.filter { !$0.value.isEmpty }
        writer.field("waiting", waiting)
        writer.field("order", OrderedSet(self.order.filter { !$0.isComment }))
    }

    private static func statements(_ orphans: Deque<AdmittedMessage>) -> [AdmittedMessage] {
        let statements = orphans.filter { $0.message.type != .comment }
        let once = OrderedDictionary(statements.map { ($0.message.id, $0) }) { first, _ in first }
        return Array(once.values)
    }
}

extension OrphanBox.Place: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("target", self.target)
        writer.field("orphan", self.orphan)
    }
}
