/// The numbers of a GossipSub router; times are milliseconds.
public struct GossipSubParameters: Sendable, Equatable {
    /// Peers wanted in the mesh of a topic (D).
    ///
    /// Source: R-03-013.
    public var meshSize = 6

    /// Below this many mesh peers the heartbeat grafts (D_low).
    ///
    /// Source: R-03-013.
    public var meshSizeLow = 4

    /// Above this many mesh peers the heartbeat prunes (D_high).
    ///
    /// Source: R-03-013.
    public var meshSizeHigh = 12

    /// Peers that get publications in topics without subscription, when not all do.
    ///
    /// Source: R-03-013.
    public var fanoutSize = 6

    /// How long such a choice of peers is kept after the last publication.
    ///
    /// Source: gossipsub v1.0 spec, Parameters.
    public var fanoutLifetime: Int64 = 60_000

    /// Whether own publications go to all subscribers and not only to the mesh or the fanout.
    ///
    /// Source: gossipsub v1.1 spec, Flood Publishing.
    public var floodsPublications = true

    /// Heartbeats between two looks for better mesh peers than the present ones.
    ///
    /// Source: gossipsub v1.1 spec, Opportunistic Grafting (1 minute).
    public var opportunisticGraftInterval = 60

    /// Peers grafted then.
    ///
    /// Source: gossipsub v1.1 spec, Opportunistic Grafting.
    public var opportunisticGraftSize = 2

    /// Whether peers that a PRUNE offers are kept for
    /// ``GossipSubRouter/collectOfferedPeers()``.
    ///
    /// Source: own choice: off; nodes of this network find each other in other ways.
    public var acceptsPeerExchange = false

    /// Offered peers that wait to be collected.
    ///
    /// Source: own choice: two full offers of go-libp2p-pubsub (16 each).
    public var offeredPeersMax = 32

    /// The least number of peers that are sent IHAVE in each heartbeat (D_lazy).
    ///
    /// Source: gossipsub v1.0 spec, Parameters: equal to D.
    public var gossipSize = 6

    /// The share of peers outside the mesh that are sent IHAVE, in hundredths.
    ///
    /// Source: gossipsub v1.1 spec, Adaptive Gossip Dissemination (0.25).
    public var gossipPercent = 25

    /// Mesh peers that are kept for their score when the mesh is cut (D_score).
    ///
    /// Source: gossipsub v1.1 spec, Overview of New Parameters.
    public var bestScoresKept = 4

    /// Mesh peers that this node dialled itself, at least (D_out).
    ///
    /// Source: gossipsub v1.1 spec, Overview of New Parameters.
    public var outboundSize = 2

    /// Time between two calls of the heartbeat.
    ///
    /// Source: R-03-013.
    public var heartbeatInterval: Int64 = 1_000

    /// Heartbeats for which a message is advertised and can be fetched.
    ///
    /// Source: R-03-013.
    public var historyLength = 3

    /// Heartbeats in which a message is advertised; at most ``historyLength``.
    ///
    /// Source: gossipsub v1.0 spec, Parameters.
    public var historyGossip = 3

    /// Bytes of all messages kept to be fetched; the oldest give way.
    ///
    /// Source: own choice: eight messages of the largest size.
    public var historyBytesMax = 67_108_864

    /// Time after a PRUNE in which neither side grafts.
    ///
    /// Source: gossipsub v1.1 spec, PRUNE Backoff and Peer Exchange (1 minute).
    public var pruneBackoff: Int64 = 60_000

    /// The same after a PRUNE because of leaving a topic.
    ///
    /// Source: gossipsub v1.1 spec, Overview of New Parameters; go-libp2p-pubsub (10 s).
    public var unsubscribeBackoff: Int64 = 10_000

    /// A GRAFT so soon after the PRUNE counts twice.
    ///
    /// Source: go-libp2p-pubsub, GossipSubGraftFloodThreshold (10 s).
    public var graftFloodWindow: Int64 = 10_000

    /// The longest back-off that a peer can impose on this node.
    ///
    /// Source: own choice: state about a peer is dropped some day; CVE-2026-33040.
    public var backoffMax: Int64 = 3_600_000

    /// Time beyond a back-off before this node grafts, so that clocks may differ.
    ///
    /// Source: gossipsub v1.1 spec asks for slack until the next heartbeat.
    public var backoffSlack: Int64 = 1_000

    /// How long the id of a message is remembered.
    ///
    /// Source: gossipsub v1.0 spec, Parameters (2 minutes).
    public var seenLifetime: Int64 = 120_000

    /// Ids remembered at most; the oldest give way.
    ///
    /// Source: own choice: about 1,000 messages a second for ``seenLifetime``.
    public var seenMax = 131_072

    /// Message ids taken from the IHAVEs of one peer in one heartbeat, and sent in one.
    ///
    /// Source: go-libp2p-pubsub, GossipSubMaxIHaveLength; gossipsub v1.1 spec, Spam Protection.
    public var ihaveIDsMax = 5_000

    /// IHAVE entries heard from one peer in one heartbeat.
    ///
    /// Source: go-libp2p-pubsub, GossipSubMaxIHaveMessages; gossipsub v1.1 spec, Spam Protection.
    public var ihaveEntriesMax = 10

