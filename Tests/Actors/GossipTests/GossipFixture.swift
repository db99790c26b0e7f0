import Cryptography
import GossipSub
import Messages
import Multiformats
import Primitives
import TestSupport

@testable import Gossip

/// Nodes with numbers and their machines.
enum Fixture {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    static func key(_ number: Int) throws -> SigningKey { try .named("node \(number)") }

    static func node(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func machine(_ number: Int, direct: [Int] = []) throws -> GossipStateMachine {
        let key = try Self.key(number)
        return GossipStateMachine(
            router: GossipSubRouter(
                localPeer: PeerID(ed25519: key.publicKey),
                signingKey: key,
                parameters: .standard,
                entropy: UInt64(number),
                firstSequenceNumber: 1
            ),
            direct: try direct.map { try Self.node($0) }
        )
    }

    static func admitted(_ typeName: String, by number: Int, origin: Origin, text: String = "t")
        throws -> AdmittedMessage
    {
        try EnvelopeCodec.sign(
            typeName: typeName,
            payload: Draft.request(title: text).payload,
            timestamp: Self.start,
            key: try Self.key(number)
        ).admitted(from: origin)
    }
}

/// Two nodes whose frames a test carries over.
struct Pair {
    var sender: GossipStateMachine
    var receiver: GossipStateMachine

    /// Connects two nodes; each has authenticated the other unless told otherwise.
    init(isAuthenticated: Bool = true) throws {
        self.sender = try Fixture.machine(1)
        self.receiver = try Fixture.machine(2)
        let (one, two) = (try Fixture.node(1), try Fixture.node(2))
        _ = self.sender.peerConnected(two, address: "", isOutbound: true)
        _ = self.receiver.peerConnected(one, address: "", isOutbound: false)
        if isAuthenticated {
            _ = self.sender.peerAuthenticated(two, now: Fixture.start)
            _ = self.receiver.peerAuthenticated(one, now: Fixture.start)
        }
        let now = Fixture.start
        let id = GossipSubProtocol.newest
        let hello = self.sender.gossipReady(two, protocolID: id, isOutbound: true, now: now)
        let answer = self.receiver.gossipReady(one, protocolID: id, isOutbound: false, now: now)
        _ = try self.carry(hello)
        for frame in Self.frames(answer) {
            _ = self.sender.gossipFrame(try Self.body(frame), from: two, now: now)
        }
    }

    /// Hands the sender's frames to the receiver and returns what it wants done.
    mutating func carry(_ actions: [GossipAction]) throws -> [GossipAction] {
        let from = try Fixture.node(1)
        return try Self.frames(actions).flatMap { frame in
            self.receiver.gossipFrame(try Self.body(frame), from: from, now: Fixture.start)
        }
    }

    /// The sender publishes a message of its own; returns what the receiver admits.
    mutating func publish(_ text: String) throws -> GossipAction? {
        let message = try Fixture.admitted("REQUEST", by: 1, origin: .local(nil), text: text)
        return try self.carry(self.sender.accepted(message, now: Fixture.start)).first
    }

    static func frames(_ actions: [GossipAction]) -> [[UInt8]] {
        actions.compactMap { action in
            if case .sendGossip(let frame, _) = action { frame } else { nil }
        }
    }

    /// A frame without the length in front of it.
    static func body(_ frame: [UInt8]) throws -> [UInt8] {
        Array(frame.drop { $0 >= 0x80 }.dropFirst())
    }
}

extension GossipStateMachine {
    /// Whether a peer that asks something is listened to, as one that may speak.
    func admitsRequests(of peer: NodeID) -> Bool {
        var asked = self
        let actions = asked.exchangeRequested(
            id: 1,
            peer: peer,
            protocolID: StreamProtocol.sync.rawValue,
            frame: []
        )
        return actions != [.answerExchange(1, nil)]
    }

    /// Reputation says what peers are worth.
    mutating func rated(_ standings: [PeerStandings.Standing], now: Timestamp) -> [GossipAction] {
        self.rated(PeerStandings.Reply(standings: standings), now: now)
    }
}

extension GossipAction {
    /// Where a message came from that is to be admitted; nil for other actions.
    var admitted: Origin? {
        if case .admit(_, let origin, _) = self { origin } else { nil }
    }
}
