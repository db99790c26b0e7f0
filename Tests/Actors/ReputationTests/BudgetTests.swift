import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("ADR 0037: how much room a sender has")
struct BudgetTests {
    /// Messages as they come to Reputation, and into the log when they are let through.
    private struct Node {
        var books: Bookkeeping
        var refusals: [Refusal.Code] = []
        private(set) var log: [AdmittedMessage] = []

        init(proven: [Int] = [], founders: [Int: Int64] = [:]) throws {
            self.books = try Fixture.ledger(founders: founders, proven: proven)
        }

        mutating func hear(_ admitted: AdmittedMessage, isLogged: Bool = true) {
            let rated = AdmittedMessage(
                message: admitted.message,
                origin: admitted.origin,
                receivedAt: admitted.receivedAt,
                sender: admitted.sender,
                reputation: self.books.score(of: admitted.sender.identity)
            )
            if let refusal = self.books.budgetRefusal(of: rated) {
                self.refusals.append(refusal.code)
            } else if isLogged {
                self.books.logged(rated)
                self.log.append(rated)
            }
        }
    }

    /// A request of so many bytes; budgets look at the length alone.
    private static func request(
        by person: Int,
        at offset: Int64,
        bytes: Int = 1_000,
        arrival: Int64? = 0,
        isSync: Bool = false
    ) throws -> AdmittedMessage {
        let admitted = try Fixture.admitted(
            .request(title: "request \(offset)"),
            by: person,
            at: offset,
            arrival: arrival,
            isSync: isSync
        )
        return Self.stretched(admitted, to: bytes)
    }

    /// Shared, so that hundreds of long messages take the room of one.
    private static let blocks: [Int: [UInt8]] = Dictionary(
        uniqueKeysWithValues: [1_000, 4_096, 1_000_000, 3_300_000, 6_000_000, 8_000_000].map {
            ($0, Array(repeating: 0x20, count: $0))
        }
    )

    private static func stretched(
        _ admitted: AdmittedMessage,
        to bytes: Int,
        from origin: Origin? = nil,
        isKnownType: Bool = true
    ) -> AdmittedMessage {
        let message = admitted.message
        return AdmittedMessage(
            message: Message(
                id: message.id,
                from: message.from,
                timestamp: message.timestamp,
                version: message.version,
                typeName: message.typeName,
                type: isKnownType ? message.type : nil,
                payload: message.payload,
                signature: message.signature,
                canonical: Self.blocks[bytes] ?? [],
                payloadRange: 0..<0
            ),
            origin: origin ?? admitted.origin,
            receivedAt: admitted.receivedAt,
            sender: admitted.sender,
            reputation: admitted.reputation
        )
    }

    @Test(
        "C3-2: one identity's bytes are bounded; the sender, but nobody else, learns when to retry"
    )
    func bytes() throws {
        var node = try Node(founders: [1: 500_000])
        for number in 0..<3 as Range<Int64> {
            node.hear(try Self.request(by: 1, at: number, bytes: 6_000_000))
        }
        #expect(node.refusals == [.rateLimited])
        let last = try Self.request(by: 1, at: 3, bytes: 6_000_000)
        let own = Self.stretched(last, to: 6_000_000, from: .local(nil))
        let found = node.books.budgetRefusal(of: own)
        let refusal = try #require(found)
        #expect(refusal.retryAt == Fixture.at(Fixture.day))
        #expect(!refusal.blamesRelay)
        // Nobody reads the hour in the refusal of others' messages, so it is not looked for.
        let others = node.books.budgetRefusal(of: last)
        #expect(others?.code == .rateLimited && others?.retryAt == nil)
        // A day later, by the times that the messages state, there is room again.
        node.hear(try Self.request(by: 1, at: Fixture.day, bytes: 6_000_000))
        #expect(node.refusals.count == 1)
    }

