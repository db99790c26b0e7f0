import Cryptography
import Messages
import Multiformats
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§1, §4 Networks of identities")
struct NetworkBookTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)
    private let keys = (0..<4).map { _ in SigningKey.generate() }

    private func person(_ number: Int) -> NodeID { NodeID(self.keys[number].publicKey) }

    private func announcement(_ host: String) throws -> PeerAnnounce {
        let proof = VDFProof.easy(of: self.person(1), at: Self.start)
        let draft = Draft.announcement(proof, addresses: ["/ip4/\(host)/tcp/9090"])
        let message = try draft.signed(by: self.keys[1], at: Self.start)
        guard case .peerAnnounce(let announcement) = message.payload else {
            throw CancellationError()
        }
        return announcement
    }

    @Test("R-01-053: an identity is one operator, however many networks its keys use")
    func oneOperator() throws {
        var book = NetworkBook(isLocalProfile: false)
        let (identity, other) = (self.person(1), self.person(2))
        for host in ["8.1.0.1", "8.2.0.1", "8.3.0.1"] {
            book.announced(
                try self.announcement(host),
                by: identity,
                key: identity,
                at: Self.start
            )
        }
        #expect(book.count([identity]) == 1)
        book.announced(
            try self.announcement("8.4.0.1"),
            by: other,
            key: other,
            at: Self.start
        )
        #expect(book.count([identity, other]) == 2)
    }

    @Test("R-01-053, D-25: an identity counts where its root is, or else its lowest child")
    func contribution() throws {
        var book = NetworkBook(isLocalProfile: false)
        let root = self.person(1)
        let children = [self.person(2), self.person(3)].sorted()
        let later = Self.start.adding(milliseconds: 3_600_000)
        for (key, host) in [(root, "8.1.0.1"), (children[0], "8.2.0.1"), (children[1], "8.3.0.1")] {
            let time = key == root ? Self.start : later
            book.announced(try self.announcement(host), by: root, key: key, at: time)
        }
        let table = PrefixTable()
        func network(_ host: String) throws -> NetworkBook.Network? {
            table.network(of: try Multiaddr("/ip4/\(host)/tcp/9090")).map { .run(by: $0) }
        }
        let early = book.network(of: root, children: children, at: Self.start)
        #expect(try early == network("8.1.0.1"))
        let late = book.network(of: root, children: children, at: later)
        #expect(try late == network("8.2.0.1"))
        #expect(try book.network(of: root) == network("8.3.0.1"), "the last seen, for flags")
    }

    @Test("D-25: with a table, prefixes of one autonomous system are one network")
    func table() throws {
        var table = PrefixTable()
        table.add(try IPPrefix("8.0.0.0/8"), autonomousSystem: 64_500)
        table.add(try IPPrefix("8.9.0.0/16"), autonomousSystem: 64_501)
        let people = (1...3).map { self.person($0) }
        let hosts = ["8.1.0.1", "8.2.0.1", "8.9.0.1"]
        var counts: [Int] = []
        for operators in [PrefixTable(), table] {
            var book = NetworkBook(operators: operators, isLocalProfile: false)
            for (person, host) in zip(people, hosts) {
                book.announced(
                    try self.announcement(host),
                    by: person,
                    key: person,
                    at: Self.start
                )
            }
            counts.append(book.count(people))
        }
        #expect(counts == [3, 2])
    }
}
