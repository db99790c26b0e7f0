import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Gossip
@testable import Identity
@testable import Peers

/// The handshake of §3, both sides.
enum AuthVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("challenge") {
            try Responder(vector).run()
        } else if vector.input.has("response") {
            try Initiator(vector).run()
        } else if vector.input.has("authenticated") {
            try Newcomer(vector).run()
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    fileprivate static let now = Timestamp(milliseconds: 1_700_000_000_000)

    fileprivate static func peers(_ ownNode: NodeID) -> PeersStateMachine {
        PeersStateMachine(
            configuration: PeersConfiguration(
                ownNode: ownNode,
                bootstrap: [],
                isLocalProfile: true
            ),
            now: Self.now
        )
    }
}

/// A challenge arrives.
private struct Responder {
    let vector: VectorCase

    init(_ vector: VectorCase) { self.vector = vector }

    func run() throws {
        let input = self.vector.input
        let frame = try input.raw("challenge").bytes
        let key = input.has("responder_seed") ? try input.signingKey("responder_seed") : nil
        let own =
            input.has("responder_key")
            ? try input.node("responder_key")
            : NodeID((key ?? SigningKey.generate()).publicKey)
        let outcome = try self.answer(frame, key: key, own: own)
        if self.vector.expect.has("respond") {
            try Check.same(
                "respond",
                outcome.signature != nil,
                try self.vector.expect.bool("respond")
            )
        }
        if self.vector.expect.has("reason") {
            let reason = try self.vector.expect.text("reason")
            try Check.text("reason", outcome.failure?.reason ?? "none", reason)
        }
        if self.vector.expect.has("signature") { try self.compare(outcome, frame, own) }
        if input.has("signature_if_signed") { try self.showDanger(frame, own) }
    }

    private struct Outcome {
        var signature: Signature?
        var failure: AuthFailure?
    }

    /// Peers takes the frame in, Identity signs, Peers answers.
    private func answer(_ frame: [UInt8], key: SigningKey?, own: NodeID) throws -> Outcome {
        var peers = AuthVectors.peers(own)
        let proof = VDF.prove(own.bytes, computedAt: AuthVectors.now, difficulty: VDF.segments)
        _ = peers.proofComputed(proof)
        let exchange = InboundExchange(id: 1, peer: own, streamProtocol: .auth)
        let actions = peers.challenged(exchange, frame: frame)
        guard case .sign(_, let challenge)? = actions.first else {
            try Check.same("answer", actions, [.answerAuth(exchange, nil)])
            return Outcome(failure: .malformed("refused by Peers"))
        }
        let channelKey = try self.channelKey(challenge)
        do {
            guard let key else {
                try AuthResponder.check(challenge, channelKey: channelKey, ownKey: own)
                throw VectorFailure("the challenge would be signed")
            }
            let signature = try AuthResponder.sign(challenge, channelKey: channelKey, key: key)
            try self.identityAgrees(challenge, channelKey, key, signature)
            let response = peers.signed(exchange, .success(signature), now: AuthVectors.now).first
            guard case .answerAuth(_, let answer?) = response else {
                throw VectorFailure("Peers does not answer")
            }
            return Outcome(signature: answer.signature)
        } catch let failure as AuthFailure {
            return Outcome(failure: failure)
        }
    }

    private func identityAgrees(
        _ challenge: AuthChallenge,
        _ channelKey: NodeID,
        _ key: SigningKey,
        _ signature: Signature
    ) throws {
        let query = SignChallenge(challenge: challenge, channelKey: channelKey)
        let result = IdentityStateMachine(key: key).signature(for: query)
        try Check.same("signature of Identity", try result.get(), signature)
    }

    /// The key that the secure channel proved; whoever asks, unless the case says otherwise.
    private func channelKey(_ challenge: AuthChallenge) throws -> NodeID {
        self.vector.input.has("channel_key")
            ? try self.vector.input.node("channel_key") : challenge.initiatorKey
    }

