import Testing

/// A suite of vectors that is claimed: all its cases must pass, but for those that wait.
struct VectorSuite: Sendable, CustomTestStringConvertible {
    let name: String
    /// Cases that are not run, each with what it waits for.
    private let waiting: [String: String]
    private let machineMembers: [String]?
    private let run: @Sendable (VectorCase) throws -> Void

    /// Names a suite and what runs its cases.
    ///
    /// Cases with one of the named members drive a state machine, while the others only reach a
    /// reader, a writer or a formula; where no members are named, all cases drive one.
    init(
        _ name: String,
        machineWith machineMembers: [String]? = nil,
        waiting: [String: String] = [:],
        _ run: @escaping @Sendable (VectorCase) throws -> Void
    ) {
        self.name = name
        self.waiting = waiting
        self.machineMembers = machineMembers
        self.run = run
    }

    /// What a case runs.
    func kind(of json: RawJSON) -> EvidenceKind {
        guard let machineMembers = self.machineMembers else { return .machine }
        let isDriven = machineMembers.contains { member in
            json["input"]?[member] != nil || json["expect"]?[member] != nil
        }
        return isDriven ? .machine : .schema
    }

    var testDescription: String { self.name }

    /// The cases of a file that are run.
    func cases(of file: VectorFile) -> [RawJSON] {
        file.cases.filter { json in json["id"]?.string.map { self.waiting[$0] == nil } ?? true }
    }

    /// Cases that are said to wait, and are not in a file.
    func unknownCases(in file: VectorFile) -> [String] {
        self.waiting.keys.sorted().filter { file.holding($0) == nil }
    }

    /// Runs the cases of a file.
    ///
    /// - Returns: how many passed, and why the others did not.
    func run(_ file: VectorFile) -> (passed: Int, failures: [String]) {
        var failures: [String] = []
        let cases = self.cases(of: file)
        for json in cases {
            do {
                let vector = try VectorCase(json)
                do {
                    try self.run(vector)
                    try vector.checkAllRead()
                } catch {
                    failures.append("\(self.name) \(vector.name): \(error)")
                }
            } catch {
                failures.append("\(self.name): \(error)")
            }
        }
        return (cases.count - failures.count, failures)
    }

    static let claimed: [VectorSuite] = [
        VectorSuite("activity", ActivityVectors.run),
        VectorSuite("auth", AuthVectors.run),
        VectorSuite("bounds", BoundsVectors.run),
        VectorSuite("canonicalization", machineWith: [], CanonicalizationVectors.run),
        VectorSuite("capability", CapabilityVectors.run),
        VectorSuite("comments", CommentVectors.run),
        VectorSuite("collusion", CollusionVectors.run),
        VectorSuite("content-economics", EconomicsVectors.run),
        VectorSuite("content-addressing", machineWith: [], AddressingVectors.run),
        VectorSuite("discovery", DiscoveryVectors.run),
        VectorSuite("divergence-severity", SeverityVectors.run),
        VectorSuite("envelopes", machineWith: [], EnvelopeVectors.run),
        VectorSuite("flags", FlagVectors.run),
        VectorSuite("framing", machineWith: [], FramingVectors.run),
        VectorSuite(
            "identity-linking",
            machineWith: ["steps", "revoked_at", "raw_gain", "accept"],
            LinkingVectors.run
        ),
        VectorSuite("key-rotation", RotationVectors.run),
        VectorSuite("merge", MergeVectors.run),
        VectorSuite("merkle", machineWith: ["messages"], MerkleVectors.run),
        VectorSuite("peer-id", machineWith: [], PeerIDVectors.run),
        VectorSuite("phases", PhaseVectors.run),
        VectorSuite("proposal-rate", ProposalRateVectors.run),
        VectorSuite("quorum", QuorumVectors.run),
        VectorSuite("retention", RetentionVectors.run),
        VectorSuite("reputation", ReputationVectors.run),
        VectorSuite("signatures", machineWith: ["accept"], SignatureVectors.run),
        VectorSuite(
            "storage-challenge",
            machineWith: ["offset", "sent_last_24h"],
            StorageChallengeVectors.run
        ),
        VectorSuite("sync", waiting: SyncVectors.waiting, SyncVectors.run),
        VectorSuite("tenure", TenureVectors.run),
        VectorSuite("validation", ValidationVectors.run),
        VectorSuite("validators", ValidatorVectors.run),
        VectorSuite("vdf", machineWith: ["verify_segments"], VDFVectors.run),
        VectorSuite("votes", VoteVectors.run),
        VectorSuite("withdrawal", WithdrawalVectors.run),
    ]
    /// Suites that wait for a part of the node that is not built, and what they would show.
    static let waiting: Set<String> = []
}
