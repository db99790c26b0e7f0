import TestSupport

// What links, rotations and revocations do to accounts, once more in the plainest way.
extension PlainLedger {
    /// Applies a message about keys, and lets everything follow that is known of them.
    mutating func apply(_ deed: PlainKeys.Deed, by key: Int, at time: Int64) {
        let before = self.keys
        self.keys.apply(deed, by: key, at: time)
        switch deed {
        case .link(let child):
            let root = before.who(key)
            if before.key(child).root != root { self.linked(root, child, at: time) }
        case .rotate(let new):
            if before.key(key).successor == nil { self.rotated(key, new) }
        case .announce:
            // A revoked key that starts over is a newcomer.
            let isNew =
                before.key(key).revocation?.startedOverAt
                != self.keys.key(key).revocation?.startedOverAt
            if isNew { self.people[key] = self.newcomer }
        case .settle:
            // The place goes from the successor that was heard first to the right one.
            if before.last(key) != self.keys.last(key) {
                self.rotated(before.last(key), self.keys.last(key))
            }
        case .speak:
            // A successor with a past succeeds nobody: what it was given goes back.
            let undone = before.keys.filter { old, record in
                record.successor != nil
                    && self.keys.key(old).successor?.key != record.successor?.key
            }.keys.sorted()
            for old in undone {
                self.passed(before.last(old), to: self.keys.last(old), before, at: time)
            }
        case .revoke: break
        }
        self.forgetVoidWords()
    }

    /// The right successor may have been linked in the meantime, as the newcomer that it seemed.
    private mutating func passed(_ old: Int, to new: Int, _ before: PlainKeys, at time: Int64) {
        let root = self.who(new)
        guard root != old else { return }
        let joins = before.who(old) == old && root != new
        if joins { self.linked(root, old, at: time) } else { self.rotated(old, new) }
    }

    private mutating func linked(_ root: Int, _ child: Int, at time: Int64) {
        if let joined = self.people.removeValue(forKey: child) {
            self.absorb(joined, into: root, at: time)
        }
        self.moveAll(child, to: root)
    }

    private mutating func absorb(_ child: Person, into root: Int, at time: Int64) {
        self.change(root) { person in
            let hasRecord = child.isFounder || child.changes.contains { $0.amount != 0 }
            if child.isBanned { person.isBanned = true }
            if !person.isBanned, hasRecord, child.direct < person.direct {
                let loss = child.direct - person.direct
                person.changes.append(Change(at: time, amount: loss))
            }
            person.gains += child.gains
            person.verifications += child.verifications
            Self.add(child, to: &person)
        }
    }

    private mutating func rotated(_ old: Int, _ new: Int) {
        let identity = self.who(new)
        let traces = self.people.removeValue(forKey: new)
        if let account = self.people.removeValue(forKey: old) { self.people[identity] = account }
        if let traces {
            if self.people[identity] == nil {
                self.people[identity] = traces
            } else {
                self.change(identity) { Self.add(traces, to: &$0) }
            }
        }
        self.moveAll(old, to: identity)
        if new != identity { self.moveAll(new, to: identity) }
    }

    private static func add(_ traces: Person, to person: inout Person) {
        person.seen += traces.seen
        person.hoursPresent.formUnion(traces.hoursPresent)
        person.paidDays.formUnion(traces.paidDays)
        person.lastActiveDay = max(person.lastActiveDay, traces.lastActiveDay)
    }

    private mutating func moveAll(_ old: Int, to new: Int) {
        self.moveWords(old, to: new)
        if let network = self.networks.removeValue(forKey: old), self.networks[new] == nil {
            self.networks[new] = network
        }
        if let cycles = self.cycles.removeValue(forKey: old) {
            self.cycles[new, default: []].formUnion(cycles)
        }
        if self.uploaders.remove(old) != nil { self.uploaders.insert(new) }
        if self.proven.remove(old) != nil { self.proven.insert(new) }
        for index in self.waiting.indices where self.waiting[index].adopter == old {
            self.waiting[index].adopter = new
        }
        for index in self.early.indices where self.early[index].voice.person == old {
            self.early[index].voice.person = new
        }
        for number in self.offers.keys { self.offers[number]?.move(old, to: new) }
    }
}

extension PlainLedger.Offer {
    fileprivate mutating func move(_ old: Int, to new: Int) {
        if self.author == old { self.author = new }
        if self.host == old { self.host = new }
        if self.adopters.contains(old) {
            self.adopters.removeAll { $0 == old }
            if !self.adopters.contains(new) { self.adopters.append(new) }
        }
        for index in self.voices.indices where self.voices[index].person == old {
            self.voices[index].person = new
        }
        // Of two voices that are one person's now the first one stands.
        let own = self.voices.filter { $0.person == new }.sorted(by: PlainLedger.isEarlier)
        self.voices = self.voices.filter { $0.person != new } + own.prefix(1)
    }
}
