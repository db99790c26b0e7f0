import Cryptography
import Messages
import Primitives

/// The handshakes of §3 that are under way: each side opens its own auth exchange as initiator (D-10).
struct Handshakes: Sendable {
    private let own: NodeID
    private let network: NetworkMark?
    /// Challenges of this node that wait for their answers.
    private var nonces: [OutboundExchange: [UInt8]] = [:]
    /// Challenges of peers that wait for this node's proof of delay.
    private var waiting: [InboundExchange: AuthChallenge] = [:]

    init(_ configuration: PeersConfiguration) {
        self.own = configuration.ownNode
        self.network = configuration.network
    }

    // MARK: As initiator

    /// Challenges the peer of an exchange.
    mutating func challenge(on exchange: OutboundExchange, nonce: [UInt8]) -> [PeersAction] {
        self.nonces[exchange] = nonce
        let challenge = AuthChallenge(
            nonce: nonce,
            initiatorKey: self.own,
            network: self.network
        )
        return [.challenge(exchange, challenge)]
    }

    /// A peer answers a challenge of this node.
    ///
    /// - Returns: the answer if its signature holds, or else why not; nil when nothing was asked there.
    mutating func responded(_ exchange: OutboundExchange, frame: [UInt8])
        -> Result<AuthResponse, AuthFailure>?
    {
        guard let nonce = self.nonces.removeValue(forKey: exchange) else { return nil }
        do {
            let response = try AuthResponse(frame: frame)
            try AuthInitiator.check(
                response,
                nonce: nonce,
                ownKey: self.own,
                channelKey: exchange.peer
            )
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    /// An exchange of this node failed.
    ///
    /// - Returns: whether it was a challenge, without whose answer the peer cannot authenticate.
    mutating func failed(_ exchange: OutboundExchange) -> Bool {
        self.nonces.removeValue(forKey: exchange) != nil
    }

    // MARK: As responder

    /// A peer challenges this node: answer once the own proof is there.
    mutating func challenged(
        _ exchange: InboundExchange,
        _ challenge: AuthChallenge,
        proof: VDFProof?
    ) -> [PeersAction] {
        if proof != nil { return [.sign(exchange, challenge)] }
        guard self.waiting.count < PeersLimits.waitingChallengesMax else {
            return [.answerAuth(exchange, nil)]
        }
        self.waiting[exchange] = challenge
        return []
    }

    /// The own proof is there: the challenges that waited for it are signed.
    mutating func signWaiting() -> [PeersAction] {
        let waiting = self.waiting.sorted { $0.key.id < $1.key.id }
        self.waiting = [:]
        return waiting.map { .sign($0.key, $0.value) }
    }

    /// The answer to a challenge; nil refuses it.
    func answer(
        _ signature: Result<Signature, Refusal>?,
        proof: VDFProof?,
        now: Timestamp
    ) -> AuthResponse? {
        guard case .success(let signature) = signature, let proof else { return nil }
        return AuthResponse(
            signature: signature,
            publicKey: self.own,
            vdfProof: proof,
            network: self.network,
            sentAt: now
        )
    }

    // MARK: Ends

    /// The connection to a peer is gone, and its exchanges with it.
    mutating func disconnected(_ peer: NodeID) {
        self.waiting = self.waiting.filter { $0.key.peer != peer }
        self.nonces = self.nonces.filter { $0.key.peer != peer }
    }
}