    @Test("C3-2: the number of an identity's messages is bounded in each class by itself")
    func number() throws {
        var node = try Node(founders: [1: 500_000])
        let most = BudgetLimits.sender(.words).count
        for number in 0..<Int64(most) + 1 { node.hear(try Self.request(by: 1, at: number)) }
        #expect(node.refusals == [.rateLimited] && node.log.count == most)
        node.hear(try Fixture.gossip(by: 1, [(2, 700_000)], at: 0))
        node.hear(try Fixture.share(by: 1, at: 0))
        #expect(node.refusals.count == 1)
    }

    @Test("C3-2, D-86: messages that arrive in another order use up the same days")
    func order() throws {
        let hours = (0..<60 as Range<Int64>).map { $0 * Fixture.hour }
        let messages = try hours.map { try Self.request(by: 1, at: $0, bytes: 3_300_000) }
        for arrival in [messages, messages.reversed()] {
            var node = try Node(founders: [1: 500_000])
            for message in arrival { node.hear(message) }
            let stamps = node.log.map(\.message.timestamp).sorted()
            // Five of them fit into a day.
            #expect(stamps.count == 15)
            for start in stamps {
                let end = start.adding(milliseconds: Fixture.day)
                #expect(stamps.count { $0 >= start && $0 < end } <= 5)
            }
        }
    }

    @Test("C3-2: a thousand keys that proved nothing take no more together than one may")
    func strangers() throws {
        var node = try Node(proven: [900])
        for person in 100..<200 {
            node.hear(try Self.request(by: person, at: 0, bytes: 1_000_000))
        }
        #expect(node.log.count == 8 && Set(node.refusals) == [.busy])
        // Whoever proved its delay has room, and so has what comes in a page of the past.
        let count = node.refusals.count
        node.hear(try Self.request(by: 900, at: 0, bytes: 1_000_000))
        node.hear(try Self.request(by: 300, at: 0, bytes: 1_000_000, isSync: true))
        #expect(node.refusals.count == count)
    }

    @Test("C3-2: identities that may not vote yet share a limit; who may vote does not")
    func newcomers() throws {
        let people = Array(100..<120)
        var node = try Node(proven: people, founders: [1: 500_000])
        for person in people {
            node.hear(try Self.request(by: person, at: 0, bytes: 6_000_000))
        }
        #expect(node.log.count == 5 && Set(node.refusals) == [.busy])
        let count = node.refusals.count
        node.hear(try Self.request(by: 1, at: 0, bytes: 6_000_000))
        #expect(node.refusals.count == count)
    }

    @Test("C3-2: two long messages of strangers or newcomers leave room for short ones")
    func long() throws {
        var node = try Node(proven: Array(100..<110))
        for person in [300, 301, 100, 101, 102, 103, 104, 105] {
            for number in 0..<2 as Range<Int64> {
                let draft = Draft.link(try Fixture.key(person), try Fixture.key(1_000 + person))
                let link = try Fixture.admitted(draft, by: person, at: number)
                node.hear(Self.stretched(link, to: 8_000_000))
            }
        }
        // One of a stranger and four of newcomers are half of what there is.
        #expect(node.log.count == 5 && Set(node.refusals) == [.busy])
        let count = node.refusals.count
        for person in [302, 106] {
            let draft = Draft.link(try Fixture.key(person), try Fixture.key(1_000 + person))
            let link = try Fixture.admitted(draft, by: person, at: 2)
            node.hear(Self.stretched(link, to: 4_096))
        }
        #expect(node.refusals.count == count)
    }

    @Test("C3-2: one stranger takes no more than it leaves to all others")
    func greedy() throws {
        var node = try Node()
        for number in 0..<510 as Range<Int64> { node.hear(try Self.request(by: 300, at: number)) }
        #expect(node.log.count == 500 && Set(node.refusals) == [.busy])
        node.hear(try Self.request(by: 301, at: 0))
        #expect(node.refusals.count == 10)
    }

