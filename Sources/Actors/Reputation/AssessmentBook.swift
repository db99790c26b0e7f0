import Identities
import Messages
import OrderedCollections
import Primitives

/// What others say of whom: the newest word of each assessor, and how it changed (§9).
struct AssessmentBook: Sendable, Codable {
    private var subjects: OrderedDictionary<NodeID, OrderedDictionary<NodeID, HeldOpinion>> = [:]
    private var unheard = UnheardSubjects()

    /// Takes an assessment in.
    ///
    /// - Parameters:
    ///   - opinion: what is said.
    ///   - assessor: the identity that says it.
    ///   - subject: the identity that it is about.
    ///   - isKnown: whether the subject was heard here.
    ///   - trust: how far an assessor is trusted; the least trusted gives way when there are many.
    /// - Returns: whether it stands; a word that is older than another one does not.
    mutating func take(
        _ opinion: HeldOpinion,
        by assessor: NodeID,
        on subject: NodeID,
        isKnown: Bool,
        trust: (NodeID) -> FixedPoint
    ) -> Bool {
        // Nobody assesses oneself, with whichever key (D-39).
        guard assessor != subject else { return false }
        if self.subjects[subject]?[assessor] != nil {
            return self.subjects[subject]?[assessor]?.merge(opinion) ?? false
        }
        guard self.makeRoom(for: assessor, on: subject, isKnown: isKnown, trust: trust) else {
            return false
        }
        self.subjects[subject, default: [:]][assessor] = opinion
        return true
    }

    private mutating func makeRoom(
        for assessor: NodeID,
        on subject: NodeID,
        isKnown: Bool,
        trust: (NodeID) -> FixedPoint
    ) -> Bool {
        guard let voices = self.subjects[subject] else {
            guard !isKnown,
                let surplus = self.unheard.add(
                    subject,
                    by: assessor,
                    isTrusted: { trust($0) > .zero }
                )
            else { return true }
            self.subjects.removeValue(forKey: surplus)
            return surplus != subject
        }
        guard voices.count >= ReputationLimits.assessorsMax else { return true }
        let weakest = voices.min { left, right in
            (trust(left.key), left.value.newest) < (trust(right.key), right.value.newest)
        }
        guard let weakest, trust(assessor) > trust(weakest.key) else { return false }
        self.subjects[subject]?.removeValue(forKey: weakest.key)
        return true
    }

    /// A subject was heard itself: it is none of those that may be invented.
    mutating func heard(_ subject: NodeID) { self.unheard.remove(subject) }

    /// Who says what of a subject, in the order of first words.
    func voices(on subject: NodeID) -> [(assessor: NodeID, held: HeldOpinion)] {
        (self.subjects[subject] ?? [:]).map { (assessor: $0.key, held: $0.value) }
    }

    /// What comes of those words of which something comes; each is read where it lies, as scores are asked
    /// for all the time.
    func compactMapVoices<Result>(
        on subject: NodeID,
        _ body: (_ assessor: NodeID, _ held: UnsafePointer<HeldOpinion>) -> Result?
    ) -> [Result] {
        guard let voices = self.subjects[subject] else { return [] }
        return voices.values.withUnsafeBufferPointer { held in
            guard let first = held.baseAddress else { return [] }
            return voices.keys.enumerated().compactMap { body($1, first + $0) }
        }
    }

    /// When an assessor formed its newest opinion of each of its subjects.
    func newest(by assessor: NodeID) -> [(subject: NodeID, formedAt: Timestamp)] {
        self.subjects.compactMap { subject, voices in
            voices[assessor].map { (subject: subject, formedAt: $0.newest) }
        }
    }

    /// How far the words of an assessor on one subject lie apart at most, if that is far.
    ///
    /// It is noted for people and has no other consequence (R-09-041).
    func swing(of assessor: NodeID) -> FixedPoint? {
        let widest = self.subjects.values.compactMap { $0[assessor]?.spread }.max()
        return widest.flatMap { $0 >= ReputationLimits.swingMin ? $0 : nil }
    }

    /// An identity's key became another one's: its opinions and those about it follow.
    mutating func move(_ old: NodeID, to new: NodeID) {
        let opinions = self.subjects.removeValue(forKey: old) ?? [:]
        for (assessor, held) in opinions { self.add(held, by: assessor, on: new) }
        for subject in self.subjects.keys {
            if var held = self.subjects[subject]?.removeValue(forKey: old) {
                held.wasSigned(by: old)
                self.add(held, by: new, on: subject)
            }
        }
        self.unheard.move(old, to: new)
    }

    /// Keys of assessors may have lost their right to speak, perhaps long ago: what they said since
    /// is void.
    mutating func void(
        of assessors: OrderedSet<NodeID>,
        isVoid: (NodeID, Timestamp) -> Bool
    ) {
        for subject in self.subjects.keys {
            for assessor in assessors {
                guard let held = self.subjects[subject]?[assessor] else { continue }
                let rest = held.without(assessor: assessor, isVoid: isVoid)
                if rest?.count != held.count { self.subjects[subject]?[assessor] = rest }
            }
        }
    }

    private mutating func add(_ held: HeldOpinion, by assessor: NodeID, on subject: NodeID) {
        guard assessor != subject else { return }
        if self.subjects[subject]?[assessor] == nil {
            self.subjects[subject, default: [:]][assessor] = held
        } else {
            self.subjects[subject]?[assessor]?.merge(held)
        }
    }
}

extension AssessmentBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("subjects", self.subjects)
        writer.field("unheard", self.unheard)
    }
}
