/// Bounds of the Gossip subsystem.
enum GossipLimits {
    /// Messages handed to admission and not judged yet, at which reading from sockets stops.
    ///
    /// Source: own choice: about 0.3 s of signature checks on two cores (`docs/architecture.md`).
    static let inFlightHighWater = 8_192

    /// Messages in flight at which reading resumes.
    ///
    /// Source: own choice: half of the high-water mark, so that the switch does not flutter.
    static let inFlightLowWater = 4_096

    /// Unknown-type messages relayed per sender and hour.
    ///
    /// Source: spec §14, Unknown Message Types.
    static let unknownTypesPerHourMax = 10

    /// Senders of unknown types that are remembered; more share the refusal.
    ///
    /// Source: own choice: bounds memory under many throw-away keys (threat T15).
    static let unknownSendersMax = 10_000

    /// Exchanges of one peer that wait for our answer.
    ///
    /// Source: own choice: an honest peer syncs, lists peers and fetches content side by side.
    static let inboundExchangesPerPeerMax = 16

    /// Exchanges of all peers that wait for our answer.
    ///
    /// Source: own choice: 64 connections with all their exchanges.
    static let inboundExchangesMax = 1_024

    /// An exchange without an answer ends after this time.
    ///
    /// Source: D-18.
    static let exchangeTimeoutMilliseconds: Int64 = 30_000

    /// GossipSub heartbeat.
    ///
    /// Source: R-03-013.
    static let heartbeat = Duration.seconds(1)
}
