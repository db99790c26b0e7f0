public import Messages
public import Primitives

/// A proposal as a story writes it down.
public struct Draft: Sendable {
    /// One line; also the artefact.
    public var title: String
    /// How long votes are taken.
    public var voting: Duration
    /// Which rules decide.
    public var tier: Propose.Tier
    /// What the vote decides beyond adoption.
    public var resolution: Propose.Resolution?
    /// The SHARE that the artefact comes from.
    public var origin: MessageID?

    /// Writes a proposal down.
    public init(
        _ title: String,
        voting: Duration,
        tier: Propose.Tier = .standard,
        resolution: Propose.Resolution? = nil,
        origin: MessageID? = nil
    ) {
        self.title = title
        self.voting = voting
        self.tier = tier
        self.resolution = resolution
        self.origin = origin
    }

    /// The artefact: the title as a document.
    public var artefact: [UInt8] { Array("# \(self.title)\n".utf8) }

    func payload(now: Timestamp) -> JSONValue {
        let deadline = now.adding(milliseconds: self.voting.components.seconds * 1_000)
        let members: [(String, JSONValue?)] = [
            ("title", .string(self.title)),
            ("body", .string("For a story.")),
            ("tags", .array([])),
            ("content_hash", .string(SHA256Digest.hash(self.artefact).hex)),
            ("content_type", .string("text/markdown")),
            ("content_size", .integer(Int64(self.artefact.count))),
            ("content_inline", .string(Base64.encode(self.artefact))),
            ("request_id", .null), ("supersedes", .null), ("claims", .array([])),
            ("tier", .string(self.tier.rawValue)), ("eol", .null),
            ("voting_deadline", .integer(deadline.milliseconds)),
            ("resolution", self.resolution?.json),
            ("origin_share_id", self.origin.map { .string($0.hex) }),
        ]
        return .object(members.compactMap { key, value in value.map { (key, $0) } })
    }
}
