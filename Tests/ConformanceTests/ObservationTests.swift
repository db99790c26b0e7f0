import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 What counts as an observation")
struct ObservationTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    /// How often a node has seen an identity at work.
    private static func observations(of node: NodeID, in machine: Bookkeeping) -> Int {
        machine.scores([node], now: Self.now).entries.first?.observations ?? 0
    }

    @Test("R-09-033: six types that the subject itself sent, heard directly, are observations")
    func types() throws {
        var counted: Set<String> = []
        for message in try Self.messages() {
            var line = try NodeLine(now: Self.now)
            line.reputation.logged(message.admitted(from: Self.origin(of: message)))
            let count = Self.observations(of: message.from, in: line.reputation)
            #expect(count <= 1)
            if count == 1 { counted.insert(message.typeName) }
            let others = line.reputation.scores(nil, now: Self.now).entries
            #expect(others.allSatisfy { $0.identity == message.from || $0.observations == 0 })
            // The same from somebody's log says nothing of how the subject works now.
            var synced = try NodeLine(now: Self.now)
            let origin = Origin.sync(peer: NodeID(GoldenMessages.stranger.publicKey))
            synced.reputation.logged(message.admitted(from: origin))
            let countByLog = Self.observations(of: message.from, in: synced.reputation)
            #expect(countByLog == 0, "\(message.typeName)")
        }
        #expect(
            counted == [
                "PROPOSE", "VOTE", "ADOPT", "STORAGE_PROOF", "PEER_ANNOUNCE", "REPUTATION_GOSSIP",
            ]
        )
    }

    /// A message of every type that somebody made a golden one of, and an adoption.
    private static func messages() throws -> [Message] {
        let golden = MessageType.allCases.compactMap { type in
            (try? GoldenMessages.sample(of: type, at: Self.now))
                .flatMap { try? EnvelopeCodec.decode($0.bytes) }
        }
        #expect(golden.count >= 25)
        let adoption = Draft.adoption(of: MessageID(.zero))
        return golden + [try adoption.signed(by: GoldenMessages.stranger, at: Self.now)]
    }

    /// The way in which messages of a type come from their senders.
    private static func origin(of message: Message) -> Origin {
        switch message.type?.channel {
        case .gossip(let topic): .gossip(relay: message.from, topic: topic, ticket: 0)
        case .stream(let streamProtocol):
            .exchange(
                InboundExchange(id: 1, peer: message.from, streamProtocol: streamProtocol)
            )
        case nil: .local(nil)
        }
    }
}
