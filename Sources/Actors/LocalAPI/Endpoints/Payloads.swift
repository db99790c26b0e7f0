import Doors
import Messages
import Primitives

/// What one may write in long messages.
enum Payloads {
    static let proposal: [Property] =
        [
            Property("title", Endpoints.titleWords, .text),
            Property(
                "body",
                "What is proposed and why, in Markdown; \(Endpoints.bodyWords).",
                .text
            ),
            .optional(
                "tags",
                Endpoints.tagWords,
                .list(.text, max: WireLimits.proposalTagsMax)
            ),
            .optional(
                "description",
                "A short description; at most \(WireLimits.descriptionBytesMax) bytes.",
                .text
            ),
            Property("content_type", "Media type of the artefact.", .text),
            .optional("content_text", "The artefact itself, a text of at most 1 MiB.", .text),
            .optional("content_inline", "The artefact itself, of at most 1 MiB.", .text(.base64)),
            .optional("content_hash", "Its SHA-256; needed where it does not go along.", .id),
            .optional("content_size", "Its bytes; needed where it does not go along.", .count),
            .optional("content_url", "Where it may be had.", .text),
        ] + Self.references

    private static let references: [Property] = [
        .optional("request_id", "The request that this answers.", .id),
        .optional("origin_share_id", "The SHARE of the artefact.", .id),
        .optional("supersedes", "The proposal that this replaces.", .id),
        .optional(
            "claims",
            "What others may check, none by default; statement and evidence of each have at most "
                + "\(WireLimits.claimBytesMax) bytes together.",
            .list(.object(Self.claim), max: WireLimits.claimsMax)
        ),
        .optional(
            "tier",
            "Which rules decide; standard by default.",
            Propose.Tier.schema
        ),
        .optional("eol", "When the protocol version before a change ends.", .moment),
        .optional(
            "voting_deadline",
            """
            When voting ends, within 90 days; 14 days from now by default. On the constitution it ends in 90 \
            to 365 days, by default after 90.
            """,
            .moment
        ),
        .optional(
            "resolution",
            "What the vote decides beside the artefact.",
            .object(Self.resolution)
        ),
    ]

    private static let claim: [Property] = [
        Property("statement", "The claim.", .text),
        Property("verifiable", "Whether others can check it.", .boolean),
        .optional("evidence", "What speaks for it.", .text),
    ]

    private static let resolution: [Property] = [
        Property(
            "kind",
            "Which kind of decision.",
            Propose.Resolution.Kind.schema
        ),
        .optional("content_hash", "The artefact that is meant.", .id),
        .optional("subject", "The key that is meant.", .id),
        .optional("successor", "The key that is to follow it.", .id),
        .optional("message_id", "The message that is meant.", .id),
        .optional("name", "The parameter that is meant.", .text),
        .optional("value", "Its new value.", .count),
    ]

    static let comment: [Property] = [
        Property("body", "The comment, in Markdown; \(Endpoints.bodyWords).", .text),
        .optional("parent_comment_id", "The comment that this one answers.", .id),
        .optional("verification", "What a check of a claim showed.", .object(Self.verification)),
    ]

    private static let verification: [Property] = [
        Property("claim_index", "The claim's place in the proposal, from 0.", .count),
        Property("result", "Whether it holds.", .choice(["true", "false"])),
        .optional("evidence", "How it was checked.", .text),
    ]

    static let exampleProposal = JSONValue.object([
        ("title", .string("A check for broken links")),
        ("body", .string("It runs in a minute.")),
        ("tags", .array([.string("tools")])),
        ("content_type", .string("text/markdown")),
        ("content_text", .string("Check every link once a week.\n")),
    ])
}

extension Schema {
    /// A time of a payload.
    static let moment = Schema.integer(0...JSONLimits.integerMax, unit: "unix-milliseconds")
}

extension JSONValue {
    /// The object with one more member.
    func naming(_ name: String, _ id: some Identifier32) -> JSONValue {
        .object([JSONMember(key: name, value: .string(id.hex))] + (self.members ?? []))
    }
}
