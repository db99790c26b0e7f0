import Messages
import OrderedCollections
import Primitives

/// What becomes of artefacts on this node, as Reputation weighs the flags and votes on them (ADR 0049).
struct Standings: Sendable, Codable {
    private struct Reader: Hashable, Sendable, Codable {
        let content: ContentHash
        let peer: NodeID
    }

    /// Artefacts that are not clean.
    private var standings: OrderedDictionary<ContentHash, ContentStanding> = [:]
    /// Who read what while it was clean; who comes later is new (R-06-128).
    private var readers: OrderedSet<Reader> = []

    /// The standing of an artefact.
    func standing(of content: ContentHash) -> ContentStanding { self.standings[content] ?? .clean }

    /// Reputation told a standing.
    mutating func weighed(_ news: ContentWeighed) {
        self.standings[news.content] = news.standing == .clean ? nil : news.standing
    }

    /// Whether a peer may have an artefact, and know that it is here.
    func isServed(_ content: ContentHash, to peer: NodeID) -> Bool {
        switch self.standing(of: content) {
        case .clean: true
        case .deprioritised: self.readers.contains(Reader(content: content, peer: peer))
        case .withheld, .condemned: false
        }
    }

    /// A peer reads an artefact.
    mutating func reads(_ content: ContentHash, _ peer: NodeID) {
        guard self.standing(of: content) == .clean else { return }
        if self.readers.count >= StorageMarketLimits.readersMax {
            self.readers.removeFirst(StorageMarketLimits.readersMax / 2)
        }
        self.readers.append(Reader(content: content, peer: peer))
    }

    /// Artefacts that give way when room is needed, of those that are held.
    ///
    /// - Parameters:
    ///   - bytes: how much room is needed.
    ///   - held: what there is.
    ///   - pins: what this node keeps on its own account.
    /// - Returns: as few as give that room, or all that may go.
    func dispensable(for bytes: Int, _ held: HeldArtefacts, _ pins: Pins) -> [ContentHash] {
        var (missing, found) = (bytes, [ContentHash]())
        for (content, standing) in self.standings where standing == .deprioritised {
            guard missing > 0 else { break }
            guard let size = held.size(of: content), !pins.contains(content) else { continue }
            found.append(content)
            missing -= size
        }
        return found
    }
}
