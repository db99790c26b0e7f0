import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 One assessor's words on one subject")
struct OpinionTests {
    private static func opinion(
        _ overall: Int64,
        formedAt time: Int64,
        saidAt: Int64? = nil
    ) throws -> HeldOpinion {
        let message = try Fixture.gossip(by: 1, [(0, overall)], at: 0, formedAt: time).message
        guard case .reputationGossip(let gossip) = message.payload else {
            throw CancellationError()
        }
        return HeldOpinion(gossip.assessments[0], saidAt: Fixture.at(saidAt ?? time))
    }

    private static func held(_ opinions: [HeldOpinion]) -> HeldOpinion? {
        var held = opinions.first
        for opinion in opinions.dropFirst() { held?.merge(opinion) }
        return held
    }

    @Test("D-48, R-09-039: an older word that comes late is part of the past, never the newest")
    func late() throws {
        var held = try Self.opinion(400_000, formedAt: 20)
        let stands = held.merge(try Self.opinion(300_000, formedAt: 10))
        #expect(!stands)
        #expect(held.overall.millionths == 400_000)
        let past = [10, 15, 20, 21].map { held.overall(before: Fixture.at($0))?.millionths }
        #expect(past == [nil, 300_000, 300_000, 400_000])
    }

    @Test(
        "R-09-039: of two words of one moment the one said later stands; said together, the lower"
    )
    func ties() throws {
        let words = [
            try Self.opinion(300_000, formedAt: 10, saidAt: 11),
            try Self.opinion(200_000, formedAt: 10, saidAt: 12),
            try Self.opinion(500_000, formedAt: 10, saidAt: 12),
        ]
        for order in permutations(words) {
            #expect(Self.held(order)?.overall.millionths == 200_000)
            #expect(Self.held(order)?.overall(before: Fixture.at(11))?.millionths == 200_000)
        }
    }

    @Test("D-48: a flood of equal words pushes out none that says something else")
    func flood() throws {
        let first = try Self.opinion(300_000, formedAt: 0)
        let second = try Self.opinion(400_000, formedAt: 1)
        let repeated = try (2..<300).map { try Self.opinion(400_000, formedAt: $0) }
        let held = Self.held([first, second] + repeated)
        #expect(held?.overall(before: Fixture.at(1))?.millionths == 300_000)
        #expect(held?.overall(before: Fixture.at(2))?.millionths == 400_000)
        #expect(held?.newest == Fixture.at(299))
    }

    @Test("D-48: of an old run of equal words the first and the last are kept, in every order")
    func joined() throws {
        let day = ReputationLimits.lateWordMilliseconds
        let equal = try [0, 1, 2, 3].map { try Self.opinion(400_000, formedAt: $0) }
        let change = try Self.opinion(300_000, formedAt: 4)
        for order in permutations(equal + [change]) {
            var held = try #require(Self.held(order))
            let before = held
            #expect(before.count == 5, "a word may still come between them")
            held.merge(try Self.opinion(300_000, formedAt: day + 3))
            #expect(held.count == 4, "two of the four are gone, one has come")
            for moment in [0, 1, 2, 3, 4, 5] as [Int64] {
                let said = held.overall(before: Fixture.at(moment))
                #expect(said == before.overall(before: Fixture.at(moment)))
            }
            #expect(held.spread.millionths == 100_000)
        }
    }

    @Test("D-48: words within a day of the newest are joined to the same ones in every order")
    func joinedLate() throws {
        let day = ReputationLimits.lateWordMilliseconds
        let old = try [0, 1, 2].map { try Self.opinion(400_000, formedAt: $0) }
        let late = [
            try Self.opinion(400_000, formedAt: day), try Self.opinion(300_000, formedAt: day + 1),
            try Self.opinion(400_000, formedAt: day + 2),
        ]
        let digests = permutations(late).compactMap { Self.held(old + $0)?.digest }
        #expect(Set(digests).count == 1)
        #expect(digests.count == 6)
        #expect(Self.held(old + late)?.count == 5)
    }

