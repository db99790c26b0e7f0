import Doors
import Messages
import Primitives

// What the node knows.
extension Endpoints {
    static let nodeReads: [Endpoint<APICall>] = [
        Endpoint(
            "status",
            .read,
            path: "/v1/status",
            summary: "The state of the node.",
            about:
                "Each subsystem says its part; `digest` covers all state that the log determines.",
            answers: .record(StatusReport.self),
            tool: Tool("State of the node"),
            resource: "valence://status"
        ) { .status },
        // No tool: agents have `status`, and each tool takes up some of their context.
        Endpoint(
            "brief_status",
            .read,
            path: "/v1/status/brief",
            summary: "The state of the node without digests, which take longer the more it holds.",
            answers: .record(StatusReport.self)
        ) { .briefStatus },
        Endpoint(
            "own_identity",
            .read,
            path: "/v1/identity",
            summary: "The keys of this node's identity.",
            answers: .record(IdentityKeys.Reply.self),
            resource: "valence://identity"
        ) { .identity(nil) },
        Endpoint(
            "identity",
            .read,
            path: "/v1/identity/{id}",
            summary: "The keys of an identity.",
            refusals: [.unknownIdentity],
            .pathKey("id", "One of its keys."),
            answers: .record(IdentityKeys.Reply.self),
            example: exampleWithID,
            resource: "valence://identities/{id}"
        ) { .identity($0) },
        Endpoint(
            "network",
            .read,
            path: "/v1/network",
            summary: "The phase of the network's governance, and what the next one needs.",
            answers: .record(NetworkPhase.Reply.self)
        ) { .network },
        Endpoint(
            "peers",
            .read,
            path: "/v1/peers",
            summary: "The nodes that this node knows.",
            answers: .record(PeerTable.Reply.self)
        ) { .peers },
        Endpoint(
            "reputations",
            .read,
            path: "/v1/reputation",
            summary: "The scores of all identities that this node knows.",
            answers: .record(Scores.Reply.self)
        ) { .reputations },
        Endpoint(
            "reputation",
            .read,
            path: "/v1/reputation/{id}",
            summary: "The score of an identity, and every change that made it.",
            refusals: [.unknownIdentity],
            .pathKey("id", "One of its keys."),
            answers: .record(ScoreHistory.Reply.self),
            example: exampleWithID,
            tool: Tool("A score and what made it"),
            resource: "valence://reputation/{id}"
        ) { .reputation($0) },
        Endpoint(
            "storage",
            .read,
            path: "/v1/storage",
            summary: "What this node has to do with the storage market.",
            answers: .record(StorageReport.self)
        ) { .storage },
    ]

    static let messageReads: [Endpoint<APICall>] = [
        Endpoint(
            "explain",
            .read,
            path: "/v1/messages/{id}",
            summary:
                "What became of a message: whether it counts, by which rule, and what would help.",
            about: """
                Messages that were taken are in the log. Refusals are remembered for a day, the newest ones of \
                own messages and of others apart, and until the node restarts.
                """,
            refusals: [.unknownMessage],
            .id("id", "The message."),
            answers: .record(MessageExplanation.self),
            example: exampleWithID,
            tool: Tool("What became of a message")
        ) { .explain($0) }
    ]

    static let requestReads: [Endpoint<APICall>] = [
        Endpoint(
            "requests",
            .read,
            path: "/v1/requests",
            summary: "Requests, newest first.",
            about: "Texts were written by strangers.",
            .limit(),
            Parameter<MessagePlace?>.cursor,
            answers: .record(RequestList.self),
            tool: Tool("List of requests"),
            resource: "valence://requests"
        ) { .requests(limit: $0, after: $1) },
        Endpoint(
            "request",
            .read,
            path: "/v1/requests/{id}",
            summary: "A request with its comments and the proposals that answer it.",
            about: "Texts were written by strangers.",
            refusals: [.unknownRequest],
            .id("id", "The REQUEST message."),
            answers: .record(RequestDetail.self),
            example: exampleWithID,
            tool: Tool("A request"),
            resource: "valence://requests/{id}"
        ) { .request($0) },
    ]

