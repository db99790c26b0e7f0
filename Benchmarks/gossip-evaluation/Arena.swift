import Cryptography
import GossipSub
import Multiformats
import Primitives

/// Honest routers and Sybils on one clock.
///
/// Every honest node is the router that ships, with its standard parameters; frames take 20 to 30
/// milliseconds. Verdicts depend on the signature alone, and each is checked once.
struct Arena {
    /// The size and the seed of a run.
    struct Settings {
        var attack: Attack
        var honest = 1_000
        var sybils = 4_000
        var publishers = 100
        var honestDegree = 20
        var sybilDegree = 100
        /// Messages a second.
        var rate = 10
        /// Seconds of attack.
        var seconds = 120
        var seed: UInt64 = 7
    }

    static let topic = "/valence/votes"
    private static let messageBytes = 2_048

    private let settings: Settings
    private var random: SplitMix64
    private var nodes: [GossipSubRouter] = []
    private var sybils: [Sybil] = []
    private var peers: [PeerID] = []
    private var indexes: [PeerID: Int] = [:]
    private var ring = EventRing(longestDelay: 1_200)
    private var tally: Tally
    private var verdicts: [GossipMessageID: GossipVerdict] = [:]
    private var dials: [(at: Int64, from: Int, to: Int)] = []
    private var copies = 0
    private var watch = MeshWatch()

    init(_ settings: Settings) throws {
        self.settings = settings
        self.random = SplitMix64(seed: settings.seed)
        self.tally = Tally(honest: settings.honest, start: Timeline.warm)
        for index in 0..<settings.honest { try self.addHonest(index) }
        self.planHonestDials()
        if settings.attack != .none { try self.addSybils() }
        self.dials.sort { ($0.at, $0.from, $0.to) < ($1.at, $1.from, $1.to) }
    }

    /// Runs to the end.
    mutating func run() -> Outcome {
        let end = Timeline.warm + Int64(self.settings.seconds) * 1_000
        let interval = Int64(1_000 / self.settings.rate)
        var dial = self.dials.startIndex
        for now in 0..<(end + Timeline.settling) {
            while dial < self.dials.endIndex, self.dials[dial].at <= now {
                self.connect(self.dials[dial].from, self.dials[dial].to, now)
                dial += 1
            }
            for delivery in self.ring.take(at: now) { self.receive(delivery, now) }
            self.heartbeats(now)
            if now >= Timeline.joining * 2, now < end, now % interval == 0 { self.publish(now) }
            if now % 1_000 == 999, now < end { self.tally.note(sybilShare: self.sybilShare()) }
        }
        return self.tally.outcome(
            of: self.settings.attack,
            sybils: self.settings.sybils,
            rate: self.settings.rate,
            copies: self.averageCopies,
            watch: self.watch
        )
    }

    // MARK: Setting up

    private mutating func key() throws -> SigningKey {
        let seed = (0..<4).flatMap { _ in
            withUnsafeBytes(of: self.random.next().bigEndian, Array.init)
        }
        return try SigningKey(seed: seed)
    }

    private mutating func addHonest(_ index: Int) throws {
        let key = try self.key()
        var router = GossipSubRouter(
            localPeer: PeerID(ed25519: key.publicKey),
            signingKey: key,
            parameters: .standard,
            entropy: self.random.next(),
            firstSequenceNumber: 1
        )
        _ = router.subscribe(Self.topic)
        self.nodes.append(router)
        self.add(PeerID(ed25519: key.publicKey))
    }

    private mutating func add(_ peer: PeerID) {
        self.indexes[peer] = self.peers.count
        self.peers.append(peer)
    }

    /// Each honest node dials half of its degree.
    private mutating func planHonestDials() {
        for node in 0..<self.settings.honest {
            for other in self.pick(self.settings.honestDegree / 2, in: 0..<self.settings.honest)
            where other != node {
                let at = Int64(self.random.next() % UInt64(Timeline.joining))
                self.dials.append((at, node, other))
            }
        }
    }

