public import Messages
public import Primitives

/// The bytes next to a place of an artefact that a challenge asks about (R-06-108).
public struct ChallengeWindow: Sendable, Equatable {
    private let offset: Int64
    private let direction: StorageChallenge.Direction
    private let size: Int64

    /// Describes a window.
    ///
    /// - Parameters:
    ///   - offset: where it ends or begins.
    ///   - direction: on which side of the offset it lies.
    ///   - size: its bytes, fewer where the artefact ends.
    public init(offset: Int64, direction: StorageChallenge.Direction, size: Int64) {
        self.offset = offset
        self.direction = direction
        self.size = size
    }

    /// The window of a challenge.
    public init(_ challenge: StorageChallenge) {
        self.init(
            offset: challenge.offset,
            direction: challenge.direction,
            size: challenge.windowSize
        )
    }

    /// Which bytes of an artefact it covers (D-70).
    ///
    /// - Parameter length: the bytes of the whole artefact.
    /// - Returns: nil when it covers none, or its place lies outside: nobody can answer for it, and
    ///   nobody is to blame.
    public func bytes(of length: Int) -> Range<Int>? {
        let length = Int64(length)
        guard self.size > 0, (0...length).contains(self.offset) else { return nil }
        let window =
            switch self.direction {
            case .before: max(0, self.offset - min(self.size, self.offset))..<self.offset
            case .after: self.offset..<(self.offset + min(self.size, length - self.offset))
            }
        return window.isEmpty ? nil : Int(window.lowerBound)..<Int(window.upperBound)
    }

    /// What proves that somebody has the bytes of a window: SHA-256 over the nonce and them.
    public static func proof(of bytes: [UInt8], nonce: Bytes32) -> Bytes32 {
        var hasher = SHA256Hasher()
        hasher.update(nonce.array)
        hasher.update(bytes)
        return hasher.finalize()
    }
}
