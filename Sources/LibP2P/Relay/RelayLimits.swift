import NIOCore

/// Bounds of circuit relay v2, of AutoNAT and of hole punching.
enum RelayLimits {
    /// Bytes of one message of these protocols.
    ///
    /// Source: go-libp2p's 4 KiB for hop and stop messages.
    static let messageBytesMax = 4_096

    /// Seconds that a reservation lasts.
    ///
    /// Source: go-libp2p's default of one hour.
    static let reservationSeconds: UInt64 = 3_600

    /// Seconds after which a client believes no longer reservation.
    ///
    /// Source: own choice: a relay that promises a day and more errs or deceives.
    static let reservationSecondsMax: UInt64 = 86_400

    /// Reservations of a relay.
    ///
    /// Source: go-libp2p's default of 128.
    static let reservationsMax = 128

    /// Reservations of one network.
    ///
    /// Source: go-libp2p's default of 8 for an address.
    static let reservationsPerNetworkMax = 8

    /// Circuits from or to one peer.
    ///
    /// Source: go-libp2p's default of 16.
    static let circuitsPerPeerMax = 16

    /// Circuits of a relay.
    ///
    /// Source: own choice: one for each reservation.
    static let circuitsMax = 128

    /// Seconds that a circuit lasts.
    ///
    /// Source: go-libp2p's default of two minutes: enough to agree on a direct connection.
    static let circuitSeconds: UInt32 = 120

    /// Bytes that a circuit carries each way.
    ///
    /// Source: go-libp2p's default of 128 KiB.
    static let circuitBytes: UInt64 = 131_072

    /// Addresses that are taken from, or put into, one message.
    ///
    /// Source: own choice: a host has a handful of interfaces.
    static let addressesMax = 16

    /// Relays on which a client holds reservations.
    ///
    /// Source: own choice: go-libp2p's autorelay wants two.
    static let relaysMax = 4

    /// Connections that one relay may have passed on to this host.
    ///
    /// Source: own choice: as many as a relay of this stack joins to one peer.
    static let callsPerRelayMax = 16

    /// Seconds until a relay that refused or did not answer is asked again.
    ///
    /// Source: own choice: short beside ``reservationSeconds``, long for the relay.
    static let reservationRetrySeconds: UInt64 = 60

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

    // MARK: AutoNAT

    /// Peers that must agree before a host believes whether it can be reached.
    ///
    /// Source: libp2p/specs autonat-v1.md: more than three.
    static let reachabilityVotes = 4

    /// Peers whose latest answer about reachability is kept.
    ///
    /// Source: own choice: twice the votes, less one, so that one side can always win.
    static let reachabilityAnswersMax = 7

    /// Seconds for which an answer about reachability counts.
    ///
    /// Source: own choice: four times ``reachabilityRenewalSeconds``.
    static let reachabilityAnswerSeconds: UInt64 = 3_600

    /// Seconds after which a network is asked again as long as there is no verdict.
    ///
    /// Source: go-libp2p's retry interval of 90 s.
    static let reachabilityRetrySeconds: UInt64 = 90

    /// Seconds after which a network is asked again once there is a verdict.
    ///
    /// Source: go-libp2p's refresh interval of 15 minutes.
    static let reachabilityRenewalSeconds: UInt64 = 900

    /// Seconds in which dials for the sake of others are counted.
    ///
    /// Source: go-libp2p's throttle interval of a minute.
    static let dialBackWindow: UInt64 = 60

    /// Requests in a ``dialBackWindow`` that are followed.
    ///
    /// Source: go-libp2p's 30.
    static let dialBacksMax = 30

    /// Requests of one peer in a ``dialBackWindow`` that are followed.
    ///
    /// Source: go-libp2p's 3.
    static let dialBacksPerPeerMax = 3

    /// Requests from one network in a ``dialBackWindow`` that are followed.
    ///
    /// Source: own choice: twice that of a peer; peer ids cost nothing.
    static let dialBacksPerNetworkMax = 6

    /// Addresses that are dialled for one request.
    ///
    /// Source: own choice: ports of one host.
    static let dialBackAddressesMax = 4

    /// For a dial on request, from the first packet to the proof of the key.
    ///
    /// Source: own choice: the answer has to come within the 30 s of a stream.
    static let dialBackTimeout = TimeAmount.seconds(10)

    /// Dials on request at the same time.
    ///
    /// Source: own choice: two requests with ``dialBackAddressesMax``.
    static let proofDialsMax = 8

    // MARK: Hole punching

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

    /// Times at which two peers dial each other on one relayed connection.
    ///
    /// Source: libp2p/specs DCUtR.md: three attempts in total.
    static let punchRoundsMax = 3

    /// Addresses that are dialled at one such time.
    ///
    /// Source: own choice: IPv4 and IPv6, seen and configured; a peer cannot have more of others
    /// dialled.
    static let punchAddressesMax = 4

    /// For the dials of one such time.
    ///
    /// Source: go-libp2p's 5 s.
    static let punchTimeout = TimeAmount.seconds(5)
}
