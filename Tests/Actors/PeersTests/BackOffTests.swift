import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Peers

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("§14 Peers that do not answer, §10 the own proof")
struct BackOffTests {
    private static let address = "/ip4/10.0.0.1/tcp/1"

    private static let own = NodeID(SigningKey.generate().publicKey)

    private static func machine(bootstrap: [String] = []) -> PeersStateMachine {
        PeersStateMachine(
            configuration: PeersConfiguration(
                ownNode: Self.own,
                bootstrap: bootstrap,
                isLocalProfile: true
            ),
            now: start
        )
    }

    private static func later(_ seconds: Int64) -> Timestamp {
        start.adding(milliseconds: seconds * 1_000)
    }

    private static func announcement(by key: SigningKey, at time: Timestamp) throws
        -> AdmittedMessage
    {
        let proof = VDFProof.easy(of: NodeID(key.publicKey), at: time)
        let message = try Draft.announcement(proof, addresses: [Self.address])
            .signed(by: key, at: time)
        return message.admitted(from: .gossip(relay: message.from, topic: .peers, ticket: 1))
    }

    @Test("R-14-006, R-16-077: pauses between tries double, from a second to ten minutes")
    func pauses() {
        var peers = Self.machine(bootstrap: [Self.address])
        _ = peers.started(now: start)
        peers.dialFailed(Self.address, reason: "refused", now: start)
        var tries: [Int64] = []
        for second in Int64(1)...7_200 {
            let now = Self.later(second)
            if peers.tick(now: now, entropy: 0).contains(.dial(Self.address)) {
                tries.append(second)
                peers.dialFailed(Self.address, reason: "refused", now: now)
            }
        }
        let pauses = zip([0] + tries, tries).map { $1 - $0 }
        #expect(pauses.prefix(11) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600])
        #expect(pauses.dropFirst(10).allSatisfy { $0 == 600 })
        #expect(pauses.count > 15)
    }

    @Test("a node that something is wanted of is dialled at once, unless its pause is not over")
    func reached() throws {
        var peers = Self.machine()
        let key = SigningKey.generate()
        let node = NodeID(key.publicKey)
        _ = peers.started(now: start)
        #expect(peers.reach(node, now: start).isEmpty, "nobody knows where it is")
        _ = peers.judge(try Self.announcement(by: key, at: start), now: start)
        let dial = try #require(peers.reach(node, now: start).first)
        guard case .dial(let address) = dial else {
            Issue.record("\(dial)")
            return
        }
        #expect(address.hasPrefix(Self.address))
        #expect(peers.reach(node, now: start).isEmpty, "the dial is under way")
        peers.dialFailed(address, reason: "refused", now: start)
        #expect(peers.reach(node, now: start).isEmpty)
        #expect(peers.reach(node, now: Self.later(1)) == [dial])
    }

    @Test("R-14-006: a peer that answers is tried again after a second")
    func answered() {
        var peers = Self.machine(bootstrap: [Self.address])
        let peer = NodeID(SigningKey.generate().publicKey)
        _ = peers.started(now: start)
        for second in [0, 1, 3, 7, 15] as [Int64] {
            _ = peers.tick(now: Self.later(second), entropy: 0)
            peers.dialFailed(Self.address, reason: "refused", now: Self.later(second))
        }
        let up = Self.later(60)
        _ = peers.tick(now: up, entropy: 0)
        _ = peers.connected(peer, address: Self.address, isOutbound: true, nonce: [], now: up)
        peers.disconnected(peer, now: up)
        let early = peers.tick(now: up.adding(milliseconds: 999), entropy: 0)
        let due = peers.tick(now: up.adding(milliseconds: 1_000), entropy: 0)
        let dials: (PeersAction) -> Bool = { if case .dial = $0 { true } else { false } }
        #expect(!early.contains(where: dials))
        #expect(due.contains(where: dials))
    }

    @Test("R-14-007, DISC-N06, DISC-N07: dropped after 30 silent minutes; an announcement restores")
    func silence() throws {
        var peers = Self.machine()
        let key = SigningKey.generate()
        let node = NodeID(key.publicKey)
        let first = try Self.announcement(by: key, at: start)
        _ = peers.judge(first, now: start)
        for second in stride(from: Int64(1), through: 1_800, by: 1) {
            let actions = peers.tick(now: Self.later(second), entropy: 0)
            // It never answers.
            for case .dial(let address) in actions {
                peers.dialFailed(address, reason: "no answer", now: Self.later(second))
            }
        }
        #expect(peers.table.map(\.node) == [node])
        for second in Int64(1_801)...1_860 {
            for case .dial(let address) in peers.tick(now: Self.later(second), entropy: 0) {
                peers.dialFailed(address, reason: "no answer", now: Self.later(second))
            }
        }
        #expect(peers.table.isEmpty)
        let back = Self.later(2_000)
        _ = peers.judge(try Self.announcement(by: key, at: back), now: back)
        #expect(peers.table.map(\.node) == [node])
    }

    @Test("R-10-016: the own proof is computed anew before it is 24 hours old")
    func ownProof() {
        var peers = Self.machine()
        let isRefresh: (PeersAction) -> Bool = { $0 == .computeProof(Self.own) }
        #expect(peers.started(now: start).contains(where: isRefresh))
        var refreshed: [Int64] = []
        var proof = VDFProof.easy(of: Self.own, at: start)
        _ = peers.proofComputed(proof)
        for minute in Int64(1)...(3 * 24 * 60) {
            let now = Self.later(minute * 60)
            #expect(now.milliseconds(since: proof.computedAt) <= 86_400_000)
            if peers.tick(now: now, entropy: 0).contains(where: isRefresh) {
                refreshed.append(minute)
                proof = .easy(of: Self.own, at: now)
                _ = peers.proofComputed(proof)
            }
        }
        #expect(refreshed.count == 3)
    }
}
