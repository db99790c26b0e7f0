/// What peers say to each other: subscriptions, messages and control, in any mixture.
///
/// Source: libp2p pubsub spec, The RPC; gossipsub v1.0, v1.1 and v1.2 specs, Protobuf.
struct RPC: Sendable, Equatable {
    /// A peer starts or stops to follow a topic.
    struct Subscription: Sendable, Equatable {
        var topic: String
        var isSubscribe: Bool
    }

    var subscriptions: [Subscription] = []
    /// Messages as they stand on the wire; decoded only when the peer may publish.
    var messages: [ArraySlice<UInt8>] = []
    var control = RPCControl()

    /// Whether there is nothing to say.
    var isEmpty: Bool {
        self.subscriptions.isEmpty && self.messages.isEmpty && self.control.isEmpty
    }
}

/// The control part of an RPC.
struct RPCControl: Sendable, Equatable {
    /// Offers messages.
    struct IHave: Sendable, Equatable {
        var topic: String
        var ids: [GossipMessageID]
    }

    /// "You left my mesh"; do not graft for so long.
    struct Prune: Sendable, Equatable {
        var topic: String
        var backoffSeconds: UInt64?
        /// Other peers to turn to, as they stand on the wire.
        var offers: [ArraySlice<UInt8>] = []
    }

    var ihave: [IHave] = []
    /// "Send me these messages", all IWANT entries in one list.
    var iwant: [GossipMessageID] = []
    /// "You are in my mesh": topics.
    var graft: [String] = []
    var prune: [Prune] = []
    /// "I have these messages, do not send them", all IDONTWANT entries in one list.
    var idontwant: [GossipMessageID] = []

    var isEmpty: Bool {
        self.ihave.isEmpty && self.iwant.isEmpty && self.graft.isEmpty && self.prune.isEmpty
            && self.idontwant.isEmpty
    }
}

/// One published message, with the members that StrictSign demands.
struct PubsubMessage: Sendable, Equatable {
    /// The peer id of the publisher, not parsed.
    var from: [UInt8]
    var data: [UInt8]
    /// Eight bytes.
    var sequenceNumber: [UInt8]
    var topic: String
    var signature: [UInt8]
    /// The publisher's key message; go leaves it out, py puts it in.
    var key: [UInt8]?

    var id: GossipMessageID {
        GossipMessageID(from: self.from, sequenceNumber: self.sequenceNumber)
    }
}

/// The `seqno` member.
enum SequenceNumber {
    /// Bytes on the wire.
    ///
    /// Source: libp2p pubsub spec, The Message.
    static let length = 8

    /// Big-endian.
    static func encode(_ value: UInt64) -> [UInt8] {
        (0..<Self.length).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}

/// Why an RPC or a message is refused as a whole.
enum RPCError: Error, Sendable, Equatable {
    /// No protobuf, or a member of the wrong type.
    case malformed
    /// Over a limit of ``RPCLimits``.
    case overLimit
    /// `from`, `seqno`, `topic` or `signature` is absent or has an impossible form.
    case notStrictSign
}
