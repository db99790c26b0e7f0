import Kernel
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Peers

@Suite("Anchors survive a restart (ADR 0018)")
struct AnchorTests {
    private static let bootstrap = "/ip4/10.0.9.9/tcp/1"

    private static func address(_ number: Int) -> String { "/ip4/10.0.0.\(number)/tcp/1" }

    @Test("T4: the first who are dialled after a restart are those that were there longest before")
    func restart() throws {
        var before = Fixture.machine(bootstrap: [Self.bootstrap])
        _ = before.started(now: Fixture.start)
        let nodes = (1...6).map { _ in Fixture.node() }
        for (place, node) in nodes.enumerated() {
            let now = Fixture.later(Int64(place))
            before.meet(node, at: Self.address(place + 1), now: now)
        }
        let unsaved1 = before.saved(until: Fixture.later(599))
        #expect(unsaved1 == nil, "nobody is known for long")
        let anchors = try before.mustSave(until: Fixture.later(700))
        #expect(anchors.list.map(\.node) == nodes.prefix(4).sorted())

        // What the log keeps is all that the next life knows.
        let fact = anchors.fact(recordedAt: Fixture.later(700))
        var after = Fixture.machine(bootstrap: [Self.bootstrap])
        after.replay(fact)
        let started = after.started(now: Fixture.later(10_000))
        let dials = Fixture.dials(started)
        let expected = anchors.list.map { anchor in
            AddressText.complete(anchor.addresses[0], node: anchor.node)
        }
        #expect(dials == expected + [Self.bootstrap])
        #expect(after.table.filter(\.isAnchor).map(\.node) == anchors.list.map(\.node))
        // They are not written down again, and stay when nobody better comes.
        let unsaved2 = after.saved(until: Fixture.later(10_700))
        #expect(unsaved2 == nil)
    }

    @Test("who dialled in, did not prove itself, was named or found on the local network is none")
    func eligible() {
        let named = Fixture.node()
        let address = AddressText.complete(Self.address(1), node: named)
        var peers = Fixture.machine(bootstrap: [address])
        _ = peers.started(now: Fixture.start)
        peers.meet(named, at: address, now: Fixture.start)
        peers.meet(Fixture.node(), at: Self.address(2), isOutbound: false, now: Fixture.start)
        _ = peers.connected(
            Fixture.node(),
            address: Self.address(3),
            isOutbound: true,
            nonce: [],
            now: Fixture.start
        )
        let near = Fixture.node()
        let word = AddressesHeard(
            peer: near,
            addresses: [Self.address(4)],
            source: .localNetwork
        )
        peers.heard(word, now: Fixture.start)
        peers.meet(near, at: Self.address(4), now: Fixture.start)
        let unsaved3 = peers.saved(until: Fixture.later(3_600))
        #expect(unsaved3 == nil)
    }

    @Test("T4: no two anchors are run by one operator, so that none has all of them")
    func operators() throws {
        var peers = Fixture.machine(isLocalProfile: true)
        _ = peers.started(now: Fixture.start)
        let nodes = (1...4).map { _ in Fixture.node() }
        let hosts = ["8.1.0.1", "8.1.0.2", "8.1.0.3", "9.1.0.1"]
        for (node, host) in zip(nodes, hosts) {
            peers.meet(node, at: "/ip4/\(host)/tcp/1", now: Fixture.start)
        }
        let anchors = try peers.mustSave(until: Fixture.later(700))
        #expect(anchors.list.count == 2)
        #expect(anchors.contains(nodes[3]))
    }

    @Test("an outage leaves the anchors as they are; whoever comes takes the places of the absent")
    func outage() throws {
        var peers = Fixture.machine()
        _ = peers.started(now: Fixture.start)
        let old = (1...4).map { _ in Fixture.node() }
        for (place, node) in old.enumerated() {
            peers.meet(node, at: Self.address(place + 1), now: Fixture.start)
        }
        let first = try peers.mustSave(until: Fixture.later(700))
        for node in old { peers.disconnected(node, now: Fixture.later(800)) }
        let unsaved4 = peers.saved(until: Fixture.later(1_400))
        #expect(unsaved4 == nil)
        let new = Fixture.node()
        peers.meet(new, at: Self.address(9), now: Fixture.later(1_400))
        let second = try peers.mustSave(until: Fixture.later(2_100))
        #expect(second.contains(new) && second.list.count == 4)
        #expect(second.list.filter { first.contains($0.node) }.count == 3)
    }

    @Test("anchors are written every ten minutes at most, however peers come and go")
    func pace() {
        var peers = Fixture.machine()
        _ = peers.started(now: Fixture.start)
        var saves: [Int64] = []
        var guests: [NodeID] = []
        for second in stride(from: Int64(0), to: 7_200, by: 10) {
            let now = Fixture.later(second)
            guests.append(Fixture.node())
            peers.meet(
                guests[guests.count - 1],
                at: Self.address(Int(second % 200) + 1),
                now: now
            )
            // Each stays for a quarter of an hour.
            if guests.count > 91 { peers.disconnected(guests.removeFirst(), now: now) }
            if peers.saved(until: now) != nil { saves.append(second) }
        }
        #expect(saves.count >= 10)
        #expect(zip(saves, saves.dropFirst()).allSatisfy { $1 - $0 >= 600 })
    }

