import MultistreamSelect

/// Where a stream stands.
enum StreamState {
    /// The peer opened it and says what it is for.
    case choosing(MultistreamListener)
    /// We opened it and offer what it is for.
    case offering(MultistreamDialer, Purpose)
    /// The peer's request is on its way.
    case request(protocolID: String, ExchangeReader)
    /// The request is with its reader; the answer under this number is awaited.
    case answering(UInt64)
    /// The answer was given, and may still be on its way.
    case answered
    /// Our request was sent; the answer is on its way.
    case answer(token: UInt64, ExchangeReader)
    /// Frames come in.
    case framesIn(FrameReader)
    /// Frames go out.
    case framesOut
    /// What the peer says of itself is on its way.
    case identity(FrameReader)
    /// Whether the peer could reach this host is on its way.
    case reachability(FrameReader)
    /// Everything comes back.
    case echo
    /// Nothing more is read.
    case finished

    /// What a stream of ours is for.
    enum Purpose {
        case exchange(token: UInt64, request: [UInt8])
        case frames
        /// To hear what the peer says of itself.
        case identify
        /// To tell the peer what has changed here.
        case push
        /// To have the peer dial this host.
        case reachability
    }

    /// Whether the stream may stay open as long as the connection.
    var isLongLived: Bool {
        switch self {
        case .framesOut, .echo: true
        // A frame that has begun has to end.
        case .framesIn(let reader): reader.isAtStart
        default: false
        }
    }

    /// Whether somebody waits for what the stream brings.
    var isExchange: Bool {
        switch self {
        case .request, .answering, .answered, .answer, .offering(_, .exchange): true
        default: false
        }
    }

    /// The exchange of ours that waits for the stream.
    var token: UInt64? {
        switch self {
        case .offering(_, .exchange(let token, _)), .answer(let token, _): token
        default: nil
        }
    }
}
