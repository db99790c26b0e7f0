import Cryptography
import Messages
import Multiformats
import Primitives

/// What is known of one peer.
struct PeerRecord: Sendable {
    /// The state of the present connection's handshake.
    enum Connection: Sendable, Equatable {
        case none
        /// Connected; must authenticate before the deadline.
        case unauthenticated(deadline: Timestamp)
        case authenticated
    }

    /// How a peer came into the table; when that is full, the lowest go first.
    enum Standing: Int, Sendable, Comparable {
        /// Another peer named it.
        case hearsay
        /// It connected or announced itself, which costs no more than a new key.
        case unproven
        /// It authenticated once.
        case proven

        static func < (one: Standing, other: Standing) -> Bool { one.rawValue < other.rawValue }
    }

    var connection = Connection.none
    private(set) var standing = Standing.hearsay
    var isOutbound = false
    /// The root key that the peer acts for, as its last message was judged; nil before any was.
    var identity: NodeID?
    /// When the computation of the proof began that it gave on the present connection.
    var proofComputedAt: Timestamp?
    /// Since when there is the present connection.
    var connectedAt: Timestamp
    /// Since when the present connection is authenticated.
    var authenticatedAt: Timestamp?
    /// The address at which this node reached the peer last.
    var dialled: String?
    /// The present connection, or the dial under way, leads through a relay.
    var isRelayed = false
    /// Somebody on the local network named it, and it has not said that it is elsewhere.
    var isLocalFind = false
    /// Who runs the network of the present connection's far end; nil is the unrouted class.
    var network: NetworkOperator?
    private(set) var addresses: [String] = []
    /// Those of ``addresses`` that the peer signed, or at which this node reached it.
    private var vouched: [String] = []
    var capabilities: [String] = []
    var syncStatus: String?
    /// Its last handshake named another network than this node's.
    var isOfOtherNetwork = false
    /// Why the last handshake failed; nil after one that succeeded.
    private(set) var handshakeFailure: String?
    private var handshakeFailures = 0
    /// The last connection was closed because its operator had too many.
    private var isSurplus = false
    var lastAnnounced: Timestamp?
    /// What the announcement in the log said that was logged last (ADR 0007).
    var logged: AnnouncementMark?
    var lastHeard: Timestamp
    var nextDial: Timestamp
    var dialFailures = 0
    /// A dial is under way, and its outcome is late after this time.
    var dialDeadline: Timestamp?
    var lastDialFailure: String?
    /// How far the own clock was ahead of the peer's at the newest handshake, in milliseconds.
    var clockOffset: Int64?

    init(now: Timestamp) {
        self.connectedAt = now
        self.lastHeard = now
        self.nextDial = now
    }

    /// Whether all that is known of the peer is that somebody on the local network named it.
    var isMereFind: Bool {
        self.isLocalFind && self.standing == .hearsay && !self.isConnected && !self.isDialling
    }

    var isDialling: Bool { self.dialDeadline != nil }
    var isConnected: Bool { self.connection != .none }
    var isAuthenticated: Bool { self.connection == .authenticated }
    /// Whether messages go to the peer and come from it (ADR 0022).
    var isHeard: Bool { self.isAuthenticated && !self.isRelayed }

    /// The standing of a peer never goes down.
    mutating func rise(to standing: Standing) { self.standing = max(self.standing, standing) }

    /// The addresses of the peer that other nodes are told.
    ///
    /// Addresses of the local network, and those that the peer told this node alone, are not passed on.
    var addressesToTell: [String] {
        guard !self.isOfOtherNetwork, !self.isLocalFind || self.lastAnnounced != nil else {
            return []
        }
        return self.addresses.filter { address in
            self.vouched.contains { $0.utf8.elementsEqual(address.utf8) }
        }
    }

    /// The first address goes to the back, so that the next dial takes another one.
    mutating func turnAddresses() {
        guard !self.addresses.isEmpty else { return }
        self.addresses.append(self.addresses.removeFirst())
    }

    /// The peer is reached without a relay: earlier failed dials no longer count against it.
    mutating func reachedDirectly() {
        self.isSurplus = false
        self.dialFailures = 0
        self.lastDialFailure = nil
    }

    /// A handshake failed; only one that succeeds makes up for it, and not the next connection, which
    /// costs a peer nothing.
    mutating func handshakeFailed(_ reason: String) {
        self.handshakeFailure = reason
        self.handshakeFailures += 1
    }

    /// The peer proved its key and its work, and is of this network.
    mutating func authenticated() {
        self.handshakeFailure = nil
        self.handshakeFailures = 0
        self.isOfOtherNetwork = false
    }

    /// This node closes the connection, since the peer's network operator has too many: another dial
    /// now would end in the same way.
    mutating func leave(_ reason: String, now: Timestamp) {
        self.connection = .none
        self.dialFailed(reason, now: now)
        self.isSurplus = true
    }

    /// The pause before the next dial when a connection has ended, in milliseconds.
    var pauseAfterConnection: Int64 {
        self.isOfOtherNetwork || self.isSurplus
            ? PeersLimits.dialPauseMaxMilliseconds
            : DialPause.after(failures: self.handshakeFailures)
    }

    /// Adds an address that the peer signed or was reached at in front; the newest are kept.
    mutating func learn(_ text: String) {
        let address = AddressText.normal(text)
        guard address.utf8.count <= PeersLimits.addressBytesMax else { return }
        self.addresses.removeAll { $0.utf8.elementsEqual(address.utf8) }
        self.addresses.insert(address, at: 0)
        self.vouched.removeAll { $0.utf8.elementsEqual(address.utf8) }
        self.vouched.append(address)
        while self.addresses.count > PeersLimits.addressesPerPeerMax
            || self.addressBytes > PeersLimits.addressBytesPerPeerMax
        {
            let last = self.addresses.removeLast()
            self.vouched.removeAll { $0.utf8.elementsEqual(last.utf8) }
        }
    }

    /// Adds addresses that nobody signed behind all others, as far as there is room.
    mutating func learn(hearsay texts: [String]) {
        for address in texts.map({ AddressText.normal($0) }) {
            let bytes = address.utf8.count
            guard bytes <= PeersLimits.addressBytesMax,
                self.addresses.count < PeersLimits.addressesPerPeerMax,
                self.addressBytes + bytes <= PeersLimits.addressBytesPerPeerMax,
                !self.addresses.contains(where: { $0.utf8.elementsEqual(address.utf8) })
            else { continue }
            self.addresses.append(address)
        }
    }

    private var addressBytes: Int { self.addresses.reduce(0) { $0 + $1.utf8.count } }

    /// Takes announced capabilities over, without those of an odd length.
    mutating func learn(capabilities: [String]) {
        self.capabilities = capabilities.filter {
            $0.utf8.count <= PeersLimits.capabilityBytesMax
        }
    }

    /// Doubles the pause before the next dial (§14).
    mutating func dialFailed(_ reason: String, now: Timestamp) {
        self.dialDeadline = nil
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
