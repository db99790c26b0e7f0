import GossipSub
import Messages
import Multiformats
import Primitives
import TestSupport
import Testing

@testable import Gossip

@Suite("§3 Relaying")
struct RelayTests {
    @Test("an own message that was accepted is published, and admitted by a peer as relayed")
    func publish() throws {
        var pair = try Pair()
        guard
            case .admit(let bytes, .gossip(let relay, let topic, _), let signature) =
                try pair.publish("t")
        else {
            Issue.record("not admitted")
            return
        }
        #expect(try EnvelopeCodec.decode(bytes).type == .request)
        #expect(relay == (try Fixture.node(1)))
        #expect(topic == .proposals)
        #expect(signature?.isValid == true)
        #expect(pair.receiver.status.inFlight == 1)
    }

    @Test("R-03-011: messages of a peer that has not authenticated are left out")
    func unauthenticated() throws {
        var pair = try Pair(isAuthenticated: false)
        #expect(try pair.publish("t") == nil)
        #expect(pair.receiver.status.inFlight == 0)
    }

    @Test("the verdict on a message ends its flight; what is accepted counts as relayed")
    func verdicts() throws {
        var pair = try Pair()
        var tickets: [Origin] = []
        for text in ["a", "b"] {
            if case .admit(_, let origin, _) = try pair.publish(text) { tickets.append(origin) }
        }
        #expect(tickets.count == 2)
        let accepted = try Fixture.admitted("REQUEST", by: 1, origin: tickets[0])
        _ = pair.receiver.accepted(accepted, now: Fixture.start)
        #expect(pair.receiver.status.inFlight == 1 && pair.receiver.status.relayed == 1)
        let refusal = Refusal(.rule, "no")
        _ = pair.receiver.refused(origin: tickets[1], refusal: refusal, now: Fixture.start)
        #expect(pair.receiver.status.inFlight == 0 && pair.receiver.status.refused == 1)
        let again = pair.receiver.accepted(accepted, now: Fixture.start)
        #expect(again.isEmpty)
        #expect(pair.receiver.status.relayed == 1)
    }

    @Test("reading stops when too many messages wait for their judges, and goes on at half of it")
    func backPressure() throws {
        var pair = try Pair()
        let message = try Fixture.admitted("REQUEST", by: 1, origin: .local(nil))
        var origins: [Origin] = []
        var pauses: [Int] = []
        while pauses.isEmpty, origins.count < 2 * GossipLimits.inFlightHighWater {
            let published = pair.sender.accepted(message, now: Fixture.start)
            for action in try pair.carry(published) {
                if case .admit(_, let origin, _) = action { origins.append(origin) }
                if action == .setReading(paused: true) { pauses.append(origins.count) }
            }
        }
        #expect(pauses == [GossipLimits.inFlightHighWater])
        let refusal = Refusal(.rule, "no")
        for (number, origin) in origins.enumerated() {
            let actions = pair.receiver.refused(
                origin: origin,
                refusal: refusal,
                now: Fixture.start
            )
            let left = origins.count - number - 1
            let resumes = actions.contains(.setReading(paused: false))
            #expect(resumes == (left == GossipLimits.inFlightLowWater))
        }
    }

    @Test("C3-3: reading stops when large messages are under way, however few they are")
    func backPressureInBytes() throws {
        var pair = try Pair()
        let text = String(repeating: "t", count: 4_194_304)
        var origins: [Origin] = []
        var isPaused = false
        while !isPaused, origins.count < 16 {
            let message = try Fixture.admitted("REQUEST", by: 1, origin: .local(nil), text: text)
            for action in try pair.carry(pair.sender.accepted(message, now: Fixture.start)) {
                if case .admit(_, let origin, _) = action { origins.append(origin) }
                if action == .setReading(paused: true) { isPaused = true }
            }
        }
        #expect(isPaused && origins.count == 4)
        let refusal = Refusal(.rule, "no")
        let resumes = origins.map { origin in
            pair.receiver.refused(origin: origin, refusal: refusal, now: Fixture.start)
                .contains(.setReading(paused: false))
        }
        #expect(resumes == [false, false, true, false])
    }

    @Test("what comes by sync or on a stream is accepted without being relayed")
    func notRelayed() throws {
        var pair = try Pair()
        let exchange = InboundExchange(id: 1, peer: try Fixture.node(2), streamProtocol: .sync)
        for origin in [Origin.sync(peer: try Fixture.node(2)), .exchange(exchange)] {
            let message = try Fixture.admitted("REQUEST", by: 1, origin: origin)
            let actions = pair.sender.accepted(message, now: Fixture.start)
            #expect(actions.isEmpty)
        }
    }

