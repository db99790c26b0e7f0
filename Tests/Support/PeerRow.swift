package import Messages
package import Primitives

extension PeerTable.Row {
    /// What Peers tells of a node of which little is known, but for what is named.
    package static func peer(
        _ node: NodeID,
        addresses: [String] = [],
        isConnected: Bool = false,
        isOutbound: Bool = false,
        isAuthenticated: Bool = false,
        capabilities: [String] = [],
        lastAnnounced: Timestamp? = nil,
        hasOtherFounders: Bool = false,
        isDirect: Bool = false,
        storage: PeerAnnounce.Storage? = nil
    ) -> PeerTable.Row {
        PeerTable.Row(
            node: node,
            addresses: addresses,
            isConnected: isConnected,
            isOutbound: isOutbound,
            isAuthenticated: isAuthenticated,
            syncStatus: nil,
            capabilities: capabilities,
            lastAnnounced: lastAnnounced,
            hasOtherFounders: hasOtherFounders,
            isBootstrap: false,
            isDirect: isDirect,
            isAnchor: false,
            autonomousSystem: nil,
            network: nil,
            lastDialFailure: nil,
            storage: storage
        )
    }
}
