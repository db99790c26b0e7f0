import Messages
import OrderedCollections
import Primitives

/// What others were told of the standing of artefacts, and of which they may have to be told again.
///
/// It is no part of the fold: it says which news are due, and they follow from the fold.
struct ToldStandings: Sendable, Codable {
    /// Artefacts that are not clean.
    private var told: OrderedDictionary<ContentHash, ContentStanding> = [:]
    private var doubtful: OrderedSet<ContentHash> = []

    /// Something happened that may change what becomes of an artefact.
    mutating func mayChange(_ content: ContentHash) { self.doubtful.append(content) }

    /// Takes out the artefacts of which that was said.
    mutating func takeDoubtful() -> OrderedSet<ContentHash> {
        defer { self.doubtful = [] }
        return self.doubtful
    }

    /// The news that a standing is; nil when it was told already.
    mutating func tell(_ content: ContentHash, _ standing: ContentStanding) -> ContentWeighed? {
        guard self.told[content] ?? .clean != standing else { return nil }
        self.told[content] = standing == .clean ? nil : standing
        return ContentWeighed(content, standing)
    }

    /// All that was told and is in force.
    var all: [ContentWeighed] { self.told.map { ContentWeighed($0.key, $0.value) } }
}
