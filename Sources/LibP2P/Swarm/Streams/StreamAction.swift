import Multiformats
import NIOCore
import Relay
import Yamux

/// What a ``StreamMachine`` wants done.
///
/// Some actions are questions, which say what answers them; the answer comes before the next action is
/// taken.
enum StreamAction {
    // MARK: The connection

    /// What waits is to be written, and from there on the carrier is to run TLS, which begins with these
    /// bytes of the peer; ``StreamMachine/secured(by:)`` answers when it does.
    case startTLS([UInt8])
    /// The link runs, and this is who proved to be its other end; ``StreamMachine/began(with:_:)``
    /// answers.
    case proven(PeerID)
    /// The other end is another process with this host's own key.
    case ownKey
    /// What waits is to be written now.
    case flush
    /// What waits is to be written, and the connection closed.
    case close
    /// ``StreamMachine/wake()`` is to be called at this time, instead of the one that was named before.
    case wake(NIODeadline)
    /// No new streams are opened, on either side.
    case retired
    /// ``StreamMachine/closeIfDone(by:)`` is to be called after a while.
    case lookWhenDone(by: NIODeadline)

    // MARK: Streams

    /// The peer opened a stream; ``StreamMachine/admit(_:offering:)`` or ``StreamMachine/refuse(_:)``
    /// answers.
    case admit(YamuxStreamID)
    /// A stream that was admitted is over.
    case released
    case frames(FrameAction)
    case exchange(ExchangeAction)
    case message(MessageAction)
    case punch(PunchAction)
    case circuit(CircuitAction)
    case relay(RelayAction)
}

/// What becomes of frames.
enum FrameAction {
    /// Frames can be sent, in this protocol.
    case ready(protocolID: String)
    /// Frames came.
    case received([[UInt8]])
    /// Frames came before any could be sent; ``StreamMachine/take(early:on:isPrimary:)`` answers.
    case early([[UInt8]], on: YamuxStreamID)
    /// A frame of so many bytes found no room.
    case dropped(Int)
    /// The peer reset the stream for frames, the largest of which had so many bytes.
    case reset(largest: Int)
    /// The stream for frames is gone; it may be opened anew, after ``StreamMachine/releaseFrameStream()``.
    case lost
}

/// What becomes of requests and answers.
enum ExchangeAction {
    /// The peer asks; ``StreamMachine/number(_:on:)`` answers.
    case requested(protocolID: String, request: [UInt8], on: YamuxStreamID)
    /// The exchange under this token is answered.
    case answered(token: UInt64, [UInt8])
    /// The exchange under this token failed.
    case failed(token: UInt64, reason: String)
}

/// What the stack's own protocols bring, but for relays.
enum MessageAction {
    /// The peer is to be told who this host is; ``StreamMachine/reply(_:on:)`` answers.
    case tellIdentity(on: YamuxStreamID)
    /// The peer says who it is, and whether it may now be dialled without the relay.
    case identified(PeerIdentity, mayUpgrade: Bool)
    /// The peer is to be asked to dial this host; ``StreamMachine/pose(_:on:)`` answers.
    case askReachability(on: YamuxStreamID)
    /// The peer tried to dial this host, or did not.
    case reachability(AutoNATClient.Answer)
    /// The peer asks to be dialled; ``StreamMachine/reply(_:on:)`` or
    /// ``StreamMachine/dialBack(on:)`` answers.
    case dialBackAsked([UInt8], on: YamuxStreamID)
}

/// What turns a relayed connection into a direct one.
enum PunchAction {
    /// The peer is to be asked where it can be dialled; ``StreamMachine/pose(_:on:)`` answers.
    case ask(on: YamuxStreamID)
    /// The peer asks, and can be dialled there;
    /// ``StreamMachine/answerPunch(_:targets:on:)`` answers.
    case asked([Multiaddr], on: YamuxStreamID)
    /// The peer is to be dialled after this time, and dials then itself.
    case dial([Multiaddr], after: TimeAmount)
    /// The peer is to be dialled now.
    case dialNow([Multiaddr])
}

/// What becomes of connections through the peer as a relay.
enum CircuitAction {
    /// The peer answered the request for a place; nil when it did not.
    case reservation(HopMessage?)
    /// The peer joins this host to nobody for this dial.
    case failed(Dial, reason: String)
    /// The stream leads to the target of this dial.
    case opened(Dial, on: YamuxStreamID)
    /// Somebody calls; ``StreamMachine/reply(_:on:)`` or ``StreamMachine/carryCall(_:on:)`` answers.
    case called(StopMessage, on: YamuxStreamID)
    /// Bytes of the connection that a stream carries.
    case received([UInt8], on: YamuxStreamID)
    /// The peer has window for all that a stream carries.
    case writable(YamuxStreamID)
    /// A stream carries nothing more.
    case ended(YamuxStreamID)
}

/// What this host does as the relay of the peer.
enum RelayAction {
    /// The peer asks for a place or for another peer; ``StreamMachine/reply(_:on:)`` or
    /// ``StreamMachine/call(_:on:)`` answers.
    case asked(HopMessage, on: YamuxStreamID)
    /// The peer answered a call; ``StreamMachine/join(_:on:)`` or ``StreamMachine/reset(_:)`` answers.
    case callAnswered(RelayCall, StopMessage, on: YamuxStreamID)
    /// The peer cannot be asked whether it takes a call.
    case unanswered(RelayCall)
    /// Bytes of the peer for the other end of a bridge; ``StreamMachine/breakCircuit(_:)`` answers when
    /// they may not pass.
    case pass([UInt8], Bridge, on: YamuxStreamID)
    /// The peer has window for so many bytes of the other end.
    case taken(Int, from: StreamEnd)
    /// The peer sends nothing more to the other end.
    case closeOutput(StreamEnd)
    /// The other end has nobody any more.
    case reset(StreamEnd)
    /// A circuit is over.
    case ended(RelayServer.CircuitID)
}
