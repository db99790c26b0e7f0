/// The lines of a story: which step is played, which checks held, and how one fails.
final class Telling {
    /// The story's name.
    let story: String
    /// Its source of chance.
    let seed: UInt64
    private let tell: (StoryLine) -> Void
    /// Virtual time since the beginning.
    var clock: () -> Duration = { .zero }
    private(set) var steps = 0
    private(set) var checks = 0
    private var prose = "before the first step"

    init(_ story: String, seed: UInt64, tell: @escaping (StoryLine) -> Void) {
        self.story = story
        self.seed = seed
        self.tell = tell
    }

    /// Begins a step; the prose says what happens in it.
    func step(_ prose: String) {
        self.steps += 1
        self.prose = prose
        self.tell(StoryLine(kind: .step, at: self.clock(), text: prose))
    }

    /// A check held.
    func held(_ text: String) {
        self.checks += 1
        self.tell(StoryLine(kind: .check, at: self.clock(), text: text))
    }

    /// Something that was found, for people and, as data, for tables and plots.
    func found(_ text: String, _ figures: StoryFigures) {
        self.tell(StoryLine(kind: .figures, at: self.clock(), text: text, figures: figures))
    }

    /// A check did not hold.
    ///
    /// - Returns: what to throw.
    func failure(_ subject: String, node: Int? = nil, expected: String, found: String)
        -> StoryFailure
    {
        StoryFailure(
            story: self.story,
            seed: self.seed,
            step: self.steps,
            prose: self.prose,
            at: self.clock(),
            node: node,
            subject: subject,
            expected: expected,
            found: found
        )
    }
}
