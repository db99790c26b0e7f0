import NIOCore

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

    /// Bytes of all header fields of a request together.
    ///
    /// Source: own choice: a hundred times what the command line sends.
    static let headerBytesMax = 16_384

    /// Connections of one door whose request does not carry the token, or is not whole yet.
    ///
    /// Source: own choice: a request takes milliseconds, so that as many at once are an attack.
    static let strangersMax = 64

    /// How long a connection may take for a whole request without the token.
    ///
    /// Source: own choice: a program on the same machine needs milliseconds.
    static let requestTime = TimeAmount.seconds(10)

    /// How long the body of a request with the token may take.
    ///
    /// Source: own choice: 100 MB in it are less than 1 MB/s.
    static let bodyTime = TimeAmount.seconds(120)

    /// How long a connection may stay open between two requests.
    ///
    /// Source: own choice: as long as clients usually keep one.
    static let idleTime = TimeAmount.seconds(30)

    /// How long bytes are thrown away after an answer that came before the body.
    ///
    /// Source: own choice: what was under way when the answer was written.
    static let drainingTime = TimeAmount.seconds(2)

    /// How many bytes are thrown away after an answer that came before the body.
    ///
    /// Source: own choice: what the buffers of both sockets hold.
    static let drainedBytesMax = 1_048_576

    /// How long the log is silent about further connections that were closed.
    ///
    /// Source: own choice.
    static let tellingPause = TimeAmount.seconds(60)

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
