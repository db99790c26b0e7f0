import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

/// Nodes that saw the same messages have to agree on who acts for whom, said what and is rewarded.
///
/// D-12, D-14, D-20 and D-44 say so. Every test goes through all orders of
/// its messages and compares the whole state but for what goes by arrival, or a part that it names.
///
/// Where order legitimately matters, and why it is left out here:
/// * Links that contest a key go by arrival (R-01-025).
/// * An account that is linked after it earned is absorbed under the lower-score rule (D-12), and
///   its later gains are dampened (D-40): what it earned before a link counts otherwise than after.
/// * Above 0.2 the limits of a day are used up by who comes first (D-41), and the eleventh adoption
///   is the one that comes last (R-09-006); so the sum is compared, not who was first.
/// * The class of a host is judged at each adoption (D-44), and a flag by the score of the moment.
/// * An uploader's own ADOPT pays if it comes before its REPLICATE_REQUEST: no proposal tells that one
///   is to come. A SHARE comes too late when it is six hours later than its proposal (ADR 0025).
/// * Of more findings on a claim than are needed those are paid that came first (D-45).
/// * An observer's own presence, silence and observations go by arrival (D-37, D-43, R-09-033).
/// * The history for people lists entries as they came.
@Suite("§1, §9 The ledger is the same in every order of arrival")
struct OrderTests {
    private static let founders: [Int: Int64] = [1: 500_000, 2: 400_000, 3: 300_000]

    private func fold(
        _ messages: [AdmittedMessage],
        founders: [Int: Int64] = founders
    ) throws -> Bookkeeping {
        var ledger = try Fixture.ledger(founders: founders)
        for message in messages { ledger.logged(message) }
        return ledger
    }

    private func ends(_ orders: [[AdmittedMessage]]) throws -> Set<String> {
        Set(try orders.map { try self.fold($0).agreed })
    }

    /// All orders in which each of these pairs keeps its order.
    private func orders(
        _ messages: [AdmittedMessage],
        keeping pairs: [(AdmittedMessage, AdmittedMessage)]
    ) -> [[AdmittedMessage]] {
        permutations(messages).filter { order in
            let ids = order.map(\.message.id)
            return pairs.allSatisfy { first, second in
                guard let one = ids.firstIndex(of: first.message.id),
                    let two = ids.firstIndex(of: second.message.id)
                else { return true }
                return one < two
            }
        }
    }

    @Test("D-20: adoptions and their proposal, in all orders, reward the same people the same")
    func adoptions() throws {
        let proposal = try Fixture.proposal(by: 3)
        let adoptions = try (5...8).map { try Fixture.adoption(of: proposal, by: $0) }
        let failed = try Fixture.adoption(of: proposal, by: 9, success: false)
        let all = permutations(adoptions + [proposal, failed])
        #expect(all.count == 720)
        #expect(try self.ends(all).count == 1)
        #expect(try self.fold(all[77]).direct(3) == 320_000)
    }

    @Test("D-44: one reward an identity, whichever of its keys is heard first")
    func siblings() throws {
        let proposal = try Fixture.proposal(by: 3)
        let messages = [
            proposal, try Fixture.link(1, 21), try Fixture.adoption(of: proposal, by: 1),
            try Fixture.adoption(of: proposal, by: 21, at: 2 * Fixture.hour),
            try Fixture.adoption(of: proposal, by: 2),
        ]
        // An adoption by a key that is linked afterwards was somebody else's when it was rewarded.
        let link = messages[1]
        let orders = self.orders(messages, keeping: [(link, messages[2]), (link, messages[3])])
        #expect(try self.ends(orders).count == 1)
        #expect(try self.fold(orders[0]).direct(3) == 310_000)
    }

    @Test("R-09-039, D-39: the newest word of each assessor stands, across links and rotations")
    func assessments() throws {
        let messages = [
            try Fixture.gossip(by: 1, [(7, 300_000)], at: 10),
            try Fixture.gossip(by: 1, [(7, 600_000)], at: 20),
            try Fixture.gossip(by: 11, [(7, 800_000)], at: 30),
            try Fixture.gossip(by: 2, [(7, 900_000), (2, 1_000_000)], at: 15),
            try Fixture.rotation(1, 11, at: 25), try Fixture.link(7, 8, at: 5),
        ]
        var scores: Set<[Int64]> = []
        var words: Set<String> = []
        for order in permutations(messages) {
            let ledger = try self.fold(order)
            scores.insert(try [7, 8, 2, 11].map { try ledger.score($0) })
            words.insert(ledger.witnesses.assessments.agreed)
            let voices = ledger.witnesses.assessments.voices(on: try Fixture.person(7))
            #expect(voices.contains { $0.held.overall.millionths == 800_000 })
        }
        #expect(scores.count == 1)
        #expect(words.count == 1)
    }

    @Test("D-48: what was the newest word at a vote does not depend on which was heard first")
    func pastWords() throws {
        let messages = [
            try Fixture.gossip(by: 1, [(3, 600_000)], at: 10),
            try Fixture.gossip(by: 1, [(3, 900_000)], at: 20),
            try Fixture.gossip(by: 1, [(3, 600_000)], at: 30),
            try Fixture.gossip(by: 11, [(3, 200_000)], at: 40, formedAt: 20),
            try Fixture.gossip(by: 2, [(3, 1_000_000)], at: 15),
            try Fixture.rotation(1, 11, at: 25),
        ]
        var scores: Set<[Int64]> = []
        var words: Set<String> = []
        for order in permutations(messages) {
            let ledger = try self.fold(order)
            words.insert(ledger.witnesses.assessments.agreed)
            let identity = try Fixture.person(3)
            scores.insert(
                ([10, 11, 15, 16, 21, 31, 50] as [Int64]).map { moment in
                    let voter = VoterStandings.Voter(identity: identity, at: Fixture.at(moment))
                    return ledger.standing(of: voter).reputation.millionths
                }
            )
        }
        #expect(words.count == 1)
        // Trust is 0.5 and 0.4: of the words 0.6, 0.6 and 1.0, 0.2 and 1.0, 0.6 and 1.0.
        let (one, both, low) = (Int64(420_000), Int64(491_110), Int64(402_222))
        #expect(scores == [[300_000, one, one, both, low, both, both]])
    }

