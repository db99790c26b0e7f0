/// What Verification has made of the log, as a checkpoint keeps it.
package struct VerificationState: Codable, Sendable {
    let known: KnownMessages
    let proofs: ProofMemory
    let versions: AcceptedVersions
}
