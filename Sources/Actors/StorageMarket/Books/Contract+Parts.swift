import Messages
import Primitives

// What the parties of a contract have to do with it.
extension Contract {
    /// Whether an identity keeps a confirmed copy.
    func isHeld(by identity: NodeID) -> Bool {
        self.holders.contains { $0.identity == identity }
    }

    /// Whether an identity has, or may soon have, the whole artefact by this contract.
    func isOf(_ identity: NodeID) -> Bool {
        self.uploader == identity || self.isHeld(by: identity)
            || self.transfer(to: identity)?.isAcknowledged == true
    }

    /// Whether copies may still be confirmed, or are kept.
    var isAlive: Bool {
        switch self.state {
        case .gathering, .delivering, .active, .grace: true
        case .failed, .decayed, .withdrawn: false
        }
    }

    /// Whether its copies are confirmed, and it did not end.
    var isStanding: Bool { self.isAlive && self.confirmedAt != nil }

    /// Whether room that was promised stays reserved.
    var isForming: Bool {
        switch self.state {
        case .gathering, .delivering: true
        case .active, .grace, .failed, .decayed, .withdrawn: false
        }
    }

    /// When the state ends by itself; nil when only a message ends it.
    var end: Timestamp? {
        switch self.state {
        case .gathering(let until), .delivering(let until), .grace(let until): until
        case .active, .failed, .decayed, .withdrawn: nil
        }
    }

    /// How far it is, in a word.
    var word: String {
        switch self.state {
        case .gathering: "gathering"
        case .delivering: "delivering"
        case .active: "active"
        case .grace: "grace"
        case .failed: "failed"
        case .decayed: "decayed"
        case .withdrawn: "withdrawn"
        }
    }

    /// The hand-over to an identity that is under way, if any.
    func transfer(to identity: NodeID) -> Transfer? {
        self.transfers.first { $0.to == identity }
    }
}
