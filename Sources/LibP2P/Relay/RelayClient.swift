package import Multiformats

/// The side of circuit relay v2 that lets itself be reached through relays.
///
/// Pure: offers, answers and seconds go in; whom to ask, and where the host can be reached, come out.
/// It keeps reservations with a few of the connected peers that serve as relays, those who came first,
/// and renews each before it ends.
///
/// Source: libp2p/specs relay/circuit-v2.md.
package struct RelayClient: Sendable {
    /// The outcome of asking for a reservation.
    package enum Outcome: Equatable, Sendable {
        /// The host can be reached at these addresses; it is to ask again at this second.
        case reserved([Multiaddr], refreshAt: UInt64)
        case refused(String)

        package var isRefused: Bool { if case .refused = self { true } else { false } }
    }

    /// What to do about a call.
    package enum Call: Equatable, Sendable {
        /// Answer so, and take the stream for a connection from this peer.
        case accept(PeerID, StopMessage)
        /// Answer so, and nothing else.
        case refuse(StopMessage)
    }

    /// A connected peer that serves as a relay.
    private struct Relay: Sendable {
        let peer: PeerID
        /// When it may be asked, for the first time or again.
        var askAt: UInt64 = 0
        /// Whether its answer is awaited.
        var isAsked = false
        /// When its reservation ends; 0 when there is none.
        var expires: UInt64 = 0
        var addresses: [Multiaddr] = []
    }

    private let ownPeer: PeerID
    /// In the order in which they came.
    private var known: [Relay] = []

    package init(ownPeer: PeerID) { self.ownPeer = ownPeer }

    /// The relays on which a reservation is held.
    package func relays(now: UInt64) -> [PeerID] {
        self.known.filter { $0.expires > now }.map(\.peer)
    }

    /// Where the host can be reached through relays.
    package func addresses(now: UInt64) -> [Multiaddr] {
        self.known.filter { $0.expires > now }.flatMap(\.addresses)
    }

    // MARK: Relays

    /// A connected peer serves as a relay.
    package mutating func offered(_ peer: PeerID) {
        if self.index(of: peer) == nil { self.known.append(Relay(peer: peer)) }
    }

    /// The connection to a peer ended, and its reservation with it, or it serves no longer.
    package mutating func withdrawn(_ peer: PeerID) { self.known.removeAll { $0.peer == peer } }

    private func index(of peer: PeerID) -> Int? { self.known.firstIndex { $0.peer == peer } }

    /// The relays to ask now: those whose reservation is to be renewed, and new ones while there are
    /// fewer than ``RelayLimits/relaysMax``.
    package mutating func due(now: UInt64) -> [PeerID] {
        var peers: [PeerID] = []
        var count = self.known.count { $0.expires > now || $0.isAsked }
        for index in self.known.indices {
            let relay = self.known[index]
            guard !relay.isAsked, relay.askAt <= now else { continue }
            if relay.expires <= now {
                guard count < RelayLimits.relaysMax else { continue }
                count += 1
            }
            self.known[index].isAsked = true
            peers.append(relay.peer)
        }
        return peers
    }

    /// A relay answered the request for a reservation; nil when it broke off.
    package mutating func answered(_ peer: PeerID, _ answer: HopMessage?, now: UInt64) -> Outcome {
        guard let index = self.index(of: peer) else { return .refused("the relay is gone") }
        let former = self.known[index]
        // A refusal ends what was promised before: the relay would not carry a call.
        self.known[index] = Relay(peer: peer, askAt: now + RelayLimits.reservationRetrySeconds)
        guard let answer else {
            self.known[index].expires = former.expires
            self.known[index].addresses = former.addresses
            return .refused("the relay does not answer")
        }
        guard answer.kind == .status, answer.status == .ok, let promise = answer.reservation else {
            return .refused("the relay answers \(Self.name(answer.status))")
        }
        guard promise.expires > now else {
            return .refused("the relay's reservation is over already")
        }
        if let envelope = promise.voucher {
            do {
                _ = try RelayVoucher(envelope: envelope, by: peer, to: self.ownPeer, now: now)
            } catch {
                return .refused("the relay's voucher is not believed: \(error)")
            }
        }
        let seconds = min(promise.expires - now, RelayLimits.reservationSecondsMax)
        // A relay can promise for itself alone.
        let own = promise.addresses.filter { $0.peerID == peer && !$0.isRelayed }
        self.known[index].expires = now + seconds
        self.known[index].addresses = own.compactMap {
            try? Multiaddr($0.components + [.p2pCircuit, .p2p(self.ownPeer)])
        }
        // Before the last fifth has passed, so that one failure leaves time for another try.
        self.known[index].askAt = now + seconds - seconds / 5
        return .reserved(self.known[index].addresses, refreshAt: self.known[index].askAt)
    }

    // MARK: Circuits

    /// Why a relay did not join this host to a peer; nil when it did, and the stream then leads to
    /// the peer.
    package static func failure(of answer: HopMessage) -> String? {
        guard answer.kind == .status, answer.status == .ok else {
            return "the relay answers \(Self.name(answer.status))"
        }
        return nil
    }

    /// A relay says that a peer calls.
    ///
    /// Only relays on which this host has a reservation may: others would open connections here in
    /// the name of anybody.
    package func called(by relay: PeerID, _ message: StopMessage, now: UInt64) -> Call {
        guard message.kind == .connect else {
            return .refuse(StopMessage(kind: .status, status: .unexpectedMessage))
        }
        guard let peer = message.peer, peer != self.ownPeer, peer != relay else {
            return .refuse(StopMessage(kind: .status, status: .malformedMessage))
        }
        guard self.relays(now: now).contains(relay) else {
            return .refuse(StopMessage(kind: .status, status: .permissionDenied))
        }
        return .accept(peer, StopMessage(kind: .status, status: .ok))
    }

    private static func name(_ status: RelayStatus?) -> String {
        status.map { "\($0)" } ?? "without a known status"
    }
}
