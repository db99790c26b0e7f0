import DequeModule
import Messages
import Primitives

/// What one assessor said of one subject: the newest word, and those before it (§9, D-48).
///
/// The words are kept in the order of the times that they state, so the order of arrival does not
/// show. A word between two of the same value says nothing about any moment, so it goes once nothing
/// can be expected any more that would come between them.
///
/// When there are still too many, time is divided into equal parts, as fine as there is room for, and
/// only the last word of each part is kept beside the first of all: what goes held for less than a
/// part, and what stays spans the whole time. Parts only join in pairs, so of words that all differ
/// the same ones stay in every order of arrival. Of repeated ones that arrive out of order behind 96
/// others they may not.
struct HeldOpinion: Sendable {
    /// One assessment.
    private struct Word: Sendable {
        /// When the opinion was formed; must not go back from one to the next (R-09-039).
        let formedAt: Timestamp
        /// When it was said.
        let saidAt: Timestamp
        let overall: FixedPoint

        /// Whether it gives way to another word, of the same moment perhaps: the one that was said
        /// later stands, and of one message the lower one.
        static func < (one: Self, other: Self) -> Bool {
            (one.formedAt, one.saidAt, other.overall) < (other.formedAt, other.saidAt, one.overall)
        }
    }

    /// Ascending, one for each moment; never empty.
    private var words: Deque<Word> = []
    /// What the newest word says of single fields.
    private(set) var domains: [ReputationGossip.Domain] = []
    /// The newest word.
    private var current: Word
    /// A part of time is a millisecond, doubled so many times.
    private var grain = 0

    init(_ assessment: ReputationGossip.Assessment, saidAt: Timestamp) {
        self.current = Word(
            formedAt: assessment.assessmentTimestamp,
            saidAt: saidAt,
            overall: assessment.overall
        )
        self.domains = Array(assessment.byDomain.prefix(ReputationLimits.domainsMax))
        self.words = [self.current]
    }

    /// Time of the newest word.
    var newest: Timestamp { self.current.formedAt }

    /// What the newest word says.
    var overall: FixedPoint { self.current.overall }

    /// Words that are held.
    var count: Int { self.words.count }

    /// Takes in another word of the assessor, or all that another key of it said.
    ///
    /// - Returns: whether its newest word stands now; it does not when it is older than the one that
    ///   was held, and then it only tells what was said in the past.
    @discardableResult
    mutating func merge(_ other: HeldOpinion) -> Bool {
        self.grain = max(self.grain, other.grain)
        for word in other.words { self.insert(word) }
        guard self.current < other.current else { return false }
        self.current = other.current
        self.domains = other.domains
        return true
    }

    private mutating func insert(_ word: Word) {
        let place = self.words.lastIndex { $0.formedAt <= word.formedAt }
        if let place, self.words[place].formedAt == word.formedAt {
            if self.words[place] < word { self.words[place] = word }
        } else {
            self.words.insert(word, at: place.map { $0 + 1 } ?? 0)
        }
        self.join()
        self.thin()
        if self.words.count > ReputationLimits.opinionWordsMax { self.makeRoom() }
    }

    /// Words between two of the same value go when the later of these two is old.
    ///
    /// Nothing comes between them any more, if nothing comes that late: then they are those that the
    /// whole sequence would lose at once, whatever the order of arrival. The same is true when the
    /// past comes in the order of its times, forwards or backwards. What comes later than that, and
    /// not in order, stands until the next word that is held.
    private mutating func join() {
        guard let newest = self.words.last?.formedAt else { return }
        let settled = newest.adding(milliseconds: -ReputationLimits.lateWordMilliseconds)
        for index in self.words.indices.dropFirst().dropLast().reversed() {
            let (word, next) = (self.words[index], self.words[index + 1])
            if next.formedAt <= settled, next.overall == word.overall,
                self.words[index - 1].overall == word.overall
            {
                self.words.remove(at: index)
            }
        }
    }

    /// The oldest word that only repeats the one before it goes, else parts of time become larger.
    private mutating func makeRoom() {
        let inner = 1..<self.words.count - 1
        if let repeated = inner.first(where: {
            self.words[$0].overall == self.words[$0 - 1].overall
        }) {
            self.words.remove(at: repeated)
            return
        }
        while self.words.count > ReputationLimits.opinionWordsMax {
            self.grain += 1
            self.thin()
        }
    }

    /// Of each part of time the last word stays, and the first of all.
    private mutating func thin() {
        guard self.grain > 0 else { return }
        for index in self.words.indices.dropFirst().dropLast().reversed()
        where self.part(of: index) == self.part(of: index + 1) {
            self.words.remove(at: index)
        }
    }

    private func part(of index: Int) -> Int64 {
        self.words[index].formedAt.milliseconds >> self.grain
    }

    /// How far the words lie apart.
    var spread: FixedPoint {
        let values = self.words.map(\.overall)
        return (values.max() ?? self.overall) - (values.min() ?? self.overall)
    }

    /// The value of the newest assessment strictly older than a moment (D-48).
    func overall(before moment: Timestamp) -> FixedPoint? {
        self.words.last { $0.formedAt < moment }?.overall
    }

    /// For the digest.
    var line: String {
        let bytes = self.words.flatMap { word in
            [word.formedAt.milliseconds, word.overall.millionths].flatMap { number in
                withUnsafeBytes(of: number.bigEndian) { Array($0) }
            }
        }
        return "\(self.newest.milliseconds):\(self.overall.millionths) \(self.count) \(self.grain) "
            + SHA256Digest.hash(bytes).hex
    }
}
