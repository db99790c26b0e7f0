import Primitives

/// What the registry holds of one key.
struct KeyRecord: Sendable, Equatable {
    /// The key gave its place to another one.
    struct Rotation: Sendable, Equatable {
        let id: MessageID
        let newKey: NodeID
        let timestamp: Timestamp
        /// Whether the key acted for a root, which may make the rotation void (D-14).
        let isOfChild: Bool
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
    /// The earliest message of the key beyond announcing itself (D-83).
    var spokeAt: Timestamp?
    var rotation: Rotation?
    /// The key that gave its place to this one.
    var predecessor: NodeID?
    /// Further rotations of this key; all its successors are suspended (D-08).
    var rivals: [Rotation] = []
    var revocation: Revocation?
    /// Retired keys whose rotations contradict each other, and one of them leads here.
    var contested: [NodeID] = []

    /// Whether a rotation of this moment may lead here (D-83).
    func isFresh(at moment: Timestamp) -> Bool {
        let earliest = moment.adding(milliseconds: -IdentitiesLimits.clockSkewMilliseconds)
        return self.isFree && self.predecessor == nil && self.contested.isEmpty
            && self.spokeAt.map { $0 >= earliest } ?? true
    }

    /// Whether the key has no place among others: no root, no children, no successor, no past life.
    var isFree: Bool {
        self.root == nil && !self.wasRoot && self.rotation == nil && self.revocation == nil
    }

    /// All of it in one line, for digests.
    var line: String {
        func text(_ step: Rotation) -> String {
            "\(step.id)>\(step.newKey)@\(step.timestamp.milliseconds)"
        }
        let revocation = self.revocation.map { revocation in
            let reborn = revocation.rebornAt.map { "\($0.milliseconds)" } ?? "-"
            return "\(revocation.root)@\(revocation.timestamp.milliseconds)"
                + "/\(revocation.effective.milliseconds)/\(reborn)"
        }
        let parts = [
            self.root?.hex ?? "-", self.children.sorted().map(\.hex).joined(separator: ","),
            "\(self.wasRoot)", self.spokeAt.map { "\($0.milliseconds)" } ?? "-",
            self.rotation.map(text) ?? "-", self.rivals.map(text).sorted().joined(separator: ","),
            revocation ?? "-", self.contested.sorted().map(\.hex).joined(separator: ","),
        ]
        return parts.joined(separator: "|")
    }
}