    private mutating func addSybils() throws {
        let attack = self.settings.attack
        let range = attack.targets(
            honest: self.settings.honest,
            publishers: self.settings.publishers
        )
        for number in 0..<self.settings.sybils {
            let targets = self.pick(min(self.settings.sybilDegree, range.count), in: range)
            self.sybils.append(Sybil(targets: targets))
            self.add(PeerID(ed25519: try self.key().publicKey))
            for target in targets {
                let at = attack.joinsAt + Int64(self.random.next() % UInt64(Timeline.joining))
                self.dials.append((at, self.settings.honest + number, target))
            }
        }
    }

    private mutating func pick(_ count: Int, in range: Range<Int>) -> [Int] {
        var picked: [Int] = []
        while picked.count < count {
            let candidate = range.lowerBound + Int(self.random.next() % UInt64(range.count))
            if !picked.contains(candidate) { picked.append(candidate) }
        }
        return picked
    }

    private func address(of index: Int) -> Multiaddr? {
        let sybil = index - self.settings.honest
        guard sybil >= 0 else {
            return try? Multiaddr("/ip4/20.\(index >> 8).\(index & 255).7/tcp/4001")
        }
        let host = sybil % self.settings.attack.addresses(of: self.settings.sybils)
        return try? Multiaddr("/ip4/30.\(host >> 8).\(host & 255).7/tcp/4001")
    }

    // MARK: Going on

    private func isSybil(_ index: Int) -> Bool { index >= self.settings.honest }

    private mutating func connect(_ dialer: Int, _ listener: Int, _ now: Int64) {
        self.addPeer(dialer, to: listener, isOutbound: false, now)
        if self.isSybil(dialer) {
            self.send(SybilFrames.subscription, from: dialer, to: listener, now)
        } else {
            self.addPeer(listener, to: dialer, isOutbound: true, now)
        }
    }

    private mutating func addPeer(_ peer: Int, to node: Int, isOutbound: Bool, _ now: Int64) {
        let actions = self.nodes[node].addPeer(
            self.peers[peer],
            protocolID: "/meshsub/1.1.0",
            isOutbound: isOutbound,
            address: self.address(of: peer),
            now: now
        )
        self.perform(actions, of: node, now)
    }

    private mutating func publish(_ now: Int64) {
        let interval = Int64(1_000 / self.settings.rate)
        let publisher = Int(now / interval) % min(self.settings.publishers, self.settings.honest)
        let number = self.tally.publish(by: publisher, at: now)
        var data = withUnsafeBytes(of: number.bigEndian, Array.init)
        data += [UInt8](repeating: 0x20, count: Self.messageBytes - data.count)
        let actions = self.nodes[publisher].publish(data, topic: Self.topic, now: now).actions
        self.perform(actions, of: publisher, now)
    }

    private mutating func heartbeats(_ now: Int64) {
        var node = Int(now % 1_000)
        while node < self.nodes.count {
            self.perform(self.nodes[node].heartbeat(now: now), of: node, now)
            node += 1_000
        }
        guard now >= self.settings.attack.joinsAt + Timeline.joining else { return }
        var sybil = Int(now % 1_000)
        while sybil < self.sybils.count {
            for target in self.sybils[sybil].grafts(at: now) {
                self.send(SybilFrames.graft, from: self.settings.honest + sybil, to: target, now)
            }
            sybil += 1_000
        }
    }

    private mutating func receive(_ delivery: EventRing.Delivery, _ now: Int64) {
        let body = delivery.frame[SybilFrames.prefixLength(of: delivery.frame)...]
        if self.isSybil(delivery.to) {
            return self.receive(body, delivery, now)
        }
        if delivery.frame.count > Self.messageBytes, now >= Timeline.warm { self.copies += 1 }
        let actions = self.nodes[delivery.to].received(
            frame: Array(body),
            from: self.peers[delivery.from],
            acceptingMessages: true,
            now: now
        )
        self.perform(actions, of: delivery.to, now)
    }

