import Primitives

/// Strict verification of RFC 8032, the same on every node (D-05).
///
/// libsodium refuses S >= L, small-order keys and small-order R, and non-canonical keys; the
/// canonical form of R is checked here. Tables of known senders may say the same sooner (ADR 0078).
public enum Ed25519 {
    /// Who decides in this process: verdicts depend on bytes alone, so that all nodes in it share one.
    public static let verifier = SignatureVerifier(.knownSenders)

    /// Whether a signature holds.
    public static func isValid(
        _ signature: Signature,
        for message: [UInt8],
        by key: PublicKey
    ) -> Bool {
        Self.isValid(signature, for: message, by: key, asking: Self.verifier)
    }

    /// Whether a signature holds, as a verifier of the caller's own finds.
    public static func isValid(
        _ signature: Signature,
        for message: [UInt8],
        by key: PublicKey,
        asking verifier: SignatureVerifier
    ) -> Bool {
        Self.hasCanonicalForm(signature, by: key)
            && verifier.isValid(signature, for: message, by: key)
    }

    /// Whether R and the key are the one spelling of a point, if they are one.
    static func hasCanonicalForm(_ signature: Signature, by key: PublicKey) -> Bool {
        signature.array.withUnsafeBytes { Self.isCanonicalPoint($0) }
            && key.rawBytes.withUnsafeBytes { Self.isCanonicalPoint($0) }
    }

    /// Whether the first 32 bytes are a y coordinate below 2^255 − 19, and x = 0 has no sign.
    private static func isCanonicalPoint(_ y: UnsafeRawBufferPointer) -> Bool {
        let top = y[31] & 0x7f
        let isHuge = top == 0x7f && y[1..<31].allSatisfy { $0 == 0xff }
        if isHuge, y[0] >= 0xed { return false }
        guard y[31] & 0x80 != 0 else { return true }
        // With x = 0, y is 1 or -1; a sign bit would be a second spelling.
        let isOne = y[0] == 1 && y[1..<31].allSatisfy { $0 == 0 } && top == 0
        let isMinusOne = isHuge && y[0] == 0xec
        return !isOne && !isMinusOne
    }
}
