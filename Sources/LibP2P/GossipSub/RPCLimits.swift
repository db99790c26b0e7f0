/// Bounds of one RPC, checked while it is read and before memory is spent.
enum RPCLimits {
    /// Bytes of one incoming RPC.
    ///
    /// Source: D-17: a message of 8 MiB, and 64 KiB for what surrounds it.
    static let incomingBytesMax = 8 * 1_048_576 + 65_536

    /// Bytes of one outgoing RPC that could also be several; a single message may be larger.
    ///
    /// Source: ``usualBytesMax``, which every implementation takes.
    static let outgoingBytesMax = RPCLimits.usualBytesMax

    /// Bytes of one RPC that peers take unless they are told otherwise.
    ///
    /// Source: go-libp2p-pubsub resets streams that bring more than 1 MiB at once.
    static let usualBytesMax = 1_048_576

    /// Subscriptions in one RPC.
    ///
    /// Source: own choice: the network has three topics; CVE-2026-46679 shows what no bound does.
    static let subscriptionsMax = 100

    /// Messages in one RPC.
    ///
    /// Source: own choice: a 1 MiB RPC of the smallest signed messages has fewer.
    static let messagesMax = 8_192

    /// IHAVE, IWANT, GRAFT, PRUNE and IDONTWANT entries in one RPC.
    ///
    /// Source: own choice: a heartbeat of an honest peer needs a handful for each topic.
    static let controlEntriesMax = 512

    /// Bytes of the control part of one RPC.
    ///
    /// Source: own choice: what go-libp2p-pubsub sends at most as a whole; checked before decoding.
    static let controlBytesMax = 1_048_576

    /// Peers that all PRUNEs of one RPC offer; more are passed over.
    ///
    /// Source: own choice: three topics with the 16 of go-libp2p-pubsub.
    static let offeredPeersMax = 48

    /// Bytes of the signed record of an offered peer.
    ///
    /// Source: own choice: 16 addresses; CVE-2023-40583 is about larger ones.
    static let peerRecordBytesMax = 2_048

    /// Message ids in one RPC, those of IHAVE, IWANT and IDONTWANT together.
    ///
    /// Source: own choice: four topics with 5,000 each, the v1.1 limit of one heartbeat.
    static let messageIDsMax = 20_000

    /// Bytes of one message id.
    ///
    /// Source: own choice: the default id has 46 bytes, that of rust-libp2p up to 72.
    static let messageIDBytesMax = 128

    /// Bytes of a topic name.
    ///
    /// Source: own choice: the longest topic of the network has 18.
    static let topicBytesMax = 256

    /// Bytes of the `from`, `signature` and `key` members of a message, each.
    ///
    /// Source: own choice: what Ed25519 needs is below 65; a longer one only wastes memory.
    static let signerBytesMax = 128

    /// Message ids in one outgoing IHAVE or IWANT entry.
    ///
    /// Source: own choice: with ids of 128 bytes an entry is half of ``outgoingBytesMax``.
    static let idsPerEntry = 4_000
}
