/// How agents meet an operation over MCP, where it is a tool (ADR 0055).
///
/// What a tool is called, what it does, takes and answers with is what its operation says.
package struct Tool: Sendable, Equatable {
    /// Its name for people.
    package let title: String
    /// Whether the same call once more changes nothing.
    package let isIdempotent: Bool
    /// Whether it may undo something, not only add to it.
    package let isDestructive: Bool

    /// Describes a tool.
    ///
    /// - Parameters:
    ///   - title: its name for people.
    ///   - isIdempotent: whether the same call once more changes nothing; reads never change anything.
    ///   - isDestructive: whether it may undo something.
    package init(_ title: String, isIdempotent: Bool = false, isDestructive: Bool = false) {
        self.title = title
        self.isIdempotent = isIdempotent
        self.isDestructive = isDestructive
    }
}
