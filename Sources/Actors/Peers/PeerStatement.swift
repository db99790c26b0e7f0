import Cryptography
import Messages
import Primitives

/// What a peer said of itself in its newest announcement, apart from its addresses.
struct PeerStatement: Sendable, Codable {
    /// When it said so, by its own clock.
    let at: Timestamp
    let syncStatus: String?
    let capabilities: [String]
    /// Disk that it says to give to the storage market.
    let storage: PeerAnnounce.Storage?
    private let mark: AnnouncementMark

    init(_ announcement: PeerAnnounce, at time: Timestamp) {
        self.at = time
        self.syncStatus = announcement.syncStatus?.rawValue
        self.capabilities = announcement.capabilities.filter {
            $0.utf8.count <= PeersLimits.capabilityBytesMax
        }
        self.storage = announcement.storage
        self.mark = AnnouncementMark(announcement, at: time)
    }

    /// Whether the log has to hold it beside an earlier one (ADR 0007).
    func isNews(after earlier: PeerStatement?) -> Bool { earlier?.mark != self.mark }
}

/// What must differ before another announcement of a peer is worth a record in the log: presence is
/// counted by the hour, and everything else seldom changes.
private struct AnnouncementMark: Sendable, Equatable, Codable {
    private let hour: Int64
    private let proofComputedAt: Timestamp
    /// Only the hash: what a peer announces may be long, and the mark stays with its record.
    private let addresses: Bytes32
    private let syncStatus: SyncState?
    private let governanceSince: Timestamp?

    init(_ announcement: PeerAnnounce, at time: Timestamp) {
        self.hour = time.milliseconds / PeersLimits.hourMilliseconds
        self.proofComputedAt = announcement.vdfProof.computedAt
        let lines = announcement.addresses.map { "\($0)\n" }.joined()
        self.addresses = SHA256Digest.hash(Array(lines.utf8))
        self.syncStatus = announcement.syncStatus
        self.governanceSince = announcement.governanceSince
    }
}
