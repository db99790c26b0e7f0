import OrderedCollections
public import Primitives

/// All keys that ever may have signed for each identity; superfluous entries do no harm.
///
/// ``KeyRegistry`` says whose a message is. This says whose messages to look through.
public struct Kin: Sendable, Codable {
    /// The keys besides the identity's own.
    private var keys: OrderedDictionary<NodeID, OrderedSet<NodeID>> = [:]

    /// Begins with nobody.
    public init() {}

    /// Follows changes of keys.
    ///
    /// - Parameters:
    ///   - changes: what became of keys.
    ///   - registry: who acts for whom, the changes included.
    public mutating func follow(_ changes: [KeyChange], _ registry: KeyRegistry) {
        for change in changes {
            switch change {
            case .linked(let root, let child): self.adopt(child, into: root)
            case .rotated(let oldKey, let newKey):
                let identity = registry.identity(of: newKey)
                self.adopt(oldKey, into: identity)
                self.adopt(newKey, into: identity)
            case .revoked, .reborn, .conflicted, .freed: break
            }
        }
    }

    private mutating func adopt(_ key: NodeID, into identity: NodeID) {
        let keys = self.keys(thatSignedFor: key).filter { $0 != identity }
        guard !keys.isEmpty else { return }
        self.keys[identity, default: []].append(contentsOf: keys)
    }

    /// All keys of which messages may belong to an identity, its own first; ask ``KeyRegistry`` for the
    /// owner of each message.
    public func keys(thatSignedFor identity: NodeID) -> [NodeID] {
        [identity] + (self.keys[identity].map { Array($0) } ?? [])
    }
}

extension Kin: Digestible {
    /// In which order the keys came to an identity follows from the log, and decides nothing.
    public func digest(into writer: inout some StateWriter) {
        writer.field("keys", self.keys.mapValues { $0.sorted() }.ascending)
    }
}
