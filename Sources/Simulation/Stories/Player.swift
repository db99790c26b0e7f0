import Cryptography
public import Primitives

/// Somebody who signs messages in a story: a node, or a key that speaks through one.
public struct Player: Sendable {
    /// What the story calls it.
    public let name: String
    /// Its public key.
    public let id: NodeID
    /// The node that it speaks through.
    public let home: Int
    /// The secret key of a player without a node; a node signs by itself.
    let key: SigningKey?

    /// The same key, speaking through another node.
    public func at(_ home: Int) -> Player {
        Player(name: self.name, id: self.id, home: home, key: self.key)
    }
}
