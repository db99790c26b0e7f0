import Messages

/// What Peers has made of the log, as a checkpoint keeps it.
package struct PeersState: Codable, Sendable {
    let peers: KnownPeers
    let anchors: Anchors
}
