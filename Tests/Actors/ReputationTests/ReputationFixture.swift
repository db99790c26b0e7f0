import Cryptography
import Identities
import Messages
import Primitives
import TestSupport

@testable import Reputation

/// Messages of people with a number, and a ledger that knows some of them as founders.
enum Fixture {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    static func key(_ number: Int) throws -> SigningKey {
        try .named("person \(number)")
    }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func id(_ number: Int) -> MessageID { .named("message \(number)") }

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    /// A ledger of person 0 with these founders; of these people it holds proofs of delay.
    static func ledger(
        founders: [Int: Int64] = [:],
        proven: some Sequence<Int> = 1..<30,
        isLocalProfile: Bool = false,
        _ adjust: (inout ReputationConfiguration) -> Void = { _ in }
    ) throws -> Bookkeeping {
        let genesis = try founders.sorted { $0.key < $1.key }.map { number, score in
            ReputationConfiguration.Founder(
                identity: try Self.person(number),
                score: FixedPoint(millionths: score)
            )
        }
        var configuration = ReputationConfiguration(
            genesis: genesis,
            ownIdentity: try Self.person(0),
            isLocalProfile: isLocalProfile
        )
        adjust(&configuration)
        var books = Bookkeeping(configuration: configuration)
        for person in proven { books.proved(try Self.person(person)) }
        return books
    }

    static func admitted(
        _ draft: Draft,
        by person: Int,
        at offset: Int64,
        arrival: Int64? = nil,
        isSync: Bool = false
    ) throws -> AdmittedMessage {
        let sender = try Self.person(person)
        return try draft.signed(by: try Self.key(person), at: Self.at(offset)).admitted(
            from: isSync ? nil : .gossip(relay: sender, topic: .proposals, ticket: 0),
            at: Self.at(arrival ?? offset),
            reputation: FixedPoint(millionths: 500_000)
        )
    }
}

extension Bookkeeping {
    /// Lets days pass on which this node is awake for so many hours.
    mutating func watch(days: Range<Int64>, hours: Int64 = 24) {
        for day in days {
            for hour in 0..<hours {
                self.advance(to: Fixture.at(day * Fixture.day + hour * Fixture.hour))
            }
        }
        self.advance(to: Fixture.at(days.upperBound * Fixture.day))
    }

    /// Whether a person is suspected of acting as one with others.
    func isSuspect(_ person: Int) throws -> Bool {
        self.witnesses.suspicion.ground(against: try Fixture.person(person)) != nil
    }

    /// The direct score of a person in millionths.
    func direct(_ person: Int) throws -> Int64 {
        self.ledger.direct(of: try Fixture.person(person)).millionths
    }

    /// The score of a person in millionths.
    func score(_ person: Int) throws -> Int64 {
        self.score(of: try Fixture.person(person)).millionths
    }
}

extension Digestible {
    /// What nodes agree on that heard the same in another order, in a text to compare.
    ///
    /// Left out is what goes by arrival: when a proposal came, who named a stranger first, the entries of
    /// histories, which of an hour's messages was observed, and the order of decisions.
    var agreed: String {
        StateRecord(self).normal(omitting: [
            "RewardBook.Offer.heardAt", "AssessmentBook.unheard", "Account.history",
            "IdentityObservations.newest", "IdentityObservations.earliest",
            "IdentityObservations.Hour.ids", "CollusionWatch.places",
        ])
    }
}
