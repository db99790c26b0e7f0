/// Bounds and intervals of the Peers subsystem.
enum PeersLimits {
    /// Clocks that are further apart are named when a handshake fails.
    ///
    /// Source: R-02-026: what a node is warned of.
    static let clocksApartMilliseconds: Int64 = 120_000

    /// A peer that has not authenticated after this time is disconnected.
    ///
    /// Source: D-10.
    static let authenticationMilliseconds: Int64 = 30_000

    /// Interval of PEER_ANNOUNCE.
    ///
    /// Source: R-04-014.
    static let announceMilliseconds: Int64 = 300_000

    /// Least time between announcements that are caused by news: a new peer, or a new sync state.
    ///
    /// Source: own choice: a joiner is known within seconds.
    static let announceOnNewsMilliseconds: Int64 = 5_000

    /// Announcements on news that may be saved up.
    ///
    /// Source: own choice: the peers that a node finds at its start, and changes of its sync state.
    static let newsBurst = 10

    /// Time in which another announcement on news is earned.
    ///
    /// Source: own choice: with those of every interval under 1,750 a day, a sixth of what a node may
    /// say in a day (ADR 0037), however often peers come and go.
    static let newsMilliseconds: Int64 = 60_000

    /// A peer that has been silent this long is dropped from the active table.
    ///
    /// Source: R-04-015.
    static let silenceMilliseconds: Int64 = 1_800_000

    /// Peers remembered, connected ones included; who never proved itself goes first.
    ///
    /// Source: own choice: 4 MiB with usual addresses, 25 MiB with forged ones (CVE-2023-40583).
    static let peersMax = 10_000

    /// Addresses kept per peer.
    ///
    /// Source: D-90.
    static let addressesPerPeerMax = 32

    /// Longest address text kept, in bytes.
    ///
    /// Source: own choice: a relayed dns multiaddr is under 300 bytes.
    static let addressBytesMax = 512

    /// Dials of a peer that its operator can look up, one for each address.
    ///
    /// Source: own choice: the newest ones show what is wrong.
    static let dialsPerPeerMax = 4

    /// All addresses of a peer together, in bytes; the oldest go first.
    ///
    /// Source: own choice: twenty-four usual addresses.
    static let addressBytesPerPeerMax = 2_048

    /// Longest announced capability kept, in bytes.
    ///
    /// Source: own choice: those of the protocol are at most seven bytes long.
    static let capabilityBytesMax = 32

    /// Connections that the node dials by itself.
    ///
    /// Source: own choice: twice the mesh degree, so that each topic finds its D=6.
    static let outboundTarget = 12

    /// Connections under way at once.
    ///
    /// Source: own choice: home routers suffer from dial bursts (`ipfs/kubo#3320`).
    static let dialsAtOnceMax = 8

    /// A dial without an outcome after this time counts as failed.
    ///
    /// Source: own choice: twice what connecting (10 s) and upgrading (15 s) may take, and a little.
    static let dialMilliseconds: Int64 = 60_000

    /// Peers found on the local network that the node dials by itself.
    ///
    /// Source: own choice: a third of ``outboundTarget``, so that whoever owns the local network does
    /// not own the node's connections (threat T4); enough to hold a network of one site together.
    static let localDialsMax = 4

    /// Peers that the node dials through relays at the same time.
    ///
    /// Source: own choice (ADR 0022): each asks for a circuit of a relay that has few, and serves
    /// nothing until a hole is punched.
    static let relayedDialsMax = 4

    /// Peers that are saved as anchors.
    ///
    /// Source: own choice: twice Bitcoin Core's two, since one may be down at the restart.
    static let anchorsMax = 4

    /// Addresses that are saved of an anchor.
    ///
    /// Source: own choice: the one that was dialled, and a few that the peer announced.
    static let anchorAddressesMax = 4

    /// How long a peer that this node dialled must have been authenticated to become an anchor, and
    /// how seldom anchors are saved.
    ///
    /// Source: own choice: longer than a flood of newcomers lasts unnoticed; the log takes at most
    /// 144 small records a day of it.
    static let anchorMilliseconds: Int64 = 600_000

    /// What the name begins with under which a domain has TXT records with addresses of nodes.
    ///
    /// Source: R-04-005.
    static let bootstrapService = "_valence-bootstrap._tcp"

    /// Time without a connection after which that name is looked up.
    ///
    /// Source: own choice: nodes of the local network come first (R-04-004), and answer in a second or
    /// two.
    static let lonelyMilliseconds: Int64 = 5_000

    /// Pause between two look-ups of that name.
    ///
    /// Source: own choice: as long as resolvers keep short-lived records.
    static let lookUpPauseMilliseconds: Int64 = 60_000

    /// First pause after a failed dial; it doubles with each further failure.
    ///
    /// Source: own choice.
    static let dialPauseMilliseconds: Int64 = 1_000

    /// Longest pause after a failed dial.
    ///
    /// Source: spec §14, Unresponsive Peers.
    static let dialPauseMaxMilliseconds: Int64 = 600_000

    /// How often the node dials a random peer outside its neighbourhood.
    ///
    /// Source: R-04-016.
    static let wanderMilliseconds: Int64 = 600_000

    /// Peers asked for and answered in one PEER_LIST exchange.
    ///
    /// Source: spec §4 names 50; D-90 caps what is processed at 1,000.
    static let listLimit = 50

    /// Most entries of a list that are processed.
    ///
    /// Source: D-90.
    static let listEntriesMax = 1_000

    /// How long the own proof of delay may take to be computed before another one is asked for.
    ///
    /// Source: own choice: 0.06 to 0.3 seconds on an idle core; a busy board may need minutes.
    static let ownProofMilliseconds: Int64 = 600_000

    /// Age at which the own proof of delay is computed anew.
    ///
    /// Source: spec §10: proofs are valid for 24 hours; an hour of margin is our own choice.
    static let proofRefreshMilliseconds: Int64 = 82_800_000

    /// Challenges that wait for the own proof to be computed.
    ///
    /// Source: own choice: more than the connection limit never wait.
    static let waitingChallengesMax = 128

    /// How often the table is looked through.
    ///
    /// Source: own choice.
    static let tickMilliseconds: Int64 = 1_000

    /// Presence is counted by the clock hour.
    ///
    /// Source: R-09-034, D-37.
    static let hourMilliseconds: Int64 = 3_600_000

    /// Connections of one operator are at most one in so many.
    ///
    /// Source: R-04-018: 25 percent.
    static let operatorShare = 4

    /// A peer that has been authenticated for so long may be a reason to close connections with others.
    ///
    /// Source: own choice (ADR 0039): three connections of a moment cost nothing.
    static let settledMilliseconds: Int64 = 600_000

    /// Operators that the connections are spread over, where there are so many.
    ///
    /// Source: R-04-019.
    static let operatorsMin = 4
}
