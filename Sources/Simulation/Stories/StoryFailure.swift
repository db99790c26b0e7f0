/// The first check of a story that did not hold.
public struct StoryFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The story's name.
    public let story: String
    /// Its source of chance.
    public let seed: UInt64
    /// The number of the step, from one.
    public let step: Int
    /// The step's prose.
    public let prose: String
    /// Virtual time since the beginning.
    public let at: Duration
    /// The node that was looked at; nil when it is not about one.
    public let node: Int?
    /// What was looked at.
    public let subject: String
    /// What should have been found.
    public let expected: String
    /// What was found.
    public let found: String

    /// All of it for people.
    public var description: String {
        let place = self.node.map { "node \($0), " } ?? ""
        return """
            story \(self.story) (seed \(self.seed)) fails at \(StoryClock.text(self.at)), \
            step \(self.step) “\(self.prose)”: \(place)\(self.subject): \
            expected \(self.expected), found \(self.found)
            """
    }
}
