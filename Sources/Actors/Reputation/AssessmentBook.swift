import DequeModule
import Messages
import OrderedCollections
import Primitives

/// What others say of whom: the newest word of each assessor, and how it changed (§9).
struct AssessmentBook: Sendable {
    /// One assessor's opinion of one subject.
    struct Held: Sendable {
        /// A value and since when the assessor holds it.
        struct Change: Sendable, Equatable {
            let since: Timestamp
            let overall: FixedPoint
        }

        /// Time of the newest assessment; later ones must not be older (R-09-039).
        private(set) var newest: Timestamp
        private(set) var overall: FixedPoint
        private(set) var domains: [ReputationGossip.Domain]
        private var changes: Deque<Change>

        init(_ assessment: ReputationGossip.Assessment) {
            self.newest = assessment.assessmentTimestamp
            self.overall = assessment.overall
            self.domains = Array(assessment.byDomain.prefix(ReputationLimits.domainsMax))
            self.changes = [Change(since: self.newest, overall: self.overall)]
        }

        /// Takes a newer word.
        ///
        /// - Returns: whether it stands; it does not when it is older than the newest one.
        mutating func update(_ newer: Held) -> Bool {
            guard newer.newest >= self.newest else { return false }
            self.newest = newer.newest
            self.overall = newer.overall
            self.domains = newer.domains
            self.changes = Self.joined(self.changes, newer.changes)
            return true
        }

        /// Takes in what another key of the same assessor said; of two words at one moment the own
        /// stands.
        mutating func merge(_ other: Held) {
            if other.newest > self.newest {
                self.newest = other.newest
                self.overall = other.overall
                self.domains = other.domains
            }
            self.changes = Self.joined(other.changes, self.changes)
        }

        /// One line of changes; of two at one moment the later argument's stands.
        private static func joined(_ one: Deque<Change>, _ other: Deque<Change>) -> Deque<Change> {
            var times: OrderedDictionary<Timestamp, FixedPoint> = [:]
            for change in one { times[change.since] = change.overall }
            for change in other { times[change.since] = change.overall }
            var joined: Deque<Change> = []
            for (since, overall) in times.sorted(by: { $0.key < $1.key })
            where joined.last?.overall != overall {
                joined.append(Change(since: since, overall: overall))
            }
            while joined.count > ReputationLimits.opinionChangesMax { joined.removeFirst() }
            return joined
        }

        /// How far the words lie apart.
        var spread: FixedPoint {
            let words = self.changes.map(\.overall)
            return (words.max() ?? self.overall) - (words.min() ?? self.overall)
        }

        /// The value of the newest assessment strictly older than a moment (D-48).
        func overall(before moment: Timestamp) -> FixedPoint? {
            self.changes.last { $0.since < moment }?.overall
        }
    }

    private var subjects: OrderedDictionary<NodeID, OrderedDictionary<NodeID, Held>> = [:]
    private var strangers = 0

    /// Takes an assessment in.
    ///
    /// - Parameters:
    ///   - assessment: what is said.
    ///   - assessor: the identity that says it.
    ///   - subject: the identity that it is about.
    ///   - isKnown: whether the subject was heard here.
    ///   - trust: how far an assessor is trusted; the least trusted gives way when there are many.
    /// - Returns: whether it stands.
    mutating func take(
        _ assessment: ReputationGossip.Assessment,
        by assessor: NodeID,
        on subject: NodeID,
        isKnown: Bool,
        trust: (NodeID) -> FixedPoint
    ) -> Bool {
        // Nobody assesses oneself, with whichever key (D-39).
        guard assessor != subject else { return false }
        let held = Held(assessment)
        if self.subjects[subject]?[assessor] != nil {
            return self.subjects[subject]?[assessor]?.update(held) ?? false
        }
        guard self.makeRoom(for: assessor, on: subject, isKnown: isKnown, trust: trust) else {
            return false
        }
        self.subjects[subject, default: [:]][assessor] = held
        return true
    }

    private mutating func makeRoom(
        for assessor: NodeID,
        on subject: NodeID,
        isKnown: Bool,
        trust: (NodeID) -> FixedPoint
    ) -> Bool {
        guard let voices = self.subjects[subject] else {
            if isKnown { return true }
            guard self.strangers < ReputationLimits.strangersMax else { return false }
            self.strangers += 1
            return true
        }
        guard voices.count >= ReputationLimits.assessorsMax else { return true }
        let weakest = voices.min { left, right in
            (trust(left.key), left.value.newest) < (trust(right.key), right.value.newest)
        }
        guard let weakest, trust(assessor) > trust(weakest.key) else { return false }
        self.subjects[subject]?.removeValue(forKey: weakest.key)
        return true
    }

    /// Who says what of a subject, in the order of first words.
    func voices(on subject: NodeID) -> [(assessor: NodeID, held: Held)] {
        (self.subjects[subject] ?? [:]).map { (assessor: $0.key, held: $0.value) }
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
            if let held = self.subjects[subject]?.removeValue(forKey: old) {
                self.add(held, by: new, on: subject)
            }
        }
    }

    private mutating func add(_ held: Held, by assessor: NodeID, on subject: NodeID) {
        guard assessor != subject else { return }
        if self.subjects[subject]?[assessor] == nil {
            self.subjects[subject, default: [:]][assessor] = held
        } else {
            self.subjects[subject]?[assessor]?.merge(held)
        }
    }

    /// For the digest.
    var lines: String {
        self.subjects.keys.sorted().map { subject in
            let voices = self.subjects[subject] ?? [:]
            return voices.keys.sorted().map { assessor in
                let held = voices[assessor]
                return "\(subject) \(assessor) \(held?.overall.millionths ?? 0) "
                    + "\(held?.newest.milliseconds ?? 0)\n"
            }.joined()
        }.joined()
    }
}
