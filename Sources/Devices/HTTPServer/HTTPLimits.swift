/// Bounds of the HTTP server.
enum HTTPLimits {
    /// Largest JSON body.
    ///
    /// Source: D-17: a payload never exceeds a frame.
    static let jsonBytesMax = 8_388_608

    /// Largest uploaded artefact.
    ///
    /// Source: spec §9, Capability Ramp, with D-75 (100 MB).
    static let artefactBytesMax = 100_000_000

    /// How long requests under way may take when the node stops.
    ///
    /// Source: own choice: half of the ten seconds in which a stopping node drains.
    static let drainMax = Duration.seconds(5)

    /// Entries in a list without an explicit limit.
    ///
    /// Source: own choice: fits a terminal and an agent's context.
    static let listDefault = 100

    /// Most entries in a list.
    ///
    /// Source: own choice: the bound of the queries behind it.
    static let listMax = 1_000

    /// Characters of an unknown path that an answer repeats.
    ///
    /// Source: own choice: enough to see the mistake.
    static let shownPathMax = 200
}
