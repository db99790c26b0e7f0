import Identities
import OrderedCollections
import Primitives

/// Whom this node served in sync: what of it counts as presence (R-05-112, R-05-113).
struct ServiceBook: Sendable, Codable {
    /// The newest answer to each peer that counted, oldest first.
    private var newest: OrderedDictionary<NodeID, Timestamp> = [:]
    /// Answers that counted.
    private(set) var counted = 0

    /// Whether an answer counts: not empty, and none to this peer counted within 15 minutes.
    func counts(_ messages: Int, to peer: NodeID, at time: Timestamp) -> Bool {
        guard messages > 0 else { return false }
        guard let last = self.newest[peer] else { return true }
        return time.milliseconds(since: last) >= EarningLimits.servicePauseMilliseconds
    }

    /// Counts an answer that ``counts(_:to:at:)``.
    mutating func serve(_ peer: NodeID, at time: Timestamp) {
        self.newest.removeValue(forKey: peer)
        self.newest[peer] = time
        self.counted += 1
        self.newest.removeAll {
            time.milliseconds(since: $0.value) >= EarningLimits.serviceDayMilliseconds
        }
        if self.newest.count > EarningLimits.servedPeersMax { self.newest.removeFirst() }
    }

    /// Whether enough peers were served within 24 hours for any of it to count.
    func qualifies(at time: Timestamp) -> Bool {
        let recent = self.newest.values.count {
            time.milliseconds(since: $0) < EarningLimits.serviceDayMilliseconds
        }
        return recent >= EarningLimits.servedPeersMin
    }

    /// An identity's key became another one's: two served keys of one identity are one peer.
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let time = self.newest.removeValue(forKey: old) else { return }
        self.newest[new] = max(time, self.newest[new] ?? time)
    }
}

extension ServiceBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("newest", self.newest)
        writer.field("counted", self.counted)
    }
}
