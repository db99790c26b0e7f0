import Identities
import Messages
import Multiformats
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("ADR 0041: what the digest of the ledger knows")
struct BookTests {
    /// Stored properties that are no part of the digest, and why.
    private static let omitted = [
        "Bookkeeping.configuration": "is given, not folded",
        "Bookkeeping.attendance": "announcements are heard now, and not in the log",
        "FailureBook.calendar": "is given, not folded",
        "FlagBook.calendar": "is given, not folded",
        "StorageFailures.calendar": "is given, not folded",
        "OwnRecord.recordedHour": "the log may not have it yet",
        "ProposalWork.believesClaims": "is given, not folded",
        "Suspicion.comparesNetworks": "is given, not folded",
        "Suspicion.isEnabled": "is given, not folded",
        "Verdicts.enforcesBans": "is given, not folded",
        "Witnesses.own": "is given, not folded",
        "NetworkBook.table": "is given, not folded",
        "NetworkBook.isLocalProfile": "is given, not folded",
        "SenderBudget.countsMessages": "is given, not folded",
        "SenderBudget.reserved": "the log does not have it yet",
        "SenderBudget.relayed": "the log never has it",
        "SenderBudget._reservations": "the log does not have it yet",
        "TallyBook.sums": "follows from the hours",
        "SenderBudget.proven": "is told with every message that is looked at",
        "ResolutionBook.history": "follows from what was ratified",
        "FlagBook.givenUp": "is empty between two entries of the log",
        "ContentFlags.matches": "is about the disk, and about given databases",
        "ContentFlags.standings": "says what was told, which follows from the rest",
    ]

    private static var samples: [any Digestible] {
        let common = StateWalk.commonSamples
        let own: [any Digestible] = [
            Flag.Severity.dispute, Flag.Severity.illegal, ObservedTypes(rawValue: 1),
            ObservedTypes(rawValue: 2), NetworkOperator.prefix(1), NetworkOperator.prefix(2),
            NetworkOperator.autonomousSystem(1),
        ]
        return common + own + Propose.Resolution.Kind.allCases + Self.accounts
    }

    private static var accounts: [BudgetAccount] {
        let people = [NodeID(.zero), NodeID(SHA256Digest.hash([1]))]
        let pools: [BudgetPool] = [
            .strangers(.keys), .strangers(.words), .newcomers(.keys), .pages,
        ]
        return people.flatMap { [.sender($0, .keys), .sender($0, .words)] }
            + pools.flatMap { pool in
                [.pool(pool), .long(pool)] + people.map { BudgetAccount.part(pool, $0) }
            }
    }

    @Test("every stored property of every book is in the digest, with the value that it has")
    func complete() throws {
        var walk = StateWalk(
            omitted: Self.omitted,
            samples: Self.samples,
            boundaries: ["KeyRegistry"],
            // It takes 50,000 artefacts to fill it.
            constant: ["ContentSources.provenQueue"]
        )
        walk.walk(try Fixture.ledger())
        walk.walk(try RichHistory.whole().ledger)
        let cast = try ModelCast()
        for seed in 1...40 as ClosedRange<UInt64> {
            var chance = HistoryGenerator(seed: seed)
            walk.walk(try ModelDuel.end(of: ModelStep.history(&chance), cast))
        }
        #expect(walk.flaws.isEmpty, "\(walk.flaws.joined(separator: "\n"))")
    }

    @Test(
        "sources that are proven give way to each other alone, and the digest knows in which order"
    )
    func provenSources() throws {
        var sources = ContentSources()
        let (message, proven) = (try Fixture.share(by: 9, at: 4).message, try Fixture.person(9))
        let standing = ContentSources.Standing(isFlagged: { _ in false }, isProven: { _ in true })
        for number in 0...ReputationLimits.sharesMax {
            let content = ContentHash(Fixture.id(number).bytes)
            sources.named(content, by: proven, in: message, standing)
        }
        guard case .fields(_, let fields) = StateRecord(sources),
            case .list(let queue)? = fields.first(where: { $0.name == "provenQueue" })?.value
        else {
            Issue.record("it is not written")
            return
        }
        #expect(queue.count > ReputationLimits.sharesMax / 2)
    }

    @Test("books know an identity by one name, its last")
    func moved() throws {
        var history = try RichHistory.whole()
        let people = try [2, 3].map { try Fixture.person($0).array }
        let before = people.map { StateRecord(history.ledger).places(of: $0) }
        try history.joinKeys()
        let after = people.map { StateRecord(history.ledger).places(of: $0) }
        let stays: Set<String> = [
            // What was accepted of keys, and who signed what.
            "KeyDeed.signer", "KeyDeed.other", "KeyTable.keys", "KeyRecord.children",
            "KeyRecord.predecessor", "KeyEvidence.deeds", "HeldOpinion.keys",
            "FlagWord.signer",
            // Announcements of keys, and budgets for messages about them (D-25, ADR 0037).
            "NetworkBook.sightings", "TallyBook.hours",
        ]
        for place in 0..<2 {
            #expect(after[place].isSubset(of: stays), "\(after[place].subtracting(stays))")
        }
        let moved = before[0].union(before[1]).subtracting(stays)
        let books: Set<String> = [
            "Ledger.accounts", "AssessmentBook.subjects", "NetworkBook.operators",
            "Witnesses.proven", "RewardBook.SharedContent.host",
            "RewardBook.Offer.author",
            "RewardBook.Offer.adopters", "TenureBook.active", "CollusionWatch.patterns",
            "RentBook.Hold.payer", "FlagBook.Case.flags", "CondemnedContents.grounds",
            "ContentSources.Origin.identity", "ServiceBook.newest",
        ]
        #expect(books.isSubset(of: moved), "\(books.subtracting(moved))")
    }

    @Test("§4: a replay gives the digest of the live node, and one entry less another one")
    func replay() throws {
        let whole = try RichHistory.whole().ledger.digest
        #expect(try RichHistory.whole().ledger.digest == whole)
        var longer = try RichHistory.whole()
        try longer.joinKeys()
        #expect(longer.ledger.digest != whole)
    }
}
