import Cryptography
import Messages
import OrderedCollections
import Primitives

// The handshake of §3: each side opens its own auth exchange as initiator (D-10).
extension PeersStateMachine {
    /// Challenges a peer that has just connected.
    mutating func challenge(_ peer: NodeID, nonce: [UInt8]) -> [PeersAction] {
        let exchange = self.exchange(with: peer, on: .auth)
        self.openNonces[exchange.id] = OpenChallenge(peer: peer, nonce: nonce)
        let challenge = AuthChallenge(
            nonce: nonce,
            initiatorKey: self.configuration.ownNode,
            network: self.configuration.network
        )
        return [.challenge(exchange, challenge)]
    }

    /// A peer challenges us: answer once the own proof is there.
    mutating func challenged(_ exchange: InboundExchange, frame: [UInt8]) -> [PeersAction] {
        guard let challenge = try? AuthChallenge(frame: frame) else {
            return [.answerAuth(exchange, nil)]
        }
        // A peer of another network is answered as well, so that it learns which network this is.
        if let objection = self.objection(to: challenge.network) {
            self.peers[exchange.peer]?.isOfOtherNetwork = true
            self.noteFailure(of: exchange.peer, objection)
        }
        if self.ownProof != nil { return [.sign(exchange, challenge)] }
        guard self.waitingChallenges.count < PeersLimits.waitingChallengesMax else {
            return [.answerAuth(exchange, nil)]
        }
        self.waitingChallenges[exchange] = challenge
        return []
    }

    /// Identity signed or refused the answer.
    func signed(
        _ exchange: InboundExchange,
        _ signature: Result<Signature, Refusal>?,
        now: Timestamp
    ) -> [PeersAction] {
        guard case .success(let signature) = signature, let proof = self.ownProof else {
            return [.answerAuth(exchange, nil)]
        }
        let response = AuthResponse(
            signature: signature,
            publicKey: self.configuration.ownNode,
            vdfProof: proof,
            network: self.configuration.network,
            sentAt: now
        )
        return [.answerAuth(exchange, response)]
    }

    /// The own proof is computed: the challenges that waited for it are answered.
    ///
    /// - Parameter proof: nil when none was computed in time; then the next tick asks for one again.
    /// - Returns: the challenges to sign.
    mutating func proofComputed(_ proof: VDFProof?) -> [PeersAction] {
        self.proofIsOnItsWay = false
        guard let proof else { return [] }
        self.ownProof = proof
        self.wantsAnnouncement = true
        let waiting = self.waitingChallenges.sorted { $0.key.id < $1.key.id }
        self.waitingChallenges = [:]
        return waiting.map { .sign($0.key, $0.value) }
    }

    /// A peer answers our challenge: the signature is checked first, the expensive proof afterwards.
    mutating func responded(_ exchange: OutboundExchange, frame: [UInt8], now: Timestamp)
        -> [PeersAction]
    {
        guard let open = self.openNonces.removeValue(forKey: exchange.id) else { return [] }
        do {
            let response = try AuthResponse(frame: frame)
            try AuthInitiator.check(
                response,
                nonce: open.nonce,
                ownKey: self.configuration.ownNode,
                channelKey: open.peer
            )
            if let objection = self.objection(to: response.network) {
                self.peers[open.peer]?.isOfOtherNetwork = true
                return [self.giveUp(open.peer, because: objection)]
            }
            self.peers[open.peer]?.proofComputedAt = response.vdfProof.computedAt
            let isOutbound = self.peers[open.peer]?.isOutbound ?? false
            return self.compareClocks(open.peer, response, now: now)
                + [.checkProof(open.peer, response.vdfProof, isOutbound: isOutbound)]
        } catch {
            return [self.giveUp(open.peer, because: "its authentication does not hold: \(error)")]
        }
    }

    /// Looks at the time in an answer first: a proof fails when one of the clocks is wrong.
    ///
    /// The clock of a peer that this node dialled is compared at once, that of an inbound peer only
    /// after its proof holds: others could set up keys by the dozen to make this node doubt its clock.
    private mutating func compareClocks(_ peer: NodeID, _ response: AuthResponse, now: Timestamp)
        -> [PeersAction]
    {
        let offset = response.sentAt.map { now.milliseconds(since: $0) }
        self.peers[peer]?.clockOffset = offset
        guard let offset, self.peers[peer]?.isOutbound == true else { return [] }
        return [.compareClock(peer, offset: offset)]
    }

    /// An exchange of ours failed; without an answer the peer cannot authenticate.
    mutating func exchangeFailed(_ exchange: OutboundExchange, reason: String) -> [PeersAction] {
        guard let open = self.openNonces.removeValue(forKey: exchange.id) else { return [] }
        return [self.giveUp(open.peer, because: "it did not prove its key and its work: \(reason)")]
    }

    /// Verification's verdict on a peer's proof.
    mutating func proofChecked(_ peer: NodeID, failure: String?, now: Timestamp) -> [PeersAction] {
        guard var record = self.peers[peer], record.isConnected else { return [] }
        if let failure {
            let reason = "its proof of delay: \(failure)\(record.clockHint)"
            return [self.giveUp(peer, because: reason)]
        }
        record.connection = .authenticated
        record.authenticated()
        record.authenticatedAt = now
        record.rise(to: .proven)
        record.lastHeard = now
        self.peers[peer] = record
        var actions = record.isHeard ? self.listen(to: peer) : []
        if !record.isOutbound, let offset = record.clockOffset {
            actions.append(.compareClock(peer, offset: offset))
        }
        return actions
    }

    /// This node was too busy to check the proof of a peer, which does not count against the peer.
    mutating func proofUnchecked(_ peer: NodeID) -> [PeersAction] {
        guard self.peers[peer]?.isConnected == true else { return [] }
        return [.disconnect(peer, reason: "its proof of delay was not checked in time")]
    }

    /// An authenticated peer is reached directly: it may speak from now on (ADR 0022).
    mutating func listen(to peer: NodeID) -> [PeersAction] {
        self.wantsAnnouncement = true
        let list = self.exchange(with: peer, on: .sync)
        return [.authenticated(peer), .requestList(list, self.listRequest)]
    }
}

extension PeerRecord {
    /// Adds the offset of the clocks to the reason why a peer's proof is of the wrong time, for the
    /// operator.
    fileprivate var clockHint: String {
        let distance = self.clockOffset?.magnitude ?? 0
        guard distance > PeersLimits.clocksApartMilliseconds.magnitude else { return "" }
        return "; its clock and this node's are \(distance / 1_000) s apart"
    }
}
