import Identities
import Messages
import OrderedCollections
import Primitives

/// Artefacts that flags condemned (R-06-130).
///
/// What is deleted cannot be given back, so this outlasts the flags: that they lapse, that one of them is
/// replaced, or that two flaggers turn out to be one changes nothing (R-12-024). Only a vote ends it, and
/// flags of keys that had no right to sign are as if they had never been (D-14); so the flags are kept that
/// were enough.
struct CondemnedContents: Sendable, Codable {
    /// The flags that condemn each artefact.
    private var grounds: OrderedDictionary<ContentHash, OrderedDictionary<NodeID, FlagWord>> = [:]

    /// Whether an artefact is condemned.
    func contains(_ content: ContentHash) -> Bool { self.grounds[content] != nil }

    /// Looks whether the illegal flags on an artefact condemn it.
    mutating func weigh(
        _ content: ContentHash,
        _ flags: OrderedDictionary<NodeID, FlagBook.Open>,
        networks: ([NodeID]) -> Int
    ) {
        guard
            self.contains(content) || FlagEvidence(flags, networks: networks).condemns
        else { return }
        for (flagger, flag) in flags { self.grounds[content, default: [:]][flagger] = flag.word }
        if self.grounds.count > EarningLimits.condemnedMax { self.grounds.removeFirst() }
    }

    /// Keys of these identities may have had no right to sign: such flags are no grounds.
    ///
    /// - Returns: the artefacts whose grounds are fewer now; ``judge(_:networks:)`` says what follows.
    mutating func void(
        of identities: OrderedSet<NodeID>,
        where isVoid: (_ signer: NodeID, _ time: Timestamp) -> Bool
    ) -> [ContentHash] {
        self.grounds.keys.filter { content in
            let void = identities.filter { identity in
                self.grounds[content]?[identity].map { isVoid($0.signer, $0.at) } ?? false
            }
            for identity in void { self.grounds[content]?[identity] = nil }
            return !void.isEmpty
        }
    }

    /// Frees those of some artefacts whose grounds are not enough any more.
    mutating func judge(_ contents: [ContentHash], networks: ([NodeID]) -> Int) {
        for content in contents {
            let databases = (self.grounds[content] ?? [:]).mapValues(\.database)
            let evidence = FlagEvidence(databases: databases, networks: networks)
            if !evidence.condemns { self.grounds[content] = nil }
        }
    }

    /// A vote decided about an artefact.
    mutating func decide(_ content: ContentHash) { self.grounds[content] = nil }
}

extension CondemnedContents: Book {
    /// Of two flags of one identity the later stands.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for content in self.grounds.keys {
            guard let moved = self.grounds[content]?.removeValue(forKey: old) else { continue }
            let own = self.grounds[content]?[new]
            let isNewer = own.map { $0 < moved } ?? true
            if isNewer { self.grounds[content]?[new] = moved }
        }
    }

    func digest(into writer: inout some StateWriter) { writer.field("grounds", self.grounds) }
}
