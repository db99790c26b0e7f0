import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Brings together what happens to peers: who connects has to prove itself, is listened to, and is kept
/// or not; the table is looked through all the time.
///
/// Each part has its own rules: ``KnownPeers`` is the table, ``Handshakes`` and ``OwnProof`` let peers
/// prove who they are, ``Dialling`` and ``AnchorKeeper`` find them, ``Diversity`` says whose connections
/// stay, and ``OwnAnnouncements`` what is said of this node.
struct PeersStateMachine: Sendable {
    private let own: NodeID
    /// Time between two looks through the table, in milliseconds.
    private let pause: Int64
    private let membership: Membership
    private var peers: KnownPeers
    private var handshakes: Handshakes
    private var proof: OwnProof
    private var dialling: Dialling
    private var anchors: AnchorKeeper
    private var diversity: Diversity
    private var announcements: OwnAnnouncements
    private var lastExchange: UInt64 = 0

    init(configuration: PeersConfiguration, now: Timestamp) {
        self.own = configuration.ownNode
        self.pause = configuration.pace.tickMilliseconds
        self.membership = Membership(configuration)
        self.peers = KnownPeers(configuration)
        self.handshakes = Handshakes(configuration)
        self.proof = OwnProof(of: configuration.ownNode)
        self.dialling = Dialling(configuration, now: now)
        self.anchors = AnchorKeeper(now: now)
        self.diversity = Diversity(configuration)
        self.announcements = OwnAnnouncements(configuration, now: now)
    }

    // MARK: Start and clock

    /// The replay is over: anchors come into the table, and the table is looked through from now on.
    mutating func started(now: Timestamp) -> [PeersAction] {
        self.announcements.started(now: now)
        self.anchors.started(&self.peers, now: now)
        return self.proof.refresh(now: now) + self.tick(now: now, entropy: 0)
    }

    /// Looks through the table.
    mutating func tick(now: Timestamp, entropy: UInt64) -> [PeersAction] {
        var actions = self.disconnectTheLate(now: now) + self.proof.refresh(now: now)
        actions += self.dial(now: now, entropy: entropy)
        actions += self.announceIfDue(now: now)
        self.peers.forgetTheSilent(now: now)
        actions += self.anchors.save(self.peers, except: self.dialling.named.nodes, now: now)
        actions += self.diversity.protect(self.dialling.named.nodes.union(self.anchors.nodes))
        actions += self.closeSurplus(now: now)
        return actions + [.wake(afterMilliseconds: self.pause)]
    }

    private mutating func disconnectTheLate(now: Timestamp) -> [PeersAction] {
        self.peers.nodes { $0.isLate(now: now) }
            .map { node in
                let reason = "it did not prove its key and its work within 30 s"
                return self.giveUp(node, at: .authentication, because: reason)
            }
    }

    private mutating func dial(now: Timestamp, entropy: UInt64) -> [PeersAction] {
        self.dialling.giveUpLate(&self.peers, now: now)
        let awaited = self.anchors.stillAwaited(self.peers)
        return self.dialling.dial(first: awaited, of: &self.peers, now: now)
            + self.dialling.dialNamed(self.peers, now: now)
            + self.dialling.lookUpIfLonely(self.peers, now: now)
            + self.dialling.dialMore(&self.peers, self.diversity, now: now)
            + self.dialling.wander(&self.peers, now: now, entropy: entropy)
    }

    /// Something is wanted of a node, which may not be connected.
    mutating func reach(_ node: NodeID, now: Timestamp) -> [PeersAction] {
        self.dialling.reach(node, of: &self.peers, now: now)
    }

    /// Closes what operators have too much of.
    private mutating func closeSurplus(now: Timestamp) -> [PeersAction] {
        let exempt = self.dialling.named.directNodes
        var actions: [PeersAction] = []
        while let excess = self.diversity.surplus(in: self.peers, sparing: exempt, now: now) {
            actions.append(self.leave(excess.peer, because: excess.reason, now: now))
        }
        return actions
    }

    // MARK: Connections

    /// There is a connection to a peer: it is challenged, unless its operator has too many.
    mutating func connected(
        _ peer: NodeID,
        address: String,
        isOutbound: Bool,
        nonce: [UInt8],
        now: Timestamp
    ) -> [PeersAction] {
        self.peers.connected(peer, at: address, isOutbound: isOutbound, now: now)
        let network = self.diversity.network(of: address)
        if let refusal = self.settle(peer, in: network, now: now) { return [refusal] }
        if isOutbound { self.dialling.reached(peer, at: address, now: now) }
        return self.handshakes.challenge(on: self.exchange(with: peer, on: .auth), nonce: nonce)
    }

