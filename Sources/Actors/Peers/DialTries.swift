import Checkpoints
import Messages
import Primitives

/// The newest dial of each address of a peer, for its operator: where, when, and what came of it.
///
/// Nothing is decided by it; the pauses between dials are a matter of ``DialHistory``.
struct DialTries: Sendable, Equatable, Codable {
    /// One dial.
    struct Try: Sendable, Equatable {
        /// Without the peer.
        let address: String
        /// When it began.
        let at: Timestamp
        fileprivate(set) var outcome: PeerTable.Dial.Outcome
    }

    /// Newest first; none twice of one address.
    @LiveOnly private(set) var list: [Try] = []

    /// A dial begins.
    mutating func begin(_ address: String, now: Timestamp) {
        self.enter(AddressText.host(of: address), .underWay, now: now)
    }

    /// A dial led to the peer at this address.
    mutating func reach(_ address: String, now: Timestamp) {
        self.end(AddressText.host(of: address), .reached, now: now)
    }

    /// A dial, or what was to follow it, failed.
    ///
    /// - Parameters:
    ///   - address: where; nil for the dial that is under way.
    ///   - step: what failed.
    ///   - reason: why.
    ///   - now: the time.
    mutating func fail(
        at address: String?,
        _ step: PeerTable.Dial.Step,
        _ reason: String,
        now: Timestamp
    ) {
        let underWay = self.list.first { $0.outcome == .underWay }?.address
        guard let host = address.map(AddressText.host) ?? underWay else { return }
        self.end(host, .failed(step, reason), now: now)
    }

    private mutating func end(
        _ host: String,
        _ outcome: PeerTable.Dial.Outcome,
        now: Timestamp
    ) {
        guard let index = self.list.firstIndex(where: { $0.address.utf8.elementsEqual(host.utf8) })
        else { return self.enter(host, outcome, now: now) }
        let isNewDial = self.list[index].outcome != .underWay && outcome.isOfDial
        if isNewDial {
            self.enter(host, outcome, now: now)
        } else {
            self.list[index].outcome = outcome
        }
    }

    private mutating func enter(_ host: String, _ outcome: PeerTable.Dial.Outcome, now: Timestamp) {
        self.list.removeAll { $0.address.utf8.elementsEqual(host.utf8) }
        self.list.insert(Try(address: host, at: now, outcome: outcome), at: 0)
        if self.list.count > PeersLimits.dialsPerPeerMax { self.list.removeLast() }
    }

    /// What the operator is told.
    func report(of node: NodeID?) -> [PeerTable.Dial] {
        self.list.map {
            PeerTable.Dial(node: node, address: $0.address, at: $0.at, outcome: $0.outcome)
        }
    }
}

extension PeerTable.Dial.Outcome {
    /// Whether it is that of a dial, and not of what follows one.
    fileprivate var isOfDial: Bool {
        switch self {
        case .underWay, .reached, .failed(.dial, _): true
        case .failed: false
        }
    }
}