    @Test("C3-2: a key without a proof cannot write by gossip what it dates a week back")
    func backdated() throws {
        var node = try Node(founders: [1: 500_000])
        // The first two prove nothing, the last one could vote: its own budget goes by arrival, too.
        for person in [300, 301, 1] {
            for number in 0..<4 as Range<Int64> {
                let draft = Draft.link(try Fixture.key(person), try Fixture.key(1_000 + person))
                let link = try Fixture.admitted(
                    draft,
                    by: person,
                    at: -8 * Fixture.day - number * Fixture.day,
                    arrival: 0
                )
                node.hear(Self.stretched(link, to: 8_000_000))
            }
        }
        #expect(node.log.count == 3)
        #expect(node.refusals.count { $0 == .busy } == 6 + 1)
        #expect(node.refusals.count { $0 == .rateLimited } == 2)
        // Within the seven days, too, a day of arrival is all that strangers have.
        let draft = Draft.link(try Fixture.key(302), try Fixture.key(1_302))
        let link = try Fixture.admitted(draft, by: 302, at: -3 * Fixture.day, arrival: 0)
        node.hear(Self.stretched(link, to: 8_000_000))
        #expect(node.log.count == 3)
        // Honest history finds its room as before.
        node.hear(try Self.request(by: 1, at: -9 * Fixture.day, bytes: 8_000_000, isSync: true))
        #expect(node.log.count == 4)
    }

    @Test("C3-2: what peers serve of newcomers takes no room from newcomers who speak")
    func served() throws {
        var node = try Node(proven: [100])
        for person in 300..<360 {
            node.hear(try Self.request(by: person, at: 0, bytes: 6_000_000, isSync: true))
        }
        #expect(node.refusals.isEmpty)
        node.hear(try Self.request(by: 100, at: 0, bytes: 6_000_000))
        node.hear(try Self.request(by: 400, at: 0, bytes: 6_000_000))
        #expect(node.refusals.isEmpty)
    }

    @Test("C3-2: one peer's pages of the past take no more than they leave to other peers")
    func past() throws {
        var node = try Node(founders: [1: 500_000])
        var taken: [Int] = []
        for peer in 1...2 {
            let origin = Origin.sync(peer: try Fixture.person(peer))
            let before = node.log.count
            for number in 0..<300 as Range<Int64> {
                let message = try Self.request(
                    by: 1,
                    at: -400 * Fixture.day + Int64(peer) * Fixture.day + number,
                    bytes: 8_000_000
                )
                node.hear(Self.stretched(message, to: 8_000_000, from: origin))
            }
            taken.append(node.log.count - before)
        }
        #expect(taken == [268, 134] && Set(node.refusals) == [.busy])
    }

    @Test(
        "C3-2: what is let through has its place before the log has it, and loses it if it is not"
    )
    func reservations() throws {
        var node = try Node(founders: [1: 500_000])
        for number in 0..<3 as Range<Int64> {
            node.hear(try Self.request(by: 1, at: number, bytes: 6_000_000), isLogged: false)
        }
        #expect(node.refusals == [.rateLimited])
        // The same message through another peer takes no second place.
        node.hear(try Self.request(by: 1, at: 0, bytes: 6_000_000), isLogged: false)
        #expect(node.refusals.count == 1)
        let later = BudgetLimits.reservationMilliseconds
        node.hear(try Self.request(by: 1, at: later, bytes: 6_000_000, arrival: later))
        #expect(node.refusals.count == 1)
    }

    @Test("C3-2: what its judge refuses gives its place back, and a refused copy does not")
    func refused() throws {
        var node = try Node(founders: [1: 500_000])
        let messages = try (0..<3 as Range<Int64>).map {
            try Self.request(by: 1, at: $0, bytes: 6_000_000)
        }
        for message in messages { node.hear(message, isLogged: false) }
        let first = messages[0]
        let relay = try Fixture.person(9)
        let copies: [(Origin, Refusal.Code)] = [
            (first.origin, .duplicate),
            (.gossip(relay: relay, topic: .proposals, ticket: 5), .wrongTopic),
        ]
        for (origin, code) in copies {
            let refusal = Refusal(code, "a copy")
            let event = MessageRefused(origin: origin, id: first.message.id, refusal: refusal)
            node.books.refused(event)
        }
        node.hear(messages[2], isLogged: false)
        #expect(node.refusals == [.rateLimited, .rateLimited])
        let refusal = Refusal(.rule, "its type forbids it")
        let event = MessageRefused(origin: first.origin, id: first.message.id, refusal: refusal)
        node.books.refused(event)
        node.hear(messages[2], isLogged: false)
        #expect(node.refusals.count == 2)
    }

