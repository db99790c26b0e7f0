import Cryptography
import Messages
import Multiformats
import Primitives

/// What is known of one peer.
struct PeerRecord: Sendable, Codable {
    /// The state of the present connection's handshake.
    enum Connection: Sendable, Equatable, Codable {
        case none
        /// Connected; must authenticate before the deadline.
        case unauthenticated(deadline: Timestamp)
        case authenticated
    }

    /// How a peer came into the table; when that is full, the lowest go first.
    enum Standing: Int, Sendable, Comparable, Codable {
        /// Another peer named it.
        case hearsay
        /// It connected or announced itself, which costs no more than a new key.
        case unproven
        /// It authenticated once.
        case proven

        static func < (one: Standing, other: Standing) -> Bool { one.rawValue < other.rawValue }
    }

    private var connection = Connection.none
    /// It never goes down.
    private(set) var standing = Standing.hearsay
    private(set) var isOutbound = false
    /// The root key that the peer acts for, as its last message was judged; nil before any was.
    private(set) var identity: NodeID?
    /// When the computation of the proof began that it gave on the present connection.
    private(set) var proofComputedAt: Timestamp?
    /// Since when there is the present connection.
    private(set) var connectedAt: Timestamp
    /// Since when the present connection is authenticated.
    private(set) var authenticatedAt: Timestamp?
    /// The address at which this node reached the peer last.
    private(set) var dialled: String?
    /// The present connection, or the dial under way, leads through a relay.
    private(set) var isRelayed = false
    /// Somebody on the local network named it, and it has not said that it is elsewhere.
    private(set) var isLocalFind: Bool
    /// Who runs the network of the present connection's far end; nil is the unrouted class.
    private(set) var network: NetworkOperator?
    private var places = PeerAddresses()
    /// Its newest announcement.
    private(set) var statement: PeerStatement?
    private(set) var handshakes = HandshakeHistory()
    private(set) var dials: DialHistory
    /// What came of the newest dials, for the operator.
    private(set) var tries = DialTries()
    /// The last connection was closed because its operator had too many.
    private var isSurplus = false
    private(set) var lastHeard: Timestamp
    /// How far the own clock was ahead of the peer's at the newest handshake, in milliseconds.
    private(set) var clockOffset: Int64?

    /// A peer that is heard of for the first time.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - addresses: where somebody else says that it is.
    ///   - isLocalFind: whether that is somebody on the local network.
    init(now: Timestamp, hearsay addresses: [String] = [], isLocalFind: Bool = false) {
        self.connectedAt = now
        self.lastHeard = now
        self.dials = DialHistory(now: now)
        self.isLocalFind = isLocalFind
        self.places.learn(hearsay: addresses)
    }

    // MARK: Questions

    var addresses: [String] { self.places.all }
    var isConnected: Bool { self.connection != .none }
    var isAuthenticated: Bool { self.connection == .authenticated }
    /// Whether messages go to the peer and come from it (ADR 0022).
    var isHeard: Bool { self.isAuthenticated && !self.isRelayed }

    /// Whether all that is known of the peer is that somebody on the local network named it.
    var isMereFind: Bool {
        self.isLocalFind && self.standing == .hearsay && !self.isConnected && !self.dials.isUnderWay
    }

    /// Whether the peer is connected, or would be if the dial under way led to it.
    var isDialledByUs: Bool { self.dials.isUnderWay || self.isConnected && self.isOutbound }

    /// Whether the peer can be dialled and its turn has come.
    func mayBeDialled(now: Timestamp) -> Bool {
        self.dials.isDue(now: now) && !self.isConnected && !self.addresses.isEmpty
            && !self.handshakes.isOfOtherNetwork
    }

    /// Whether the peer should have proved its key and its work by now.
    func isLate(now: Timestamp) -> Bool {
        guard case .unauthenticated(let deadline) = self.connection else { return false }
        return deadline <= now
    }

    /// The addresses of the peer that other nodes are told.
    ///
    /// Addresses of the local network, and those that the peer told this node alone, are not passed on.
    var addressesToTell: [String] {
        guard !self.handshakes.isOfOtherNetwork, !self.isLocalFind || self.statement != nil else {
            return []
        }
        return self.places.vouchedFor
    }

    /// The offset of the clocks where it explains why a proof is of the wrong time, for the operator.
    var clockHint: String {
        let distance = self.clockOffset?.magnitude ?? 0
        guard distance > PeersLimits.clocksApartMilliseconds.magnitude else { return "" }
        return "; its clock and this node's are \(distance / 1_000) s apart"
    }

    /// Why the peer cannot be reached or is not listened to, for the operator.
    var lastFailure: String? { self.handshakes.failure ?? self.dials.lastFailure }

    // MARK: The connection

    /// There is a connection to the peer; it has to prove itself soon.
    mutating func connected(at address: String, isOutbound: Bool, now: Timestamp) {
        self.rise(to: .unproven)
        self.lastHeard = now
        self.isOutbound = isOutbound
        self.dials.end()
        self.isRelayed = AddressText.isRelayed(address)
        if !self.isRelayed { self.reachedDirectly() }
        self.connection = .unauthenticated(
            deadline: now.adding(milliseconds: PeersLimits.authenticationMilliseconds)
        )
        self.connectedAt = now
        self.authenticatedAt = nil
        // An inbound address carries the peer's ephemeral port and is of no use to others.
        self.dialled = isOutbound ? AddressText.normal(address) : nil
        if isOutbound {
            self.places.learn(address)
            self.tries.reach(address, now: now)
        }
    }

