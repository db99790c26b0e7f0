import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§6 Flags in the ledger")
struct FlagTests {
    /// People 1 to 4 with 0.6 from as many networks as named; person 9 brought the content.
    private func story(
        networks: [Int] = [1, 2, 3, 4],
        source: Int64 = 700_000,
        calendar: MarketCalendar = .standard
    ) throws -> Bookkeeping {
        var founders = Dictionary(uniqueKeysWithValues: (1...4).map { ($0, Int64(600_000)) })
        founders[9] = source
        var ledger = try Fixture.ledger(founders: founders) { $0.calendar = calendar }
        for (person, network) in networks.enumerated() {
            ledger.logged(try Fixture.announcement(by: person + 1, at: 0, network: network))
        }
        ledger.logged(try Fixture.share(by: 8, at: 2))
        ledger.logged(try Fixture.share(by: 9, at: 1))
        return ledger
    }

    private func vote(
        _ ledger: inout Bookkeeping,
        _ state: ProposalState,
        _ kind: Propose.Resolution.Kind = .flag,
        objection: String? = nil,
        at offset: Int64 = Fixture.day
    ) throws {
        let resolution = try Fixture.resolution(kind, subject: 9, content: Fixture.content)
        let decision = try Fixture.decision(
            on: Fixture.id(1),
            state,
            resolution: resolution,
            objection: objection,
            at: offset
        )
        ledger.logged(decision)
    }

    @Test(
        "R-06-122, R-06-139, R-09-020, CONTENT-09*: what a flag costs by what becomes of it",
        arguments: [
            (.dispute, nil, -5_000), (.illegal, nil, -20_000), (.illegal, .rejected, -70_000),
            (.dispute, .rejected, -5_000), (.illegal, .ratified, 0), (.dispute, .ratified, 0),
            (.illegal, .expired, -20_000),
        ] as [(Flag.Severity, ProposalState?, Int64)]
    )
    func cost(severity: Flag.Severity, outcome: ProposalState?, net: Int64) throws {
        var ledger = try self.story()
        ledger.logged(try Fixture.flag(severity, by: 1, at: 3))
        let stake = ledger.history(of: try Fixture.person(1)).record.stakeAtRisk
        #expect(try stake.millionths == 600_000 - ledger.direct(1))
        if let outcome { try self.vote(&ledger, outcome) }
        #expect(try ledger.direct(1) - 600_000 == net)
        let isOpen = outcome == nil || outcome == .expired
        #expect((ledger.history(of: try Fixture.person(1)).record.stakeAtRisk == .zero) != isOpen)
        let causes = ledger.history(of: try Fixture.person(1)).entries.map(\.cause)
        #expect(causes.allSatisfy { $0.contains("flag on \(Fixture.content)") })
    }

    @Test("C1-15, D-56: a vote that was rejected for want of a quorum says nothing about flags")
    func noQuorum() throws {
        for (hasQuorum, rest) in [(false, 580_000), (true, 530_000)] as [(Bool, Int64)] {
            var ledger = try self.story()
            ledger.logged(try Fixture.flag(.illegal, by: 1, at: 3))
            let decision = DecisionFact(
                on: Fixture.id(1),
                .rejected,
                hasQuorum: hasQuorum,
                author: try Fixture.person(2),
                effectiveAt: Fixture.at(Fixture.day),
                resolution: try Fixture.resolution(.flag, subject: 9, content: Fixture.content)
            )
            ledger.logged(decision.recorded(at: Fixture.at(Fixture.day)))
            #expect(try ledger.direct(1) == rest)
        }
    }

    @Test("C1-15, R-01-014: nothing but a vote takes from an account while it is frozen")
    func frozen() throws {
        for (outcome, rest) in [(.rejected, 700_000), (.ratified, 650_000)]
            as [(ProposalState, Int64)]
        {
            var ledger = try self.story()
            for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
            #expect(try ledger.score(9) == 100_000)
            let failure = StorageFact.challengeFailed(
                provider: try Fixture.person(9),
                content: Fixture.content
            )
            ledger.logged(failure.fact(recordedAt: Fixture.at(4)))
            ledger.watch(days: 0..<60)
            try self.vote(&ledger, outcome)
            #expect(try ledger.direct(9) == rest)
        }
    }

