/// Bounds of circuit relay v2, of AutoNAT and of hole punching.
package enum RelayLimits {
    /// Bytes of one message of these protocols.
    ///
    /// Source: go-libp2p's 4 KiB for hop and stop messages.
    package static let messageBytesMax = 4_096

    /// Seconds that a reservation lasts.
    ///
    /// Source: go-libp2p's default of one hour.
    package static let reservationSeconds: UInt64 = 3_600

    /// Seconds after which a client believes no longer reservation.
    ///
    /// Source: own choice: a relay that promises a day and more errs or deceives.
    package static let reservationSecondsMax: UInt64 = 86_400

    /// Reservations of a relay.
    ///
    /// Source: go-libp2p's default of 128.
    package static let reservationsMax = 128

    /// Reservations of one network.
    ///
    /// Source: go-libp2p's default of 8 for an address.
    package static let reservationsPerNetworkMax = 8

    /// Circuits from or to one peer.
    ///
    /// Source: go-libp2p's default of 16.
    package static let circuitsPerPeerMax = 16

    /// Circuits of a relay.
    ///
    /// Source: own choice: one for each reservation.
    package static let circuitsMax = 128

    /// Seconds that a circuit lasts.
    ///
    /// Source: go-libp2p's default of two minutes: enough to agree on a direct connection.
    package static let circuitSeconds: UInt32 = 120

    /// Bytes that a circuit carries each way.
    ///
    /// Source: go-libp2p's default of 128 KiB.
    package static let circuitBytes: UInt64 = 131_072

    /// Addresses that are taken from, or put into, one message.
    ///
    /// Source: own choice: a host has a handful of interfaces.
    package static let addressesMax = 16

    /// Relays on which a client holds reservations.
    ///
    /// Source: own choice: go-libp2p's autorelay wants two.
    package static let relaysMax = 4

    /// Seconds until a relay that refused or did not answer is asked again.
    ///
    /// Source: own choice: short beside ``reservationSeconds``, long for the relay.
    package static let reservationRetrySeconds: UInt64 = 60

    // MARK: AutoNAT

    /// Peers that must agree before a host believes whether it can be reached.
    ///
    /// Source: libp2p/specs autonat-v1.md: more than three.
    package static let reachabilityVotes = 4

    /// Peers whose latest answer about reachability is kept.
    ///
    /// Source: own choice: twice the votes, less one, so that one side can always win.
    package static let reachabilityAnswersMax = 7

    /// Seconds for which an answer about reachability counts.
    ///
    /// Source: own choice: four times ``reachabilityRenewalSeconds``.
    package static let reachabilityAnswerSeconds: UInt64 = 3_600

    /// Seconds after which a network is asked again as long as there is no verdict.
    ///
    /// Source: go-libp2p's retry interval of 90 s.
    package static let reachabilityRetrySeconds: UInt64 = 90

    /// Seconds after which a network is asked again once there is a verdict.
    ///
    /// Source: go-libp2p's refresh interval of 15 minutes.
    package static let reachabilityRenewalSeconds: UInt64 = 900

    /// Seconds in which dials on request of others are counted.
    ///
    /// Source: go-libp2p's throttle interval of a minute.
    package static let dialBackWindow: UInt64 = 60

    /// Requests in a ``dialBackWindow`` that are followed.
    ///
    /// Source: go-libp2p's 30.
    package static let dialBacksMax = 30

    /// Requests of one peer in a ``dialBackWindow`` that are followed.
    ///
    /// Source: go-libp2p's 3.
    package static let dialBacksPerPeerMax = 3

    /// Requests from one network in a ``dialBackWindow`` that are followed.
    ///
    /// Source: own choice: twice that of a peer; peer ids cost nothing.
    package static let dialBacksPerNetworkMax = 6

    /// Addresses that are dialled for one request.
    ///
    /// Source: own choice: ports of one host.
    package static let dialBackAddressesMax = 4

    // MARK: Hole punching

    /// Times at which two peers dial each other on one relayed connection.
    ///
    /// Source: libp2p/specs DCUtR.md: three attempts in total.
    package static let punchRoundsMax = 3

    /// Addresses that are dialled at one such time.
    ///
    /// Source: own choice: IPv4 and IPv6, seen and configured; a peer cannot have more of others
    /// dialled.
    package static let punchAddressesMax = 4
}
