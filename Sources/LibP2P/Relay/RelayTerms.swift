/// The bounds of a ``RelayServer``; ``RelayLimits`` holds their values and sources.
package struct RelayTerms: Sendable {
    package var reservations = RelayLimits.reservationsMax
    package var reservationSeconds = RelayLimits.reservationSeconds
    package var circuit = RelayCircuitLimit(
        seconds: RelayLimits.circuitSeconds,
        bytes: RelayLimits.circuitBytes
    )

    package init() {}
}