    private mutating func receive(
        _ body: ArraySlice<UInt8>,
        _ delivery: EventRing.Delivery,
        _ now: Int64
    ) {
        let attack = self.settings.attack
        let isStriking = now >= attack.strikesAt
        let target = self.peers[0].bytes
        let forwards = self.sybils[delivery.to - self.settings.honest].receive(
            SybilFrame(body),
            from: delivery.from,
            now: now
        ) { id in
            guard isStriking else { return (true, 0) }
            let number = UInt64(id.last ?? 0)
            return attack.forwards(publisher: id.starts(with: target) ? 0 : 1, number: number)
        }
        for forward in forwards {
            self.send(delivery.frame, from: delivery.to, to: forward.target, now + forward.delay)
        }
    }

    private mutating func perform(_ actions: [GossipSubAction], of node: Int, _ now: Int64) {
        for action in actions {
            switch action {
            case .send(let peer, let frame):
                guard let index = self.indexes[peer] else { continue }
                self.send(frame, from: node, to: index, now)
            case .deliver(let message): self.judge(message, at: node, now)
            case .penalised: break
            }
        }
    }

    private mutating func judge(_ message: GossipMessage, at node: Int, _ now: Int64) {
        let verdict = self.verdict(on: message)
        if verdict == .accept {
            let number = message.data.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            self.tally.deliver(number, to: node, at: now)
        }
        let actions = self.nodes[node].validated(message.id, verdict: verdict, now: now)
        self.perform(actions, of: node, now)
    }

    private mutating func verdict(on message: GossipMessage) -> GossipVerdict {
        if let known = self.verdicts[message.id] { return known }
        let verdict: GossipVerdict = message.signature.isValid ? .accept : .reject
        self.verdicts[message.id] = verdict
        return verdict
    }

    private mutating func send(_ frame: [UInt8], from: Int, to: Int, _ now: Int64) {
        let latency = 20 + Int64(self.random.next() % 11)
        self.ring.add(.init(from: from, to: to, frame: frame), at: now + latency)
    }

    // MARK: Looking on

    /// Notes who is in which mesh, and says what share of all places Sybils hold.
    private mutating func sybilShare() -> Double {
        var theirs: Set<MeshWatch.Place> = []
        var all = 0
        for (number, node) in self.nodes.enumerated() {
            for peer in node.meshPeers(of: Self.topic) {
                all += 1
                guard let index = self.indexes[peer], self.isSybil(index) else { continue }
                theirs.insert(.init(node: number, sybil: index))
            }
        }
        self.watch.note(theirs)
        return all == 0 ? 0 : Double(theirs.count) / Double(all)
    }

    private var averageCopies: Double {
        let messages = self.settings.seconds * self.settings.rate * (self.settings.honest - 1)
        return messages == 0 ? 0 : Double(self.copies) / Double(messages)
    }
}

/// The two frames that a Sybil writes itself.
enum SybilFrames {
    static let subscription = Self.frame { rpc in
        var entry = ProtobufWriter()
        entry.append(bool: true, field: 1)
        entry.append(string: Arena.topic, field: 2)
        rpc.append(bytes: entry.bytes, field: 1)
    }

    static let graft = Self.frame { rpc in
        var graft = ProtobufWriter()
        graft.append(string: Arena.topic, field: 1)
        var control = ProtobufWriter()
        control.append(bytes: graft.bytes, field: 3)
        rpc.append(bytes: control.bytes, field: 3)
    }

    private static func frame(_ write: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var rpc = ProtobufWriter()
        write(&rpc)
        return Varint.encode(UInt64(rpc.bytes.count)) + rpc.bytes
    }

    static func prefixLength(of frame: [UInt8]) -> Int {
        (frame.firstIndex { $0 < 0x80 } ?? -1) + 1
    }
}
