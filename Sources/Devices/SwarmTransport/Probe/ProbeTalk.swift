import Cryptography
import GossipSub
import Messages
import Multiformats
import Primitives
import Swarm

/// What a stranger says to a peer, and what it learns by it: from encryption to a question about the log.
struct ProbeTalk {
    /// What the swarm is to do.
    enum Action {
        case ask(token: UInt64, PeerID, StreamProtocol, [UInt8])
        case answer(id: UInt64, [UInt8]?)
    }

    /// What came of a step.
    struct Finding {
        let name: String
        let outcome: AddressProbe.Step.Outcome
        let detail: String
    }

    /// The step under way.
    private enum Stage: String {
        case security = "encryption"
        case identify
        case protocols
        case authentication
        case record = "own record"
    }

    private static let challengeToken: UInt64 = 0

    private let key: SigningKey
    private let network: NetworkMark?
    private var search: RecordSearch?
    private var stage = Stage.security
    private var peer: PeerID?
    private let nonce = SecureRandom.bytes(32)
    /// The peer has shown its key, its network and its work, or why that does not count.
    private var peerShown: String?
    /// The peer's challenge, which is answered after the peer has answered this program's.
    ///
    /// A peer of another network hangs up at the answer, and with it would go its own, which says why.
    private var challenge: (exchange: UInt64, frame: [UInt8])?
    /// This program's answer to the peer's challenge went out.
    private var hasAnswered = false
    /// The peer treats this program as one that has shown its key and its work.
    private var isAdmitted = false
    private(set) var found: [Finding] = []
    private(set) var isOver = false

    init(key: SigningKey, network: NetworkMark?, own: AddressProbe.OwnRecord?) {
        self.key = key
        self.network = network
        self.search = own.map { RecordSearch($0, key: key) }
    }

    private var ownNode: NodeID { NodeID(self.key.publicKey) }

    /// Takes in what happened.
    mutating func hear(_ event: ProbeEvent, at now: Timestamp) -> [Action] {
        switch event {
        case .connected(let peer): return self.connected(peer)
        case .identified(let identity): return self.identified(identity)
        case .asked(let id, StreamProtocol.auth.rawValue, let frame):
            self.challenge = (id, frame)
            return self.answerChallenge(now: now)
        case .asked(let id, _, _):
            // Only those are asked for their peers who have shown their key and their work.
            self.isAdmitted = true
            return [.answer(id: id, nil)] + self.continueIfAuthenticated(now: now)
        case .answered(let token, let frame):
            return token == Self.challengeToken
                ? self.challengeAnswered(frame, now: now) : self.pageCame(frame, now: now)
        case .unanswered(_, let reason): return self.end(.bad, "it did not answer: \(reason)")
        case .failed(let reason): return self.lost(reason)
        case .tick: return self.late()
        }
    }

    // MARK: Ends

    private mutating func note(_ outcome: AddressProbe.Step.Outcome, _ detail: String) {
        self.found.append(Finding(name: self.stage.rawValue, outcome: outcome, detail: detail))
    }

    private mutating func end(_ outcome: AddressProbe.Step.Outcome, _ detail: String) -> [Action] {
        if !self.isOver { self.note(outcome, detail) }
        self.isOver = true
        return []
    }

    private mutating func lost(_ reason: String) -> [Action] {
        guard self.stage == .authentication, self.hasAnswered else { return self.end(.bad, reason) }
        return self.end(
            .bad,
            "it ended the connection after this program had shown key, network and proof: \(reason); its log "
                + "says why"
        )
    }

    private mutating func late() -> [Action] {
        switch self.stage {
        case .authentication where self.peerShown == nil:
            return self.end(
                .bad,
                "it does not show that it has its key; a node that just started computes its proof first"
            )
        case .authentication:
            return self.end(
                .doubtful,
                "\(self.peerShown ?? ""), and does not say yet whether it takes this program in"
            )
        case .record:
            return self.end(.doubtful, "it does not answer in time; ask again, or another peer")
        case .security, .identify, .protocols:
            return self.end(.bad, "no answer in time; see whether a Valence node listens there")
        }
    }

    // MARK: Connection

    private mutating func connected(_ peer: PeerID) -> [Action] {
        guard self.stage == .security else { return [] }
        self.peer = peer
        self.note(.good, "it proves that it is \(peer)")
        self.stage = .identify
        return []
    }

