import Primitives

/// What the registry holds of one key.
struct KeyRecord: Sendable, Equatable, Codable {
    /// The key gave its place to another one.
    struct Rotation: Sendable, Equatable, Codable {
        let id: MessageID
        let newKey: NodeID
        let timestamp: Timestamp
        /// Whether the key acted for a root, which may make the rotation void (D-14).
        let isOfChild: Bool
    }

    /// The key was taken out of its identity for ever.
    struct Revocation: Sendable, Equatable, Codable {
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
}

// Who was named first decides nothing here, so lists of keys are written in ascending order.
extension KeyRecord: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("root", self.root)
        writer.field("children", self.children.sorted())
        writer.field("wasRoot", self.wasRoot)
        writer.field("spokeAt", self.spokeAt)
        writer.field("rotation", self.rotation)
        writer.field("predecessor", self.predecessor)
        writer.field("rivals", self.rivals.sorted { $0.id < $1.id })
        writer.field("revocation", self.revocation)
        writer.field("contested", self.contested.sorted())
    }
}

extension KeyRecord.Rotation: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("newKey", self.newKey)
        writer.field("timestamp", self.timestamp)
        writer.field("isOfChild", self.isOfChild)
    }
}

extension KeyRecord.Revocation: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("root", self.root)
        writer.field("timestamp", self.timestamp)
        writer.field("effective", self.effective)
        writer.field("rebornAt", self.rebornAt)
    }
}
