import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus

// Announcements, links, rotations and revocations.
extension ModelDuel {
    mutating func announce(_ person: Int, isDegraded: Bool) throws {
        let (cast, now) = (self.cast, self.now)
        let isLogged = try self.log(.announce(proof: .min), by: person) {
            try cast.announcement($0, by: person, at: now, isDegraded: isDegraded)
        }
        guard isLogged else { return }
        self.plain.announcements.append((key: person, at: now, isDegraded: isDegraded))
    }

    mutating func changeKeys(_ step: KeyStep) throws {
        let (cast, now) = (self.cast, self.now)
        switch step {
        case .link(let root, let child):
            _ = try self.log(.link(child: child), by: root) {
                try cast.link($0, root, child, at: now)
            }
        case .rotate(let old, let new):
            _ = try self.log(.rotate(to: new), by: old) {
                try cast.rotation($0, old, new, at: now)
            }
        case .contest(let old, let new, let rival):
            try self.changeKeys(.rotate(old, new))
            self.now += 1
            try self.changeKeys(.rotate(old, rival))
        case .part(let root, let child):
            try self.changeKeys(.link(root, child))
            // The revocation acts from the very moment of this vote on.
            try self.govern(.poll(on: 0, stances: String(repeating: "-", count: child) + "e"))
            self.now += 1
            try self.changeKeys(.revoke(child, by: root, backdatedByHours: 0))
            self.now += 1
            guard self.plain.keys.key(child).revocation != nil else { return }
            try self.startOver(child)
        case .revoke(let key, let other, let hours):
            let person = other ?? self.plain.keys.who(key)
            let from = now - max(1, hours * PlainClock.hour)
            _ = try self.log(.revoke(key: key, from: from), by: person) {
                try cast.revocation($0, person, key, from: from, at: now)
            }
        case .startOver(let index):
            guard let revoked = self.plain.keys.revoked(index) else { return }
            try self.startOver(revoked)
        }
    }

    private mutating func startOver(_ person: Int) throws {
        let (cast, now) = (self.cast, self.now)
        let isLogged = try self.log(.announce(proof: now), by: person) {
            try cast.announcement($0, by: person, at: now, isProofNew: true)
        }
        guard isLogged else { return }
        self.plain.announcements.append((key: person, at: now, isDegraded: false))
    }

    /// Gives a message that is no business of the assembly's own to both.
    private mutating func log(
        _ deed: PlainKeys.Deed,
        by person: Int,
        _ write: (Int) throws -> Message
    ) throws -> Bool {
        self.said += 1
        let message = try write(self.said)
        let registry = self.machine.signers.registry
        var isAllowed =
            registry.refusal(of: message, receivedAt: self.timestamp) == nil
        if case .failure = registry.standing(of: message) { isAllowed = false }
        guard isAllowed == self.plain.keys.allows(deed, by: person, at: self.now) else {
            throw Difference("\(deed) by \(person) is allowed: \(isAllowed)")
        }
        guard isAllowed else { return false }
        _ = self.machine.logged(message.admitted())
        self.plain.keys.apply(deed, by: person, at: self.now)
        return true
    }
}
