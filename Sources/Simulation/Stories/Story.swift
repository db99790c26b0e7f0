public import Primitives

/// A scenario that whole nodes play in virtual time, with checks at every step.
///
/// One file holds one story; it reads from top to bottom as prose.
public struct Story: Sendable {
    /// What the command line calls it.
    public let name: String
    /// What it shows, in one sentence.
    public let about: String
    /// The source of all chance, unless another one is asked for.
    public let seed: UInt64
    /// How many nodes play.
    public let nodes: Int
    /// How many of these, from the first, are founders; nil for all.
    public let founders: Int?
    /// Founders without a node of their own, by name.
    public let absentFounders: [String]
    /// Where it plays, beside its nodes.
    public let setting: StorySetting
    private let scenery: Scenery

    /// What it is played with.
    private enum Scenery: Sendable {
        /// Whole nodes.
        case nodes(@Sendable (Stage) async throws -> Void)
        /// Many identities, and one node that hears them all (ADR 0051).
        case town(TownPlan, @Sendable (Town) async throws -> Void)
    }

    /// Writes a story.
    public init(
        _ name: String,
        _ about: String,
        seed: UInt64 = 1,
        nodes: Int,
        founders: Int? = nil,
        absentFounders: [String] = [],
        setting: StorySetting = StorySetting(),
        play: @escaping @Sendable (Stage) async throws -> Void
    ) {
        self.name = name
        self.about = about
        self.seed = seed
        self.nodes = nodes
        self.founders = founders
        self.absentFounders = absentFounders
        self.setting = setting
        self.scenery = .nodes(play)
    }

    /// Writes a story of many identities for long, which one node observes.
    public init(
        _ name: String,
        _ about: String,
        seed: UInt64 = 1,
        town: TownPlan,
        play: @escaping @Sendable (Town) async throws -> Void
    ) {
        self.name = name
        self.about = about
        self.seed = seed
        self.nodes = town.residents.count
        self.founders = nil
        self.absentFounders = []
        self.setting = StorySetting()
        self.scenery = .town(town, play)
    }

    /// Plays the story to its end, telling every step and check as it happens.
    ///
    /// - Parameters:
    ///   - seed: the source of all chance; nil for the story's own.
    ///   - tell: hears every line.
    /// - Returns: what it took.
    /// - Throws: a ``StoryFailure`` at the first check that does not hold.
    @discardableResult
    public func run(
        seed: UInt64? = nil,
        tell: @escaping (StoryLine) -> Void = { _ in }
    ) async throws -> StoryOutcome {
        let telling = Telling(self.name, seed: seed ?? self.seed, tell: tell)
        switch self.scenery {
        case .nodes(let play): return try await self.play(play, telling)
        case .town(let plan, let play):
            let town = try Town(plan, seed: telling.seed, telling)
            try await play(town)
            return town.outcome
        }
    }

    private func play(_ play: (Stage) async throws -> Void, _ telling: Telling) async throws
        -> StoryOutcome
    {
        let stage = try Stage(self, seed: telling.seed, telling)
        await stage.world.boot()
        try await play(stage)
        // A node that failed was rebuilt, and may have gone on as if nothing had been.
        if let fault = stage.world.takeFaults().first {
            let found = "at \(StoryClock.text(fault.at)) \(fault.cause)"
            throw stage.failure("faults", node: fault.node, expected: "none", found: found)
        }
        return stage.outcome
    }
}

/// One line of a story as it is told.
public struct StoryLine: Sendable, Equatable, CustomStringConvertible {
    /// What a line is.
    public enum Kind: String, Sendable {
        /// A new step begins.
        case step
        /// A check held.
        case check
        /// Figures that were found.
        case figures
    }

    /// What the line is.
    public let kind: Kind
    /// Virtual time since the beginning.
    public let at: Duration
    /// The prose of the step, what was checked, or the figures in words.
    public let text: String
    /// The figures as data.
    public let figures: StoryFigures?

    init(kind: Kind, at: Duration, text: String, figures: StoryFigures? = nil) {
        self.kind = kind
        self.at = at
        self.text = text
        self.figures = figures
    }

    /// The line as people read it.
    public var description: String {
        let mark =
            switch self.kind {
            case .step: "■"
            case .check: "    ✓"
            case .figures: "    ·"
            }
        return "\(StoryClock.text(self.at))  \(mark) \(self.text)"
    }
}

/// What a story took.
public struct StoryOutcome: Sendable, Equatable {
    /// Steps played.
    public let steps: Int
    /// Checks that held.
    public let checks: Int
    /// Virtual time since the beginning.
    public let elapsed: Duration
    /// Network events delivered.
    public let events: UInt64
    /// Digest over all of these, in order; the same for the same seed.
    public let traceHash: Bytes32
}

/// Virtual time as people read it.
enum StoryClock {
    static func text(_ elapsed: Duration) -> String {
        let seconds = elapsed.components.seconds
        let (days, rest) = (seconds / 86_400, seconds % 86_400)
        let parts = [rest / 3_600, rest % 3_600 / 60, rest % 60].map {
            $0 < 10 ? "0\($0)" : "\($0)"
        }
        return "day \(days) \(parts.joined(separator: ":"))"
    }
}
