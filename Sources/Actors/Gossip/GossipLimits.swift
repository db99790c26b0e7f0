import Primitives

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

    /// Bytes handed to admission and not judged yet, at which reading from sockets stops.
    ///
    /// Source: own choice: two of the largest messages; the log has room for them even when it refuses
    /// more (`PersistenceLimits.largeQuarters`).
    static let inFlightBytesHighWater = 16_777_216

    /// Bytes in flight at which reading resumes.
    ///
    /// Source: own choice: half of the high-water mark, as with messages.
    static let inFlightBytesLowWater = 8_388_608

    /// Unknown-type messages relayed per sender and hour.
    ///
    /// Source: spec §14, Unknown Message Types.
    static let unknownTypesPerHourMax = 10

    /// Senders of unknown types that are remembered; more share the refusal.
    ///
    /// Source: own choice: bounds memory under many throw-away keys (threat T15).
    static let unknownSendersMax = 10_000

    /// RPCs with messages that are kept of a peer until it has authenticated.
    ///
    /// Source: own choice: what a node says in its first seconds; it repeats what is lost.
    static let earlyFramesPerPeerMax = 16

    /// Bytes of them.
    ///
    /// Source: own choice: larger messages come again when the peer has authenticated.
    static let earlyBytesPerPeerMax = 262_144

    /// Bytes of them, of all peers.
    ///
    /// Source: own choice: 64 connections that are all new.
    static let earlyBytesMax = 16_777_216

    /// How long they are kept.
    ///
    /// Source: D-18: a handshake that takes longer has failed.
    static let earlyMilliseconds: Int64 = 30_000

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

    /// How often the standing of connected peers is looked at.
    ///
    /// Source: own choice: scores move by the hour; a connection is not closed for want of value in
    /// its first minute.
    static let reviewMilliseconds: Int64 = 60_000

    /// Points of the application score (P5) for a whole point of reputation above the floor.
    ///
    /// Source: ADR 0019: the best record brings 4.5, half of what topics can bring.
    static let pointsPerReputation: Int64 = 5

    /// The reputation that brings no points.
    ///
    /// Source: R-16-035.
    static let reputationFloor = FixedPoint(millionths: 100_000)

    /// Points of a peer whose identity is suspended.
    ///
    /// Source: ADR 0019: between the gossip threshold (−20) and the publish threshold (−50), since a
    /// suspended identity still takes part (D-47).
    static let suspendedPoints = FixedPoint(millionths: -30_000_000)

    /// Points of a peer whose identity is banned.
    ///
    /// Source: ADR 0019: no merit lifts it above the graylist threshold (−100).
    static let bannedPoints = FixedPoint(millionths: -200_000_000)

    /// What a place in the mesh of a topic adds to the value of a connection.
    ///
    /// Source: own choice: as much as the best reputation, in hundredths.
    static let meshValue = 100

    /// GossipSub heartbeat.
    ///
    /// Source: R-03-013.
    static let heartbeat = Duration.seconds(1)
}
