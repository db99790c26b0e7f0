import Multiformats
import NIOCore
import Relay

/// One dial: what was asked for, and the addresses behind it that are tried one after the other.
struct Dial: Sendable {
    var id: ConnectionManager.ID
    /// What the caller named, and what its outcome is reported for.
    let asked: Multiaddr
    /// The address of the present attempt.
    var target: Multiaddr
    var rest: ArraySlice<Multiaddr> = []
    /// After which no further address is tried.
    let deadline: NIODeadline
    var purpose = Purpose.connection

    /// Why this host dials, which decides who is told of a failure.
    enum Purpose: Sendable {
        /// A caller asked for it.
        case connection
        /// Other dials lead through this peer.
        case relay
        /// To reach directly a peer that is connected through a relay.
        case upgrade
        /// The same, at a time at which the peer dials as well, from the address at which the relay
        /// sees this host. When both packets meet there is one connection that both have dialled, so
        /// it was agreed who of them is the server.
        case holePunch(from: SocketAddress?, isServer: Bool)
    }

    /// Whether a caller waits for its outcome.
    var isAskedFor: Bool { if case .connection = self.purpose { true } else { false } }

    /// The kind of dial whose places it takes one of.
    var kind: ConnectionManager.DialKind {
        switch self.purpose {
        case .connection, .relay: .own
        case .upgrade, .holePunch: .upgrade
        }
    }

    /// Whether this host chose to be connected: it did not when it dials a caller back on the caller's
    /// word, whichever side begins the handshakes.
    var isOutbound: Bool {
        if case .upgrade = self.purpose { false } else { self.isInitiator }
    }

    /// Whether this host begins the handshakes.
    var isInitiator: Bool {
        if case .holePunch(_, isServer: true) = self.purpose { false } else { true }
    }

    /// Where a connection of this dial leads, as others are to know it.
    ///
    /// A `/dnsaddr` stands for a host whose addresses change, so it is not replaced by one of them,
    /// unless that leads through a relay, which others have to know.
    var address: Multiaddr {
        if case .dnsaddr? = self.asked.components.first, !self.target.isRelayed {
            self.asked
        } else {
            self.target
        }
    }
}