    @Test(
        "D-12, D-14, R-01-061: links, a revocation and rotations leave one registry and one ledger"
    )
    func keys() throws {
        let orders = permutations([
            try Fixture.link(1, 21, at: 1), try Fixture.link(1, 22, at: 2),
            try Fixture.revocation(1, 21, at: 5), try Fixture.rotation(1, 11, at: 6),
            try Fixture.rotation(2, 12, at: 3), try Fixture.rotation(22, 23, at: 4),
        ])
        var registries: Set<String> = []
        var scores: Set<[Int64]> = []
        for order in orders {
            let ledger = try self.fold(order)
            registries.insert(ledger.ledger.keys.agreed)
            scores.insert(try [1, 11, 12, 21, 22, 23].map { try ledger.direct($0) })
        }
        #expect(registries.count == 1)
        #expect(scores == [[500_000, 500_000, 400_000, 200_000, 500_000, 500_000]])
    }

    @Test("D-08: two rotations of one key suspend, and the same resolution ends it, in all orders")
    func contradiction() throws {
        let rotations = try [11, 12].map { try Fixture.rotation(1, $0, at: Int64($0)) }
        let others = [
            try Fixture.gossip(by: 2, [(1, 700_000)], at: 3),
            try Fixture.adoption(of: try Fixture.proposal(by: 1), by: 3, at: 4),
        ]
        let resolution = try Fixture.decision(
            on: Fixture.id(1),
            .ratified,
            resolution: Fixture.resolution(.keyConflict, subject: 1, successor: 12),
            at: Fixture.day
        )
        let people = [1, 11, 12]
        var before: Set<[Int64]> = []
        var after: Set<[Int64]> = []
        for order in permutations(rotations + others) {
            var ledger = try self.fold(order)
            before.insert(try people.map { try ledger.score($0) })
            ledger.logged(resolution)
            after.insert(try people.map { try ledger.direct($0) })
            // The vote may be heard of before one of the rotations is.
            ledger = try self.fold(Array(order.prefix(3)))
            ledger.logged(resolution)
            ledger.logged(order[3])
            after.insert(try people.map { try ledger.direct($0) })
        }
        #expect(before == [[100_000, 100_000, 100_000]])
        #expect(after == [[500_000, 200_000, 500_000]])
    }

    @Test("R-01-013, D-20: the earlier of two successors has the account, whoever is heard first")
    func provisional() throws {
        let messages = [
            try Fixture.rotation(1, 11, at: 2), try Fixture.rotation(1, 12, at: 1),
            try Fixture.rotation(12, 13, at: 3),
        ]
        var ends: Set<[Int64]> = []
        for order in permutations(messages) {
            let ledger = try self.fold(order)
            ends.insert(
                try [11, 12, 13].map { person in
                    let key = try Fixture.person(person)
                    let voter = VoterStandings.Voter(identity: key, at: Fixture.at(10))
                    return ledger.standing(of: voter).reputation.millionths
                }
            )
        }
        #expect(ends == [[200_000, 500_000, 500_000]])
    }

    @Test("D-49, D-50: votes of linked keys in decided proposals are one identity's in all orders")
    func votes() throws {
        let link = try Fixture.link(1, 21)
        let decisions = try (1...4).map { number in
            try Fixture.decision(
                on: Fixture.id(number),
                votes: [(number % 2 == 0 ? 1 : 21, .endorse), (2, .reject)],
                votedAt: Int64(number) * 30 * Fixture.day
            )
        }
        var ends: Set<String> = []
        for place in 0...4 {
            for order in permutations(decisions) {
                var ledger = try Fixture.ledger(founders: Self.founders)
                for fact in order.prefix(place) { ledger.logged(fact) }
                ledger.logged(link)
                for fact in order.suffix(4 - place) { ledger.logged(fact) }
                let tenure = try [1, 2].map {
                    ledger.verdicts.tenures.tenure(
                        of: try Fixture.person($0),
                        at: Fixture.at(200 * Fixture.day)
                    ).cycles
                }
                ends.insert(
                    "\(tenure) \(ledger.witnesses.suspicion.collusion.voters.count) \(ledger.verdicts.tenures.agreed)"
                )
            }
        }
        #expect(ends.count == 1)
        #expect(ends.first?.contains(" 2 ") == true)
    }

    @Test("D-77: flags, and who brought the content first, in all orders suspend the same source")
    func flags() throws {
        let founders = Dictionary(
            uniqueKeysWithValues: [1, 2, 3, 8, 9].map { ($0, Int64(600_000)) }
        )
        let networks = try (1...3).map { try Fixture.announcement(by: $0, at: 0, network: $0) }
        let messages =
            [
                try Fixture.share(by: 8, at: 2), try Fixture.share(by: 9, at: 1),
            ] + (try (1...3).map { try Fixture.flag(.illegal, by: $0, at: 5) })
        var ends: Set<[Int64]> = []
        for order in permutations(messages) {
            let ledger = try self.fold(networks + order, founders: founders)
            ends.insert(try [1, 2, 3, 8, 9].map { try ledger.score($0) })
        }
        #expect(ends == [[580_000, 580_000, 580_000, 600_000, 100_000]])
    }
}
