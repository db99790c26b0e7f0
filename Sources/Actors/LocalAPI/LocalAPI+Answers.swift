import Kernel
import Messages
import Primitives

// Turning the replies of other subsystems into answers.
extension LocalAPI {
    static func wireAnswers(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.hear(wiring, IdentityKeys.self) { api, id, reply, outbox in
            api.identity(reply, id, &outbox)
        }
        Self.hear(wiring, PeerTable.self) { api, id, reply, _ in
            switch api.machine.waiting(id) {
            case .status:
                api.add("peers", reply.counts, to: id)
            case .audience(let message):
                let peers = reply.rows.count(where: \.isAuthenticated)
                let answer = api.machine.published(message, by: id, heardBy: peers)
                api.answer(id, APIResponse(answer))
            default:
                api.answer(id, APIResponse(reply.json))
            }
        }
        Self.hear(wiring, Requests.self) { api, id, reply, _ in
            api.requests(reply.requests, id)
        }
        Self.hear(wiring, Proposals.self) { api, id, reply, outbox in
            api.proposals(reply.proposals, id, &outbox)
        }
        Self.hear(wiring, Scores.self) { api, id, reply, _ in
            api.answer(id, APIResponse(reply.json))
        }
        Self.hear(wiring, ScoreHistory.self) { api, id, reply, _ in
            guard reply.isKnown else {
                return api.answer(id, LocalAPIStateMachine.unknownIdentity)
            }
            if case .acquaintance(let answer) = api.machine.waiting(id) {
                api.answer(id, answer)
            } else {
                api.answer(id, APIResponse(reply.json))
            }
        }
        Self.hear(wiring, NetworkPhase.self) { api, id, reply, _ in
            api.answer(id, APIResponse(reply.json))
        }
        Self.hear(wiring, ShareContent.self) { api, id, reply, outbox in
            api.kept(reply.outcome, id, &outbox)
        }
        Self.hear(wiring, FetchContent.self) { api, id, reply, outbox in
            api.fetched(reply.outcome, id, &outbox)
        }
    }

    /// The keys of an identity arrived; of a key that no other message names it tells nothing, so that
    /// the ledger is asked whether the key was ever heard of.
    private func identity(_ keys: IdentityKeys.Reply, _ id: RequestID, _ outbox: inout Outbox) {
        let answer = APIResponse(keys.json)
        guard case .identity(let key) = self.machine.waiting(id), keys.tellsNothing,
            self.ask.history.isConnected
        else { return self.answer(id, answer) }
        self.machine.advance(id, to: .acquaintance(answer))
        self.put(self.ask.history, ScoreHistory(identity: key), for: id, &outbox)
    }

    /// Requests arrived: for a list, or for a single view.
    private func requests(_ requests: [RequestView], _ id: RequestID) {
        if self.machine.waiting(id) == .request {
            let detail = requests.first.map { APIResponse($0.detail) }
            self.answer(id, detail ?? LocalAPIStateMachine.unknownRequest)
        } else {
            let list = JSONValue.array(requests.map(\.summary))
            self.answer(id, APIResponse(.object([("requests", list)])))
        }
    }

    /// Proposals arrived: for a list, for a single view, for an artefact, or for an adoption.
    private func proposals(
        _ proposals: [ProposalView],
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        let now = outbox.now.timestamp
        switch self.machine.waiting(id) {
        case .adoptionLookup(let proposal):
            self.adopt(proposals.first, proposal, id, &outbox)
        case .artefactLookup:
            self.show(artefactOf: proposals.first, id, &outbox)
        case .offers(let hash):
            self.machine.advance(id, to: .answer)
            self.fetch(hash, offeredBy: proposals.first, adopt: false, for: id, &outbox)
        case .proposal:
            let detail = proposals.first.map {
                APIResponse($0.detail(now: now, warning: self.warning(about: $0, now: now)))
            }
            self.answer(id, detail ?? LocalAPIStateMachine.unknownProposal)
        case .closing(let type, let payload):
            self.publish(type, payload, about: proposals.first, for: id, &outbox)
        default:
            let list = JSONValue.array(proposals.map { $0.summary(now: now) })
            self.answer(id, APIResponse(.object([("proposals", list)])))
        }
    }

