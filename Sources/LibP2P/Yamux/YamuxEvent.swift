/// What a session tells the layer above it.
public enum YamuxEvent: Sendable, Equatable {
    /// The remote side opened a stream; it is accepted already.
    case opened(YamuxStreamID)
    /// Bytes in order, never empty; report them with ``YamuxSession/consumed(_:on:)`` once read.
    case data(YamuxStreamID, [UInt8])
    /// The remote side will send nothing more; sending to it goes on.
    case remoteClosed(YamuxStreamID)
    /// The remote side gave the stream up in both directions; the session has forgotten it.
    case reset(YamuxStreamID)
    /// Both directions are finished; the session has forgotten the stream.
    case closed(YamuxStreamID)
    /// A window update let the last pending byte go.
    case writable(YamuxStreamID)
    /// The remote side answered a ping of this side.
    case pong(UInt32)
    /// The remote side accepts no new streams; 0 normal, 1 protocol error, 2 internal error.
    case goAway(UInt32)
}
