/// What the rules leave to each operator's judgement; it moves scores and votes, and lets peers in,
/// on this node alone.
public struct LocalPolicy: Sendable, Equatable {
    /// Comments in which three identities verify a claim alike move reputation (D-45).
    public var believesClaims: Bool
    /// Voting in step costs reputation and trust (D-50).
    public var detectsCollusion: Bool
    /// A ratified ban silences its subject (D-61).
    public var enforcesBans: Bool
    /// Nodes that name no network may take part in a described one (ADR 0039).
    public var admitsUndescribed: Bool

    /// Puts a policy together; by default as the decisions have it.
    public init(
        believesClaims: Bool = false,
        detectsCollusion: Bool = true,
        enforcesBans: Bool = true,
        admitsUndescribed: Bool = false
    ) {
        self.believesClaims = believesClaims
        self.detectsCollusion = detectsCollusion
        self.enforcesBans = enforcesBans
        self.admitsUndescribed = admitsUndescribed
    }
}
