public import Primitives

/// The check of a relay layer's signature (StrictSign, D-19), postponed so that it can run off the
/// actor.
public struct RelayCheck: Sendable {
    private let check: @Sendable () -> Bool
    private let hash: @Sendable () -> Bytes32

    /// Wraps a check to be run later.
    ///
    /// - Parameters:
    ///   - digest: names everything that the verdict depends on.
    ///   - check: whether the signature holds.
    public init(digest: @escaping @Sendable () -> Bytes32, check: @escaping @Sendable () -> Bool) {
        self.hash = digest
        self.check = check
    }

    /// The same for two signatures that share one verdict.
    public var digest: Bytes32 { self.hash() }

    /// Checks; takes tens of microseconds.
    ///
    /// - Returns: whether the signature holds.
    public func callAsFunction() -> Bool { self.check() }
}
