package import Multiformats

/// The side of circuit relay v2 that carries the bytes of others.
///
/// Pure: requests and seconds go in, answers and decisions come out. It accepts reservations within
/// bounds, joins two peers of which the called one has a reservation, and ends a circuit that has
/// carried enough or lasted long enough. A circuit also ends with either of its streams, which have
/// a deadline of their own.
///
/// Source: libp2p/specs relay/circuit-v2.md.
package struct RelayServer: Sendable {
    package typealias CircuitID = UInt64

    /// What to do about a request for a circuit.
    package enum Decision: Equatable, Sendable {
        /// Answer so, and nothing else.
        case answer(HopMessage)
        /// Open a stop stream to this peer and send this; then tell ``stopAnswered(_:_:now:)``.
        case call(CircuitID, PeerID, StopMessage)
    }

    /// The direction of bytes on a circuit.
    package enum Direction: Sendable { case fromCaller, fromCalled }

    private struct Held: Sendable {
        let network: NetworkKey?
        var expires: UInt64
    }

    private struct Circuit: Sendable {
        let caller: PeerID
        let called: PeerID
        var isOpen = false
        var ends: UInt64
        var bytes: [Direction: UInt64] = [:]
    }

    private var held: [PeerID: Held] = [:]
    private var circuits: [CircuitID: Circuit] = [:]
    private var nextID: CircuitID = 1

    private let terms: RelayTerms

    package init(terms: RelayTerms = RelayTerms()) { self.terms = terms }

    package var reservationCount: Int { self.held.count }
    package var circuitCount: Int { self.circuits.count }

    // MARK: Reservations

    /// A connected peer asks for a reservation, or for a new hour of the one it has.
    ///
    /// A peer that is itself connected through a relay gets none: circuits are not chained.
    package mutating func reserve(
        _ peer: PeerID,
        from network: NetworkKey?,
        isRelayed: Bool,
        relayAddresses: [Multiaddr],
        now: UInt64
    ) -> HopMessage {
        self.held = self.held.filter { $0.value.expires > now }
        guard !isRelayed else { return HopMessage(kind: .status, status: .permissionDenied) }
        let ofNetwork = self.held.count { $0.key != peer && $0.value.network == network }
        let hasRoom =
            self.held[peer] != nil || self.held.count < self.terms.reservations
        guard hasRoom, network == nil || ofNetwork < RelayLimits.reservationsPerNetworkMax else {
            return HopMessage(kind: .status, status: .reservationRefused)
        }
        let expires = now + self.terms.reservationSeconds
        self.held[peer] = Held(network: network, expires: expires)
        let addresses = Array(relayAddresses.prefix(RelayLimits.addressesMax))
        return HopMessage(
            kind: .status,
            reservation: RelayReservation(expires: expires, addresses: addresses),
            limit: self.terms.circuit,
            status: .ok
        )
    }

    /// Whether a peer has a reservation.
    package func holds(_ peer: PeerID, now: UInt64) -> Bool {
        self.held[peer].map { $0.expires > now } ?? false
    }

    // MARK: Circuits

    /// A peer wants to be joined to another one.
    package mutating func connect(
        _ caller: PeerID,
        isRelayed: Bool,
        _ message: HopMessage,
        now: UInt64
    )
        -> Decision
    {
        guard message.kind == .connect else { return self.refuse(.unexpectedMessage) }
        guard let called = message.peer, called != caller else {
            return self.refuse(.malformedMessage)
        }
        guard !isRelayed else { return self.refuse(.permissionDenied) }
        guard self.holds(called, now: now) else {
            return self.refuse(.noReservation)
        }
        guard self.circuits.count < RelayLimits.circuitsMax,
            self.circuitCount(of: caller) < RelayLimits.circuitsPerPeerMax,
            self.circuitCount(of: called) < RelayLimits.circuitsPerPeerMax
        else { return self.refuse(.resourceLimitExceeded) }
        let id = self.nextID
        self.nextID += 1
        let ends = now + UInt64(self.terms.circuit.seconds)
        self.circuits[id] = Circuit(caller: caller, called: called, ends: ends)
        return .call(
            id,
            called,
            StopMessage(kind: .connect, peer: caller, limit: self.terms.circuit)
        )
    }

    private func refuse(_ status: RelayStatus) -> Decision {
        .answer(HopMessage(kind: .status, status: status))
    }

    private func circuitCount(of peer: PeerID) -> Int {
        self.circuits.values.count { $0.caller == peer || $0.called == peer }
    }

    /// The called peer answered, or could not be asked; what to answer the caller, nil when the
    /// circuit is over already.
    ///
    /// After an answer that is `ok` the two streams are joined.
    package mutating func stopAnswered(_ id: CircuitID, _ answer: StopMessage?, now: UInt64)
        -> HopMessage?
    {
        guard let circuit = self.circuits[id], !circuit.isOpen else { return nil }
        guard let answer, answer.kind == .status, answer.status == .ok else {
            self.circuits[id] = nil
            return HopMessage(kind: .status, status: .connectionFailed)
        }
        self.circuits[id]?.isOpen = true
        self.circuits[id]?.ends = now + UInt64(self.terms.circuit.seconds)
        return HopMessage(kind: .status, limit: self.terms.circuit, status: .ok)
    }

    /// Whether these bytes may pass; when not, both streams are to be reset.
    package mutating func carries(
        _ id: CircuitID,
        _ direction: Direction,
        _ count: Int,
        now: UInt64
    )
        -> Bool
    {
        guard let circuit = self.circuits[id], circuit.isOpen, now < circuit.ends else {
            self.circuits[id] = nil
            return false
        }
        let (sum, isOver) = circuit.bytes[direction, default: 0]
            .addingReportingOverflow(UInt64(clamping: count))
        guard !isOver, sum <= self.terms.circuit.bytes else {
            self.circuits[id] = nil
            return false
        }
        self.circuits[id]?.bytes[direction] = sum
        return true
    }

    // MARK: Ends

    /// A circuit ended at one of its sides.
    package mutating func closed(_ id: CircuitID) { self.circuits[id] = nil }

    /// A peer has no connection any more: its place comes free, and its circuits are over.
    package mutating func disconnected(_ peer: PeerID) {
        self.held[peer] = nil
        self.circuits = self.circuits.filter { $0.value.caller != peer && $0.value.called != peer }
    }
}
