import Multiformats
import OrderedCollections

/// Penalties of peers that disconnected, so that a peer cannot shed them by leaving.
struct DepartedPeers: Sendable {
    private struct Record: Sendable {
        var score: PeerScore
        let backoff: [String: Backoff]
        let frameBytesMax: Int
        let leftAt: Int64
    }

    private let parameters: GossipSubParameters
    /// In the order of leaving.
    private var records: OrderedDictionary<PeerID, Record> = [:]

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    var count: Int { self.records.count }

    /// Remembers a peer, unless there is nothing to remember.
    mutating func add(_ peer: PeerID, _ state: PeerState, now: Int64) {
        self.records.removeValue(forKey: peer)
        let isPlain = state.backoff.isEmpty && state.frameBytesMax == .max
        guard !state.score.isClean || !isPlain else { return }
        if self.records.count >= self.parameters.departedMax { self.records.removeFirst() }
        self.records[peer] = Record(
            score: state.score.retained(),
            backoff: state.backoff,
            frameBytesMax: state.frameBytesMax,
            leftAt: now
        )
    }

    /// Gives a peer that came back what is left of its record.
    mutating func restore(_ peer: PeerID, into state: inout PeerState, now: Int64) {
        guard let record = self.records.removeValue(forKey: peer) else { return }
        state.score = record.score
        let (absence, overflow) = now.subtractingReportingOverflow(record.leftAt)
        var heartbeats = overflow ? 0 : absence / max(1, self.parameters.heartbeatInterval)
        while heartbeats > 0, !state.score.isClean {
            state.score.decay(self.parameters.scoring)
            heartbeats -= 1
        }
        state.backoff = record.backoff
        state.frameBytesMax = record.frameBytesMax
    }

    /// Counts an offence that was discovered after the peer had left.
    mutating func update(_ peer: PeerID, now: Int64, _ change: (inout PeerScore) -> Void) {
        if var record = self.records[peer] {
            change(&record.score)
            self.records[peer] = record
            return
        }
        var state = PeerState(speaks: .floodsub, isOutbound: false)
        change(&state.score)
        self.add(peer, state, now: now)
    }

    /// Forgets records whose time is over.
    mutating func expire(now: Int64) {
        while let oldest = self.records.values.first,
            oldest.leftAt.advanced(byMilliseconds: self.parameters.departedLifetime) <= now
        {
            self.records.removeFirst()
        }
    }
}
