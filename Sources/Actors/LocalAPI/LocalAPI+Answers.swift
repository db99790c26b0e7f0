import Kernel
import Messages
import Primitives

// Turning the replies of other subsystems into answers.
extension LocalAPI {
    static func wireAnswers(_ wiring: borrowing Wiring<LocalAPI>) {
        wiring.receives(IdentityKeys.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            api.answer(id, APIResponse(envelope.body.json))
        }
        wiring.receives(PeerTable.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            if case .status = api.machine.waiting(id) {
                api.add("peers", envelope.body.counts, to: id)
            } else {
                api.answer(id, APIResponse(envelope.body.json))
            }
        }
        wiring.receives(Requests.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            let requests = envelope.body.requests.map(\.summary)
            api.answer(id, APIResponse(.object([("requests", .array(requests))])))
        }
        wiring.receives(Proposals.Reply.self) { api, envelope, outbox in
            guard let id = api.request(envelope.cause) else { return }
            api.proposals(envelope.body.proposals, id, &outbox)
        }
        wiring.receives(Scores.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            api.answer(id, APIResponse(envelope.body.json))
        }
        wiring.receives(ScoreHistory.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            api.answer(id, APIResponse(envelope.body.json))
        }
        wiring.receives(NetworkPhase.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            api.answer(id, APIResponse(envelope.body.json))
        }
        wiring.receives(ShareContent.Reply.self) { api, envelope, _ in
            guard let id = api.request(envelope.cause) else { return }
            switch envelope.body.outcome {
            case .success(let hash):
                api.answer(id, APIResponse(.object([("content_hash", .string(hash.hex))])))
            case .failure(let failure):
                api.answer(id, Self.response(to: failure))
            }
        }
        wiring.receives(FetchContent.Reply.self) { api, envelope, outbox in
            guard let id = api.request(envelope.cause) else { return }
            api.fetched(envelope.body.outcome, id, &outbox)
        }
    }

    /// Proposals arrived: for a list, for a single view, or for an adoption.
    private func proposals(
        _ proposals: [ProposalView],
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        if case .adoptionLookup(let proposal) = self.machine.waiting(id) {
            self.adopt(proposals.first, proposal, id, &outbox)
        } else if self.machine.waiting(id) == .proposal {
            self.answer(id, proposals.first.map { APIResponse($0.detail) } ?? Self.unknownProposal)
        } else {
            let list = JSONValue.array(proposals.map(\.summary))
            self.answer(id, APIResponse(.object([("proposals", list)])))
        }
    }

    private static let unknownProposal = APIResponse(
        status: 404,
        code: "unknown_proposal",
        detail: "no proposal with this id; see `valence-node proposal list`"
    )

    /// The proposal is known: get its artefact, unless something stands in the way.
    private func adopt(
        _ view: ProposalView?,
        _ proposal: MessageID,
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        if let obstacle = LocalAPIStateMachine.obstacle(to: view, proposal) {
            self.answer(id, obstacle)
        }
        guard let view, self.machine.waiting(id) != nil else { return }
        self.machine.advance(id, to: .adoptionContent(proposal, view.proposal.contentHash))
        let fetch = FetchContent(
            hash: view.proposal.contentHash,
            size: Int(exactly: view.proposal.contentSize),
            inline: view.proposal.contentInline,
            likelyProviders: [view.message.from],
            adopt: true
        )
        self.put(self.ask.fetch, fetch, for: id, &outbox)
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
            let payload = LocalAPIStateMachine.adoptPayload(proposal, success: true)
            self.broadcast(.adopt, payload, for: id, &outbox)
        case (.success(let stored), _):
            let answer = JSONValue.object([
                ("path", .string(stored.path)), ("size", .integer(Int64(stored.size))),
            ])
            self.answer(id, APIResponse(answer))
        }
    }

    /// Others learn that an adoption failed here (R-07-028); nobody waits for this message.
    private func report(failureOf proposal: MessageID, _ outbox: inout Outbox) {
        guard self.publish.isConnected, self.machine.stoppedBecause == nil else { return }
        let payload = LocalAPIStateMachine.adoptPayload(proposal, success: false)
        outbox.send(self.publish, PublishMessage(type: .adopt, payload: payload, request: nil))
    }

    private static func response(to failure: ContentFailure) -> APIResponse {
        APIResponse(status: 422, code: "content_unavailable", detail: failure.detail)
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
    fileprivate var json: JSONValue {
        .object([
            ("address", .string(self.address)),
            ("last_dial_error", self.lastDialFailure.map { .string($0) } ?? .null),
        ])
    }
}