    @Test("R-06-134: whoever shares enough does not end its own suspension")
    func flood() throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        #expect(try ledger.score(9) == 100_000)
        let share = try Fixture.share(by: 9, at: 4).message
        let source = try Fixture.person(9)
        let contents = (0..<ReputationLimits.sharesMax).map { ContentHash(Fixture.id($0).bytes) }
        ledger.brought(contents, by: source, in: share)
        #expect(try ledger.score(9) == 100_000)
        #expect(ledger.flags.sources.source(of: Fixture.content) == source)
        #expect(ledger.flags.sources.source(of: contents[0]) == nil)
        #expect(ledger.flags.sources.source(of: contents[1]) == source)
    }

    @Test("sources of flagged artefacts stay, and go when they are flagged no longer")
    func sources() throws {
        var sources = ContentSources()
        let (count, flagged) = (ReputationLimits.sharesMax, 100)
        let message = try Fixture.share(by: 9, at: 4).message
        let source = try Fixture.person(9)
        let contents = (0..<count + 2).map { ContentHash(Fixture.id($0).bytes) }
        let isFlagged = Set(contents.prefix(flagged))
        let (some, none) = (Self.standing(isFlagged), Self.standing([]))
        for content in contents.dropLast() {
            sources.named(content, by: source, in: message, some)
        }
        #expect(contents.prefix(flagged).allSatisfy { sources.source(of: $0) == source })
        #expect(sources.source(of: contents[flagged]) == nil)
        sources.named(contents[count + 1], by: source, in: message, none)
        #expect(sources.source(of: contents[flagged + 1]) == nil)
        for content in contents[flagged..<count] {
            sources.named(content, by: source, in: message, none)
        }
        #expect(sources.source(of: contents[0]) == nil)
        let moved = try Fixture.person(8)
        sources.move(source, to: moved)
        #expect(sources.source(of: contents[1]) == moved)
    }

    private static func standing(_ flagged: Set<ContentHash>, proven: [NodeID] = [])
        -> ContentSources.Standing
    {
        ContentSources.Standing(isFlagged: flagged.contains, isProven: proven.contains)
    }

    @Test("R-06-134, R-10-001: keys that proved nothing push no source out that did")
    func throwaway() throws {
        var sources = ContentSources()
        let message = try Fixture.share(by: 9, at: 4).message
        let (source, flooder) = (try Fixture.person(9), try Fixture.person(8))
        let standing = Self.standing([], proven: [source])
        sources.named(Fixture.content, by: source, in: message, standing)
        for number in 0..<ReputationLimits.sharesMax + 10 {
            let content = ContentHash(Fixture.id(number).bytes)
            sources.named(content, by: flooder, in: message, standing)
        }
        #expect(sources.source(of: Fixture.content) == source)
        #expect(sources.source(of: ContentHash(Fixture.id(0).bytes)) == nil)
        let last = ContentHash(Fixture.id(ReputationLimits.sharesMax + 9).bytes)
        #expect(sources.source(of: last) == flooder)
    }

    @Test("R-06-134: a newcomer's content has a place among any number of proven sources")
    func newcomer() throws {
        var sources = ContentSources()
        let message = try Fixture.share(by: 9, at: 4).message
        let (source, newcomer) = (try Fixture.person(9), try Fixture.person(8))
        let standing = Self.standing([], proven: [source])
        for number in 0..<2 * ReputationLimits.sharesMax {
            let content = ContentHash(Fixture.id(number).bytes)
            sources.named(content, by: source, in: message, standing)
        }
        sources.named(Fixture.content, by: newcomer, in: message, standing)
        #expect(sources.source(of: Fixture.content) == newcomer)
        #expect(sources.source(of: ContentHash(Fixture.id(0).bytes)) == nil)
    }

    @Test("D-20: a flag below its gate counts, and costs, once its author's score allows it")
    func waiting() throws {
        var ledger = try Fixture.ledger(founders: [1: 299_000, 9: 700_000])
        ledger.logged(try Fixture.flag(.dispute, by: 1, at: 3))
        ledger.logged(try Fixture.announcement(by: 7, at: Fixture.hour))
        #expect(try ledger.direct(1) == 299_000)
        let author = try Fixture.person(1)
        ledger.earn(
            FixedPoint(millionths: 2_000),
            by: author,
            at: Fixture.at(Fixture.hour),
            cause: "test"
        )
        ledger.logged(try Fixture.announcement(by: 7, at: 2 * Fixture.hour - 1))
        #expect(try ledger.direct(1) == 301_000, "scores are looked at once an hour")
        ledger.logged(try Fixture.announcement(by: 7, at: 2 * Fixture.hour))
        #expect(try ledger.direct(1) == 296_000)
        ledger.logged(try Fixture.announcement(by: 7, at: 4 * Fixture.hour))
        #expect(try ledger.direct(1) == 296_000, "a flag costs once")
        #expect(ledger.history(of: author).record.stakeAtRisk.millionths == 5_000)
    }

    @Test("D-20, D-77: a waiting flag ends with the vote on its content, and after 90 days")
    func waitingEnds() throws {
        for isDecided in [true, false] {
            var ledger = try Fixture.ledger(founders: [1: 299_000, 9: 700_000])
            ledger.logged(try Fixture.flag(.dispute, by: 1, at: 3))
            if isDecided { try self.vote(&ledger, .rejected, at: 4) }
            ledger.earn(
                FixedPoint(millionths: 2_000),
                by: try Fixture.person(1),
                at: Fixture.at(5),
                cause: "test"
            )
            let later = isDecided ? Fixture.hour : 91 * Fixture.day
            ledger.logged(try Fixture.announcement(by: 7, at: later))
            #expect(try ledger.direct(1) == 301_000)
        }
    }

    @Test("R-06-134, D-77: networks that become known later make flags suspend the source")
    func laterNetworks() throws {
        var ledger = try self.story(networks: [])
        for person in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: person, at: 3)) }
        #expect(try ledger.score(9) == 700_000)
        for person in 1...3 {
            ledger.logged(try Fixture.announcement(by: person, at: 4, network: person))
        }
        ledger.logged(try Fixture.announcement(by: 7, at: 2 * Fixture.hour))
        #expect(try ledger.score(9) == 100_000)
    }

    @Test("D-42: a stake that comes back is no gain of the day")
    func reversal() throws {
        var ledger = try self.story()
        ledger.logged(try Fixture.flag(.illegal, by: 1, at: 3))
        ledger.earn(
            FixedPoint(millionths: 20_000),
            by: try Fixture.person(1),
            at: Fixture.at(Fixture.day),
            cause: "test"
        )
        try self.vote(&ledger, .ratified)
        #expect(try ledger.direct(1) == 620_000)
    }

    @Test("R-06-126, FLAG-N11 to N16: a flag counts from the score that it needs")
    func gates() throws {
        for (score, severity, counts) in [
            (299_999, .dispute, false), (300_000, .dispute, true), (499_999, .illegal, false),
            (500_000, .illegal, true),
        ] as [(Int64, Flag.Severity, Bool)] {
            var ledger = try Fixture.ledger(founders: [1: score])
            ledger.logged(try Fixture.flag(severity, by: 1))
            #expect(try (ledger.direct(1) < score) == counts)
        }
    }

    @Test(
        "R-06-011, R-06-134, FLAG-N04, FLAG-N05: three illegal flags from two networks suspend the source",
        arguments: [
            ([1, 2, 3], [1, 1, 2, 4], true), ([1, 2, 3], [1, 1, 1, 4], false),
            ([1, 2], [1, 2, 3, 4], false), ([1, 1, 1], [1, 2, 3, 4], false),
        ] as [([Int], [Int], Bool)]
    )
    func suspended(flaggers: [Int], networks: [Int], isSuspended: Bool) throws {
        var ledger = try self.story(networks: networks)
        for (number, flagger) in flaggers.enumerated() {
            ledger.logged(try Fixture.flag(.illegal, by: flagger, at: Int64(3 + number)))
        }
        let source = try Fixture.person(9)
        let voter = VoterStandings.Voter(identity: source, at: Fixture.at(2))
        let standing = ledger.standing(of: voter)
        // The vote weighs a tenth of the floor; who may vote goes by the score before (D-47).
        #expect(standing.isSuspended == isSuspended)
        #expect(standing.reputation.millionths == 700_000)
        #expect(try ledger.score(9) == (isSuspended ? 100_000 : 700_000))
        #expect(try ledger.direct(8) == 200_000)
        let earned = ledger.earn(.one, by: source, at: Fixture.at(4), cause: "test")
        #expect((earned == .zero) == isSuspended)
        let warnings = ledger.history(of: source).warnings
        #expect(warnings.contains { $0.contains("flagged as illegal") } == isSuspended)
    }

    @Test("R-06-134: dispute flags suspend nobody")
    func disputes() throws {
        var ledger = try self.story()
        for flagger in 1...4 { ledger.logged(try Fixture.flag(.dispute, by: flagger, at: 3)) }
        #expect(try ledger.score(9) == 700_000)
    }

    @Test(
        "D-77: a vote ends the suspension; the source loses what the vote says",
        arguments: [
            (.ratified, .flag, 650_000), (.rejected, .flag, 700_000), (.ratified, .ban, 0),
            (.rejected, .ban, 100_000),
        ] as [(ProposalState, Propose.Resolution.Kind, Int64)]
    )
    func decided(state: ProposalState, kind: Propose.Resolution.Kind, score: Int64) throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        try self.vote(&ledger, state, kind)
        #expect(try ledger.score(9) == score)
    }

    @Test(
        "R-06-122, D-77: what could not be ratified whatever the votes ends no flag, and costs none"
    )
    func objected() throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        let before = [ledger.flags.book.digest, ledger.ledger.accounts.digest]
        try self.vote(&ledger, .rejected, objection: "the author's score was 0.2")
        #expect([ledger.flags.book.digest, ledger.ledger.accounts.digest] == before)
        #expect(try [1, 9].map { try ledger.score($0) } == [580_000, 100_000])
        // The vote of somebody who may propose is another matter.
        try self.vote(&ledger, .rejected)
        #expect(try [1, 9].map { try ledger.score($0) } == [530_000, 700_000])
    }

    @Test("D-77: flags that no vote decided about for 90 days lapse, stakes and suspension alike")
    func lapsed() throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        ledger.logged(try Fixture.announcement(by: 4, at: 90 * Fixture.day + 2))
        #expect(try [1, 9].map { try ledger.score($0) } == [580_000, 100_000])
        ledger.logged(try Fixture.announcement(by: 4, at: 90 * Fixture.day + 3))
        #expect(try [1, 9].map { try ledger.score($0) } == [600_000, 700_000])
        let last = ledger.history(of: try Fixture.person(1)).entries.last
        #expect(last?.cause.hasSuffix("never decided") == true)
    }

    @Test("D-77, ADR 0050: in short days flags lapse after 90 of them")
    func lapsedInShortDays() throws {
        let calendar = try #require(MarketCalendar(daySeconds: 60))
        var ledger = try self.story(calendar: calendar)
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        let end = 3 + calendar.milliseconds(.days(90))
        ledger.logged(try Fixture.announcement(by: 4, at: end - 1))
        #expect(try [1, 9].map { try ledger.score($0) } == [580_000, 100_000])
        ledger.logged(try Fixture.announcement(by: 4, at: end))
        #expect(try [1, 9].map { try ledger.score($0) } == [600_000, 700_000])
    }

    @Test("D-77: an identity has one flag on an artefact; its latest severity stands")
    func once() throws {
        var ledger = try self.story()
        ledger.logged(try Fixture.flag(.dispute, by: 1, at: 3))
        ledger.logged(try Fixture.flag(.dispute, by: 1, at: 4))
        #expect(try ledger.direct(1) == 595_000)
        ledger.logged(try Fixture.flag(.illegal, by: 1, at: 5))
        ledger.logged(try Fixture.flag(.dispute, by: 1, at: 4))
        #expect(try ledger.direct(1) == 580_000)
    }

    @Test("D-77: two flaggers that become one identity have one flag, and suspend no more alone")
    func linked() throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        ledger.logged(try Fixture.link(1, 2, at: 4))
        #expect(try ledger.direct(1) == 580_000)
        #expect(try ledger.score(9) == 700_000)
        #expect(ledger.history(of: try Fixture.person(1)).record.stakeAtRisk.millionths == 20_000)
    }

    @Test("R-01-008: flags and their consequences follow a rotation of flagger and source")
    func rotated() throws {
        var ledger = try self.story()
        for flagger in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 3)) }
        ledger.logged(try Fixture.rotation(9, 19, at: 4))
        ledger.logged(try Fixture.rotation(1, 11, at: 4))
        #expect(try ledger.score(19) == 100_000)
        try self.vote(&ledger, .rejected)
        #expect(try [11, 19].map { try ledger.direct($0) } == [530_000, 700_000])
    }
}
