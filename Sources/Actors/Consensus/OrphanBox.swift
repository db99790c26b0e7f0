import DequeModule
import Messages
import Primitives

/// Votes, adoptions, withdrawals and comments whose proposal is not known yet (R-14-005).
///
/// When there are too many, the one that has waited longest goes (D-88).
struct OrphanBox: Sendable {
    private var waiting: [MessageID: Deque<AdmittedMessage>] = [:]
    /// Targets in the order of arrival of their orphans; those of targets that came stay until it
    /// is their turn.
    private var order: Deque<(target: MessageID, orphan: MessageID)> = []
    private(set) var count = 0

    /// Keeps an orphan.
    ///
    /// - Returns: the orphans that had to go for it.
    mutating func add(_ admitted: AdmittedMessage, waitingFor target: MessageID)
        -> [AdmittedMessage]
    {
        self.waiting[target, default: []].append(admitted)
        self.order.append((target: target, orphan: admitted.message.id))
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