    /// Voters read the artefact before it is ratified: it is taken from the proposal itself, or else
    /// fetched from nodes that hold it.
    private func show(artefactOf view: ProposalView?, _ id: RequestID, _ outbox: inout Outbox) {
        guard let view else { return self.answer(id, LocalAPIStateMachine.unknownProposal) }
        if let artefact = LocalAPIStateMachine.artefact(in: view.proposal) {
            return self.answer(id, APIResponse(artefact))
        }
        let hash = view.proposal.contentHash
        self.machine.advance(id, to: .artefactContent(hash))
        self.fetch(hash, offeredBy: view, adopt: false, for: id, &outbox)
    }

    /// The proposal is known: get its artefact, unless something stands in the way.
    private func adopt(
        _ view: ProposalView?,
        _ proposal: MessageID,
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        if let obstacle = LocalAPIStateMachine.obstacle(to: view, now: outbox.now.timestamp) {
            self.answer(id, obstacle)
        }
        guard let view, self.machine.waiting(id) != nil else { return }
        let hash = view.proposal.contentHash
        self.machine.advance(id, to: .adoptionContent(proposal, hash))
        self.fetch(hash, offeredBy: view, adopt: true, for: id, &outbox)
    }

    /// An upload is on disk, or could not be kept; it is shared when others are told.
    private func kept(
        _ outcome: Result<ShareContent.Kept, ContentFailure>,
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        switch outcome {
        case .success(let kept):
            guard self.machine.waiting(id) != nil else { return }
            self.machine.advance(id, to: .shareMessage(kept.hash))
            self.broadcast(.share, kept.offer.json, for: id, &outbox)
        case .failure(let failure): self.answer(id, Self.response(to: failure))
        }
    }

    /// An artefact is verified and on disk, or could not be had.
    private func fetched(
        _ outcome: Result<FetchContent.Stored, ContentFailure>,
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        switch (outcome, self.machine.waiting(id)) {
        case (.failure(let failure), let waiting):
            if case .adoptionContent(let proposal, _) = waiting {
                self.report(failureOf: proposal, &outbox)
            }
            self.answer(id, Self.response(to: failure))
        case (.success(let stored), .adoptionContent(let proposal, let hash)):
            self.machine.advance(id, to: .adoptionMessage(proposal, hash, path: stored.path))
            let adoption = Adopt(proposalID: proposal, success: true)
            self.broadcast(.adopt, adoption.json, for: id, &outbox)
        case (.success(let stored), .artefactContent(let hash)):
            let artefact = APIArtefact(hash: hash, source: .file(path: stored.path))
            self.answer(id, APIResponse(artefact))
        case (.success(let stored), _):
            let answer = JSONValue.object([
                ("path", .string(stored.path)), ("size", .integer(Int64(stored.size))),
            ])
            self.answer(id, APIResponse(answer))
        }
    }

    /// Others learn that an adoption failed here (R-07-028); nobody waits for this message.
    private func report(failureOf proposal: MessageID, _ outbox: inout Outbox) {
        guard self.publish.isConnected, self.machine.node.logStoppedBecause == nil else { return }
        // Why it failed may name files of this machine.
        outbox.send(self.publish, PublishMessage(Adopt(proposalID: proposal, success: false)))
    }

    private static func response(to failure: ContentFailure) -> APIResponse {
        failure.refusal.map { LocalAPIStateMachine.response(to: $0) }
            ?? APIResponse(status: 422, code: "content_unavailable", detail: failure.detail)
    }
}

extension IdentityKeys.Reply {
    /// Whether no message about keys named this one.
    fileprivate var tellsNothing: Bool {
        self.identity == self.key && self.keys.count <= 1 && self.rotatedTo == nil
            && self.revokedBy == nil && !self.isSuspended
    }
}

extension Scores.Reply {
    fileprivate var json: JSONValue {
        .object([
            ("active_identities", .integer(Int64(self.activeIdentities))),
            ("active_reputation", .integer(self.activeReputation.millionths)),
            ("scores", .array(self.entries.map(\.json))),
        ])
    }
}

extension PeerTable.Reply {
    fileprivate var json: JSONValue {
        .object([
            ("peers", .array(self.rows.map(\.json))),
            ("bootstrap", .array(self.bootstrap.map(\.json))),
        ])
    }
}

extension PeerTable.Bootstrap {
    var json: JSONValue {
        .object([
            ("address", .string(self.address)),
            ("last_dial_error", self.lastDialFailure.map { .string($0) } ?? .null),
        ])
    }
}
