/// Bounds and intervals of narrowing (ADR 0062).
enum NarrowingLimits {
    /// Most levels below a path that one answer goes down.
    ///
    /// Source: ADR 0062: its nodes are as many as one response may carry.
    static let levelsMax = 12

    /// Bytes of one node in an answer.
    ///
    /// Source: two hashes and names of members are 170, and a path has 64 steps at most.
    static let nodeBytes = 300

    /// Leaves of the own tree up to which a peer's tree is asked for in one go.
    ///
    /// Source: own choice: a quarter of what an answer carries; larger trees are looked at from above first.
    static let smallTreeLeaves = 1_024

    /// Levels of the first question about a larger tree.
    ///
    /// Source: own choice: sixteen nodes show which parts are known.
    static let firstLevels = 4

    /// Requests of one walk; of what is left the next walk reads more.
    ///
    /// Source: own choice: every part of a tree that ``firstLevels`` show, four times.
    static let requestsMax = 64

    /// Ids that one walk may find; of what is left the next walk finds more.
    ///
    /// Source: own choice: a tenth of the missing messages that are remembered, so that a peer which makes
    /// ids up cannot drive out those that others named.
    static let idsMax = 1_000

    /// A walk that takes longer is given up.
    ///
    /// Source: own choice: ``requestsMax`` at ten a minute take six and a half minutes (R-01-034).
    static let walkMilliseconds: Int64 = 600_000

    /// Pause before the same tree of the same peer is walked again, when it differed or led nowhere; each
    /// further one is twice as long.
    ///
    /// Source: own choice: by then the identity trees of both sides have been built anew (R-05-063).
    static let pauseMilliseconds: Int64 = 65_000

    /// Doublings of this pause.
    ///
    /// Source: own choice: about an hour.
    static let pauseDoublingsMax: Int64 = 6

    /// Walks in a row that follow by themselves from one that found something.
    ///
    /// Source: own choice: what a peer named and nobody brings is not looked for without end.
    static let repetitionsMax = 3

    /// Trees of peers of which is remembered when they may be walked again.
    ///
    /// Source: own choice: two for each peer of ``SyncLimits/contactsMax``.
    static let treesMax = 512

    /// Further pages of votes on the proposals of one request.
    ///
    /// Source: own choice: with the first one ten thousand votes, as many as wait for their proposals.
    static let votePagesMax = 9
}
