import Messages
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
    static let artefactBytesMax = Int(WireLimits.replicatedContentBytesMax)

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

    /// How long after a look what an agent watches is not looked at again.
    ///
    /// Source: own choice: a model takes longer to answer.
    static let lookPause = Duration.seconds(1)

    /// How long the log is silent about further connections that were closed.
    ///
    /// Source: own choice.
    static let tellingPause = TimeAmount.seconds(60)

    /// How long requests under way may take when the node stops.
    ///
    /// Source: own choice: half of the ten seconds in which a stopping node drains.
    static let drainMax = Duration.seconds(5)

    /// Callers that follow the events at one time.
    ///
    /// Source: own choice: what a node with many agents has, and less than the connections of a door.
    static let readersMax = 200

    /// Bytes that wait for one who follows the events; beyond that it is let go.
    ///
    /// Source: own choice: thousands of events.
    static let readerBytesMax = 1_048_576

    /// How often one who follows the events is sent a comment, so that both sides notice a dead connection.
    ///
    /// Source: own choice: half of the time after which proxies usually give up.
    static let pulse = Duration.seconds(15)

    /// How long one who was too slow may take for its last bytes.
    ///
    /// Source: own choice.
    static let farewellTime = TimeAmount.seconds(2)

    /// Events that are read from the log at once.
    ///
    /// Source: own choice: about 100 KiB.
    static let eventPageMax = 250

    /// Milliseconds after which one who lost the connection may come again.
    ///
    /// Source: own choice: a node restarts within seconds.
    static let reconnectMilliseconds = 3_000

    /// Seconds after which a caller may try again when it is not known how long something takes.
    ///
    /// Source: own choice: a node that is busy has a second of work before it, one that stops is back soon.
    static let retrySeconds: Int64 = 5

    /// Characters of an unknown path that an answer repeats.
    ///
    /// Source: own choice: enough to see the mistake.
    static let shownPathMax = 200
}
