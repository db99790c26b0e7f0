import Cryptography
import GossipSub
import Multiformats

/// One publisher and its subscribers in memory: what the routers alone cost.
///
/// Counted are signing, encoding once, and for each subscriber cutting the frame out, decoding it,
/// looking for duplicates and accepting it. Signature checks and sockets have figures of their own.
struct GossipBench {
    let effort: Effort
    static let payloadBytes = 1_024

    func run(into report: inout Report) throws {
        for peers in [8, 32] {
            var network = try MemoryNetwork(peers: peers)
            let messages = self.effort.scaled(32_000) / peers
            let deliveries = Double(messages * peers)
            var rates: [Double] = []
            var costs: [Double] = []
            for _ in 0..<self.effort.runs {
                let cpu = Stopwatch.cpuSeconds
                let seconds = try Stopwatch.seconds { try network.publish(messages) }
                rates.append(Double(messages) / seconds)
                costs.append((Stopwatch.cpuSeconds - cpu) / deliveries * 1_000_000)
            }
            let name = "gossip_memory_\(peers)_peers"
            report.add(name, Sample(rates), unit: "messages/s")
            report.add("\(name)_cpu", Sample(costs), unit: "us/delivery")
        }
    }

    /// Heap objects for each delivery, of a network that is warm.
    static func objectsPerDelivery(peers: Int, messages: Int) throws -> Double? {
        var network = try MemoryNetwork(peers: peers)
        try network.publish(messages)
        let objects = try ObjectCounter.objects { try network.publish(messages) }
        return objects.map { Double($0) / Double(messages * peers) }
    }
}

/// Routers that hand each other their frames at once; the first one publishes.
private struct MemoryNetwork {
    private static let topic = "bench"
    private static let heartbeatInterval = GossipSubParameters.standard.heartbeatInterval
    /// A busy network's rate; with more, the histories of so many nodes outgrow every cache.
    private static let messagesPerHeartbeat: Int64 = 100

    private var routers: [GossipSubRouter] = []
    private var names: [PeerID] = []
    private var indexes: [PeerID: Int] = [:]
    private var now: Int64 = 0
    private var delivered = 0

    init(peers: Int) throws {
        for index in 0...peers {
            let key = SigningKey.generate()
            var router = GossipSubRouter(
                localPeer: PeerID(ed25519: key.publicKey),
                signingKey: key,
                parameters: .standard,
                entropy: UInt64(index),
                firstSequenceNumber: 1
            )
            router.subscribe(Self.topic)
            self.routers.append(router)
            self.names.append(PeerID(ed25519: key.publicKey))
            self.indexes[PeerID(ed25519: key.publicKey)] = index
        }
        for index in 1...peers {
            try self.introduce(0, to: index)
            try self.introduce(index, to: 0)
        }
        try self.heartbeat()
    }

    /// Publishes and checks that every subscriber accepted every message.
    mutating func publish(_ count: Int) throws {
        let before = self.delivered
        let payload = [UInt8](repeating: 0x78, count: GossipBench.payloadBytes)
        for number in 0..<count {
            self.now += Self.heartbeatInterval / Self.messagesPerHeartbeat
            if Int64(number).isMultiple(of: Self.messagesPerHeartbeat) { try self.heartbeat() }
            let actions = self.routers[0].publish(payload, topic: Self.topic, now: self.now).actions
            try self.perform(actions, of: 0)
        }
        guard self.delivered - before == count * (self.routers.count - 1) else {
            throw BenchError("gossip in memory lost messages")
        }
    }

    private mutating func introduce(_ index: Int, to other: Int) throws {
        let actions = self.routers[index].addPeer(
            self.names[other],
            protocolID: GossipSubProtocol.ids[0],
            isOutbound: index == 0,
            now: self.now
        )
        try self.perform(actions, of: index)
    }

    private mutating func heartbeat() throws {
        for index in self.routers.indices {
            try self.perform(self.routers[index].heartbeat(now: self.now), of: index)
        }
    }

    private mutating func perform(_ actions: [GossipSubAction], of index: Int) throws {
        for action in actions {
            switch action {
            case .send(let peer, let frame):
                guard let receiver = self.indexes[peer] else { continue }
                try self.deliver(frame, from: index, to: receiver)
            case .deliver(let message):
                self.delivered += 1
                let next = self.routers[index].validated(
                    message.id,
                    verdict: .accept,
                    now: self.now
                )
                try self.perform(next, of: index)
            case .penalised: throw BenchError("gossip in memory penalised a peer")
            }
        }
    }

    private mutating func deliver(_ frame: [UInt8], from sender: Int, to receiver: Int) throws {
        guard let prefix = try Varint.decode(frame[...])?.length else { return }
        let actions = self.routers[receiver].received(
            frame: Array(frame[prefix...]),
            from: self.names[sender],
            acceptingMessages: true,
            now: self.now
        )
        try self.perform(actions, of: receiver)
    }
}
