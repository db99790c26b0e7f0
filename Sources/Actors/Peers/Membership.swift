import Messages
import Primitives

/// Which nodes belong to this node's network (D-36, ADR 0039).
struct Membership: Sendable {
    private let network: NetworkMark?
    private let admitsUndescribed: Bool

    init(_ configuration: PeersConfiguration) {
        self.network = configuration.network
        self.admitsUndescribed = configuration.admitsUndescribed
    }

    /// Whether a node that names this hash, or none, takes part in this node's network.
    private func isOfOurs(_ hash: Bytes32?) -> Bool {
        let own = self.network?.hash
        return own == hash || (self.admitsUndescribed && (own == nil || hash == nil))
    }

    /// Why a node of that network may not take part in this node's; nil when it may.
    func objection(to network: NetworkMark?) -> String? {
        guard !self.isOfOurs(network?.hash) else { return nil }
        switch (network, self.network) {
        case (let other?, let own?):
            return "another network: \(other), and this node belongs to \(own)"
        case (let other?, nil):
            return "another network: \(other), and this node was started without a description of "
                + "one; give it with --genesis"
        case (nil, let own):
            return "another network: it names none, and this node belongs to "
                + "\(own.map { "\($0)" } ?? "none"); it needs the same description, or this node "
                + "--admit-undescribed"
        }
    }

    /// Why an announcement is not counted here, whichever peer relays it; nil when it is.
    func refusal(of announcement: PeerAnnounce) -> Refusal? {
        guard !self.isOfOurs(announcement.genesisHash) else { return nil }
        let other = announcement.genesisHash.map { "network \($0.hex.prefix(12))" } ?? "no network"
        return Refusal(.otherNetwork, "it announces \(other), and this node belongs to another")
    }
}
