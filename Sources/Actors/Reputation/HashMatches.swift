import Messages
import OrderedCollections
import Primitives

/// Artefacts on this node's disk that a hash database of its operator lists: they are served to nobody, and
/// flagged one after another (R-06-123).
///
/// What is on the disk is of this life. Which of it was flagged follows from the log; an artefact is flagged
/// once, whatever a vote makes of it.
struct HashMatches: Sendable, Codable {
    private var databases = HashDatabases.none
    /// Matches, with the database of each.
    private var held: OrderedDictionary<ContentHash, String> = [:]
    private var flagged: Set<ContentHash> = []
    /// The artefact whose flag is on its way to the log.
    private var awaited: ContentHash?

    init(_ databases: HashDatabases) { self.databases = databases }

    /// The lists are files of the operator, so that no checkpoint holds them.
    private enum CodingKeys: CodingKey {
        case held, flagged, awaited
    }

    /// Looks artefacts up in these lists from now on.
    mutating func use(_ databases: HashDatabases) { self.databases = databases }

    /// The database that a flag names, if this node has it and finds the artefact there: nobody is believed
    /// about what a database lists.
    func database(of flag: Flag) -> String? {
        flag.claimedDatabase.flatMap {
            self.databases.isListed(flag.contentHash, in: $0) ? $0 : nil
        }
    }

    /// Whether an artefact is held and listed.
    func contains(_ content: ContentHash) -> Bool { self.held[content] != nil }

    /// Looks artefacts up that lie on the disk now.
    ///
    /// - Returns: those that are listed.
    mutating func look(up contents: [ContentHash]) -> [ContentHash] {
        contents.filter { content in
            guard let database = self.databases.database(listing: content) else { return false }
            self.held[content] = database
            return true
        }
    }

    /// This node's identity flagged an artefact as illegal.
    mutating func flagged(_ content: ContentHash) {
        guard self.databases.database(listing: content) != nil else { return }
        self.flagged.insert(content)
        if self.awaited == content { self.awaited = nil }
    }

    /// The next flag to send, while none is on its way: each takes from the score that permits the next one.
    mutating func next() -> Flag? {
        guard self.awaited == nil,
            let match = self.held.elements.first(where: { !self.flagged.contains($0.key) })
        else { return nil }
        self.awaited = match.key
        return Flag(
            contentHash: match.key,
            severity: .illegal,
            category: .other,
            details: "The hash database \(match.value) lists this artefact.",
            hashMatch: "\(match.value):\(match.key)"
        )
    }

    /// The flag that was sent last did not reach the log; it may be sent again.
    mutating func retry() { self.awaited = nil }
}
