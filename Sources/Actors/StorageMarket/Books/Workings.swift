import Messages
import Primitives

/// What was worked out from the books, and holds until a word, a key or time changes it.
///
/// It is no part of what the books say. Whoever changes them says what does not hold any more; what is not
/// worked out is worked out anew by everybody who asks, until somebody has the time to keep it.
struct Workings: Sendable, Codable {
    /// The contracts on an artefact, as they stand within a span of time.
    struct Lives: Sendable, Codable {
        let from: Timestamp
        /// The first moment at which they may stand differently; nil when only news changes them.
        let until: Timestamp?
        let lives: [ContractLife]

        fileprivate func hold(at moment: Timestamp) -> Bool {
            self.from <= moment && self.until.map { moment < $0 } ?? true
        }
    }

    private var lives: [ContentHash: Lives] = [:]
    /// When the contracts on each artefact have to be worked out anew; long ago where something changed.
    private var agenda = Agenda()

    /// The contracts on an artefact at a moment; nil when they are not worked out.
    func lives(of content: ContentHash, at moment: Timestamp) -> [ContractLife]? {
        self.lives[content].flatMap { $0.hold(at: moment) ? $0.lives : nil }
    }

    /// The contracts on an artefact may have changed; where nobody wants copies there are none.
    mutating func forget(_ content: ContentHash, isWanted: Bool) {
        self.lives[content] = nil
        self.agenda[content] = isWanted ? .distantPast : nil
    }

    /// All contracts may have changed.
    mutating func forgetAll() {
        for content in self.lives.keys { self.agenda[content] = .distantPast }
        self.lives = [:]
    }

    /// Artefacts whose contracts are not worked out for a moment, because something changed or time passed.
    mutating func due(at moment: Timestamp) -> [ContentHash] {
        let due = self.agenda.due(at: moment)
        for content in due {
            self.lives[content] = nil
            self.agenda[content] = nil
        }
        return due
    }

    /// The contracts on an artefact are worked out.
    mutating func keep(_ lives: Lives, of content: ContentHash) {
        self.lives[content] = lives
        self.agenda[content] = lives.until
    }
}
