import DequeModule
import Identities
import Messages
import Primitives

/// Statements on artefacts, of which those of the parties are kept before those of strangers.
///
/// Strangers may turn out to be parties, since what makes them so may come later; until then they share a
/// small room.
struct Testimonies<Body: Sendable & Codable>: Sendable, Codable {
    /// How much is kept.
    struct Room: Sendable {
        /// On one artefact.
        let artefact: Statements<Body>.Room
        /// Of strangers on one artefact.
        let strangers: Int
        /// Of strangers on all artefacts.
        let allStrangers: Int
        /// Of all on all artefacts.
        let all: Int
    }

    private struct Place: Sendable, Codable {
        let content: ContentHash
        let id: MessageID
    }

    private var statements: [ContentHash: Statements<Body>] = [:]
    /// What strangers said, in the order of arrival.
    private var strangers: Deque<Place> = []
    private var count = 0

    /// Artefacts on which there is something, sorted.
    var contents: [ContentHash] { self.statements.keys.sorted() }

    /// What was said about an artefact, in the order of the stamps.
    func all(on content: ContentHash) -> [Statement<Body>] { self.statements[content]?.all ?? [] }

    /// Takes something in, and drops what there is no room for.
    mutating func insert(
        _ statement: Statement<Body>,
        on content: ContentHash,
        isParty: (NodeID) -> Bool,
        _ room: Room
    ) {
        self.change(content) { $0.insert(statement, room.artefact) }
        if !isParty(statement.key) {
            self.strangers.append(Place(content: content, id: statement.id))
            self.dropStrangers(content, isParty, room)
        }
        guard self.count > room.all else { return }
        let fullest = self.statements.max {
            ($0.value.all.count, $0.key) < ($1.value.all.count, $1.key)
        }
        if let fullest { self.change(fullest.key) { $0.dropOldest() } }
    }

    private mutating func dropStrangers(
        _ content: ContentHash,
        _ isParty: (NodeID) -> Bool,
        _ room: Room
    ) {
        let own = self.all(on: content).filter { !isParty($0.key) }
        if own.count > room.strangers, let oldest = own.first {
            self.change(content) { $0.remove { $0.id == oldest.id } }
        }
        guard self.strangers.count > room.allStrangers, let first = self.strangers.popFirst() else {
            return
        }
        self.change(first.content) { $0.remove { $0.id == first.id } }
    }

    /// Forgets what was signed before a moment.
    mutating func drop(before moment: Timestamp) {
        for content in self.statements.keys { self.change(content) { $0.drop(before: moment) } }
    }

    private mutating func change(
        _ content: ContentHash,
        _ body: (inout Statements<Body>) -> Void
    ) {
        var list = self.statements.removeValue(forKey: content) ?? Statements()
        self.count -= list.all.count
        body(&list)
        self.count += list.all.count
        if !list.all.isEmpty { self.statements[content] = list }
    }
}

extension Testimonies: Digestible {
    /// Whose turn it is to give way follows from the arrival.
    func digest(into writer: inout some StateWriter) {
        writer.field("statements", self.statements)
    }
}