    /// A connected peer is seen at another address, where its operator may have one connection too
    /// many.
    mutating func addressChanged(_ peer: NodeID, to address: String, now: Timestamp)
        -> [PeersAction]
    {
        guard let before = self.peers[peer], before.isConnected else { return [] }
        self.peers.update(peer) { $0.moved(to: address) }
        let network = self.diversity.network(of: address)
        // A peer whose operator has not changed keeps its place, whichever other peers have gone since.
        if before.network != network, let refusal = self.settle(peer, in: network, now: now) {
            return [refusal]
        }
        let isHeard = self.peers[peer]?.isHeard ?? false
        return isHeard && !before.isHeard ? self.listen(to: peer) : []
    }

    /// Counts a connected peer for the operator of its address, or disconnects it when that operator
    /// has enough.
    private mutating func settle(_ peer: NodeID, in network: NetworkOperator?, now: Timestamp)
        -> PeersAction?
    {
        self.peers.update(peer) { $0.count(for: network) }
        guard !self.dialling.named.directNodes.contains(peer) else { return nil }
        return self.diversity.crowding(of: peer, in: self.peers, now: now)
            .map { self.leave(peer, because: $0, now: now) }
    }

    /// Closes the connection of a peer whose operator has too many.
    private mutating func leave(_ peer: NodeID, because reason: String, now: Timestamp)
        -> PeersAction
    {
        self.peers.update(peer) { $0.leave(reason, now: now) }
        return .disconnect(peer, reason: reason)
    }

    /// The connection to a peer is gone.
    ///
    /// - Parameters:
    ///   - peer: whose.
    ///   - isShunned: whether this node ended it for what the peer did or is; then the peer is no anchor
    ///     any more, and the pause before its next dial is the longest.
    ///   - now: the time.
    mutating func disconnected(_ peer: NodeID, isShunned: Bool = false, now: Timestamp) {
        guard self.peers[peer] != nil else { return }
        self.peers.update(peer) { $0.disconnected(isShunned: isShunned, now: now) }
        if let next = self.peers[peer]?.dials.next { self.dialling.postpone(peer, until: next) }
        if isShunned { self.anchors.shun(peer) }
        self.handshakes.disconnected(peer)
    }

    /// A dial led to no new connection.
    mutating func dialFailed(_ address: String, reason: String, now: Timestamp) {
        self.dialling.failed(address, reason: reason, of: &self.peers, now: now)
    }

    /// Others can reach this node at these addresses.
    mutating func listening(_ addresses: [String]) { self.announcements.listening(at: addresses) }

    /// Somebody who does not sign for it says where a peer is.
    mutating func heard(_ word: AddressesHeard, now: Timestamp) {
        self.peers.heard(word, now: now)
    }

    /// A fresh exchange of this subsystem.
    private mutating func exchange(with peer: NodeID, on streamProtocol: StreamProtocol)
        -> OutboundExchange
    {
        self.lastExchange += 1
        return OutboundExchange(
            opener: .peers,
            id: self.lastExchange,
            peer: peer,
            streamProtocol: streamProtocol
        )
    }

    // MARK: Authentication

    /// A peer challenges this node.
    mutating func challenged(_ exchange: InboundExchange, frame: [UInt8]) -> [PeersAction] {
        guard let challenge = try? AuthChallenge(frame: frame) else {
            return [.answerAuth(exchange, nil)]
        }
        // A peer of another network is answered as well, so that it learns which network this is.
        if let objection = self.membership.objection(to: challenge.network) {
            self.peers.update(exchange.peer) { $0.namedOtherNetwork() }
            self.noteFailure(of: exchange.peer, at: .network, objection)
        }
        return self.handshakes.challenged(exchange, challenge, proof: self.proof.current)
    }

    /// Identity signed the answer to a challenge, refused it, or did not say.
    func signed(
        _ exchange: InboundExchange,
        _ signature: Result<Signature, Refusal>?,
        now: Timestamp
    ) -> [PeersAction] {
        let answer = self.handshakes.answer(signature, proof: self.proof.current, now: now)
        return [.answerAuth(exchange, answer)]
    }

    /// The own proof is computed: the challenges that waited for it are answered.
    ///
    /// - Parameter proof: nil when none was computed in time; then the next tick asks for one again.
    /// - Returns: the challenges to sign.
    mutating func proofComputed(_ proof: VDFProof?) -> [PeersAction] {
        self.proof.computed(proof)
        guard proof != nil else { return [] }
        self.announcements.noteNews()
        return self.handshakes.signWaiting()
    }

