/// Why a negotiation came to its end; the stream, or the connection, is to be closed.
public enum MultistreamError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The other side does not begin with `/multistream/1.0.0`.
    case header
    /// A length that is no varint, or a message that does not end in a line feed.
    case malformed
    /// A message longer than ``MultistreamLimits/maximumMessage`` bytes.
    case tooLong
    /// An answer that is neither `na` nor what was proposed.
    case unexpectedAnswer
    /// More proposals than ``MultistreamLimits/maximumProposals``.
    case tooManyProposals
    /// Bytes arrive after the end of the negotiation.
    case finished

    /// One line for logs.
    public var description: String {
        switch self {
        case .header: "peer does not speak /multistream/1.0.0"
        case .malformed: "malformed multistream message"
        case .tooLong: "multistream message is too long"
        case .unexpectedAnswer: "multistream answer does not fit the proposal"
        case .tooManyProposals: "peer proposes too many protocols"
        case .finished: "multistream negotiation is over"
        }
    }
}

/// The bounds of one negotiation.
public enum MultistreamLimits {
    /// Bytes of one message with its line feed, without its length.
    ///
    /// The bound of go-multistream; protocol names are far shorter.
    public static let maximumMessage = 1_024
    /// Proposals and `ls` that a listener answers on one stream; a bound of this node.
    public static let maximumProposals = 32
}

/// The end of a negotiation.
public enum MultistreamOutcome: Sendable, Equatable {
    /// Both sides speak this protocol; `leftover` are the first bytes that belong to it.
    case selected(String, leftover: [UInt8])
    /// The listener speaks none of the proposed protocols.
    case refused
}
