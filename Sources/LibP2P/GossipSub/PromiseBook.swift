import DequeModule
import Multiformats

/// Messages that were asked for: how often in this heartbeat, and who still owes one.
///
/// Source: gossipsub v1.1 spec, Spam Protection Measures: one id of each IWANT is tracked.
struct PromiseBook: Sendable {
    private struct Promise: Sendable {
        let peer: PeerID
        let id: GossipMessageID
        let deadline: Int64
    }

    /// In the order of the deadlines.
    private var promises: Deque<Promise> = []
    /// Ids of promises that nobody kept yet, with the number of promises; never iterated.
    private var open: [GossipMessageID: Int] = [:]
    /// Peers asked for an id since the last heartbeat; never iterated.
    private var asked: [GossipMessageID: Int] = [:]

    /// Promises that are tracked.
    var count: Int { self.promises.count }

    /// Different ids asked for since the last heartbeat.
    var askedCount: Int { self.asked.count }

    /// Peers asked for a message since the last heartbeat.
    func timesAsked(_ id: GossipMessageID) -> Int { self.asked[id] ?? 0 }

    mutating func ask(_ id: GossipMessageID) { self.asked[id, default: 0] += 1 }

    /// Holds a peer to one of the ids it advertised.
    mutating func expect(_ id: GossipMessageID, from peer: PeerID, deadline: Int64) {
        self.promises.append(Promise(peer: peer, id: id, deadline: deadline))
        self.open[id, default: 0] += 1
    }

    /// A message arrived, from whomever: nobody owes it any more.
    mutating func fulfil(_ id: GossipMessageID) {
        if !self.open.isEmpty { self.open[id] = nil }
    }

    /// Ends a heartbeat: the peers that did not send what they had promised.
    mutating func endHeartbeat(now: Int64) -> [PeerID] {
        self.asked.removeAll(keepingCapacity: false)
        var debtors: [PeerID] = []
        while let promise = self.promises.first, promise.deadline <= now {
            self.promises.removeFirst()
            guard let waiting = self.open[promise.id] else { continue }
            self.open[promise.id] = waiting > 1 ? waiting - 1 : nil
            debtors.append(promise.peer)
        }
        return debtors
    }
}
