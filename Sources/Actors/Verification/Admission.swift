import Kernel
import Messages
import Primitives

extension VerificationOutcome {
    /// Why a message with this outcome ends; nil when it goes on.
    var refusal: Refusal? {
        switch self {
        case .valid: nil
        case .badSignature: Refusal(.badSignature, "the signature does not match the sender's key")
        case .badRelaySignature:
            Refusal(.badSignature, "the relay-layer signature does not hold (StrictSign)")
        case .badProof: Refusal(.invalidProof, "a segment of the proof of delay does not hold")
        case .computed: Refusal(.invalidProof, "no verdict on the message")
        }
    }
}

extension Origin {
    /// Whether the message is one for everybody, which counts once however often it comes.
    ///
    /// A stream frame answers or asks on its own stream (D-18). Two of them may well be the same to
    /// the letter: two empty pages of one millisecond.
    var isBroadcast: Bool {
        switch self {
        case .local, .gossip, .sync: true
        case .exchange, .answer: false
        }
    }

    /// The channel whose time rule applies (D-16).
    var timeChannel: TimeChannel {
        switch self {
        case .local, .gossip: .gossip
        case .sync: .sync
        case .exchange, .answer: .stream
        }
    }

    /// Why a message may not come this way: each type belongs on a topic or on a stream, and a frame on
    /// a stream is from the peer at its other end.
    ///
    /// Snapshots are served inside of answers, so that this node signs them like a broadcast, and gets those
    /// of others as messages of a page; what people ask to be signed is none (D-22, ADR 0069).
    func objection(to message: Message) -> Refusal? {
        switch (self, message.type?.channel) {
        case (.sync, .stream?) where message.type == .stateSnapshot,
            (.local(nil, key: nil), .stream?) where message.type == .stateSnapshot:
            nil
        case (.gossip(_, let topic, _), .gossip(let expected)?) where topic != expected:
            Refusal(.wrongTopic, "\(message.typeName) belongs on \(expected.rawValue)")
        case (.gossip, .stream?), (.sync, .stream?), (.local, .stream?):
            Refusal(.wrongTopic, "\(message.typeName) is a stream message")
        case (.exchange, .gossip?), (.exchange, nil), (.answer, .gossip?), (.answer, nil):
            Refusal(.wrongTopic, "\(message.typeName) is not a stream message")
        case (.exchange(let exchange), .stream?) where exchange.peer != message.from:
            Refusal(.badSignature, "the frame is not from the peer of the stream")
        case (.answer(let exchange), .stream?) where exchange.peer != message.from:
            Refusal(.badSignature, "the answer is not from the peer that was asked")
        default:
            nil
        }
    }
}

extension Message {
    /// Why a message that comes this way is too large; nil when it is not.
    func sizeObjection(_ origin: Origin) -> Refusal? {
        guard origin.isBroadcast, self.canonical.count > WireLimits.carriedBytesMax else {
            return nil
        }
        return Refusal(
            .tooLarge,
            "\(self.canonical.count) bytes; a page of sync carries messages of at most "
                + "\(WireLimits.carriedBytesMax)"
        )
    }

    /// Why a message that comes this way is not on time; nil when it is.
    func timeObjection(_ origin: Origin, now: Timestamp) -> Refusal? {
        let window = TimeWindow.verdict(
            type: self.type,
            timestamp: self.timestamp,
            now: now,
            channel: origin.timeChannel
        )
        guard window != .inside else { return nil }
        let offset = self.timestamp.milliseconds(since: now)
        return Refusal(
            .outsideTimeWindow,
            "stamped \(offset) ms from this node's clock; check the clocks of both nodes"
        )
    }
}
