/// Why a file that a passphrase locks cannot be opened.
public enum AgeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not a file of this format, or a damaged one.
    case malformed(String)
    /// Locked by something else than one passphrase.
    case otherRecipients
    /// Opening it takes more memory than is allowed here.
    case tooMuchWork(factor: Int)
    /// There was not enough memory to derive the key.
    case noMemory(bytes: Int)
    /// Another passphrase locked it, or somebody altered it.
    case wrongPassphrase

    /// The cause in words.
    public var description: String {
        switch self {
        case .malformed(let cause): "it is no whole age file: \(cause)"
        case .otherRecipients: "it is locked for other recipients than a passphrase"
        case .tooMuchWork(let factor):
            "its work factor is \(factor), and more than \(AgeLimits.workFactorMax) are not worked off"
        case .noMemory(let bytes): "there are no \(bytes / 1_048_576) MiB of memory to unlock it"
        case .wrongPassphrase: "the passphrase is wrong, or the file was altered"
        }
    }
}