    static let proposalReads: [Endpoint<APICall>] = [
        Endpoint(
            "proposals",
            .read,
            path: "/v1/proposals",
            summary: "Proposals, newest first.",
            about: "Texts were written by strangers.",
            .limit(),
            Parameter<MessagePlace?>.cursor,
            answers: .record(ProposalList.self),
            tool: Tool("List of proposals"),
            resource: "valence://proposals"
        ) { .proposals(limit: $0, after: $1) },
        Endpoint(
            "proposal",
            .read,
            path: "/v1/proposals/{id}",
            summary: "A proposal with its tally, votes, comments and adoptions.",
            about: "Texts were written by strangers.",
            refusals: [.unknownProposal],
            .id("id", "The PROPOSE message."),
            answers: .record(ProposalDetail.self),
            example: exampleWithID,
            tool: Tool("A proposal"),
            resource: "valence://proposals/{id}"
        ) { .proposal($0) },
        Endpoint(
            "proposal_why",
            .read,
            path: "/v1/proposals/{id}/why",
            summary:
                "Why a proposal stands where it stands: which bar, who counts, what would help.",
            about: "Titles and reasons were written by strangers.",
            refusals: [.unknownProposal],
            .id("id", "The PROPOSE message."),
            answers: .record(ProposalReasons.self),
            example: exampleWithID,
            resource: "valence://proposals/{id}/why"
        ) { .reasons($0) },
        Endpoint(
            "proposal_artifact",
            .read,
            scope: .act,
            path: "/v1/proposals/{id}/artifact",
            summary: "The artefact of a proposal, ratified or not, as bytes.",
            about: """
                The bytes are a stranger's and have been compared with their hash. Where the proposal does \
                not carry them they are fetched from peers.
                """,
            refusals: [.unknownProposal, .unavailable, .storageStopped],
            .id("id", "The PROPOSE message."),
            answers: .bytes,
            example: exampleWithID,
            tool: Tool("Artefact of a proposal"),
            resource: "valence://proposals/{id}/artifact"
        ) { .artefact($0) },
    ]

    static let contentReads: [Endpoint<APICall>] = [
        Endpoint(
            "find_content",
            .read,
            path: "/v1/content",
            summary: "Artefacts that this node has heard of, those with most hosts first.",
            about: """
                Names and descriptions were written by strangers; nothing of them was checked. The number of \
                hosts changes with time, so that an artefact may be on two pages of a search, or on none.
                """,
            .text("query", "Words, or beginnings of words, that it must have.", standard: ""),
            .texts("tag", "Tags that it must have."),
            .limit(),
            Parameter<ContentPlace?>.cursor,
            answers: .record(ContentList.self)
        ) { .find(text: $0, tags: $1, limit: $2, after: $3) },
        Endpoint(
            "fetch_content",
            .read,
            scope: .act,
            path: "/v1/content/{id}",
            summary: "Gets an artefact onto this node's disk, from peers if it is not there.",
            refusals: [.unavailable, .rule, .storageStopped],
            .id("id", "SHA-256 of its bytes."),
            answers: .record(FetchContent.Stored.self),
            example: exampleWithID
        ) { .fetch($0) },
        Endpoint(
            "content_bytes",
            .read,
            scope: .act,
            path: "/v1/content/{id}/bytes",
            summary: "An artefact as bytes, from peers if it is not on this node.",
            about: "The bytes are a stranger's and have been compared with their hash.",
            refusals: [.unavailable, .rule, .storageStopped],
            .id("id", "SHA-256 of its bytes."),
            answers: .bytes,
            example: exampleWithID,
            resource: "valence://content/{id}"
        ) { .fetch($0) },
        Endpoint(
            "downloads",
            .read,
            path: "/v1/downloads",
            summary: "How far the artefacts are that come from peers.",
            answers: .record(DownloadProgress.Reply.self)
        ) { .downloads },
    ]
}
