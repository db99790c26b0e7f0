/// Which key acts for whom: the rules of §1 written a second time, for the models.
///
/// What was said is kept in the order of its times, and all of it is gone through again whenever
/// something is added. Keys are numbers, times are milliseconds.
package struct PlainKeys {
    /// What a message about keys, or a vote, does; the key that it starts from is told apart.
    package enum Deed {
        case link(child: Int)
        case revoke(key: Int, from: Int64)
        case rotate(to: Int)
        /// An announcement with a proof of delay computed at this time.
        case announce(proof: Int64)
        case speak
        /// A vote names the right successor.
        case settle(for: Int)
    }

    /// Whom a message counts for, and from when on its author may vote.
    package struct Owner: Equatable {
        package let identity: Int
        package var votesFrom: Int64 = .min
    }

    package struct Revocation {
        package let root: Int
        package let at: Int64
        package let effective: Int64
        package var startedOverAt: Int64?
    }

    package struct Rotation {
        package let key: Int
        package let at: Int64
        /// Where it stands in what was said.
        package let line: Int
        package let isOfChild: Bool
    }

    package struct Key {
        package var root: Int?
        package var hadChildren = false
        package var successor: Rotation?
        package var predecessor: Int?
        /// Further rotations, which contradict the first.
        package var rivals: [Rotation] = []
        package var revocation: Revocation?
    }

    private struct Line {
        let deed: Deed
        let key: Int
        let at: Int64
        /// Decides between two of one moment.
        let rank: [UInt8]
    }

    package static let minute: Int64 = 60_000
    package static let hour: Int64 = 3_600_000
    package static let day: Int64 = 86_400_000

    private var said: [Line] = []
    private var spokeAt: [Int: Int64] = [:]
    package private(set) var keys: [Int: Key] = [:]

    package init() {}

    // MARK: Who is who

    package func key(_ number: Int) -> Key { self.keys[number] ?? Key() }

    /// A key and all that came after it.
    private func chain(_ key: Int) -> [Int] {
        [key] + (self.key(key).successor.map { self.chain($0.key) } ?? [])
    }

    /// All keys that came before a key.
    private func past(_ key: Int) -> [Int] {
        self.key(key).predecessor.map { [$0] + self.past($0) } ?? []
    }

    /// The key at the end of a key's rotations.
    package func last(_ key: Int) -> Int { self.chain(key).last ?? key }

    /// The identity that a key acts for now.
    package func who(_ key: Int) -> Int {
        let last = self.last(key)
        return self.key(last).root.map { self.who($0) } ?? last
    }

    /// How many keys an identity has, itself included.
    package func count(_ identity: Int) -> Int {
        1 + self.keys.values.count { $0.root == identity }
    }

    /// Whether a key succeeds one whose rotations contradict each other, however indirectly.
    package func isContested(_ key: Int) -> Bool {
        self.keys.values.contains { old in
            guard let first = old.successor, !old.rivals.isEmpty else { return false }
            return ([first] + old.rivals).contains { self.chain($0.key).contains(key) }
        }
    }

    /// Whom a message counts for; nil when it is void.
    package func owner(of key: Int, at time: Int64, proof: Int64 = .min) -> Owner? {
        if let successor = self.key(key).successor, time > successor.at + Self.hour { return nil }
        let revocations = self.chain(key).compactMap { self.key($0).revocation }
        guard let revocation = revocations.first else {
            let former = self.past(key).compactMap { self.key($0).revocation }.first
            let opening = former.map { $0.at + 60 * Self.day } ?? .min
            return Owner(identity: self.who(key), votesFrom: opening)
        }
        let opening = revocation.at + 60 * Self.day
        if let again = revocation.startedOverAt, time >= again {
            return Owner(identity: self.who(key), votesFrom: opening)
        }
        if time < revocation.effective { return Owner(identity: self.who(revocation.root)) }
        return proof > revocation.at ? Owner(identity: key, votesFrom: opening) : nil
    }

    /// One of the keys that were revoked; nil when none was.
    package func revoked(_ index: Int) -> Int? {
        let revoked = self.keys.filter { $0.value.revocation != nil }.keys.sorted()
        return revoked.isEmpty ? nil : revoked[index % revoked.count]
    }

    // MARK: What is allowed

    /// Whether a message that a key signs at a time breaks no rule of §1.
    package func allows(_ deed: Deed, by key: Int, at time: Int64) -> Bool {
        var proof = Int64.min
        if case .announce(let computed) = deed { proof = computed }
        guard self.owner(of: key, at: time, proof: proof) != nil else { return false }
        switch deed {
        case .link(let child): return self.mayLink(key, child)
        case .revoke(let other, _):
            let (root, target) = (self.who(key), self.key(self.last(other)))
            let isRoot = self.key(self.last(key)).root == nil
            let wasOwn = target.revocation.map { self.who($0.root) == root } ?? false
            return isRoot && other != key && (target.root == root || wasOwn)
        case .rotate(let new): return self.mayRotate(key, new, at: time)
        case .announce, .speak, .settle: return true
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
            let hasSpoken = (self.spokeAt[new] ?? .max) < time - 5 * Self.minute
            return target.root == nil && target.successor == nil && target.predecessor == nil
                && target.revocation == nil && !target.hadChildren && !hasSpoken
                && !self.isContested(new)
        }
        return new == first.key || time <= first.at + Self.hour
    }

    // MARK: What is so

    /// Takes in what is allowed, and goes through everything again.
    package mutating func apply(_ deed: Deed, by key: Int, at time: Int64, rank: [UInt8] = []) {
        if case .speak = deed {
            let first = self.spokeAt[key] ?? .max
            self.spokeAt[key] = min(first, time)
            let rotation = self.key(key).predecessor.flatMap { self.key($0).successor }
            // Only a successor that turns out to be no newcomer changes anything.
            guard let rotation, time < rotation.at - 5 * Self.minute else { return }
        } else {
            let line = Line(deed: deed, key: key, at: time, rank: rank)
            let place = self.said.firstIndex {
                $0.at > time || $0.at == time && rank.lexicographicallyPrecedes($0.rank)
            }
            self.said.insert(line, at: place ?? self.said.count)
        }
        var void: Set<Int> = []
        while let rotation = self.retell(leavingOut: void) { void.insert(rotation) }
    }

    /// Goes through what was said.
    ///
    /// - Returns: a rotation that a later revocation makes void.
    private mutating func retell(leavingOut void: Set<Int>) -> Int? {
        self.keys = [:]
        for (number, line) in self.said.enumerated() where !void.contains(number) {
            guard self.holds(line) else { continue }
            switch line.deed {
            case .link(let child): self.link(child, to: self.who(line.key))
            case .revoke(let key, let from):
                let effective = max(min(from, line.at), line.at - 30 * Self.day)
                let late = self.chain(key).compactMap { self.key($0).successor }
                    .first { $0.at >= effective && $0.isOfChild }
                if let late { return late.line }
                self.revoke(self.last(key), by: self.who(line.key), at: line.at, effective)
            case .rotate(let new):
                let isOfChild = self.key(line.key).root != nil
                let step = Rotation(key: new, at: line.at, line: number, isOfChild: isOfChild)
                self.rotate(line.key, step)
            case .announce(let proof): self.startOver(line.key, at: line.at, proof: proof)
            case .settle(let chosen): self.settle(line.key, for: chosen)
            case .speak: break
            }
        }
        return nil
    }

    /// Nobody signs the outcome of a vote; an announcement is looked at when it is applied.
    private func holds(_ line: Line) -> Bool {
        switch line.deed {
        case .settle, .announce: true
        case .link, .revoke, .rotate, .speak: self.allows(line.deed, by: line.key, at: line.at)
        }
    }

    private mutating func link(_ child: Int, to root: Int) {
        self.keys[child, default: Key()].root = root
        self.keys[root, default: Key()].hadChildren = true
    }

    private mutating func revoke(_ key: Int, by root: Int, at time: Int64, _ effective: Int64) {
        guard self.key(key).revocation == nil else { return }
        self.keys[key]?.root = nil
        self.keys[key]?.revocation = Revocation(root: root, at: time, effective: effective)
    }

    private mutating func startOver(_ key: Int, at time: Int64, proof: Int64) {
        guard let revocation = self.key(key).revocation, revocation.startedOverAt == nil,
            time >= revocation.effective, proof > revocation.at
        else { return }
        self.keys[key]?.revocation?.startedOverAt = time
    }

    private mutating func rotate(_ old: Int, _ step: Rotation) {
        guard let first = self.key(old).successor else {
            self.keys[old, default: Key()].successor = step
            self.keys[step.key, default: Key()].predecessor = old
            return self.give(old, to: step.key)
        }
        guard !([first] + self.key(old).rivals).contains(where: { $0.key == step.key }) else {
            return
        }
        self.keys[old]?.rivals.append(step)
        if self.keys[step.key] == nil { self.keys[step.key] = Key() }
    }

    /// The new key takes the old one's place: its root, or its children.
    private mutating func give(_ old: Int, to new: Int) {
        let place = self.key(old)
        self.keys[new, default: Key()].root = place.root
        self.keys[new]?.hadChildren = place.hadChildren
        self.keys[old]?.root = nil
        for key in self.keys.keys where self.key(key).root == old { self.keys[key]?.root = new }
    }

    /// A vote decides which of several successors is the right one; the others are strangers then.
    private mutating func settle(_ old: Int, for chosen: Int) {
        guard let first = self.key(old).successor,
            let right = self.key(old).rivals.first(where: { $0.key == chosen })
        else {
            if self.key(old).successor?.key == chosen { self.keys[old]?.rivals = [] }
            return
        }
        self.keys[old]?.rivals = []
        let isTaken = self.chain(chosen).contains { key in
            let record = self.key(key)
            return key == old || record.root != nil || record.hadChildren
                || record.revocation != nil
        }
        guard !isTaken, self.key(chosen).predecessor == nil else { return }
        let (holder, heir) = (self.last(first.key), self.last(chosen))
        self.keys[first.key]?.predecessor = nil
        self.keys[old]?.successor = right
        self.keys[chosen]?.predecessor = old
        self.give(holder, to: heir)
    }
}
