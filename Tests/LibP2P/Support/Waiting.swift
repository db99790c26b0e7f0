/// What a test waited for in vain.
package struct TooLate: Error, CustomStringConvertible {
    /// What it was.
    package let what: String

    /// What did not happen.
    package init(what: String) { self.what = what }

    /// One sentence.
    package var description: String { "\(self.what) did not happen in time" }
}

/// Waits until a condition holds; events of the network have no other handle.
package func eventually(
    _ what: String,
    within duration: Duration = .seconds(60),
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + duration
    while !(try condition()) {
        guard ContinuousClock.now < deadline else { throw TooLate(what: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