    private mutating func identified(_ identity: PeerIdentity) -> [Action] {
        guard self.stage == .identify, let peer else { return [] }
        self.note(.good, identity.agentVersion ?? "nameless")
        self.stage = .protocols
        let spoken = Set(identity.protocols ?? [])
        let missing = StreamProtocol.allCases.map(\.rawValue).filter { !spoken.contains($0) }
        guard missing.isEmpty else {
            let list = missing.joined(separator: ", ")
            return self.end(
                .bad,
                "it does not speak \(list); it is no Valence node, or one of another version"
            )
        }
        guard GossipSubProtocol.ids.contains(where: spoken.contains) else {
            return self.end(.bad, "it speaks no version of GossipSub that this node knows")
        }
        self.note(.good, "it speaks what a node speaks")
        self.stage = .authentication
        let challenge = AuthChallenge(
            nonce: self.nonce,
            initiatorKey: self.ownNode,
            network: self.network
        )
        return [.ask(token: Self.challengeToken, peer, .auth, challenge.frameBytes)]
    }

    // MARK: Authentication

    /// Shows this program's key and work, once the peer has shown its own.
    private mutating func answerChallenge(now: Timestamp) -> [Action] {
        guard self.peerShown != nil, let (id, frame) = self.challenge else { return [] }
        self.challenge = nil
        guard let channelKey = self.peer?.ed25519Key.map({ NodeID($0) }),
            let challenge = try? AuthChallenge(frame: frame),
            let signature = try? AuthResponder.sign(
                challenge,
                channelKey: channelKey,
                key: self.key
            )
        else { return [.answer(id: id, nil)] }
        self.hasAnswered = true
        let response = AuthResponse(
            signature: signature,
            publicKey: self.ownNode,
            vdfProof: VDF.prove(self.ownNode.bytes, computedAt: now),
            network: self.network,
            sentAt: now
        )
        return [.answer(id: id, response.frameBytes)]
    }

    private mutating func challengeAnswered(_ frame: [UInt8], now: Timestamp) -> [Action] {
        guard self.stage == .authentication, let channelKey = self.peer?.ed25519Key else {
            return []
        }
        do {
            let response = try AuthResponse(frame: frame)
            try AuthInitiator.check(
                response,
                nonce: self.nonce,
                ownKey: self.ownNode,
                channelKey: NodeID(channelKey)
            )
            if let objection = self.objection(to: response.network) {
                return self.end(.bad, objection)
            }
            try VDF.checkStructure(response.vdfProof, key: channelKey.rawBytes, now: now)
            let proof = response.vdfProof
            guard (0..<VDF.segments).allSatisfy({ VDF.isValidSegment(proof, index: $0) }) else {
                return self.end(.bad, "its proof of delay does not hold: the hashes are wrong")
            }
        } catch let failure as AuthFailure {
            return self.end(.bad, "its authentication does not hold: \(failure)")
        } catch {
            return self.end(
                .bad,
                "its proof of delay does not hold: \(error); compare its clock with this machine's"
            )
        }
        self.peerShown =
            "it has shown its key and its work"
            + (self.network.map { ", and belongs to \($0)" } ?? "")
        return self.answerChallenge(now: now) + self.continueIfAuthenticated(now: now)
    }

    /// Why a peer of that network is none of this node's; nil when it is.
    private func objection(to other: NetworkMark?) -> String? {
        guard other?.hash != self.network?.hash else { return nil }
        let theirs = other.map { "\($0)" } ?? "none"
        guard let network else {
            return
                "another network: it belongs to \(theirs), and no description was given; name it with "
                + "--genesis"
        }
        return "another network: it belongs to \(theirs), and this node to \(network); compare the "
            + "descriptions with `valence-node genesis show`"
    }

    private mutating func continueIfAuthenticated(now: Timestamp) -> [Action] {
        guard self.stage == .authentication, let peerShown, self.isAdmitted else { return [] }
        self.note(.good, "\(peerShown); it takes in who shows the same")
        self.stage = .record
        guard self.search != nil else {
            self.isOver = true
            return []
        }
        return self.askForPage(now: now)
    }

    // MARK: The own record

    private mutating func askForPage(now: Timestamp) -> [Action] {
        guard let peer, let frame = self.search?.request(now: now) else {
            return self.end(.doubtful, "no question could be signed")
        }
        return [.ask(token: Self.challengeToken + 1, peer, .sync, frame)]
    }

    private mutating func pageCame(_ frame: [UInt8], now: Timestamp) -> [Action] {
        guard self.stage == .record, let verdict = self.search?.read(frame) else { return [] }
        switch verdict {
        case .more: return self.askForPage(now: now)
        case .end(let outcome, let detail): return self.end(outcome, detail)
        }
    }
}