    /// Ids of a foreign form that one peer is asked for in one heartbeat.
    ///
    /// Source: own choice: nothing that arrives bears such an id, so a promise cannot be checked;
    /// rust-libp2p peers offer what this network brings in three heartbeats.
    public var foreignIDsMax = 256

    /// Message ids that one peer is asked for in one heartbeat.
    ///
    /// Source: own choice: thirty times what a network of 10,000 nodes brings in a second.
    public var askedPerPeerMax = 1_000

    /// Message ids asked for in one heartbeat, from all peers together.
    ///
    /// Source: own choice: 65 peers that use up ``askedPerPeerMax``; bounds what is remembered.
    public var askedIDsMax = 65_536

    /// Peers that are asked for one message in one heartbeat.
    ///
    /// Source: own choice: one may stay silent; more would fetch the same megabytes again.
    public var askedPeersMax = 2

    /// Time a peer has to send what it advertised.
    ///
    /// Source: go-libp2p-pubsub, GossipSubIWantFollowupTime (3 s).
    public var promiseLifetime: Int64 = 3_000

    /// Times a message is sent to one peer that asks for it again and again.
    ///
    /// Source: go-libp2p-pubsub, GossipSubGossipRetransmission.
    public var retransmissionsMax = 3

    /// Message ids of one peer's IWANTs that are looked up in one heartbeat.
    ///
    /// Source: own choice: as many as this node offers in one.
    public var iwantIDsMax = 5_000

    /// Bytes sent to one peer in answer to its IWANTs in one heartbeat.
    ///
    /// Source: own choice: two messages of the largest size.
    public var iwantBytesMax = 16_777_216

    /// Payloads from this size on are announced with IDONTWANT when they arrive.
    ///
    /// Source: own choice: an IDONTWANT costs both sides about what a small message does, and
    /// spares every second copy; far below, copies are cheaper.
    public var idontwantBytesMin = 16_384

    /// Ids taken from the IDONTWANTs of one peer in one heartbeat.
    ///
    /// Source: own choice: 4 MiB a second of messages worth an IDONTWANT.
    public var idontwantIDsMax = 256

    /// Heartbeats for which an IDONTWANT is honoured.
    ///
    /// Source: go-libp2p-pubsub, GossipSubIDontWantMessageTTL; equal to ``historyLength``.
    public var idontwantLifetime = 3

    /// Messages that wait for a verdict; more are dropped unseen, so that they can come again.
    ///
    /// Source: own choice: twice the mark at which the owner stops reading.
    public var pendingMax = 16_384

    /// Bytes of the messages that wait for a verdict.
    ///
    /// Source: own choice: 32 messages of the largest size.
    public var pendingBytesMax = 268_435_456

    /// Messages of one peer that wait for a verdict.
    ///
    /// Source: own choice: three quarters of all, so that one peer cannot use up the room; more than
    /// what a node takes in before it stops reading, so that a burst is held back and not dropped.
    public var pendingPerPeerMax = 12_288

    /// Bytes of the messages of one peer that wait for a verdict.
    ///
    /// Source: own choice: half of all: sixteen messages of the largest size.
    public var pendingPerPeerBytesMax = 134_217_728

    /// Copies under the same id but with other content that wait behind a pending message.
    ///
    /// Source: own choice: the first may be a forgery, and so may some of the next.
    public var rivalsMax = 3

    /// Disconnected peers whose score and back-off are remembered.
    ///
    /// Source: own choice: the connections of a large node, several times over.
    public var departedMax = 1_024

    /// How long they are remembered; back-off and graylist end with it.
    ///
    /// Source: own choice: as long as the longest back-off.
    public var departedLifetime: Int64 = 3_600_000

    /// Topics that are remembered of one peer although this node does not follow them.
    ///
    /// Source: own choice: several times those of this network; CVE-2026-46679 shows what no bound
    /// does.
    public var otherTopicsMax = 16

    /// Messages accepted a moment ago whose late copies still count (P3).
    ///
    /// Source: own choice: 20,000 a second, for ``PeerScoreParameters/nearFirstWindow``.
    public var recentDeliveriesMax = 1_024

    /// Heartbeats for which a peer that was introduced is reminded of own publications.
    ///
    /// Source: own choice: as long as a peer may take to prove its work (D-18).
    public var reminders = 30

    /// Heartbeats between two such reminders.
    ///
    /// Source: own choice: as long as an advertised message can be fetched (``historyLength``).
    public var reminderInterval = 3

    /// Own publications that are kept for new peers.
    ///
    /// Source: own choice: what a busy node signs in ``ownLifetime``, several times over.
    public var ownMax = 256

    /// Bytes of them; the newest is kept whatever its size.
    ///
    /// Source: own choice: two messages of the largest size.
    public var ownBytesMax = 16_777_216

    /// How long they are kept.
    ///
    /// Source: own choice: messages of this network are refused after five minutes (D-16).
    public var ownLifetime: Int64 = 300_000

    /// How peers are scored.
    public var scoring = PeerScoreParameters()

    /// The parameters of this network.
    public static let standard = GossipSubParameters()

    init() {}
}
