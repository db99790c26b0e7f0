import TLS

/// What secures a connection, by the names that peers propose to each other.
public enum SecurityProtocol: String, Sendable, CaseIterable {
    /// TLS 1.3, which is fast where the processor has instructions for AES.
    case tls = "/tls/1.0.0"
    /// Noise, which everybody speaks.
    case noise = "/noise"

    /// All of them, the one first that is fast on this machine.
    public static let fastestFirst: [SecurityProtocol] =
        AESInstructions.areAvailable ? [.tls, .noise] : [.noise, .tls]
}
