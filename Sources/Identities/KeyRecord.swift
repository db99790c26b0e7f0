import Primitives

/// What the registry holds of one key.
struct KeyRecord: Sendable, Equatable {
    /// The key gave its place to another one.
    struct Rotation: Sendable, Equatable {
        let id: MessageID
        let newKey: NodeID
        let timestamp: Timestamp
    }

    /// The key was taken out of its identity for ever.
    struct Revocation: Sendable, Equatable {
        let id: MessageID
        let root: NodeID
        let timestamp: Timestamp
        /// Messages stamped from here on are void (D-14).
        let effective: Timestamp
        /// Since when the key lives a life of its own; nil before (D-13).
        var rebornAt: Timestamp?
    }

    /// The root that this key acts for; nil for a root and for a key that stands alone.
    var root: NodeID?
    /// Keys that act for this one, in the order of linking.
    var children: [NodeID] = []
    /// Whether the key ever had a child, revoked ones included (D-12).
    var wasRoot = false
    /// Whether the key ever spoke beyond announcing itself (D-83).
    var hasHistory = false
    var rotation: Rotation?
    /// A second rotation of this key; both successors are suspended (D-08).
    var contradiction: Rotation?
    var revocation: Revocation?
    /// The retired key whose rotations contradict each other; this key is one of the successors.
    var suspendedOver: NodeID?

    /// All of it in one line, for digests.
    var line: String {
        let rotations = [self.rotation, self.contradiction].map { step in
            step.map { "\($0.id)>\($0.newKey)@\($0.timestamp.milliseconds)" } ?? "-"
        }
        let revocation = self.revocation.map { revocation in
            let reborn = revocation.rebornAt.map { "\($0.milliseconds)" } ?? "-"
            return "\(revocation.root)@\(revocation.timestamp.milliseconds)"
                + "/\(revocation.effective.milliseconds)/\(reborn)"
        }
        let parts = [
            self.root?.hex ?? "-", self.children.sorted().map(\.hex).joined(separator: ","),
            "\(self.wasRoot)", "\(self.hasHistory)", rotations[0], rotations[1], revocation ?? "-",
            self.suspendedOver?.hex ?? "-",
        ]
        return parts.joined(separator: "|")
    }

    /// Whether a rotation may lead here (D-83).
    var isFresh: Bool { self.isFree && !self.hasHistory && self.suspendedOver == nil }

    /// Whether the key has no place among others: no root, no children, no successor, no past life.
    var isFree: Bool {
        self.root == nil && !self.wasRoot && self.rotation == nil && self.revocation == nil
    }
}