    /// The connection leads to another address now.
    mutating func moved(to address: String) {
        let wasRelayed = self.isRelayed
        self.isRelayed = AddressText.isRelayed(address)
        if wasRelayed, !self.isRelayed { self.reachedDirectly() }
    }

    /// The connection counts for this operator.
    mutating func count(for network: NetworkOperator?) { self.network = network }

    /// The peer is reached without a relay: earlier failed dials no longer count against it.
    private mutating func reachedDirectly() {
        self.isSurplus = false
        self.dials.succeed()
    }

    /// This node closes the connection, since the peer's network operator has too many: another dial
    /// now would end in the same way.
    mutating func leave(_ reason: String, now: Timestamp) {
        self.connection = .none
        self.dials.fail(reason, now: now)
        if let dialled { self.tries.fail(at: dialled, .room, reason, now: now) }
        self.isSurplus = true
    }

    /// The connection is gone.
    ///
    /// - Parameters:
    ///   - isShunned: whether this node ended it for what the peer did or is; then the pause before the
    ///     next dial is the longest.
    ///   - now: the time.
    mutating func disconnected(isShunned: Bool, now: Timestamp) {
        self.connection = .none
        self.authenticatedAt = nil
        let longest = PeersLimits.dialPauseMaxMilliseconds
        let pause = self.isSurplus ? longest : self.handshakes.pause
        self.dials.postpone(until: now.adding(milliseconds: pause))
        if self.isRelayed { self.dials.fail("it was reached through a relay only", now: now) }
        if isShunned { self.dials.postpone(until: now.adding(milliseconds: longest)) }
    }

    // MARK: The handshake

    /// The peer signed this node's challenge; its proof is not checked yet.
    mutating func answered(_ response: AuthResponse, clockOffset: Int64?) {
        self.proofComputedAt = response.vdfProof.computedAt
        self.clockOffset = clockOffset
    }

    /// The peer takes part in another network.
    mutating func namedOtherNetwork() { self.handshakes.namedOtherNetwork() }

    /// The handshake failed at this step.
    mutating func handshakeFailed(_ step: PeerTable.Dial.Step, _ reason: String) {
        self.handshakes.fail(reason)
        guard self.isConnected, let dialled else { return }
        self.tries.fail(
            at: dialled,
            self.handshakes.isOfOtherNetwork ? .network : step,
            self.handshakes.failure ?? reason,
            now: self.connectedAt
        )
    }

    /// The peer proved its key and its work, and is of this network.
    mutating func authenticated(now: Timestamp) {
        self.connection = .authenticated
        self.handshakes.succeed()
        self.authenticatedAt = now
        self.rise(to: .proven)
        self.lastHeard = now
    }

    // MARK: Words

    /// Takes an announcement of the peer in.
    ///
    /// - Parameters:
    ///   - statement: what it says.
    ///   - addresses: those of its addresses that can be used.
    ///   - time: when it arrived.
    /// - Returns: whether it says something that the log does not hold yet; an older one than the newest
    ///   says nothing.
    mutating func announced(
        _ statement: PeerStatement,
        at addresses: [String],
        heard time: Timestamp
    ) -> Bool {
        if let last = self.statement?.at, last > statement.at { return false }
        self.lastHeard = max(self.lastHeard, time)
        self.rise(to: .unproven)
        // Otherwise somebody on the local network could put any peer at the end of the dial order by
        // naming it.
        if addresses.contains(where: AddressText.isElsewhere) { self.isLocalFind = false }
        for address in addresses.reversed() { self.places.learn(address) }
        defer { self.statement = statement }
        return statement.isNews(after: self.statement)
    }

    /// A message of the peer was judged to be one of this identity.
    mutating func acts(for identity: NodeID) { self.identity = identity }

    /// Somebody who does not sign for it says where the peer is.
    mutating func learn(hearsay addresses: [String]) { self.places.learn(hearsay: addresses) }

    /// The network's domain name leads to the peer: an earlier report from the local network does not
    /// stand in the way of one from elsewhere.
    mutating func isNamed(at addresses: [String]) {
        guard self.isMereFind else { return }
        self.isLocalFind = !addresses.contains(where: AddressText.isElsewhere)
    }

    /// The peer was an anchor before the start.
    mutating func restore(_ anchor: Anchors.Anchor, now: Timestamp) {
        self.lastHeard = now
        self.rise(to: .proven)
        // The anchor was reached at its first address; it is no longer known where the others came
        // from.
        if let reached = anchor.addresses.first { self.places.learn(reached) }
        self.places.learn(hearsay: anchor.addresses)
    }

    private mutating func rise(to standing: Standing) {
        self.standing = max(self.standing, standing)
    }

    // MARK: Dials

    /// A dial of the peer's first address begins.
    mutating func dial(_ address: String, now: Timestamp) {
        self.dials.begin(now: now)
        self.tries.begin(address, now: now)
        self.isRelayed = AddressText.isRelayed(address)
        self.places.turn()
    }

    /// The dial led to no new connection, since there is one already.
    mutating func dialEnded() { self.dials.end() }

    /// A dial led to nothing; without an address it is the one under way.
    ///
    /// One of an address that the operator named is no reason to wait before the peer is looked for elsewhere.
    mutating func dialFailed(at address: String? = nil, _ reason: String, now: Timestamp) {
        if self.dials.isUnderWay { self.dials.fail(reason, now: now) }
        self.tries.fail(at: address, .dial, reason, now: now)
    }
}