    @Test("the digest of an opinion tells every word, not only the newest")
    func digest() throws {
        let newest = try Self.opinion(400_000, formedAt: 9)
        let digests = [
            newest.digest, Self.held([newest, try Self.opinion(300_000, formedAt: 1)])?.digest,
            Self.held([newest, try Self.opinion(300_001, formedAt: 1)])?.digest,
            Self.held([newest, try Self.opinion(300_000, formedAt: 2)])?.digest,
        ]
        #expect(Set(digests).count == 4)
    }

    @Test("D-48: of too many words that differ those are kept that span the time, in every order")
    func bounded() throws {
        let count = 3 * Int64(ReputationLimits.opinionWordsMax)
        let words = try (0..<count).map {
            try Self.opinion(300_000 + $0, formedAt: $0 * Fixture.hour)
        }
        let scattered = (0..<words.count).map { words[$0 * 7 % words.count] }
        var digests: Set<Bytes32> = []
        for order in [words, words.reversed(), scattered] {
            let held = try #require(Self.held(order))
            digests.insert(held.digest)
            #expect(held.count <= ReputationLimits.opinionWordsMax)
            #expect(held.overall.millionths == 300_000 + count - 1)
            #expect(held.overall(before: Fixture.at(1))?.millionths == 300_000)
            for hour in 1..<count {
                let said = held.overall(before: Fixture.at(hour * Fixture.hour))
                let late = 300_000 + hour - 1 - (said?.millionths ?? 0)
                #expect((0..<5).contains(late), "three hours for each that is kept, and no more")
            }
        }
        #expect(digests.count == 1)
    }

    @Test("D-48: of two keys that become one the words are as if one had said them all")
    func boundedMerge() throws {
        let count = 2 * Int64(ReputationLimits.opinionWordsMax)
        let words = try (0..<count).map {
            try Self.opinion(300_000 + $0, formedAt: $0 * Fixture.hour)
        }
        let halves = [0, 1].map { half in
            words.enumerated().filter { $0.offset % 2 == half }.map(\.element)
        }
        let parts = [halves, [Array(words.prefix(5)), Array(words.dropFirst(5))]]
        let digests = parts.flatMap { parts in
            [parts, parts.reversed()].map { Self.held($0.compactMap { Self.held($0) })?.digest }
        }
        #expect(Set(digests + [Self.held(words)?.digest]).count == 1)
    }

    @Test("D-48: a word that held for long outlives a flood of words of a moment")
    func longHeld() throws {
        let flood = try (0..<500).map {
            try Self.opinion(400_000 + $0, formedAt: 30 * Fixture.day + $0)
        }
        let (first, long) = (
            try Self.opinion(200_000, formedAt: 0),
            try Self.opinion(300_000, formedAt: Fixture.day)
        )
        for order in [[first, long] + flood, flood.reversed() + [long, first]] {
            let held = Self.held(order)
            let past = [1, 29].map { held?.overall(before: Fixture.at($0 * Fixture.day)) }
            #expect(past.map { $0?.millionths } == [200_000, 300_000])
            #expect(held?.overall.millionths == 400_499)
        }
    }

    @Test(
        "C1-11, D-48: what was formed long ago counts from a quarter of an hour before it is said",
        arguments: [
            (900_000, -900_000), (900_001, -900_000), (86_400_000, -900_000), (1, -1),
            (-300_000, 300_000), (-300_001, nil),
        ] as [(Int64, Int64?)]
    )
    func age(age: Int64, counts: Int64?) throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 9: 500_000])
        let (time, subject) = (Fixture.day, try Fixture.person(9))
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: time, formedAt: time - age))
        #expect(try ledger.score(9) == (counts == nil ? 500_000 : 420_000))
        let scores = counts.map { counts in
            [0, 1].map {
                ledger.evaluation(of: subject, at: Fixture.at(time + counts + $0)).score.millionths
            }
        }
        let expected: [Int64]? = counts == nil ? nil : [500_000, 420_000]
        #expect(scores == expected)
    }
}

