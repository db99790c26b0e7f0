import Kernel
import Messages

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
}
