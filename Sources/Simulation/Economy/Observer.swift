import Consensus
import Kernel
import Logging
import Messages
import Node
import Primitives
import Reputation
import StorageMarket

/// A node's own ledger, market and decisions in virtual time; it hears everything at once (ADR 0051).
final class Observer {
    /// Who it is: an identity that does nothing but listen.
    let identity: NodeID
    private let clock: ManualClock
    private let kernel: Kernel
    private let log: ObserverLog
    /// Messages heard so far.
    private(set) var heard: UInt64 = 0

    /// A mailbox full of announcements is settled before the next one.
    private static let batch = 4_096

    /// Boots the subsystems.
    ///
    /// - Parameters:
    ///   - founders: whom the network's description names, with their scores.
    ///   - parameters: the numbers of the network.
    ///   - seed: the source of the little chance that they use.
    ///   - start: when it begins.
    /// - Throws: a mistake in what is plugged together.
    init(
        founders: [(identity: NodeID, score: FixedPoint)],
        parameters: NetworkParameters,
        seed: UInt64,
        start: Timestamp
    ) throws {
        let identity = NodeID(SHA256Digest.hash(Array("observer \(seed)".utf8)))
        let (clock, entropy) = (ManualClock(Moment(start)), SeededEntropy(seed: seed))
        let kernel = Kernel(
            clock: clock,
            entropy: entropy,
            logger: Logger(label: "simulation")
        )
        var reputation = ReputationConfiguration(
            genesis: founders.map {
                ReputationConfiguration.Founder(identity: $0.identity, score: $0.score)
            },
            ownIdentity: identity,
            isLocalProfile: true
        )
        reputation.parameters = parameters
        kernel.add(Self.mailbox) { boot in Reputation(boot, configuration: reputation) }
        kernel.add(Self.mailbox) { boot in
            Consensus(
                boot,
                parameters: parameters,
                founders: founders.map(\.identity),
                own: identity
            )
        }
        kernel.add(Self.mailbox) { boot in
            StorageMarket(boot, blobs: MemoryBlobs(), parameters: parameters, own: identity)
        }
        kernel.add(Self.mailbox) { boot in ObserverPeers(boot) }
        self.log = kernel.add(Self.mailbox) { boot in ObserverLog(boot) }
        try kernel.boot(standard: SubsystemName.standard)
        (self.identity, self.clock, self.kernel) = (identity, clock, kernel)
        self.log.calls.put(.begin)
    }

    private static let mailbox = Mailbox(capacity: 65_536, overflow: .halt)

    // MARK: Driving it

    /// Lets time pass; what is due meanwhile happens at its own moment.
    func pass(to end: Timestamp) async throws {
        let end = Moment(end)
        while let wake = self.kernel.nextWake, wake <= end {
            self.clock.set(to: max(self.clock.now, wake))
            self.kernel.fireWakes()
            try await self.settle()
        }
        self.clock.set(to: max(self.clock.now, end))
        try await self.settle()
    }

    /// Hears messages, in their order.
    func hear(_ messages: [Message]) async throws {
        self.heard += UInt64(messages.count)
        var rest = messages[...]
        while !rest.isEmpty {
            for message in rest.prefix(Self.batch) { self.log.calls.put(.hear(message)) }
            rest = rest.dropFirst(Self.batch)
            try await self.settle()
        }
    }

    /// What happened since it was last taken.
    func take() -> ObserverLog.Found { self.log.take() }

    /// How the scores of some identities came about.
    func look(at identities: [NodeID]) async throws -> ObserverLog.Found {
        for identity in identities { self.log.calls.put(.history(identity)) }
        try await self.settle()
        return self.log.take()
    }

    private func settle() async throws {
        if let exit = await self.kernel.settle() { throw ObserverFault(exit: "\(exit)") }
    }
}

/// The observer ended: a mistake of the node, not of the residents.
struct ObserverFault: Error, CustomStringConvertible {
    let exit: String
    var description: String { "the observer ended: \(self.exit)" }
}