    /// A peer answers our challenge: the signature is checked first, the expensive proof afterwards.
    mutating func responded(_ exchange: OutboundExchange, frame: [UInt8], now: Timestamp)
        -> [PeersAction]
    {
        switch self.handshakes.responded(exchange, frame: frame) {
        case .success(let response)?:
            if let objection = self.membership.objection(to: response.network) {
                self.peers.update(exchange.peer) { $0.namedOtherNetwork() }
                return [self.giveUp(exchange.peer, at: .network, because: objection)]
            }
            return self.check(response, of: exchange.peer, now: now)
        case .failure(let failure)?:
            let reason = "its authentication does not hold: \(failure)"
            let step: PeerTable.Dial.Step = failure == .missingProof ? .proof : .authentication
            return [self.giveUp(exchange.peer, at: step, because: reason)]
        case nil: return []
        }
    }

    /// Looks at the time in an answer first: a proof fails when one of the clocks is wrong.
    ///
    /// The clock of a peer that this node dialled is compared at once, that of an inbound peer only
    /// after its proof holds: others could set up keys by the dozen to make this node doubt its clock.
    private mutating func check(_ response: AuthResponse, of peer: NodeID, now: Timestamp)
        -> [PeersAction]
    {
        let offset = response.sentAt.map { now.milliseconds(since: $0) }
        self.peers.update(peer) { $0.answered(response, clockOffset: offset) }
        let isOutbound = self.peers[peer]?.isOutbound ?? false
        let check = PeersAction.checkProof(peer, response.vdfProof, isOutbound: isOutbound)
        guard isOutbound, let offset else { return [check] }
        return [.compareClock(peer, offset: offset), check]
    }

    /// An exchange of a subsystem failed; without an answer to its challenge a peer cannot authenticate.
    mutating func exchangeFailed(_ exchange: OutboundExchange, reason: String) -> [PeersAction] {
        guard self.handshakes.failed(exchange) else { return [] }
        let text = "it did not prove its key and its work: \(reason)"
        return [self.giveUp(exchange.peer, at: .authentication, because: text)]
    }

    /// Verification's verdict on a peer's proof; nil when there was none in time.
    mutating func heard(_ verdict: CheckProof.Reply?, about peer: NodeID, now: Timestamp)
        -> [PeersAction]
    {
        guard let verdict else { return self.proofUnchecked(peer) }
        return self.proofChecked(peer, failure: verdict.failure, now: now)
    }

    /// A peer's proof holds, or why it does not.
    mutating func proofChecked(_ peer: NodeID, failure: String?, now: Timestamp) -> [PeersAction] {
        guard let record = self.peers[peer], record.isConnected else { return [] }
        if let failure {
            let reason = "its proof of delay: \(failure)\(record.clockHint)"
            return [self.giveUp(peer, at: .proof, because: reason)]
        }
        self.peers.update(peer) { $0.authenticated(now: now) }
        var actions = record.isRelayed ? [] : self.listen(to: peer)
        if !record.isOutbound, let offset = record.clockOffset {
            actions.append(.compareClock(peer, offset: offset))
        }
        return actions
    }

    /// This node was too busy to check the proof of a peer, which does not count against the peer.
    private func proofUnchecked(_ peer: NodeID) -> [PeersAction] {
        guard self.peers[peer]?.isConnected == true else { return [] }
        return [.disconnect(peer, reason: "its proof of delay was not checked in time")]
    }

    /// An authenticated peer is reached directly: it may speak from now on (ADR 0022).
    private mutating func listen(to peer: NodeID) -> [PeersAction] {
        self.announcements.noteNews()
        let exchange = self.exchange(with: peer, on: .sync)
        let record = self.peers[peer]
        let event = PeerAuthenticated(
            peer: peer,
            proofComputedAt: record?.proofComputedAt,
            network: record.flatMap { self.diversity.name(of: peer, $0) },
            isBootstrap: self.dialling.named.nodes.contains(peer),
            clockOffsetMilliseconds: record?.clockOffset
        )
        return [
            .authenticated(event),
            .requestList(exchange, PeerListRequest(limit: Int64(PeersLimits.listLimit))),
        ]
    }

    /// Closes the connection of a peer that did not pass the handshake.
    private mutating func giveUp(
        _ peer: NodeID,
        at step: PeerTable.Dial.Step,
        because reason: String
    ) -> PeersAction {
        .disconnect(peer, reason: self.noteFailure(of: peer, at: step, reason))
    }

