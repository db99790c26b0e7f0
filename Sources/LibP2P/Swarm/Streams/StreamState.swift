import Multiformats
import MultistreamSelect
import Relay

/// Where a stream stands.
enum StreamState {
    /// The peer opened it and says what it is for.
    case choosing(MultistreamListener)
    /// We opened it and offer what it is for.
    case offering(MultistreamDialer, Purpose)
    /// The peer's request is on its way.
    case request(protocolID: String, ExchangeReader)
    /// The request is with its reader; the answer under this number is awaited, once it has one.
    case answering(UInt64?)
    /// The answer was given, and may still be on its way.
    case answered
    /// Our request was sent; the answer is on its way.
    case answer(token: UInt64, ExchangeReader)
    /// Frames come in.
    case framesIn(FrameReader)
    /// Frames go out.
    case framesOut
    /// One message of the stack's own protocols is on its way.
    case message(FrameReader, Awaited)
    /// The peer waits until it is dialled back.
    case diallingBack
    /// The peer waits until the one that it calls through this relay has answered.
    case calling(RelayServer.CircuitID)
    /// Its bytes go to a stream of another peer, and come from there.
    case bridge(Bridge)
    /// It carries a connection with a peer behind a relay.
    case circuit
    /// Everything comes back.
    case echo
    /// Nothing more is read.
    case finished

    /// What a stream of ours is for.
    enum Purpose {
        /// This side's half closes behind the request or, when it stays open, behind the answer.
        case exchange(token: UInt64, request: [UInt8], staysOpen: Bool)
        case frames
        /// To tell the peer what has changed here.
        case push
        /// To ask the peer something in a protocol of the stack's own.
        case question(Question)

        /// Whether the peer is to say something on the stream.
        var hasAnswer: Bool {
            switch self {
            case .exchange, .question: true
            case .frames, .push: false
            }
        }
    }

    /// What a peer is asked; each is one message, and so is the answer.
    enum Question {
        /// Its identify message.
        case identity
        /// To dial this host.
        case reachability
        /// To hold a place for this host as its relay.
        case reservation
        /// To join this host to a peer that holds a place with it.
        case circuit(Dial)
        /// To take a call of another peer through this relay.
        case call(RelayCall)
        /// To agree on a time at which both dial each other.
        case holePunch

        /// The protocol in which it is asked.
        var protocolID: String {
            switch self {
            case .identity: Identify.protocolID
            case .reachability: AutoNATClient.protocolID
            case .reservation, .circuit: HopMessage.protocolID
            case .call: StopMessage.protocolID
            case .holePunch: HolePunchMessage.protocolID
            }
        }
    }

    /// Which message is on its way.
    enum Awaited {
        case answer(Question)
        /// What has changed at the peer.
        case push
        /// A request to this relay.
        case hop
        /// A call through a relay.
        case stop
        /// A request to dial the peer.
        case dialBack
        /// Where the peer is to be dialled, and then that it is time.
        case holePunch
        case holePunchSync([Multiaddr])

        /// The message with which a peer begins in a protocol of the stack's own; nil in others.
        init?(of protocolID: String) {
            switch protocolID {
            case Identify.pushProtocolID: self = .push
            case HopMessage.protocolID: self = .hop
            case StopMessage.protocolID: self = .stop
            case AutoNATClient.protocolID: self = .dialBack
            case HolePunchMessage.protocolID: self = .holePunch
            default: return nil
            }
        }
    }

    /// Whether the stream may stay open as long as the connection.
    var isLongLived: Bool {
        switch self {
        case .framesOut, .echo, .circuit: true
        // A frame that has begun has to end.
        case .framesIn(let reader): reader.isAtStart
        default: false
        }
    }

    /// Whether another part reports when bytes of the stream were taken in.
    var isCarrying: Bool {
        switch self {
        case .bridge, .circuit: true
        default: false
        }
    }

    /// Whether a caller waits for what the stream brings.
    var isExchange: Bool {
        switch self {
        case .request, .answering, .answered, .answer, .offering(_, .exchange): true
        default: false
        }
    }

    /// The exchange of ours that waits for the stream.
    var token: UInt64? {
        switch self {
        case .offering(_, .exchange(let token, _, _)), .answer(let token, _): token
        default: nil
        }
    }

    /// What was asked on the stream and is not answered.
    var question: Question? {
        switch self {
        case .offering(_, .question(let question)), .message(_, .answer(let question)): question
        default: nil
        }
    }
}
