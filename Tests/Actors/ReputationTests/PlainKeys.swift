/// Which key acts for whom: the rules of §1 written a second time, for the models.
///
/// Keys are numbers, times are milliseconds.
struct PlainKeys {
    /// What a message about keys does; the one who signs it is told apart.
    enum Deed {
        case link(child: Int)
        case revoke(key: Int, from: Int64)
        case rotate(to: Int)
        /// An announcement with a proof of delay computed at this time.
        case announce(proof: Int64)
        case speak
    }

    /// Whom a message counts for, and from when on its author may vote.
    struct Owner: Equatable {
        let identity: Int
        var votesFrom: Int64 = .min
    }

    struct Revocation {
        let root: Int
        let at: Int64
        let effective: Int64
        var startedOverAt: Int64?
    }

    struct Key {
        var root: Int?
        var hadChildren = false
        var hasSpoken = false
        var successor: (key: Int, at: Int64)?
        /// A second rotation that contradicts the first.
        var rival: (key: Int, at: Int64)?
        var isContested = false
        var revocation: Revocation?
    }

    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    var keys: [Int: Key] = [:]

    func key(_ number: Int) -> Key { self.keys[number] ?? Key() }

    /// The key at the end of a key's rotations.
    func last(_ key: Int) -> Int { self.key(key).successor.map { self.last($0.key) } ?? key }

    /// The identity that a key acts for now.
    func who(_ key: Int) -> Int {
        let last = self.last(key)
        return self.key(last).root.map { self.who($0) } ?? last
    }

    /// How many keys an identity has, itself included.
    func count(_ identity: Int) -> Int { 1 + self.keys.values.count { $0.root == identity } }

    /// Whom a message counts for; nil when it is void.
    func owner(of key: Int, at time: Int64, proof: Int64 = .min) -> Owner? {
        if let successor = self.key(key).successor, time > successor.at + Self.hour { return nil }
        guard let revocation = self.key(self.last(key)).revocation else {
            return Owner(identity: self.who(key))
        }
        let opening = revocation.at + 60 * Self.day
        if let again = revocation.startedOverAt, time >= again {
            return Owner(identity: self.who(key), votesFrom: opening)
        }
        if time < revocation.effective { return Owner(identity: self.who(revocation.root)) }
        return proof > revocation.at ? Owner(identity: key, votesFrom: opening) : nil
    }

    /// Whether a message that a key signs at a time breaks no rule of §1.
    func allows(_ deed: Deed, by key: Int, at time: Int64) -> Bool {
        var proof = Int64.min
        if case .announce(let computed) = deed { proof = computed }
        guard self.owner(of: key, at: time, proof: proof) != nil else { return false }
        switch deed {
        case .link(let child): return self.mayLink(key, child)
        case .revoke(let other, _):
            let (root, target) = (self.who(key), self.key(other))
            let isRoot = self.key(self.last(key)).root == nil
            let wasOwn = target.revocation.map { self.who($0.root) == root } ?? false
            return isRoot && other != key && (target.root == root || wasOwn)
        case .rotate(let new): return self.mayRotate(key, new, at: time)
        case .announce, .speak: return true
        }
    }

    private func mayLink(_ key: Int, _ child: Int) -> Bool {
        let (root, record) = (self.who(key), self.key(child))
        let isRoot = self.key(self.last(key)).root == nil
        return isRoot && child != key && child != root && record.revocation == nil
            && record.successor == nil && !record.hadChildren
            && (record.root == nil || record.root == root)
    }

    private func mayRotate(_ key: Int, _ new: Int, at time: Int64) -> Bool {
        let target = self.key(new)
        guard new != key else { return false }
        guard let first = self.key(key).successor else {
            return target.root == nil && target.successor == nil
                && target.revocation == nil && !target.hadChildren && !target.hasSpoken
                && !target.isContested
        }
        return new == first.key || time <= first.at + Self.hour
    }

    /// Applies what is allowed.
    mutating func apply(_ deed: Deed, by key: Int, at time: Int64) {
        switch deed {
        case .link(let child):
            let root = self.who(key)
            self.keys[child, default: Key()].root = root
            self.keys[root, default: Key()].hadChildren = true
        case .revoke(let other, let from):
            guard self.key(other).revocation == nil else { return }
            let effective = max(min(from, time), time - 30 * Self.day)
            let revocation = Revocation(root: self.who(key), at: time, effective: effective)
            self.keys[other]?.root = nil
            self.keys[other]?.revocation = revocation
        case .rotate(let new): self.rotate(key, new, at: time)
        case .announce(let proof):
            guard let revocation = self.key(key).revocation, revocation.startedOverAt == nil,
                time >= revocation.effective, proof > revocation.at
            else { return }
            self.keys[key]?.revocation?.startedOverAt = time
        case .speak: self.keys[key, default: Key()].hasSpoken = true
        }
    }

    private mutating func rotate(_ old: Int, _ new: Int, at time: Int64) {
        guard let first = self.key(old).successor else {
            return self.succeed(old, new, at: time)
        }
        guard first.key != new, self.key(old).rival == nil else { return }
        self.keys[old]?.rival = (key: new, at: time)
        for contested in [first.key, new] {
            self.keys[contested, default: Key()].isContested = true
        }
    }

    /// The new key takes the old one's place: its root, or its children.
    private mutating func succeed(_ old: Int, _ new: Int, at time: Int64) {
        var heir = self.key(new)
        heir.root = self.key(old).root
        heir.hadChildren = self.key(old).hadChildren
        heir.hasSpoken = true
        self.keys[new] = heir
        for key in self.keys.keys where self.key(key).root == old { self.keys[key]?.root = new }
        self.keys[old, default: Key()].root = nil
        self.keys[old]?.successor = (key: new, at: time)
    }

    /// A vote decides which of two successors is the right one.
    ///
    /// - Returns: who gave its place to the chosen one, if the first was the wrong one.
    mutating func settle(_ old: Int, for chosen: Int) -> Int? {
        guard let first = self.key(old).successor?.key, let rival = self.key(old).rival,
            chosen == first || chosen == rival.key
        else { return nil }
        self.keys[old]?.rival = nil
        self.keys[first]?.isContested = false
        self.keys[rival.key]?.isContested = false
        let heir = self.key(chosen)
        guard chosen == rival.key, heir.root == nil, !heir.hadChildren, heir.successor == nil,
            heir.revocation == nil
        else { return nil }
        self.succeed(first, rival.key, at: rival.at)
        return first
    }
}
