/// The bounds of a ``RelayServer``; ``RelayLimits`` holds their values and sources.
struct RelayTerms: Sendable {
    var reservations = RelayLimits.reservationsMax
    var reservationSeconds = RelayLimits.reservationSeconds
    var circuit = RelayCircuitLimit(
        seconds: RelayLimits.circuitSeconds,
        bytes: RelayLimits.circuitBytes
    )
}
