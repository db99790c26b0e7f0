import Cryptography
import Messages
import Primitives

/// What is known of one peer.
struct PeerRecord: Sendable {
    /// How far the handshake of the present connection is.
    enum Connection: Sendable, Equatable {
        case none
        /// Connected; must authenticate before the deadline.
        case unauthenticated(deadline: Timestamp)
        case authenticated
    }

    var connection = Connection.none
    var isOutbound = false
    var addresses: [String] = []
    var capabilities: [String] = []
    var syncStatus: String?
    var lastAnnounced: Timestamp?
    /// What the announcement in the log said that was logged last (ADR 0007).
    var logged: AnnouncementMark?
    var lastHeard: Timestamp
    var nextDial: Timestamp
    var dialFailures = 0
    var isDialling = false
    var lastDialFailure: String?

    init(now: Timestamp) {
        self.lastHeard = now
        self.nextDial = now
    }

    var isConnected: Bool { self.connection != .none }
    var isAuthenticated: Bool { self.connection == .authenticated }

    /// Adds an address in front; the newest are kept.
    mutating func learn(_ address: String) {
        guard address.utf8.count <= PeersLimits.addressBytesMax else { return }
        self.addresses.removeAll { $0.utf8.elementsEqual(address.utf8) }
        self.addresses.insert(address, at: 0)
        if self.addresses.count > PeersLimits.addressesPerPeerMax { self.addresses.removeLast() }
    }

    /// Doubles the pause before the next dial (§14).
    mutating func dialFailed(_ reason: String, now: Timestamp) {
        self.isDialling = false
        self.lastDialFailure = reason
        self.dialFailures += 1
        self.nextDial = now.adding(milliseconds: DialPause.after(failures: self.dialFailures))
    }
}

/// What must differ before another announcement of a peer is worth a record in the log: presence is
/// counted by the hour, and everything else seldom changes.
struct AnnouncementMark: Sendable, Equatable {
    private let hour: Int64
    private let proofComputedAt: Timestamp
    private let addresses: [String]
    private let syncStatus: SyncState?

    init(_ announcement: PeerAnnounce, at time: Timestamp) {
        self.hour = time.milliseconds / PeersLimits.hourMilliseconds
        self.proofComputedAt = announcement.vdfProof.computedAt
        self.addresses = announcement.addresses
        self.syncStatus = announcement.syncStatus
    }
}

/// Exponential pauses between dials.
enum DialPause {
    /// The pause after so many failures in a row, in milliseconds.
    static func after(failures: Int) -> Int64 {
        let doublings = min(max(failures, 1) - 1, 20)
        return min(
            PeersLimits.dialPauseMilliseconds << Int64(doublings),
            PeersLimits.dialPauseMaxMilliseconds
        )
    }
}
