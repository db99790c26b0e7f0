import NIOCore

/// Bounds of connections and streams.
enum SwarmLimits {
    // MARK: Connections

    /// Sockets and dials in all directions.
    ///
    /// Source: own choice: several times the 12 mesh peers of three topics; well below the 1,024
    /// file descriptors of a usual shell.
    static let connectionsMax = 512

    /// Accepted sockets; the rest of ``connectionsMax`` is for dials of this host, so that no flood
    /// keeps it from reaching peers that it chose (threat T4).
    ///
    /// Source: own choice.
    static let inboundConnectionsMax = 448

    /// Proven connections above which some are closed.
    ///
    /// Source: own choice: three quarters of ``connectionsMax``, so that there is room while
    /// trimming waits for ``trimGrace``; go-libp2p's default is 192.
    static let connectionsHighWater = 384

    /// Proven connections that trimming leaves.
    ///
    /// Source: own choice: a sixth below the high water mark, as in go-libp2p (160 of 192).
    static let connectionsLowWater = 320

    /// Age below which a connection is not trimmed.
    ///
    /// Source: own choice: as in go-libp2p, a minute at most until a peer's value is known.
    static let trimGrace = TimeAmount.seconds(60)

    /// Connections of one peer; more are closed at once.
    ///
    /// Source: own choice: both sides may dial at the same time, on several addresses.
    static let connectionsPerPeerMax = 8

    /// Accepted sockets from one IPv4 address or one IPv6 /64; loopback is not counted.
    ///
    /// Source: own choice: hosts of one household or company share an address; go-libp2p takes 8.
    static let connectionsPerNetworkMax = 32

    /// Accepted connections whose peer is not proven yet; the oldest gives way to a new one.
    ///
    /// Source: own choice: an honest peer needs a second, so that idle sockets lose their place
    /// first (threat T18).
    static let upgradingMax = 128

    /// Dials under way at once.
    ///
    /// Source: own choice: go-libp2p's default of 160 dials with file descriptors, less what this
    /// host can accept.
    static let dialsMax = 128

    /// Addresses of this host that dials found out about, so that they are not dialled again.
    ///
    /// Source: own choice: a host has a handful of interfaces.
    static let ownAddressesMax = 64

    /// From the first byte to the running muxer.
    ///
    /// Source: go-libp2p's default of 15 s for an upgrade.
    static let upgradeTimeout = TimeAmount.seconds(15)

    /// For a TCP connection, and for the look-up of a name.
    ///
    /// Source: own choice; go-libp2p waits 5 s on local networks, 15 s at most.
    static let dialTimeout = TimeAmount.seconds(10)

    /// After which a dial tries no further address of a name.
    ///
    /// Source: go-libp2p's default of 60 s for a dial.
    static let dialSpan = TimeAmount.seconds(60)

    /// After so long without a byte from a peer, the peer is pinged; after as long again the connection
    /// is closed.
    ///
    /// Source: go-yamux's keep-alive interval of 30 s.
    static let keepAlive = TimeAmount.seconds(30)

    /// How long a peer may take until it takes in anything of what waits for it.
    ///
    /// Source: own choice: twice the keep-alive interval.
    static let stallTimeout = TimeAmount.seconds(60)

    /// A frame on a long-lived stream, from its first byte to its last.
    ///
    /// Source: own choice: 8 MiB at 1 Mbit/s.
    static let frameTimeout = TimeAmount.seconds(70)

    /// A connection that another one replaces stays at least so long.
    ///
    /// Source: own choice: the other side needs a round trip or two to come to the same choice.
    static let retireGrace = TimeAmount.seconds(2)

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

    // MARK: Streams

    /// Streams that all peers together have opened.
    ///
    /// Source: own choice: sixteen for each of ``connectionsMax``; an idle one costs under 1 KiB.
    static let inboundStreamsMax = 8_192

    /// Streams that one peer has opened, on all its connections.
    ///
    /// Source: own choice: libp2p/specs yamux asks for room for 256 a connection.
    static let inboundStreamsPerPeerMax = 512

    /// Ping streams of one connection.
    ///
    /// Source: own choice: the ping specification asks for one; go-libp2p takes 2.
    static let echoStreamsMax = 4

