import DequeModule
import Identities
import Messages
import Primitives

/// What one assessor said of one subject: the newest word, and those before it (§9, D-48).
///
/// The words are kept in the order of their times, so the order of arrival does not show. A word between two of the same value says nothing about any moment, so it goes once nothing
/// can be expected any more that would come between them.
///
/// When there are still too many, time is divided into equal parts, as fine as there is room for, and
/// only the last word of each part is kept beside the first of all: what goes held for less than a
/// part, and what stays spans the whole time. Parts only join in pairs, so of words that all differ
/// the same ones stay in every order of arrival. Of repeated ones that arrive out of order behind 96
/// others they may not.
struct HeldOpinion: Sendable, Codable {
    /// One assessment.
    fileprivate struct Word: Sendable, Equatable, Codable {
        /// From when on it counts: since it was formed, but not long before it was said.
        ///
        /// Otherwise a word dated before a vote could be made up while the vote is counted (D-48).
        let at: Timestamp
        /// When the opinion was formed; must not go back from one to the next (R-09-039).
        let formedAt: Timestamp
        /// When it was said.
        let saidAt: Timestamp
        private let millionths: Int32
        /// Whose key signed it: 0 for the assessor itself, else one more than a place in ``keys``.
        var signer: UInt16 = 0

        var overall: FixedPoint { FixedPoint(millionths: Int64(self.millionths)) }

        init(_ assessment: ReputationGossip.Assessment, saidAt: Timestamp) {
            let earliest = saidAt.adding(milliseconds: -ReputationLimits.opinionAgeMilliseconds)
            self.formedAt = assessment.assessmentTimestamp
            self.at = max(self.formedAt, earliest)
            self.saidAt = saidAt
            self.millionths = Int32(clamping: assessment.overall.millionths)
        }

        /// Whether it gives way to another word, of the same moment perhaps: the one that was said
        /// later stands, and of one message the lower one.
        static func < (one: Self, other: Self) -> Bool {
            (one.at, one.formedAt, one.saidAt, other.millionths)
                < (other.at, other.formedAt, other.saidAt, one.millionths)
        }
    }

    /// Ascending by when they count and by when they were formed, one for each moment; never empty.
    private var words: Deque<Word> = []
    /// What the newest word says of single fields.
    private(set) var domains: [ReputationGossip.Domain] = []
    /// The newest word.
    private var current: Word
    /// Keys of the assessor that signed words, beside the one that it is known by.
    private var keys: [NodeID] = []
    /// A part of time is a millisecond, doubled so many times.
    private var grain = 0

    init(
        _ assessment: ReputationGossip.Assessment,
        saidAt: Timestamp,
        signer: NodeID? = nil
    ) {
        self.current = Word(assessment, saidAt: saidAt)
        self.domains = Array(assessment.byDomain.prefix(ReputationLimits.domainsMax))
        if let signer {
            self.keys = [signer]
            self.current.signer = 1
        }
        self.words = [self.current]
    }

    /// When the newest word was formed.
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
        let places = other.keys.map { self.place(of: $0) }
        for word in other.words {
            var word = word
            if word.signer > 0 { word.signer = places[Int(word.signer) - 1] }
            self.insert(word)
        }
        guard let last = self.words.last, self.current != last else { return false }
        self.current = last
        self.domains = other.domains
        return true
    }

    private mutating func insert(_ word: Word) {
        let place = self.words.lastIndex { $0.at <= word.at }
        if let place {
            // The assessor had gone further before: the word goes back in time.
            guard self.words[place].formedAt <= word.formedAt else { return }
            if self.words[place].at == word.at {
                if self.words[place] < word { self.words[place] = word }
            } else {
                self.words.insert(word, at: place + 1)
            }
        } else {
            self.words.insert(word, at: 0)
        }
        self.words.removeAll { $0.at > word.at && $0.formedAt < word.formedAt }
        self.join()
        self.thin()
        if self.words.count > ReputationLimits.opinionWordsMax { self.makeRoom() }
    }

    // MARK: Keys

    private mutating func place(of key: NodeID) -> UInt16 {
        let known = self.keys.firstIndex(of: key)
        if known == nil, self.keys.count < Int(UInt16.max) - 1 { self.keys.append(key) }
        return UInt16(known ?? self.keys.count - 1) + 1
    }

    /// The assessor is known by another key from now on; this one signed what it signed.
    mutating func wasSigned(by key: NodeID) {
        let place = self.place(of: key)
        for index in self.words.indices where self.words[index].signer == 0 {
            self.words[index].signer = place
        }
        if self.current.signer == 0 { self.current.signer = place }
    }

    /// Words that turned out to be void go (D-14).
    ///
    /// - Parameters:
    ///   - assessor: the key that the assessor is known by.
    ///   - isVoid: whether what a key signed at a moment is void.
    /// - Returns: what is left; nil when nothing is.
    func without(assessor: NodeID, isVoid: (NodeID, Timestamp) -> Bool) -> HeldOpinion? {
        var rest = self
        rest.words.removeAll { word in
            isVoid(word.signer == 0 ? assessor : self.keys[Int(word.signer) - 1], word.saidAt)
        }
        guard rest.words.count < self.words.count else { return self }
        guard let last = rest.words.last else { return nil }
        if last != rest.current { rest.domains = [] }
        rest.current = last
        return rest
    }

    // MARK: Room

    /// Words between two of the same value go when the later of these two is old.
    ///
    /// Nothing comes between them any more, if nothing comes that late: then they are those that the
    /// whole sequence would lose at once, whatever the order of arrival. The same is true when the
    /// past comes in the order of its times, forwards or backwards. What comes later than that, and
    /// not in order, stands until the next word that is held.
    private mutating func join() {
        guard let newest = self.words.last?.at else { return }
        let settled = newest.adding(milliseconds: -ReputationLimits.lateWordMilliseconds)
        for index in self.words.indices.dropFirst().dropLast().reversed() {
            let (word, next) = (self.words[index], self.words[index + 1])
            if next.at <= settled, next.overall == word.overall,
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
        self.words[index].at.milliseconds >> self.grain
    }

    /// How far the words lie apart.
    var spread: FixedPoint {
        let values = self.words.map(\.overall)
        return (values.max() ?? self.overall) - (values.min() ?? self.overall)
    }

    /// The value of the newest assessment strictly older than a moment (D-48).
    func overall(before moment: Timestamp) -> FixedPoint? {
        self.words.last { $0.at < moment }?.overall
    }
}

extension HeldOpinion: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("words", self.words)
        writer.field("domains", self.domains)
        writer.field("current", self.current)
        writer.field("keys", self.keys)
        writer.field("grain", self.grain)
    }
}

extension HeldOpinion.Word: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("formedAt", self.formedAt)
        writer.field("saidAt", self.saidAt)
        writer.field("millionths", self.millionths)
        writer.field("signer", self.signer)
    }
}
