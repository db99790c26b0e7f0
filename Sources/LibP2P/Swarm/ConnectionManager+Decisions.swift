import Multiformats
import NIOCore

// What a connection manager decides, and what it knows of a connection.
extension ConnectionManager {
    /// Whether there is room for a socket.
    enum Admission: Equatable {
        /// There is; when another one has to give way for it, this is it.
        case admitted(ID, evicted: ID?)
        case refused(String)
    }

    /// What a connection is to the host once its peer is proven.
    enum Standing: Equatable {
        /// The peer was not connected.
        case first
        /// The first connection stays; this one carries on when that ends.
        case spare
        /// Both sides dialled, and this one stays; the former one is to be retired.
        case replaces(ID)
        /// The first connection stays, and this one is to be retired.
        case surplus
        /// There is no room for it.
        case refused(String)
    }

    /// What the end of a connection means.
    struct End: Equatable {
        /// The peer, when it was proven.
        var peer: PeerID?
        /// Whether the peer has no other connection.
        var isLast = false
        /// The connection that now carries the peer's frames, when this one did before.
        var successor: ID?
    }

    struct Entry: Sendable {
        let id: ID
        /// Whether this host chose to be connected.
        let isOutbound: Bool
        /// The reason why this host dials or has dialled; nil for an accepted socket.
        let dial: DialKind?
        let network: NetworkKey?
        /// The relay through which the peer called.
        let relay: PeerID?
        let since: NIODeadline
        var peer: PeerID?
        var isLimited = false
        var isRetiring = false
        var streams = 0
    }

    /// The reason why a host dials; each kind has places of its own, so that none can use up all of
    /// them.
    enum DialKind: Sendable {
        /// This host wants the connection.
        case own
        /// A caller is to be reached without the relay.
        case upgrade
        /// A peer wants to know whether it can be reached.
        case proof
    }
}
