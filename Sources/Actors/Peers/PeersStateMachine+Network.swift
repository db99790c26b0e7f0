import Messages
import OrderedCollections
import Primitives

// Which nodes belong to this node's network (D-36, ADR 0039), and what is remembered of a failed
// handshake.
extension PeersStateMachine {
    /// Whether a node that names this hash, or none, takes part in this node's network.
    private func isOfOurs(_ hash: Bytes32?) -> Bool {
        let own = self.configuration.network?.hash
        return own == hash
            || (self.configuration.admitsUndescribed && (own == nil || hash == nil))
    }

    /// Why a node of that network may not take part in this node's; nil when it may.
    func objection(to network: NetworkMark?) -> String? {
        guard !self.isOfOurs(network?.hash) else { return nil }
        switch (network, self.configuration.network) {
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
    func refusal(of announcement: PeerAnnounce, by node: NodeID) -> Refusal? {
        guard node != self.configuration.ownNode, !self.isOfOurs(announcement.genesisHash) else {
            return nil
        }
        let other = announcement.genesisHash.map { "network \($0.hex.prefix(12))" } ?? "no network"
        return Refusal(.otherNetwork, "it announces \(other), and this node belongs to another")
    }

    /// Closes the connection of a peer that did not pass the handshake.
    mutating func giveUp(_ peer: NodeID, because reason: String) -> PeersAction {
        self.noteFailure(of: peer, reason)
        return .disconnect(peer, reason: self.peers[peer]?.handshakeFailure ?? reason)
    }

    /// Remembers why a handshake failed, for the operator.
    mutating func noteFailure(of peer: NodeID, _ reason: String) {
        // A mismatch of networks explains all later failures, so it is not replaced by them.
        let isExplained = self.peers[peer]?.isOfOtherNetwork == true
        let known = isExplained ? self.peers[peer]?.handshakeFailure : nil
        self.peers[peer]?.handshakeFailed(known ?? reason)
        for index in self.bootstrap.indices where self.bootstrap[index].node == peer {
            self.bootstrap[index].lastFailure = known ?? reason
        }
    }
}
