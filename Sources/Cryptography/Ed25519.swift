import CSodium
import Primitives

/// Strict verification of RFC 8032, the same on every node (D-05).
///
/// libsodium refuses S >= L, small-order keys and small-order R, and non-canonical keys; the
/// canonical form of R is checked here.
public enum Ed25519 {
    /// Whether a signature holds.
    public static func isValid(
        _ signature: Signature,
        for message: [UInt8],
        by key: PublicKey
    ) -> Bool {
        Sodium.prepare()
        guard signature.array.withUnsafeBytes({ Self.isCanonicalPoint($0) }) else { return false }
        return key.rawBytes.withUnsafeBytes { raw in
            guard let bytes = raw.bindMemory(to: UInt8.self).baseAddress else { return false }
            return Self.isCanonicalPoint(raw)
                && crypto_sign_verify_detached(
                    signature.array,
                    message,
                    UInt64(message.count),
                    bytes
                ) == 0
        }
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
