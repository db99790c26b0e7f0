import Doors
import Messages
import Primitives

// What one says in the network.
extension Endpoints {
    static let requestActs: [Endpoint<APICall>] = signing([
        Endpoint(
            "new_request",
            .act,
            path: "/v1/requests",
            summary: "Asks the network for something.",
            refusals: .publishing + [.init(422, "already_over")],
            .payload([
                Property("title", titleWords, .text),
                Property("body", "What is asked for, in Markdown; \(bodyWords).", .text),
                Property("tags", tagWords, .list(.text, max: APILimits.requestTagsMax)),
                .optional("expires", "When nobody needs to answer any more.", .moment),
            ]),
            answers: .record(Published.self),
            example: .object([
                ("title", .string("A check for broken links")),
                ("body", .string("It should run in a minute.")),
                ("tags", .array([.string("tools")])),
            ]),
            tool: Tool("Ask the network")
        ) { .publish(.request, $0) }
    ])

    static let proposalActs: [Endpoint<APICall>] = signing([
        Endpoint(
            "propose",
            .act,
            path: "/v1/proposals",
            summary: "Proposes an artefact, or a decision.",
            about: """
                Small artefacts go along as `content_inline`; others are uploaded with `share_content` first.
                """,
            refusals: .publishing + [.unknownRequest, .unknownProposal],
            .payload(Payloads.proposal),
            answers: .record(Published.self),
            example: Payloads.exampleProposal,
            tool: Tool("Propose")
        ) { .publish(.propose, $0) },
        Endpoint(
            "vote",
            .act,
            path: "/v1/proposals/{id}/vote",
            summary: "Votes on a proposal; the last vote counts.",
            refusals: .publishing + [.unknownProposal],
            .id("id", "The PROPOSE message."),
            .choice("stance", "What the vote says."),
            .text("reason", reasonWords),
            answers: .record(Published.self),
            example: .object([
                ("id", .string(exampleID)), ("stance", .string("endorse")),
                ("reason", .string("I have tried it; it works.")),
            ]),
            tool: Tool("Vote", isIdempotent: true)
        ) { .vote($0, stance: $1, reason: $2) },
        Endpoint(
            "adopt",
            .act,
            path: "/v1/proposals/{id}/adopt",
            summary: "Fetches, checks and keeps the artefact of a ratified proposal.",
            refusals: .publishing + [
                .unknownProposal, .unavailable, .init(409, "not_ratified"),
                .init(409, "already_adopted"),
            ],
            .id("id", "The PROPOSE message."),
            answers: .record(Adopted.self),
            example: exampleWithID,
            tool: Tool("Adopt", isIdempotent: true)
        ) { .adopt($0) },
        Endpoint(
            "withdraw_proposal",
            .act,
            path: "/v1/proposals/{id}/withdraw",
            summary: "Takes an own proposal back.",
            refusals: .publishing + [.unknownProposal],
            .id("id", "The PROPOSE message."),
            .text("reason", reasonWords),
            answers: .record(Published.self),
            example: exampleWithID
        ) { (proposal: MessageID, reason: String?) in
            .publish(.withdraw, Withdraw(proposalID: proposal, reason: reason).json)
        },
        Endpoint(
            "comment",
            .act,
            path: "/v1/proposals/{id}/comment",
            summary: "Comments on a proposal or a request.",
            refusals: .publishing + [.unknownProposal, .unknownComment],
            .id("id", "The PROPOSE or REQUEST message."),
            .payload(Payloads.comment),
            answers: .record(Published.self),
            example: .object([
                ("id", .string(exampleID)), ("body", .string("I have tried it; it works.")),
            ]),
            tool: Tool("Comment")
        ) { (target: MessageID, payload: JSONValue) in
            .publish(.comment, payload.naming("target_id", target))
        },
    ])

    static let identityActs: [Endpoint<APICall>] = signing([
        Endpoint(
            "link_key",
            .act,
            scope: .admin,
            path: "/v1/identity/link",
            summary: "Lets another key act for this node's identity.",
            refusals: .publishing,
            .payload([
                Property("root_key", "This node's key.", .id),
                Property("child_key", "The key that is linked.", .id),
                Property(
                    "child_signature",
                    "The child key's signature over both keys.",
                    .text(.signature)
                ),
                .optional(
                    "label",
                    "What the key is called; at most \(APILimits.titleBytesMax) bytes.",
                    .text
                ),
            ]),
            answers: .record(Published.self),
            example: .object([
                ("root_key", .string(exampleID)), ("child_key", .string(exampleID)),
                ("child_signature", .string(exampleID + exampleID)),
            ])
        ) { .publish(.didLink, $0) },
        Endpoint(
            "revoke_key",
            .act,
            scope: .admin,
            path: "/v1/identity/revoke",
            summary: "Ends what a linked key may do.",
            refusals: .publishing,
            .payload([
                Property("root_key", "This node's key.", .id),
                Property("revoked_key", "The key that is revoked.", .id),
                .optional("reason", reasonWords, .text),
                .optional("effective_from", "From when on.", .moment),
            ]),
            answers: .record(Published.self),
            example: .object([
                ("root_key", .string(exampleID)), ("revoked_key", .string(exampleID)),
            ])
        ) { .publish(.didRevoke, $0) },
        Endpoint(
            "rotate_key",
            .act,
            scope: .admin,
            path: "/v1/identity/rotate",
            summary: "Puts a new key in the place of this node's key.",
            refusals: .publishing,
            .payload([
                Property("old_key", "This node's key.", .id),
                Property("new_key", "The key that follows it.", .id),
                Property(
                    "new_key_signature",
                    "The new key's signature over both keys.",
                    .text(.signature)
                ),
            ]),
            answers: .record(Published.self),
            example: .object([
                ("old_key", .string(exampleID)), ("new_key", .string(exampleID)),
                ("new_key_signature", .string(exampleID + exampleID)),
            ])
        ) { .publish(.keyRotate, $0) },
    ])

    // What texts may be, in words.

    static let titleWords = "One line of at most \(APILimits.titleBytesMax) bytes."
    static let bodyWords = "at most \(APILimits.bodyBytesMax) bytes"
    static let reasonWords = "Why; at most \(APILimits.reasonBytesMax) bytes."
    static let tagWords = "Lower-case words of at most \(APILimits.tagBytesMax) bytes."
}
