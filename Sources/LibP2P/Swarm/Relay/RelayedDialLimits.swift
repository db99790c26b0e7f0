import NIOCore
import Relay

// What the swarm bounds for the sake of relays and of hosts behind them; the bounds of the protocols
// themselves are with their machines.
extension RelayLimits {
    /// Connections that one relay may have passed on to this host.
    ///
    /// Source: own choice: as many as a relay of this stack joins to one peer.
    static let callsPerRelayMax = 16

    /// Dials that wait until their relay is connected, for one relay.
    ///
    /// Source: own choice: as many as there may be circuits from one peer.
    static let waitingDialsMax = 16

    /// Requests of one connection in a ``requestWindow``: for reservations and circuits, calls, dials.
    ///
    /// Source: own choice: several times what ``circuitsPerPeerMax`` leaves room for.
    static let requestsPerWindowMax = 64

    /// Span in which requests are counted.
    ///
    /// Source: own choice.
    static let requestWindow = TimeAmount.seconds(60)

    /// Between two looks at whom to ask for a reservation, or about reachability.
    ///
    /// Source: own choice: short beside every span of this table.
    static let upkeepPause = TimeAmount.seconds(5)

    /// For a dial on request, from the first packet to the proof of the key.
    ///
    /// Source: own choice: the answer has to come within the 30 s of a stream.
    static let dialBackTimeout = TimeAmount.seconds(10)

    /// Dials on request at the same time.
    ///
    /// Source: own choice: two requests with ``dialBackAddressesMax``.
    static let proofDialsMax = 8

    /// Times in an ``upgradeWindow`` at which this host dials callers, or whom it called, on their
    /// word.
    ///
    /// Source: own choice: as often as it follows requests of AutoNAT, ``dialBacksMax``.
    static let upgradesPerWindowMax = 30

    /// Span in which such times are counted.
    ///
    /// Source: own choice: that of ``dialBackWindow``.
    static let upgradeWindow = TimeAmount.seconds(60)

    /// Such dials at the same time.
    ///
    /// Source: own choice: two times with ``punchAddressesMax``.
    static let upgradeDialsMax = 8

    /// For the dials of one such time.
    ///
    /// Source: go-libp2p's 5 s.
    static let punchTimeout = TimeAmount.seconds(5)
}