    @Test("everybody is told where a connected peer is seen, and of no other one")
    func moved() throws {
        var pair = try Pair()
        let (one, stranger) = (try Fixture.node(1), try Fixture.node(9))
        let (address, now) = ("/ip4/8.1.2.3/tcp/1", Fixture.start)
        let known = pair.receiver.addressChanged(one, to: address, now: now)
        #expect(known == [.peerAddressChanged(one, address: address)])
        let unknown = pair.receiver.addressChanged(stranger, to: address, now: now)
        #expect(unknown.isEmpty)
    }

    @Test("a peer that is left with a relay in between is in no mesh and not heard any more")
    func relayed() throws {
        var pair = try Pair()
        let (one, now) = (try Fixture.node(1), Fixture.start)
        let relay = PeerID(ed25519: try Fixture.node(9).publicKey)
        let direct = "/ip4/8.1.2.3/tcp/1"
        _ = pair.receiver.addressChanged(one, to: direct, now: now)
        _ = pair.receiver.heartbeat(now: now)
        let before = pair.receiver.status.meshSizes
        #expect(before.allSatisfy { $0 == 1 })
        #expect(pair.receiver.admitsRequests(of: one))
        let circuit = "\(direct)/p2p/\(relay)/p2p-circuit"
        let moved = pair.receiver.addressChanged(one, to: circuit, now: now)
        #expect(moved == [.peerAddressChanged(one, address: circuit)])
        let after = pair.receiver.status.meshSizes
        #expect(after.allSatisfy { $0 == 0 })
        #expect(!pair.receiver.admitsRequests(of: one))
    }

    @Test("a peer that leaves is no longer authenticated when it comes back")
    func reconnect() throws {
        var pair = try Pair()
        let (one, now) = (try Fixture.node(1), Fixture.start)
        _ = pair.receiver.peerDisconnected(one, reason: "test", now: now)
        _ = pair.receiver.peerConnected(one, address: "", isOutbound: false)
        #expect(!pair.receiver.admitsRequests(of: one))
    }
}

@Suite("§14 Unknown message types")
struct UnknownTypeTests {
    @Test("T15: ten messages of a sender an hour are relayed")
    func budget() throws {
        var budget = UnknownTypeBudget()
        let (one, two) = (try Fixture.node(1), try Fixture.node(2))
        let spent = (0..<12).map { budget.spend(one, now: Fixture.at(Int64($0))) }
        #expect(spent.count(where: \.self) == 10)
        #expect(spent.suffix(2) == [false, false])
        let other = budget.spend(two, now: Fixture.start)
        #expect(other)
        let early = budget.spend(one, now: Fixture.at(3_599_999))
        let late = budget.spend(one, now: Fixture.at(3_600_000))
        #expect(!early && late)
    }

    @Test("T15: senders are bounded; those whose hour is over make room")
    func senders() {
        var budget = UnknownTypeBudget()
        func sender(_ number: Int) -> NodeID {
            NodeID(SHA256Digest.hash(withUnsafeBytes(of: number, Array.init)))
        }
        for number in 0..<GossipLimits.unknownSendersMax {
            let isSpent = budget.spend(sender(number), now: Fixture.start)
            #expect(isSpent)
        }
        let known = budget.spend(sender(0), now: Fixture.at(1))
        let full = budget.spend(sender(-1), now: Fixture.at(1))
        let later = budget.spend(sender(-1), now: Fixture.at(3_600_000))
        #expect(known && !full && later)
    }

    @Test("R-14-002: an unknown type is relayed within the budget and refused beyond it")
    func relay() throws {
        var pair = try Pair()
        var refused = 0
        for number in 0..<11 {
            let action = try pair.publish("\(number)")
            let origin = try #require(action?.admitted)
            let message = try Fixture.admitted("LATER", by: 1, origin: origin)
            let actions = pair.receiver.judgeUnknown(message, now: Fixture.start)
            for case .refuse(_, _, let refusal) in actions {
                #expect(refusal.code == .unknownType)
                refused += 1
            }
        }
        #expect(pair.receiver.status.relayed == 10)
        #expect(refused == 1)
    }

    @Test("C1-15, D-86: the keys of one identity share the budget of unknown types")
    func identities() throws {
        var pair = try Pair()
        let root = SenderStanding(identity: try Fixture.node(1))
        for number in 0..<11 {
            let action = try pair.publish("\(number)")
            let origin = try #require(action?.admitted)
            let message = try Fixture.admitted("LATER", by: 10 + number, origin: origin)
            let linked = message.message.admitted(from: origin, sender: root)
            _ = pair.receiver.judgeUnknown(linked, now: Fixture.start)
        }
        #expect(pair.receiver.status.relayed == 10)
    }

    @Test("an unknown type that was not relayed to us goes nowhere")
    func notRelayed() throws {
        var machine = try Fixture.machine(1)
        let message = try Fixture.admitted("LATER", by: 1, origin: .local(nil))
        let actions = machine.judgeUnknown(message, now: Fixture.start)
        guard case .refuse(.local(nil, key: nil), let id, let refusal) = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(id == message.message.id && refusal.code == .unknownType)
    }
}
