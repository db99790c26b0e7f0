/// The bounds of one session.
public struct YamuxLimits: Sendable, Equatable {
    /// Bytes that either side may send on a stream before the other gives window back.
    ///
    /// Both sides assume it, so it is no setting. Source: yamux specification, "Flow Control".
    public static let initialWindow: UInt32 = 262_144

    /// The largest receive window that a stream of much data grows to.
    ///
    /// Source: own choice: 80 Mbit/s at a round trip of 100 ms; go-yamux grows to 16 MiB.
    public static let maximumWindow: UInt32 = 1_048_576

    /// Whole windows that a sender uses up before its window doubles.
    ///
    /// Source: own choice: a megabyte at first, so that short exchanges keep the initial window.
    static let windowsBeforeGrowth: UInt32 = 4

    /// Window that all streams of a session may have beyond the initial one.
    ///
    /// Source: own choice: five streams of much data; more of them share the way anyhow.
    static let sessionGrowth: UInt32 = 4_194_304

    /// The largest payload of a data frame that is accepted: the largest window.
    ///
    /// A longer frame could only violate the window. Source: yamux specification, "Flow Control".
    public static let maximumFramePayload: UInt32 = Self.maximumWindow

    /// The largest payload of a data frame that is sent, so that streams take turns.
    ///
    /// Source: own choice: go-yamux and rust-yamux split at no more than this.
    public static let sentFramePayload = 65_536

    /// Bytes up to which pieces that wait for window are put together.
    ///
    /// Source: own choice: a hundred times what a piece costs beside its bytes, and cheap to copy.
    static let pieceBytes = 4_096

    /// Streams of the remote side that may be open at once; more are refused with RST.
    ///
    /// The specification asks for room for 256: libp2p/specs yamux, "ACK backlog".
    public var inboundStreams: Int

    /// Streams of this side that may be open at once.
    ///
    /// The same number as for the remote side, which is sure to take that many.
    public var outboundStreams: Int

    /// Streams of this side that the remote side has not acknowledged.
    ///
    /// Source: libp2p/specs yamux, "ACK backlog": at most 256.
    public var unacknowledgedStreams: Int

    /// Answers to pings and new streams kept between two calls of ``YamuxSession/takeOutput()``.
    ///
    /// A bound of this node: 12 KiB of output that the remote side causes without reading any.
    public var pendingAnswers: Int

    /// The bounds with which the node runs.
    ///
    /// Source: own choice, argued at each member.
    public static let standard = YamuxLimits(
        inboundStreams: 256,
        outboundStreams: 256,
        unacknowledgedStreams: 256,
        pendingAnswers: 1_024
    )

    /// Sets every bound.
    public init(
        inboundStreams: Int,
        outboundStreams: Int,
        unacknowledgedStreams: Int,
        pendingAnswers: Int
    ) {
        self.inboundStreams = inboundStreams
        self.outboundStreams = outboundStreams
        self.unacknowledgedStreams = unacknowledgedStreams
        self.pendingAnswers = pendingAnswers
    }
}