    private func compare(_ outcome: Outcome, _ frame: [UInt8], _ own: NodeID) throws {
        let expect = self.vector.expect
        let challenge = try AuthChallenge(frame: frame)
        guard let signature = outcome.signature else { throw VectorFailure("nothing was signed") }
        try Check.same("signed bytes", challenge.signedBytes, try expect.bytes("signed_hex"))
        try Check.text("signature", signature.hex, try expect.text("signature"))
        let holds = AuthInitiator.holds(
            signature,
            by: own,
            nonce: challenge.nonce,
            ownKey: challenge.initiatorKey
        )
        try Check.same("valid", holds, try expect.bool("valid"))
    }

    /// The signature that is withheld would indeed have been a valid one.
    private func showDanger(_ frame: [UInt8], _ own: NodeID) throws {
        let challenge = try AuthChallenge(frame: frame)
        guard let signature = Signature(hex: try self.vector.input.text("signature_if_signed"))
        else { throw VectorFailure("signature_if_signed is no signature") }
        let holds = Ed25519.isValid(signature, for: challenge.signedBytes, by: own.publicKey)
        try Check.same("the withheld signature holds", holds, true)
    }
}

/// A response arrives.
private struct Initiator {
    let vector: VectorCase

    init(_ vector: VectorCase) { self.vector = vector }

    func run() throws {
        if self.vector.expect.has("valid") { try self.signature() }
        if self.vector.expect.has("accept_peer") { try self.peer() }
    }

    private func signature() throws {
        let response = try self.vector.input.fields("response")
        let signer = try response.node("public_key")
        let nonce = try self.vector.input.bytes("nonce")
        let own = try self.vector.input.node("own_key")
        let signature = Signature(hex: try response.text("signature"))
        let holds = signature.map {
            AuthInitiator.holds($0, by: signer, nonce: nonce, ownKey: own)
        }
        let isValid = try self.vector.expect.bool("valid")
        try Check.same("valid", holds ?? false, isValid)
        // With a proof beside it, Peers goes on to check that, or does not.
        let proof = VDFProof.easy(of: signer, at: AuthVectors.now)
        let whole = try self.vector.input.raw("response")
            .with("vdf_proof", try RawJSON(proof.json.canonicalBytes()))
        var peers = AuthVectors.peers(own)
        let checks = try self.checks(whole, over: signer, now: AuthVectors.now, by: &peers)
        let goesOn = checks.contains { if case .checkProof = $0 { true } else { false } }
        try Check.same("valid for Peers", goesOn, isValid)
    }

    /// Peers takes the response in, Verification the proof.
    private func peer() throws {
        let input = self.vector.input
        let response = try input.raw("response")
        let named = response["public_key"]?.string.flatMap { NodeID(hex: $0) }
        let channel = input.has("channel_key") ? try input.node("channel_key") : named
        guard let channel else { throw VectorFailure("the response names no key") }
        let now = input.has("now") ? try input.time("now") : AuthVectors.now
        let isAccepted = try self.isAccepted(response, over: channel, now: now)
        try Check.same("accept_peer", isAccepted, try self.vector.expect.bool("accept_peer"))
        if input.has("vdf_required") {
            let bare = response.without("vdf_proof")
            let isAcceptedBare = try self.isAccepted(bare, over: channel, now: now)
            try Check.same("vdf_required", !isAcceptedBare, try input.bool("vdf_required"))
        }
        if self.vector.expect.has("reason") { try self.reason(Self.frame(response)) }
    }

    private static func frame(_ response: RawJSON) -> [UInt8] {
        RawJSON.object([])
            .with("type", .string("AUTH_RESPONSE")).with("payload", response).bytes
    }

