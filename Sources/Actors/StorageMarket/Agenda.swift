import Checkpoints
import HeapModule
import Messages
import Primitives

/// When to look at which artefact.
///
/// Nobody looks at all of thousands of artefacts to find the one whose turn is next.
struct Agenda: Sendable, Codable {
    private struct Turn: Comparable, Sendable, Codable {
        let at: Timestamp
        let content: ContentHash

        static func < (one: Self, other: Self) -> Bool {
            (one.at, one.content) < (other.at, other.content)
        }
    }

    private var times: [ContentHash: Timestamp] = [:]
    /// Artefacts whose turn has come, and which did not get another one yet.
    private var ripe: Set<ContentHash> = []
    /// The turns of all others, and some that were put off; the first one is none of these.
    @CodedHeap private var turns = Heap<Turn>()

    /// When an artefact is looked at; nil when it is not.
    subscript(content: ContentHash) -> Timestamp? {
        get { self.times[content] }
        set {
            guard self.times[content] != newValue else { return }
            self.times[content] = newValue
            self.ripe.remove(content)
            if let newValue { self.turns.insert(Turn(at: newValue, content: content)) }
            self.dropPutOff()
        }
    }

    /// The first of all turns.
    var first: Timestamp? {
        (self.ripe.compactMap { self.times[$0] } + [self.turns.min?.at].compactMap(\.self)).min()
    }

    /// Artefacts whose turn has come, sorted; they are named again until they get another turn.
    mutating func due(at now: Timestamp) -> [ContentHash] {
        self.ripen(at: now)
        return self.ripe.sorted()
    }

    /// The first turn that has not come yet.
    mutating func first(after now: Timestamp) -> Timestamp? {
        self.ripen(at: now)
        return self.turns.min?.at
    }

    private mutating func ripen(at now: Timestamp) {
        while let turn = self.turns.min, turn.at <= now {
            self.turns.removeMin()
            if self.isInForce(turn) { self.ripe.insert(turn.content) }
        }
        self.dropPutOff()
    }

    private func isInForce(_ turn: Turn) -> Bool {
        self.times[turn.content] == turn.at && !self.ripe.contains(turn.content)
    }

    /// Turns that were put off are dropped when the first one is one of them, or when there are more of
    /// them than others.
    private mutating func dropPutOff() {
        if self.turns.count > 2 * self.times.count + Self.putOffMin {
            self.turns = Heap(
                self.times.map { Turn(at: $0.value, content: $0.key) }.filter(self.isInForce)
            )
        }
        while let turn = self.turns.min, !self.isInForce(turn) { self.turns.removeMin() }
    }

    private static let putOffMin = 64
}
