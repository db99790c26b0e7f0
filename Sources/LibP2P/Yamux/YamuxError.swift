/// Why a session came to its end; the connection under it is to be closed.
public enum YamuxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A frame of another version than 0.
    case version(UInt8)
    /// A frame type that the specification does not have.
    case frameType(UInt8)
    /// A data frame longer than any receive window, in bytes.
    case frameLength(UInt32)
    /// Data, or a window update, for stream 0, or a ping or go-away for another.
    case sessionStream(YamuxStreamID)
    /// The remote side opened a stream with an id of ours.
    case streamParity(YamuxStreamID)
    /// The remote side opened a stream that is open.
    case streamInUse(YamuxStreamID)
    /// A frame for a stream that was never opened.
    case unknownStream(YamuxStreamID)
    /// More data than the receive window allows.
    case windowExceeded(YamuxStreamID)
    /// Window updates add up to more than 2^32 − 1 bytes.
    case windowOverflow(YamuxStreamID)
    /// Data behind the FIN of its stream.
    case dataAfterClose(YamuxStreamID)
    /// Pings and new streams ask for more answers than are kept for writing.
    case tooManyAnswers

    /// One line for logs.
    public var description: String {
        switch self {
        case .version(let version): "yamux version \(version), expected 0"
        case .frameType(let type): "unknown yamux frame type \(type)"
        case .frameLength(let length): "yamux data frame of \(length) bytes"
        case .sessionStream(let id): "yamux frame type is not allowed on stream \(id)"
        case .streamParity(let id): "yamux stream \(id) was opened by the wrong side"
        case .streamInUse(let id): "yamux stream \(id) was opened twice"
        case .unknownStream(let id): "yamux frame for stream \(id), which was never opened"
        case .windowExceeded(let id): "yamux stream \(id) exceeds its receive window"
        case .windowOverflow(let id): "yamux window of stream \(id) overflows"
        case .dataAfterClose(let id): "yamux stream \(id) sends data after its end"
        case .tooManyAnswers: "yamux peer asks for answers faster than it reads them"
        }
    }
}