    /// Remembers why a handshake failed, for the operator.
    ///
    /// - Returns: the reason that is shown, which may be an earlier one that explains this one.
    @discardableResult
    private mutating func noteFailure(
        of peer: NodeID,
        at step: PeerTable.Dial.Step,
        _ reason: String
    ) -> String {
        self.peers.update(peer) { $0.handshakeFailed(step, reason) }
        let shown = self.peers[peer]?.handshakes.failure ?? reason
        self.dialling.note(shown, about: peer)
        return shown
    }

    // MARK: Messages and the log

    /// Judges and applies PEER_ANNOUNCE, PEER_LIST_REQUEST and PEER_LIST_RESPONSE.
    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [PeersAction] {
        let sender = admitted.message.from
        defer { self.peers.update(sender) { $0.acts(for: admitted.sender.identity) } }
        switch (admitted.message.payload, admitted.origin) {
        case (.peerAnnounce(let announcement), _):
            if sender != self.own, let refusal = self.membership.refusal(of: announcement) {
                return [.refuse(refusal)]
            }
            let isNews = self.peers.announced(announcement, by: admitted, now: now)
            return [.accept(isLogged: isNews)]
        case (.peerListRequest(let request), .exchange(let exchange)):
            return [.answerList(exchange, self.peers.list(answering: request))]
        case (.peerListResponse(let response), .answer):
            self.peers.learn(response, now: now)
            return []
        default:
            return [.refuse(Refusal(.rule, "\(admitted.message.typeName) is not expected here"))]
        }
    }

    /// A message is in the log; live it was applied when it was judged.
    mutating func logged(_ entry: MessageLogged) {
        guard entry.isReplay, case .peerAnnounce(let announcement) = entry.admitted.message.payload
        else { return }
        let admitted = entry.admitted
        _ = self.peers.announced(announcement, by: admitted, now: admitted.receivedAt)
    }

    /// A fact is in the log: at replay the newest anchors are those that hold.
    mutating func logged(_ entry: FactLogged) {
        guard entry.isReplay, let anchors = Anchors(entry.fact) else { return }
        self.anchors.logged(anchors)
    }

    // MARK: Announcements

    /// Sync tells how far this node is.
    mutating func syncStateChanged(_ state: SyncState) { self.announcements.changed(to: state) }

    /// The storage market tells what it has to offer.
    mutating func offered(_ offered: StorageOffered) { self.announcements.offered(offered) }

    /// Consensus tells since when there is governance, or nothing.
    mutating func heard(_ phase: NetworkPhase.Reply?) {
        if let phase { self.announcements.learnt(governanceSince: phase.governanceSince) }
    }

    /// The own announcement, when it is due and somebody hears it.
    private mutating func announceIfDue(now: Timestamp) -> [PeersAction] {
        guard let proof = self.proof.current, self.peers.contains(where: \.isHeard) else {
            return []
        }
        return self.announcements.due(proof, now: now).map { [.announce($0)] } ?? []
    }

    // MARK: Questions

    /// The configured addresses, each with the outcome of its newest dial.
    var bootstrapReport: [PeerTable.Bootstrap] { self.dialling.named.report }

    /// What came of the newest dials, by node id; those that led to nobody come last.
    var dialReport: [PeerTable.Dial] {
        self.peers.sorted.flatMap { node, record in record.tries.report(of: node) }
            + self.dialling.named.dials(beside: self.peers)
    }

    /// The whole table, sorted by node id.
    var table: [PeerTable.Row] {
        let directNodes = self.dialling.named.directNodes
        let bootstrapNodes = self.dialling.named.nodes.subtracting(directNodes)
        return self.peers.sorted.map { node, record in
            let network = self.diversity.network(of: record)
            return PeerTable.Row(
                node: node,
                addresses: record.addresses,
                isConnected: record.isConnected,
                isOutbound: record.isOutbound,
                isAuthenticated: record.isAuthenticated,
                syncStatus: record.statement?.syncStatus,
                capabilities: record.statement?.capabilities ?? [],
                lastAnnounced: record.statement?.at,
                hasOtherFounders: record.handshakes.isOfOtherNetwork,
                isBootstrap: bootstrapNodes.contains(node),
                isDirect: directNodes.contains(node),
                isAnchor: self.anchors.contains(node),
                autonomousSystem: network?.number,
                network: network?.description,
                lastDialFailure: record.lastFailure,
                clockOffsetMilliseconds: record.clockOffset,
                storage: record.statement?.storage
            )
        }
    }
}

extension PeersStateMachine {
    /// What a checkpoint keeps.
    var kept: PeersState { PeersState(peers: self.peers, anchors: self.anchors.saved) }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: PeersState) {
        self.peers = kept.peers
        self.anchors.logged(kept.anchors)
    }
}
