import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 The market is the same in every order of arrival")
struct MarketOrderTests {
    private static let day = Trade.day

    /// What a node came to.
    private struct Outcome: Equatable {
        let contracts: [Contract?]
        let digest: Bytes32
    }

    private func outcome(_ messages: [AdmittedMessage], at offsets: [Int64]) -> Outcome {
        var books = MarketBooks()
        for message in messages {
            // What one order refuses, the owner's message of another one must not have needed.
            books.apply(message)
            books.logged(message)
        }
        return Outcome(contracts: offsets.map { books.contract(at: $0) }, digest: books.digest)
    }

    private func agree(_ messages: [AdmittedMessage], at offsets: [Int64]) throws -> [Contract?] {
        let first = self.outcome(messages, at: offsets)
        // Of seven messages every seventh order, which takes long enough.
        for (number, order) in permutations(messages).enumerated()
        where messages.count < 7 || number.isMultiple(of: 7) {
            let other = self.outcome(order, at: offsets)
            guard other == first else {
                Issue.record("\(order.map(\.message.typeName)): \(other)")
                return first.contracts
            }
        }
        return first.contracts
    }

    @Test("a contract comes about, whatever is heard first")
    func made() throws {
        let messages = [
            try Trade.admitted(Trade.request(copies: 2), by: 1, at: 0),
            try Trade.admitted(Trade.accept(), by: 2, at: 1),
            try Trade.admitted(Trade.accept(), by: 3, at: 2),
            try Trade.admitted(try Trade.assign([2, 3]), by: 1, at: 3),
            try Trade.admitted(Trade.receive(), by: 2, at: 4),
            try Trade.admitted(Trade.receive(), by: 3, at: 5),
        ]
        let contracts = try self.agree(messages, at: [2, 4, 5])
        #expect(contracts.last??.state == .active)
    }

    @Test("copies change hands, whatever is heard first")
    func transferred() throws {
        let transfer = try Trade.admitted(try Trade.transfer(to: 5), by: 2, at: 10)
        let messages = [
            try Trade.admitted(Trade.request(copies: 1), by: 1, at: 0),
            try Trade.admitted(try Trade.assign([2]), by: 1, at: 3),
            try Trade.admitted(Trade.receive(), by: 2, at: 4), transfer,
            try Trade.admitted(
                try Trade.acknowledge(transfer.message.id, from: 2),
                by: 5,
                at: 11
            ),
            try Trade.admitted(try Trade.result(1, of: 5), by: 1, at: 12),
        ]
        let contracts = try self.agree(messages, at: [9, 11, 12])
        #expect(
            try contracts.map { $0?.holders.map(\.identity) }
                == [2, 2, 5].map { [try Trade.person($0)] }
        )
    }

    @Test(
        "D-12, D-14: links, rotations and revocations say whose words were whose, whenever they come"
    )
    func keys() throws {
        let messages = [
            try Trade.admitted(Trade.request(copies: 1), by: 1, at: 0),
            try Trade.admitted(try Trade.assign([2, 3]), by: 10, at: 3),
            try Trade.admitted(Trade.receive(), by: 12, at: 4),
            try Trade.admitted(try Trade.assign([5]), by: 10, at: 30), try Trade.link(1, 10, at: 1),
            try Trade.revocation(1, 10, at: 20), try Trade.link(2, 12, at: 1),
        ]
        let contracts = try self.agree(messages, at: [3, 4, 40])
        #expect(try contracts.last??.holders.map(\.identity) == [Trade.person(2)])
        #expect(contracts.last??.state == .active)
    }

    @Test("D-74: proposals and withdrawals meet in the same way, whatever is heard first")
    func withdrawn() throws {
        let proposal = try Trade.admitted(Trade.propose(until: 4 * Self.day), by: 6, at: 20)
        let messages = [
            try Trade.admitted(Trade.request(copies: 1), by: 1, at: 0),
            try Trade.admitted(try Trade.assign([2]), by: 1, at: 3),
            try Trade.admitted(Trade.receive(), by: 2, at: 4), proposal,
            try Trade.admitted(Trade.withdraw(after: 2 * Self.day), by: 1, at: 30),
            try Trade.admitted(Draft.withdrawal(of: proposal.message.id), by: 6, at: 40),
            try Trade.admitted(Trade.withdraw(after: 3 * Self.day), by: 1, at: 50),
        ]
        let contracts = try self.agree(messages, at: [45, 60, 5 * Self.day])
        #expect(contracts.last??.state == .withdrawn(at: Trade.at(3 * Self.day)))
    }
}
