/// Bounds of circuit relay v2 and of AutoNAT.
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

    /// Peers that must agree before a host believes whether it can be reached.
    ///
    /// Source: libp2p/specs autonat-v1.md: more than three.
    static let reachabilityVotes = 4

    /// Peers whose latest answer about reachability is kept.
    ///
    /// Source: own choice: twice the votes, less one, so that one side can always win.
    static let reachabilityAnswersMax = 7
}