    @Test("an anchor that never answers is given up after half an hour, with growing pauses")
    func dead() throws {
        let node = Fixture.node()
        var peers = Fixture.machine()
        let anchor = Anchors.Anchor(node: node, addresses: [Self.address(1)])
        peers.replay(Anchors([anchor]).fact(recordedAt: Fixture.start))
        var tries: [Int64] = []
        for second in Int64(0)...1_900 {
            let now = Fixture.later(second)
            let actions =
                second == 0 ? peers.started(now: now) : peers.tick(now: now, entropy: 0)
            for address in Fixture.dials(actions) {
                tries.append(second)
                peers.dialFailed(address, reason: "refused", now: now)
            }
        }
        #expect(tries.prefix(5) == [0, 1, 3, 7, 15])
        #expect(tries.count < 15)
        #expect(tries.last.map { $0 < 1_860 } == true && peers.table.isEmpty)
    }

    @Test("a peer that was shunned is no anchor any more, and not dialled for ten minutes")
    func shunned() throws {
        var peers = Fixture.machine()
        _ = peers.started(now: Fixture.start)
        let (bad, good) = (Fixture.node(), Fixture.node())
        peers.meet(bad, at: Self.address(1), now: Fixture.start)
        peers.meet(good, at: Self.address(2), now: Fixture.start)
        let first = try peers.mustSave(until: Fixture.later(700))
        #expect(first.contains(bad))
        peers.disconnected(bad, isShunned: true, now: Fixture.later(700))
        var dialled: [Int64] = []
        var saved: [Anchors] = []
        for second in Int64(701)...1_400 {
            let now = Fixture.later(second)
            let actions = peers.tick(now: now, entropy: 0)
            if !Fixture.dials(actions).isEmpty { dialled.append(second) }
            for case .save(let anchors) in actions { saved.append(anchors) }
        }
        #expect(dialled.first == 1_300)
        #expect(saved.map { $0.list.map(\.node) } == [[good]])
    }

    @Test("facts of others and damaged ones are none; no more is read than is written")
    func facts() {
        let anchors = Anchors(
            (1...9).map { _ in Anchors.Anchor(node: Fixture.node(), addresses: []) }
        )
        let fact = anchors.fact(recordedAt: Fixture.start)
        #expect(Anchors(fact) == anchors)
        var peers = Fixture.machine()
        peers.replay(fact)
        _ = peers.started(now: Fixture.start)
        let kept = anchors.list.prefix(PeersLimits.anchorsMax).map(\.node)
        #expect(peers.table.map(\.node) == kept && peers.table.allSatisfy(\.isAnchor))
        func changed(_ owner: SubsystemName, _ kind: String, _ body: [UInt8]) -> LocalFact {
            LocalFact(owner: owner, kind: kind, body: body, recordedAt: Fixture.start)
        }
        #expect(Anchors(changed(.sync, fact.kind, fact.body)) == nil)
        #expect(Anchors(changed(.peers, "other", fact.body)) == nil)
        #expect(Anchors(changed(.peers, fact.kind, Array("{}".utf8))) == nil)
    }
}

@Suite("Peers that the operator names")
struct NamedPeerTests {
    private static let host = "/ip4/8.1.0.1/tcp/1"

    private func protections(_ actions: [PeersAction]) -> [NodeID: Bool] {
        var result: [NodeID: Bool] = [:]
        for case .protect(let peer, let isProtected) in actions { result[peer] = isProtected }
        return result
    }

    @Test(
        "connections to named peers and anchors are protected, once, and as long as they are such"
    )
    func protection() {
        let direct = Fixture.node()
        let bootstrap = "/ip4/10.0.0.1/tcp/1"
        var peers = Fixture.machine(
            bootstrap: [bootstrap],
            direct: [AddressText.complete(Self.host, node: direct)]
        )
        let first = peers.started(now: Fixture.start)
        #expect(self.protections(first) == [direct: true])
        let (found, anchor) = (Fixture.node(), Fixture.node())
        peers.meet(found, at: bootstrap, now: Fixture.start)
        peers.meet(anchor, at: "/ip4/10.0.0.2/tcp/1", now: Fixture.start)
        let reached = peers.tick(now: Fixture.later(1), entropy: 0)
        #expect(self.protections(reached) == [found: true])
        let later = peers.tick(now: Fixture.later(700), entropy: 0)
        #expect(self.protections(later) == [anchor: true])
        peers.disconnected(anchor, isShunned: true, now: Fixture.later(701))
        let end = peers.tick(now: Fixture.later(701), entropy: 0)
        #expect(self.protections(end) == [anchor: false])
    }

    @Test("a direct peer is dialled for ever, also where its operator has its share already")
    func direct() {
        let friend = Fixture.node()
        let address = AddressText.complete(Self.host, node: friend)
        var peers = Fixture.machine(direct: [address], isLocalProfile: false)
        let first = peers.started(now: Fixture.start)
        #expect(Fixture.dials(first) == [address])
        var tries = 0
        for second in Int64(1)...7_200 {
            let now = Fixture.later(second)
            for text in Fixture.dials(peers.tick(now: now, entropy: 0)) {
                tries += 1
                peers.dialFailed(text, reason: "refused", now: now)
            }
        }
        #expect(tries > 10)
        for host in ["8.1.0.2", "8.2.0.1", "8.3.0.1", "8.4.0.1"] {
            peers.meet(
                Fixture.node(),
                at: "/ip4/\(host)/tcp/1",
                isOutbound: false,
                now: Fixture.later(8_000)
            )
        }
        let now = Fixture.later(8_600)
        let other = peers.connected(
            Fixture.node(),
            address: "/ip4/8.1.0.3/tcp/1",
            isOutbound: false,
            nonce: [],
            now: now
        )
        #expect(other.contains { if case .disconnect = $0 { true } else { false } })
        let kept = peers.connected(friend, address: address, isOutbound: true, nonce: [], now: now)
        #expect(!kept.contains { if case .disconnect = $0 { true } else { false } })
        #expect(peers.table.first { $0.node == friend }?.isDirect == true)
        #expect(peers.table.first { $0.node == friend }?.isBootstrap == false)
    }
}
