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
    private let play: @Sendable (Stage) async throws -> Void

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
        self.play = play
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
        let stage = try Stage(self, seed: seed ?? self.seed, tell: tell)
        await stage.world.boot()
        try await self.play(stage)
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
    }

    /// What the line is.
    public let kind: Kind
    /// Virtual time since the beginning.
    public let at: Duration
    /// The prose of the step, or what was checked.
    public let text: String

    /// The line as people read it.
    public var description: String {
        let mark = self.kind == .step ? "■" : "    ✓"
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