    /// Identify messages that a peer may push in a ``pushWindow``.
    ///
    /// Source: own choice: addresses change when a computer moves.
    static let pushesPerWindowMax = 10

    /// Span in which pushes of identify are counted.
    ///
    /// Source: own choice.
    static let pushWindow = TimeAmount.seconds(60)

    /// Addresses taken from an identify message, and protocols.
    ///
    /// Source: own choice: several times what hosts of all implementations send.
    static let identifyEntriesMax = 128

    /// Bytes of one text of an identify message.
    ///
    /// Source: own choice: protocol names and versions are far shorter.
    static let identifyTextBytesMax = 256

    /// Requests of one connection that are on their way at once.
    ///
    /// Source: own choice: as many as Gossip lets wait for an answer.
    static let requestsBeingReadMax = 16

    /// Bytes of all documents and frames that are on their way from peers.
    ///
    /// Source: own choice: sixteen of the largest, a quarter of the node's memory goal.
    static let bufferedBytesMax = 134_217_728

    /// Bytes of all documents and frames that are on their way from one peer.
    ///
    /// Source: own choice: four of the largest, so that one peer cannot take the whole of
    /// ``bufferedBytesMax``.
    static let bufferedBytesPerPeerMax = 33_554_432

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

    /// Frames of a peer that came before frames could be sent to it.
    ///
    /// Source: own choice: the window of a stream; until then a peer knows nothing to send but what
    /// it subscribes to.
    static let earlyFrameBytesMax = 262_144

    /// Identify message.
    ///
    /// Source: own choice; go-libp2p takes 8 KiB of signed record beside it.
    static let identifyBytesMax = 65_536

    // MARK: Writing

    /// Bytes from which frames are written without waiting for others of the same turn.
    ///
    /// Source: own choice: about one message of Noise, which is encrypted and written as cheaply alone.
    static let writeBytes = 65_536

    /// Bytes that the socket has not taken from which on the peer is not read from.
    ///
    /// Source: own choice: the largest window of a stream; below, each large frame alone would stop
    /// reading for a moment.
    static let unwrittenHighWater = 1_048_576

    /// Bytes that the socket has not taken below which the peer is read from again.
    ///
    /// Source: own choice: half of ``unwrittenHighWater``, as NIO's defaults are to each other.
    static let unwrittenLowWater = 524_288

    /// Nanoseconds that bytes may be ahead of their turn when a host bounds its traffic.
    ///
    /// Source: own choice: a tenth of a second, so that short messages do not wait while the bound is far.
    static let burst: UInt64 = 100_000_000

    /// Least bytes that wait for their turn as one when a host bounds its traffic.
    ///
    /// Source: own choice: a page of memory; smaller ones cost a packet each.
    static let pieceBytesMin = 4_096

    /// Bytes of a closing connection that do not wait for their turn when a host bounds its traffic.
    ///
    /// Source: own choice: several frames of control, and less than a document.
    static let lastWordBytes = 16_384

    /// Sockets that wait for the answer to a goodbye of TLS; beyond them none is said.
    ///
    /// Source: own choice: a few descriptors beside those of connections, a second each.
    static let goodbyes = 64

    /// Memory that an event loop keeps from one write for the next.
    ///
    /// Source: own choice: the largest window of a stream, encrypted, rounded up to a power of two.
    static let scratchBytesMax = 2_097_152

    /// Bytes that wait for a slow peer before frames for it are dropped.
    ///
    /// Source: own choice: two of the largest frames.
    static let pendingFrameBytesMax = 16_777_216

    /// Bytes that wait for a slow peer before its requests get no answer and none are sent to it.
    ///
    /// Source: own choice: two of the largest documents beside ``pendingFrameBytesMax``.
    static let pendingBytesPerConnectionMax = 33_554_432

    /// Bytes that wait for all slow peers together.
    ///
    /// Source: own choice: half of the node's memory goal.
    static let pendingBytesMax = 268_435_456

    /// How often a host looks whether its interfaces have other addresses.
    ///
    /// Source: own choice: a laptop that changes its network has to wait longer for its peers to notice.
    static let interfacePause = TimeAmount.seconds(60)
}
