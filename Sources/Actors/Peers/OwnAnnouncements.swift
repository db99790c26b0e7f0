import Cryptography
import Messages
import Multiformats
import Primitives

/// What this node says of itself in PEER_ANNOUNCE, and when (R-04-012, R-04-014).
struct OwnAnnouncements: Sendable {
    private let capabilities: [String]
    private let genesisHash: Bytes32?
    /// Time between two announcements without news.
    private let interval: Int64
    private var addresses: [String] = []
    private var syncState = SyncState.syncing
    /// When this node saw governance begin (D-59); nil while it did not.
    private var governanceSince: Timestamp?
    /// What the node gives to the storage market; nil until it ever gave something.
    private var storage: PeerAnnounce.Storage?
    private var startedAt: Timestamp
    private var lastAt: Timestamp?
    private var hasNews = false
    /// Announcements that news may cause.
    private var newsAllowance = TokenBucket(
        burst: PeersLimits.newsBurst,
        oneInMilliseconds: PeersLimits.newsMilliseconds
    )

    init(_ configuration: PeersConfiguration, now: Timestamp) {
        self.capabilities = configuration.capabilities
        self.genesisHash = configuration.network?.hash
        self.interval = configuration.pace.announceMilliseconds
        self.startedAt = now
    }

    /// The node takes part from now on.
    mutating func started(now: Timestamp) { self.startedAt = now }

    /// Others can reach this node there.
    mutating func listening(at addresses: [String]) {
        // Loopback addresses are of no use to other hosts.
        let remote = addresses.filter { (try? Multiaddr($0).isLoopback) != true }
        self.addresses = remote.isEmpty ? addresses : remote
        self.hasNews = true
    }

    mutating func changed(to state: SyncState) {
        self.syncState = state
        self.hasNews = true
    }

    /// Consensus tells since when there is governance; that is said in the next announcement.
    mutating func learnt(governanceSince: Timestamp?) { self.governanceSince = governanceSince }

    /// What the storage market has to offer is told with the next announcement, which is soon.
    mutating func offered(_ offered: StorageOffered) {
        self.storage = PeerAnnounce.Storage(
            allocatedBytes: offered.allocatedBytes,
            availableBytes: offered.availableBytes,
            copyCount: offered.copyCount
        )
        self.hasNews = true
    }

    /// There is a new proof, or somebody who has not heard of this node.
    mutating func noteNews() { self.hasNews = true }

    /// The announcement, when the interval is over or there is news.
    mutating func due(_ proof: VDFProof, now: Timestamp) -> PeerAnnounce? {
        guard !self.addresses.isEmpty else { return nil }
        if let last = self.lastAt {
            let silence = now.milliseconds(since: last)
            if silence < self.interval {
                guard self.maySpeakOfNews(after: silence, now: now) else { return nil }
                self.newsAllowance.spend(now: now)
            }
        }
        self.lastAt = now
        self.hasNews = false
        return self.announcement(proof, now: now)
    }

    /// Whether there is news that may be told before the interval is over.
    private func maySpeakOfNews(after silence: Int64, now: Timestamp) -> Bool {
        self.hasNews && silence >= PeersLimits.announceOnNewsMilliseconds
            && self.newsAllowance.hasRoom(now: now)
    }

    private func announcement(_ proof: VDFProof, now: Timestamp) -> PeerAnnounce {
        let stores = self.storage.map { $0.allocatedBytes > 0 } ?? false
        return PeerAnnounce(
            addresses: self.addresses,
            capabilities: self.capabilities + (stores ? ["store"] : []),
            version: 0,
            uptimeSeconds: max(0, now.milliseconds(since: self.startedAt)) / 1_000,
            vdfProof: proof,
            syncStatus: self.syncState,
            storage: self.storage,
            governanceSince: self.governanceSince,
            genesisHash: self.genesisHash
        )
    }
}