@Suite("§9 Words on subjects that were never heard")
struct UnheardSubjectTests {
    private var book = AssessmentBook()
    private let opinion: HeldOpinion

    init() throws {
        let message = try Fixture.gossip(by: 1, [(0, 300_000)], at: 0).message
        guard case .reputationGossip(let gossip) = message.payload else {
            throw CancellationError()
        }
        self.opinion = HeldOpinion(gossip.assessments[0], saidAt: Fixture.start)
    }

    private static func node(_ number: Int) -> NodeID { NodeID(Fixture.id(number).bytes) }

    private mutating func take(_ subject: Int, by assessor: Int, isKnown: Bool = false) -> Bool {
        self.book.take(
            self.opinion,
            by: Self.node(assessor),
            on: Self.node(subject),
            isKnown: isKnown,
            trust: { $0 == Self.node(-9) ? .zero : .one }
        )
    }

    private func isHeld(_ subject: Int) -> Bool {
        !self.book.voices(on: Self.node(subject)).isEmpty
    }

    @Test("who invents names pushes out its own oldest ones, and no others")
    mutating func flood() {
        let count = ReputationLimits.strangersMax
        _ = self.take(-2, by: -1)
        for subject in 0..<count + 10 {
            let isTaken = self.take(subject, by: -3)
            #expect(isTaken)
        }
        let last = self.take(count + 10, by: -4)
        #expect(last && self.isHeld(count + 10))
        #expect(self.isHeld(-2))
        #expect(!self.isHeld(0) && !self.isHeld(11) && self.isHeld(12))
    }

    @Test("the one that was the first to name most gives way, with names that became its own")
    mutating func moved() {
        let count = ReputationLimits.strangersMax
        for subject in 0..<count {
            _ = self.take(subject, by: subject == 1 || subject == 3 ? -3 : -100 - subject)
        }
        self.book.move(Self.node(-100), to: Self.node(-3))
        _ = self.take(count, by: -4)
        #expect(!self.isHeld(0) && self.isHeld(1) && self.isHeld(2) && self.isHeld(3))
        _ = self.take(count + 1, by: -4)
        #expect(!self.isHeld(1) && self.isHeld(2) && self.isHeld(3) && self.isHeld(count))
    }

    @Test("R-10-001: whoever is trusted with nothing gives way first, however little it named")
    mutating func untrusted() {
        let count = ReputationLimits.strangersMax
        for subject in 0..<count - 2 { _ = self.take(subject, by: -3) }
        for subject in [-11, -12] { _ = self.take(subject, by: -9) }
        let isTaken = self.take(-13, by: -3)
        #expect(isTaken && self.isHeld(0) && !self.isHeld(-11) && self.isHeld(-12))
        _ = self.take(-14, by: -3)
        let isUntrustedTaken = self.take(-15, by: -9)
        #expect(!isUntrustedTaken && !self.isHeld(-12) && !self.isHeld(-15) && self.isHeld(0))
    }

    @Test("a subject that was heard, or is another one's key now, takes no place of the unheard")
    mutating func heard() {
        let count = ReputationLimits.strangersMax
        for subject in 0..<count { _ = self.take(subject, by: -3) }
        self.book.heard(Self.node(0))
        self.book.move(Self.node(1), to: Self.node(2))
        let known = self.take(-5, by: -3, isKnown: true)
        for subject in [-6, -7] { _ = self.take(subject, by: -3) }
        #expect(known && self.isHeld(0) && self.isHeld(2) && self.isHeld(3))
        _ = self.take(-8, by: -3)
        #expect(!self.isHeld(2))
    }
}
