import NIOCore

/// Bounds of connections and streams.
enum SwarmLimits {
    /// Connections in all directions.
    ///
    /// Source: own choice: several times the 12 mesh peers of three topics.
    static let connectionsMax = 512

    /// Connections of one peer; more are closed at once.
    ///
    /// Source: own choice: both sides may dial at the same time, on several addresses.
    static let connectionsPerPeerMax = 8

    /// Accepted connections whose peer is not proven yet; the oldest gives way to a new one.
    ///
    /// Source: own choice: an honest peer needs a second, so that idle sockets lose their place
    /// first (threat T18).
    static let upgradingMax = 128

    /// From the first byte to the running muxer.
    ///
    /// Source: go-libp2p's default of 15 s for an upgrade.
    static let upgradeTimeout = TimeAmount.seconds(15)

    /// For a TCP connection.
    ///
    /// Source: own choice; go-libp2p waits 5 s on local networks, 15 s at most.
    static let dialTimeout = TimeAmount.seconds(10)

    /// A stream with one request and one answer, or one still being negotiated.
    ///
    /// Source: D-18.
    static let exchangeTimeout = TimeAmount.seconds(30)

    /// Span in which the resets of a connection are counted.
    ///
    /// Source: own choice.
    static let resetWindow = TimeAmount.seconds(10)

    /// Streams that a peer may open and reset itself in a ``resetWindow``; one more ends the
    /// connection.
    ///
    /// Source: own choice: fifteen times what SwiftNIO's HTTP/2 allows against rapid resets
    /// (CVE-2023-44487: 200 in 30 s).
    static let resetsPerWindowMax = 1_000

    /// Document of an exchange.
    ///
    /// Source: R-02-011.
    static let exchangeBytesMax = 8_388_608

    /// Requests of one connection that are on their way at once.
    ///
    /// Source: own choice: as many as Gossip lets wait for an answer.
    static let requestsBeingReadMax = 16

    /// Bytes of all documents and frames that are on their way from peers.
    ///
    /// Source: own choice: sixteen of the largest, a quarter of the node's memory goal.
    static let bufferedBytesMax = 134_217_728

    /// Bytes that each document or frame on its way may take when ``bufferedBytesMax`` is reached.
    ///
    /// Source: own choice: most messages are smaller; all streams of a full node stay below 1 GiB.
    static let bufferFreeBytes = 65_536

    /// Bytes of a ping that wait for a peer that does not read its echo.
    ///
    /// Source: own choice: two thousand pings.
    static let echoBytesMax = 65_536

    /// Frame of a long-lived stream: a document and its relay envelope.
    ///
    /// Source: D-17.
    static let frameBytesMax = 8_388_608 + 65_536

    /// Identify message.
    ///
    /// Source: own choice; go-libp2p takes 8 KiB of signed record beside it.
    static let identifyBytesMax = 65_536

    /// Bytes that wait for a slow peer before frames for it are dropped.
    ///
    /// Source: own choice: two of the largest frames.
    static let pendingFrameBytesMax = 16_777_216
}
