import Testing

/// A suite of vectors that is claimed: all its cases must pass.
struct VectorSuite: Sendable, CustomTestStringConvertible {
    let name: String
    private let run: @Sendable (VectorCase) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (VectorCase) throws -> Void) {
        self.name = name
        self.run = run
    }

    var testDescription: String { self.name }

    /// Runs all cases of a file.
    ///
    /// - Returns: how many passed, and why the others did not.
    func run(_ file: VectorFile) -> (passed: Int, failures: [String]) {
        var failures: [String] = []
        for json in file.cases {
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
        return (file.cases.count - failures.count, failures)
    }

    static let claimed: [VectorSuite] = [
        VectorSuite("activity", ActivityVectors.run),
        VectorSuite("auth", AuthVectors.run),
        VectorSuite("bounds", BoundsVectors.run),
        VectorSuite("canonicalization", CanonicalizationVectors.run),
        VectorSuite("capability", CapabilityVectors.run),
        VectorSuite("comments", CommentVectors.run),
        VectorSuite("collusion", CollusionVectors.run),
        VectorSuite("content-addressing", AddressingVectors.run),
        VectorSuite("discovery", DiscoveryVectors.run),
        VectorSuite("envelopes", EnvelopeVectors.run),
        VectorSuite("framing", FramingVectors.run),
        VectorSuite("identity-linking", LinkingVectors.run),
        VectorSuite("key-rotation", RotationVectors.run),
        VectorSuite("merkle", MerkleVectors.run),
        VectorSuite("peer-id", PeerIDVectors.run),
        VectorSuite("phases", PhaseVectors.run),
        VectorSuite("proposal-rate", ProposalRateVectors.run),
        VectorSuite("quorum", QuorumVectors.run),
        VectorSuite("retention", RetentionVectors.run),
        VectorSuite("reputation", ReputationVectors.run),
        VectorSuite("signatures", SignatureVectors.run),
        VectorSuite("tenure", TenureVectors.run),
        VectorSuite("validation", ValidationVectors.run),
        VectorSuite("vdf", VDFVectors.run),
        VectorSuite("votes", VoteVectors.run),
    ]
}
