import Messages
import Primitives
import TestSupport

@testable import StorageMarket

/// A contract as a test wants it, and what a node knows beside it.
struct Deal {
    static let day: Int64 = 86_400_000
    static let content = Fixture.hash([1, 2, 3])
    static let request = MessageID.named("request")

    /// The node whose duties are tested.
    let own: NodeID
    /// The artefact, and who asked for copies of it.
    var hash = Deal.content
    var id = Deal.request
    var now = Fixture.now
    var uploader: NodeID
    var state = Contract.State.gathering(until: Fixture.now.adding(milliseconds: 2 * Deal.day))
    var size: Int64 = 100_000
    var type = "text/plain"
    var stake = FixedPoint(millionths: 10)
    var reputation = FixedPoint(millionths: 500_000)
    var copyCount = 3
    var accepted: [NodeID] = []
    var assigned: [NodeID] = []
    var holders: [NodeID] = []
    /// The node of a holder that has the bytes, where it is not the identity itself.
    var nodes: [NodeID: NodeID] = [:]
    /// Keys that took the place of others.
    var heirs: [NodeID: NodeID] = [:]
    var transfers: [Contract.Transfer] = []
    var confirmedAt: Timestamp?
    var withdrawsAt: Timestamp?
    /// Whether the node has the bytes.
    var isHere = false
    var isPinned = false
    var standing = ContentStanding.clean
    var activeBytes: Int64 = 0

    /// A request of node 1, seen by node 9, which has nothing.
    init(own: Int = 9, uploader: Int = 1) throws {
        self.own = try Fixture.node(own)
        self.uploader = try Fixture.node(uploader)
    }

    var contract: Contract {
        Contract(
            content: ContentDescription(
                contentHash: self.hash,
                contentType: self.type,
                contentSize: self.size,
                tags: []
            ),
            request: self.id,
            uploader: self.uploader,
            requestedAt: Fixture.now,
            reputation: self.reputation,
            copyCount: self.copyCount,
            declaredStake: self.stake,
            accepted: self.accepted,
            assigned: self.assigned,
            holders: self.holders.map {
                Contract.Holder(identity: $0, since: Fixture.now, key: self.nodes[$0] ?? $0)
            },
            transfers: self.transfers,
            confirmedAt: self.confirmedAt,
            withdrawsAt: self.withdrawsAt,
            state: self.state
        )
    }

    var parties: Parties {
        let (nodes, heirs) = (self.nodes, self.heirs)
        return Parties(
            own: self.own,
            ownNode: self.own,
            identity: { key in nodes.first { $0.value == key }?.key ?? key },
            keys: { identity in [identity] + [nodes[identity]].compactMap(\.self) },
            heir: { heirs[$0] ?? $0 },
            calendar: .standard
        )
    }

    var scene: DutyScene {
        let (contract, size) = (self.contract, self.isHere ? Int(self.size) : nil)
        let (isPinned, standing, activeBytes) = (self.isPinned, self.standing, self.activeBytes)
        return DutyScene(
            now: self.now,
            parties: self.parties,
            rate: FixedPoint(millionths: 32_000),
            contents: { [Self.content] },
            contracts: { _ in [contract] },
            size: { _ in size },
            activeBytes: { _, _ in activeBytes },
            heldBytes: { _ in 0 },
            standing: { _ in standing },
            isPinned: { _ in isPinned }
        )
    }

    /// Time goes on.
    mutating func wait(_ milliseconds: Int64) {
        self.now = self.now.adding(milliseconds: milliseconds)
    }

    /// A message of the node itself, stamped now.
    func said(_ payload: some WirePayload, by number: Int = 9) throws -> Message {
        try Draft(payload).signed(by: try Fixture.key(number), at: self.now)
    }
}

extension DutyStep {
    /// Whether nothing has to be done now.
    var isIdle: Bool { self.actions.isEmpty && self.pulls.isEmpty && self.drops.isEmpty }
}

extension [StorageMarketAction] {
    /// What is broadcast.
    var published: [any WirePayload] {
        self.compactMap { action in
            if case .publish(let payload) = action { payload } else { nil }
        }
    }

    func published<Body: WirePayload>(_ type: Body.Type) -> [Body] {
        self.published.compactMap { $0 as? Body }
    }

    /// What peers are asked.
    var sent: [(exchange: OutboundExchange, payload: any WirePayload)] {
        self.compactMap { action in
            if case .challenge(let exchange, let payload) = action {
                (exchange, payload)
            } else {
                nil
            }
        }
    }

    /// Tasks of the device that compute a proof.
    var proofs: [(window: ChallengeWindow, nonce: Bytes32, task: UInt64)] {
        self.compactMap { action in
            if case .prove(_, let window, let nonce, let task) = action {
                (window, nonce, task)
            } else {
                nil
            }
        }
    }
}