    @Test("C3-2: an unknown type counts for a day when it was relayed, and not when it was refused")
    func unknown() throws {
        var node = try Node(founders: [1: 500_000])
        let later = 2 * BudgetLimits.reservationMilliseconds
        let messages = try (0..<4 as Range<Int64>).map { number in
            let request = try Self.request(by: 1, at: number, arrival: number / 2 * later)
            return Self.stretched(request, to: 6_000_000, isKnownType: false)
        }
        for message in messages[0..<2] { node.hear(message, isLogged: false) }
        let refusal = Refusal(.unknownType, "more than ten in an hour")
        let (origin, id) = (messages[0].origin, messages[0].message.id)
        node.books.refused(MessageRefused(origin: origin, id: id, refusal: refusal))
        for message in messages[2..<4] { node.hear(message, isLogged: false) }
        #expect(node.refusals == [.rateLimited])
    }

    @Test("C3-2: what is relayed without being kept counts for a day, too")
    func relayed() throws {
        var node = try Node(founders: [1: 500_000])
        for number in 0..<2 as Range<Int64> {
            let message = try Self.request(by: 1, at: number, bytes: 6_000_000)
            node.hear(message, isLogged: false)
            node.books.relayed(message.message.id)
        }
        let later = 2 * BudgetLimits.reservationMilliseconds
        node.hear(try Self.request(by: 1, at: later, bytes: 6_000_000, arrival: later))
        #expect(node.refusals == [.rateLimited])
    }

    @Test("C3-2: a stolen key cannot use up what its root revokes it with")
    func stolenKey() throws {
        var node = try Node(founders: [1: 500_000])
        let link = Draft.link(try Fixture.key(1), try Fixture.key(2))
        node.hear(try Fixture.admitted(link, by: 1, at: 0))
        for number in 0..<3 as Range<Int64> {
            let draft = Draft.link(try Fixture.key(2), try Fixture.key(3))
            let admitted = try Fixture.admitted(draft, by: 2, at: 1 + number)
            node.hear(Self.stretched(admitted, to: 6_000_000))
        }
        #expect(node.refusals == [.rateLimited])
        let revocation = Draft.revocation(try Fixture.person(1), try Fixture.person(2))
        node.hear(try Fixture.admitted(revocation, by: 1, at: 10))
        #expect(node.refusals.count == 1)
    }

    @Test("C3-2: a link joins what both keys used up")
    func linked() throws {
        var node = try Node(founders: [1: 500_000])
        for person in 1...2 {
            node.hear(try Self.request(by: person, at: 0, bytes: 6_000_000))
        }
        let link = Draft.link(try Fixture.key(1), try Fixture.key(2))
        node.hear(try Fixture.admitted(link, by: 1, at: 1))
        #expect(node.refusals.isEmpty)
        node.hear(try Self.request(by: 1, at: 2, bytes: 6_000_000))
        #expect(node.refusals == [.rateLimited])
    }

    @Test("C3-2: a restart folds the same budgets out of the log")
    func replay() throws {
        var node = try Node(proven: [100], founders: [1: 500_000])
        for person in [1, 100, 200] {
            for number in 0..<4 as Range<Int64> {
                node.hear(try Self.request(by: person, at: number, bytes: 6_000_000))
            }
        }
        var again = try Node(proven: [100], founders: [1: 500_000])
        for entry in node.log { again.books.logged(entry) }
        #expect(again.books.digest == node.books.digest)
        again.hear(try Self.request(by: 1, at: 5, bytes: 6_000_000))
        #expect(again.refusals == [.rateLimited])
    }
}
