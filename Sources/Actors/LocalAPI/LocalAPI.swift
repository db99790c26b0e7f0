public import Kernel
public import Messages
import Primitives

/// The subsystem that serves people and agents on loopback.
///
/// It owns no protocol state: it translates requests into commands and queries, and outcomes
/// into answers. An own message is answered after the commit that holds it (design §4).
public actor LocalAPI: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.localAPI

    var machine: LocalAPIStateMachine
    private let server: any APIServer
    private let inlet: Inlet<APIRequestReceived>
    let publish: Emitter<PublishMessage>
    let record: Emitter<RecordFact>
    let ask: APIQuestions
    private let reads: [PluggedRead]

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - server: the device.
    ///   - about: what no subsystem would know of the node.
    ///   - extensions: names the questions of plugged-in subsystems that are served; who gives any must
    ///     wire their answers, too (``wireReads(_:_:)``).
    public init(
        _ boot: borrowing Boot,
        server: any APIServer,
        about: NodeAbout? = nil,
        extensions: Extensions = .none
    ) {
        self.server = server
        self.machine = LocalAPIStateMachine(about: about)
        self.inlet = boot.inlet(APIRequestReceived.self)
        self.publish = boot.emits(PublishMessage.self)
        self.record = boot.emits(RecordFact.self)
        self.ask = APIQuestions(boot)
        self.reads = PluggedRead.all(extensions, boot)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.wireAnswers(wiring)
        Self.wireStatus(wiring)
        wiring.receives(ReplayFinished.self) { api, _, _ in
            api.server.start(reportingTo: api.inlet)
        }
        wiring.wakes { api, outbox in
            for (id, answer) in api.machine.expire(now: outbox.now.timestamp) {
                api.server.respond(to: id, with: answer)
            }
            api.sleep(&outbox)
        }
        wiring.receives(APIRequestReceived.self) { api, envelope, outbox in
            api.handle(envelope.body.id, envelope.body.call, &outbox)
            api.sleep(&outbox)
        }
        wiring.receives(ClockCompared.self) { api, envelope, _ in
            api.machine.node.clock = envelope.body.comparison
        }
        wiring.receives(SigningStopped.self) { api, envelope, _ in
            api.machine.node.signingStoppedBecause = envelope.body.reason
        }
        wiring.receives(SyncStateChanged.self) { api, envelope, _ in
            api.machine.node.syncState = envelope.body.state
        }
        wiring.receives(MessageLogged.self) { api, envelope, outbox in
            let admitted = envelope.body.admitted
            guard !envelope.body.isReplay, case .local(let id?) = admitted.origin else { return }
            api.logged(admitted.message, id, &outbox)
        }
        wiring.receives(MessageRefused.self) { api, envelope, _ in
            guard case .local(let id?) = envelope.body.origin else { return }
            api.answer(id, LocalAPIStateMachine.response(to: envelope.body.refusal))
        }
        wiring.receives(LogStopped.self) { api, envelope, _ in
            // Callers that wait for a commit go on waiting: the message was signed and applied and will
            // be written as soon as there is room, so that "refused" would not be true.
            api.machine.node.logStoppedBecause =
                envelope.body.takes == .nothing ? envelope.body.reason : nil
        }
        wiring.receives(LogResumed.self) { api, _, _ in
            api.machine.node.logStoppedBecause = nil
        }
        wiring.receives(FactLogged.self) { api, envelope, _ in
            guard !envelope.body.isReplay else { return }
            for (id, answer) in api.machine.adopted(envelope.body.fact) { api.answer(id, answer) }
        }
    }

    // MARK: Requests

    private func handle(_ id: RequestID, _ call: APICall, _ outbox: inout Outbox) {
        if let refusal = self.machine.node.refusal(of: call) ?? call.excess ?? call.flaw {
            self.server.respond(to: id, with: refusal)
            return
        }
        guard
            self.machine.begin(
                id,
                self.waiting(for: call, now: outbox.now),
                now: outbox.now.timestamp
            )
        else {
            let detail = "too many requests are under way; try again later"
            self.server.respond(
                to: id,
                with: APIResponse(status: 503, code: "busy", detail: detail)
            )
            return
        }
        switch call {
        case .status, .readiness:
            self.askStatus(id, &outbox)
        case .identity(let key):
            self.put(self.ask.keys, IdentityKeys(key: key), for: id, &outbox)
        case .network:
            self.put(self.ask.phase, NetworkPhase(), for: id, &outbox)
        case .peers:
            self.put(self.ask.peers, PeerTable(), for: id, &outbox)
        case .requests(let limit):
            self.put(self.ask.requests, Requests(limit: limit), for: id, &outbox)
        case .request(let request):
            self.put(self.ask.requests, Requests(id: request, limit: 1), for: id, &outbox)
        case .proposals(let limit):
            self.put(self.ask.proposals, Proposals(limit: limit), for: id, &outbox)
        case .proposal(let proposal), .artefact(let proposal), .adopt(let proposal):
            self.put(self.ask.proposals, Proposals(id: proposal, limit: 1), for: id, &outbox)
        case .reputations:
            self.put(self.ask.scores, Scores(), for: id, &outbox)
        case .reputation(let node):
            self.put(self.ask.history, ScoreHistory(identity: node), for: id, &outbox)
        case .publish(let type, let payload):
            self.publish(type, payload, for: id, &outbox)
        case .vote(let proposal, let stance, let reason):
            self.publish(.vote, self.vote(proposal, stance, reason), for: id, &outbox)
        case .share(let upload, let contentType, let filename, let description, let tags):
            let share = ShareContent(
                upload: upload,
                contentType: contentType,
                filename: filename,
                description: description,
                tags: tags
            )
            self.put(self.ask.share, share, for: id, &outbox)
        case .fetch(let hash):
            self.fetch(hash, for: id, &outbox)
        case .plugged(let path):
            self.read(path, for: id, &outbox)
        }
    }

    /// Asks the plugged-in subsystem that serves a path.
    private func read(_ path: String, for id: RequestID, _ outbox: inout Outbox) {
        guard let read = self.reads.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) else {
            return self.answer(id, LocalAPIStateMachine.unknownExtension)
        }
        read.ask(self, id, &outbox)
    }

    /// Gets an artefact by its hash; a proposal that carries it, or at least names it, is the best
    /// source.
    private func fetch(_ hash: ContentHash, for id: RequestID, _ outbox: inout Outbox) {
        if self.ask.proposals.isConnected {
            self.put(self.ask.proposals, Proposals(offering: hash), for: id, &outbox)
        } else {
            self.fetch(hash, offeredBy: nil, adopt: false, for: id, &outbox)
        }
    }

    /// Has the storage market get an artefact, from the proposal itself if that carries it.
    func fetch(
        _ hash: ContentHash,
        offeredBy view: ProposalView?,
        adopt: Bool,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        let fetch = FetchContent(
            hash: hash,
            size: view.flatMap { Int(exactly: $0.proposal.contentSize) },
            inline: view?.proposal.contentInline,
            likelyProviders: view.map { [$0.message.from] } ?? [],
            adopt: adopt
        )
        self.put(self.ask.fetch, fetch, for: id, &outbox)
    }

    private func waiting(for call: APICall, now: Moment) -> LocalAPIStateMachine.Waiting {
        switch call {
        case .status, .readiness:
            .status(self.ask.report(known: self.machine.node.members(now: now)))
        case .adopt(let proposal): .adoptionLookup(proposal)
        case .publish, .vote: .message
        case .identity(let key?): .identity(key)
        case .proposal: .proposal
        case .request: .request
        case .artefact: .artefactLookup
        case .fetch(let hash): .offers(hash)
        case .share: .shareContent
        case .identity, .network, .peers, .requests, .proposals, .reputations, .reputation,
            .plugged:
            .answer
        }
    }

    /// Puts a query on behalf of a request, or says which subsystem is missing.
    func put<Q: RoundTrip>(
        _ asker: Asker<Q, RequestID>,
        _ question: Q,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        guard asker.isConnected else {
            let detail = "this node runs without its \(Q.answerer.rawValue) subsystem"
            self.answer(id, APIResponse(status: 501, code: "absent_subsystem", detail: detail))
            return
        }
        let patience = Duration.milliseconds(APILimits.requestMilliseconds)
        outbox.ask(asker, question, context: id, deadline: patience)
    }

    /// Signs and sends a message on behalf of a request.
    func broadcast(
        _ type: MessageType,
        _ payload: JSONValue,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        guard self.publish.isConnected else {
            let detail = "this node runs without its Identity subsystem and cannot sign"
            self.answer(id, APIResponse(status: 501, code: "absent_subsystem", detail: detail))
            return
        }
        // The log may have stopped while the artefact of an adoption was fetched.
        if let reason = self.machine.node.logStoppedBecause {
            return self.answer(id, LocalAPIStateMachine.storageStopped(reason))
        }
        outbox.send(self.publish, PublishMessage(type: type, payload: payload, request: id))
    }

    private func vote(_ proposal: MessageID, _ stance: String, _ reason: String?) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("proposal_id", .string(proposal.hex)),
            ("stance", .string(stance)),
            ("sync_status", .string(self.machine.node.syncState.rawValue)),
        ]
        if let reason { members.append(("reason", .string(reason))) }
        return .object(members)
    }

    // MARK: Outcomes

    /// An own message is durable.
    private func logged(_ message: Message, _ id: RequestID, _ outbox: inout Outbox) {
        switch self.machine.waiting(id) {
        case .message:
            guard self.ask.peers.isConnected else {
                return self.answer(id, APIResponse(self.machine.published(message.id, by: id)))
            }
            // Stored does not mean received: a node without peers must not report that the message was
            // sent.
            self.machine.advance(id, to: .audience(of: message.id))
            self.put(self.ask.peers, PeerTable(), for: id, &outbox)
        case .adoptionMessage(let proposal, let hash, let path):
            let answer = JSONValue.object([
                ("id", .string(message.id.hex)),
                ("proposal_id", .string(proposal.hex)),
                ("path", .string(path)),
                ("sha256", .string(hash.hex)),
            ])
            // Acknowledged when the fact is durable too, or a crash in between would lose it.
            self.machine.advance(id, to: .adoptionFact(proposal, APIResponse(answer)))
            let adoption = AdoptionFact(proposal: proposal)
            let fact = adoption.fact(recordedAt: outbox.now.timestamp)
            outbox.send(self.record, RecordFact(fact: fact))
        case .shareMessage(let hash):
            let answer = JSONValue.object([
                ("id", .string(message.id.hex)), ("content_hash", .string(hash.hex)),
            ])
            self.answer(id, APIResponse(answer))
        case .status, .answer, .audience, .identity, .acquaintance, .proposal, .request,
            .artefactLookup, .artefactContent, .closing,
            .offers, .shareContent, .adoptionLookup, .adoptionContent, .adoptionFact, nil:
            break
        }
    }

    /// The look for late requests is repeated while there are requests.
    private func sleep(_ outbox: inout Outbox) {
        guard self.machine.hasRequests else { return }
        outbox.wake(at: outbox.now.advanced(by: .milliseconds(APILimits.tickMilliseconds)))
    }

    /// Answers a request, once.
    func answer(_ id: RequestID, _ response: APIResponse) {
        guard self.machine.waiting(id) != nil else { return }
        self.machine.end(id)
        self.server.respond(to: id, with: response)
    }

    /// Declares what the reply to a question on behalf of a request leads to.
    static func hear<Q: RoundTrip>(
        _ wiring: borrowing Wiring<LocalAPI>,
        _ type: Q.Type,
        _ handler:
            @escaping @Sendable (isolated LocalAPI, RequestID, Q.Reply, inout Outbox) -> Void
    ) {
        wiring.hears(type, about: RequestID.self) { api, answer, outbox in
            guard let reply = answer.reply else {
                return api.unanswered(by: Q.answerer, answer.context)
            }
            handler(api, answer.context, reply, &outbox)
        }
    }

    /// A subsystem did not answer; a status report shows what the others said.
    private func unanswered(by name: SubsystemName, _ id: RequestID) {
        if let report = self.machine.miss(name, in: id) {
            return self.answer(id, APIResponse(report.json))
        }
        guard case .status = self.machine.waiting(id) else {
            return self.answer(id, LocalAPIStateMachine.unanswered(by: name))
        }
    }
}
