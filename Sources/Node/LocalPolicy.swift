/// What the rules leave to each operator's judgement; it moves scores and votes on this node alone.
public struct LocalPolicy: Sendable, Equatable {
    /// Comments in which three identities verify a claim alike move reputation (D-45).
    public var believesClaims: Bool
    /// Voting in step costs reputation and trust (D-50).
    public var detectsCollusion: Bool
    /// A ratified ban silences its subject (D-61).
    public var enforcesBans: Bool

    /// Puts a policy together; by default as the decisions have it.
    public init(
        believesClaims: Bool = false,
        detectsCollusion: Bool = true,
        enforcesBans: Bool = true
    ) {
        self.believesClaims = believesClaims
        self.detectsCollusion = detectsCollusion
        self.enforcesBans = enforcesBans
    }
}
