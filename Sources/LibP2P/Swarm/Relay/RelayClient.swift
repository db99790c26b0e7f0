import Multiformats

/// The side of circuit relay v2 that lets itself be reached through relays, and reaches others so.
///
/// Pure: answers and seconds go in, outcomes come out.
///
/// Source: libp2p/specs relay/circuit-v2.md.
struct RelayClient: Sendable {
    /// What came of asking for a reservation.
    enum Outcome: Equatable {
        /// The host can be reached at these addresses; it is to ask again at this second.
        case reserved([Multiaddr], refreshAt: UInt64)
        case refused(String)
    }

    /// What to do about a call.
    enum Call: Equatable {
        /// Answer so, and take the stream for a connection from this peer.
        case accept(PeerID, StopMessage)
        /// Answer so, and nothing else.
        case refuse(StopMessage)
    }

    private let ownPeer: PeerID
    private var expiries: [PeerID: UInt64] = [:]

    init(ownPeer: PeerID) { self.ownPeer = ownPeer }

    /// The relays on which a reservation is held, in order.
    func relays(now: UInt64) -> [PeerID] {
        self.expiries.filter { $0.value > now }.keys.sorted()
    }

    /// Whether another relay may be asked.
    func wantsRelay(now: UInt64) -> Bool { self.relays(now: now).count < RelayLimits.relaysMax }

    /// A relay answered the request for a reservation.
    mutating func answered(_ relay: PeerID, _ answer: HopMessage, now: UInt64) -> Outcome {
        guard answer.kind == .status, answer.status == .ok, let promise = answer.reservation else {
            self.expiries[relay] = nil
            return .refused("the relay answers \(Self.name(answer.status))")
        }
        guard promise.expires > now else {
            self.expiries[relay] = nil
            return .refused("the relay's reservation is over already")
        }
        self.expiries = self.expiries.filter { $0.value > now }
        guard self.expiries[relay] != nil || self.expiries.count < RelayLimits.relaysMax else {
            return .refused("enough relays have a reservation for this host")
        }
        let seconds = min(promise.expires - now, RelayLimits.reservationSecondsMax)
        self.expiries[relay] = now + seconds
        // A relay can promise for itself alone.
        let own = promise.addresses.filter { $0.peerID == relay }
        let addresses = own.compactMap {
            try? Multiaddr($0.components + [.p2pCircuit, .p2p(self.ownPeer)])
        }
        // Before the last fifth has passed, so that one failure leaves time for another try.
        return .reserved(addresses, refreshAt: now + seconds - seconds / 5)
    }

    /// The connection to a relay ended, and its reservation with it.
    mutating func disconnected(_ relay: PeerID) { self.expiries[relay] = nil }

    /// The request to be joined to a peer.
    func request(for peer: PeerID) -> HopMessage { HopMessage(kind: .connect, peer: peer) }

    /// Why a relay did not join this host to a peer; nil when it did, and the stream then leads to
    /// the peer.
    func failure(of answer: HopMessage) -> String? {
        guard answer.kind == .status, answer.status == .ok else {
            return "the relay answers \(Self.name(answer.status))"
        }
        return nil
    }

    /// A relay says that a peer calls.
    ///
    /// Only relays on which this host has a reservation may: others would open connections here in
    /// the name of anybody.
    func called(by relay: PeerID, _ message: StopMessage, now: UInt64) -> Call {
        guard message.kind == .connect else {
            return .refuse(StopMessage(kind: .status, status: .unexpectedMessage))
        }
        guard let peer = message.peer, peer != self.ownPeer, peer != relay else {
            return .refuse(StopMessage(kind: .status, status: .malformedMessage))
        }
        guard let expires = self.expiries[relay], expires > now else {
            return .refuse(StopMessage(kind: .status, status: .permissionDenied))
        }
        return .accept(peer, StopMessage(kind: .status, status: .ok))
    }

    private static func name(_ status: RelayStatus?) -> String {
        status.map { "\($0)" } ?? "without a known status"
    }
}