    /// Whether a node that dialled a key lets it in for this response.
    private func isAccepted(_ response: RawJSON, over channel: NodeID, now: Timestamp) throws
        -> Bool
    {
        var peers = AuthVectors.peers(try self.vector.input.node("own_key"))
        let checks = try self.checks(response, over: channel, now: now, by: &peers)
        guard case .checkProof(let peer, let proof, _)? = checks.first else { return false }
        let failure = try ProofCheck.failure(of: proof, key: peer, now: now)
        let actions = peers.proofChecked(peer, failure: failure, now: now)
        return actions.contains {
            if case .authenticated(let event) = $0 { event.peer == channel } else { false }
        }
    }

    /// What a node that dialled a key does about this response.
    private func checks(
        _ response: RawJSON,
        over channel: NodeID,
        now: Timestamp,
        by peers: inout PeersStateMachine
    ) throws -> [PeersAction] {
        let opened = peers.connected(
            channel,
            address: "/ip4/127.0.0.1/tcp/4001",
            isOutbound: true,
            nonce: try self.vector.input.bytes("nonce"),
            now: now
        )
        guard case .challenge(let exchange, _)? = opened.first else {
            throw VectorFailure("Peers does not challenge")
        }
        return peers.responded(exchange, frame: Self.frame(response), now: now)
    }

    private func reason(_ frame: [UInt8]) throws {
        let reason = try self.vector.expect.text("reason")
        do {
            _ = try AuthResponse(frame: frame)
        } catch {
            return try Check.text("reason", error.reason, reason)
        }
        throw VectorFailure("the form of the response holds, expected \(reason)")
    }
}

/// A peer opens a stream for a message, before or after it proved its key.
private struct Newcomer {
    let vector: VectorCase

    init(_ vector: VectorCase) { self.vector = vector }

    func run() throws {
        let name = try self.vector.input.text("message_type")
        guard case .stream(let streamProtocol) = MessageType(rawValue: name)?.channel else {
            throw VectorFailure("\(name) does not travel on a stream")
        }
        let isProven = try self.vector.input.bool("authenticated")
        let isAccepted = try self.isAdmitted(name, on: streamProtocol, isProven: isProven)
        try Check.same("accepted", isAccepted, try self.vector.expect.bool("accept"))
        // The same message of a peer that proved its key shows that nothing else is wrong with it.
        let isGood = try self.isAdmitted(name, on: streamProtocol, isProven: true)
        try Check.same("accepted of a proven peer", isGood, true)
    }

    private func isAdmitted(
        _ name: String,
        on streamProtocol: StreamProtocol,
        isProven: Bool
    ) throws -> Bool {
        let key = SigningKey.generate()
        let peer = NodeID(key.publicKey)
        let frame = RawEnvelope(
            typeName: name,
            payload: Array("{}".utf8),
            timestamp: AuthVectors.now,
            from: peer
        ).bytes(signedBy: key)
        var gossip = NodeLine.gossip(of: .generate())
        _ = gossip.peerConnected(peer, address: "", isOutbound: false)
        if isProven { _ = gossip.peerAuthenticated(peer, now: AuthVectors.now) }
        let actions = gossip.exchangeRequested(
            id: 1,
            peer: peer,
            protocolID: streamProtocol.rawValue,
            frame: frame
        )
        let exchange = InboundExchange(id: 1, peer: peer, streamProtocol: streamProtocol)
        if actions == [.admit(frame, .exchange(exchange), nil)] { return true }
        try Check.same("what becomes of the stream", actions, [.answerExchange(1, nil)])
        return false
    }
}

extension AuthFailure {
    /// The cause in the words of the vectors.
    fileprivate var reason: String {
        switch self {
        case .malformed: "malformed"
        case .initiatorIsNotRemotePeer, .initiatorIsSelf: "initiator-key-is-not-remote-peer"
        case .responderIsNotRemotePeer: "responder-key-is-not-remote-peer"
        case .badSignature: "bad-signature"
        case .missingProof: "vdf-missing"
        }
    }
}
