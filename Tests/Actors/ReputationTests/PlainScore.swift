import Primitives
import TestSupport

// What others say, and the formula, once more in the plainest way.
extension PlainLedger {
    mutating func said(_ assessor: Int, of subject: Int, _ word: Word) {
        let (from, about) = (self.who(assessor), self.who(subject))
        guard from != about, word.formedAt <= word.saidAt + 300_000 else { return }
        self.words[about, default: [:]][from, default: []].append(word)
    }

    mutating func moveWords(_ old: Int, to new: Int) {
        var moved: [Int: [Int: [Word]]] = [:]
        for (subject, voices) in self.words {
            for (assessor, held) in voices {
                let (about, from) = (
                    subject == old ? new : subject, assessor == old ? new : assessor
                )
                if about != from { moved[about, default: [:]][from, default: []] += held }
            }
        }
        self.words = moved
    }

    /// What keys said that had no right to, as is known now.
    mutating func forgetVoidWords() {
        for (subject, voices) in self.words {
            for (assessor, held) in voices {
                self.words[subject]?[assessor] = held.filter {
                    self.keys.owner(of: $0.signer, at: $0.saidAt) != nil
                }
            }
        }
    }

    /// Words that do not go back in time behind what was said before them.
    private static func inOrder(_ words: [Word]) -> [Word] {
        words.filter { word in
            !words.contains { $0.at <= word.at && $0.formedAt > word.formedAt }
        }
    }

    /// The newest of some words; of one moment the last that was said, or the lowest.
    private static func newest(_ words: [Word]) -> Word? {
        words.max { left, right in
            if left.at != right.at { return left.at < right.at }
            if left.formedAt != right.formedAt { return left.formedAt < right.formedAt }
            if left.saidAt != right.saidAt { return left.saidAt < right.saidAt }
            return left.overall > right.overall
        }
    }

    /// Direct score at the end of a moment.
    private func direct(_ key: Int, at time: Int64?) -> Int64 {
        guard let time, let person = self.person(key) else { return self.direct(key) }
        if person.isBanned { return 0 }
        let later = person.changes.filter { $0.at > time }.map(\.amount).reduce(0, +)
        return min(1_000_000, max(100_000, person.direct - later))
    }

    /// The score now.
    func score(_ key: Int) -> Int64 {
        if self.person(key)?.isBanned == true { return 0 }
        return self.isContested(key) ? 100_000 : self.score(key, at: nil)
    }

    /// The score as of a vote, whatever is contested since (D-47).
    func score(_ key: Int, at time: Int64?) -> Int64 {
        let subject = self.who(key)
        let person = self.people[subject]
        if person?.isBanned == true { return 0 }
        let observed = person?.seen.filter { seen in time.map { seen.at <= $0 } ?? true }.count ?? 0
        let alpha = person?.isFounder == true ? 600_000 : min(600_000, Int64(observed) * 100_000)
        let direct = self.direct(subject, at: time)

        var sum: Int64 = 0
        var trusted: Int64 = 0
        var networks: Set<Int> = []
        for (assessor, held) in self.words[subject] ?? [:]
        where assessor != self.who(0) && self.proven.contains(assessor) {
            let older = Self.inOrder(held).filter { word in time.map { word.at < $0 } ?? true }
            guard let word = Self.newest(older) else { continue }
            let trust = self.direct(assessor, at: time)
            guard trust > 0 else { continue }
            sum += trust * word.overall
            trusted += trust
            networks.insert(self.networks[assessor] ?? -1)
        }
        if trusted == 0 { return alpha > 0 ? direct : 200_000 }
        let average = sum / trusted
        var score = (alpha * direct + (1_000_000 - alpha) * average) / 1_000_000
        if alpha == 0 { score = networks.count >= 3 ? average : min(average, 200_000) }
        return min(1_000_000, max(100_000, score))
    }

    // MARK: Tenure

    mutating func voted(_ key: Int, at time: Int64) {
        self.cycles[self.who(key), default: []].insert(time / (30 * Self.day))
    }

    /// What tenure leaves of a vote's weight: every cycle since the first one, one by one.
    func factor(_ key: Int, at time: Int64) -> Int64 {
        let cycles = self.cycles[self.who(key)] ?? []
        guard let first = cycles.min() else { return 1_000_000 }
        var (tenure, skips) = (Int64(0), Int64(0))
        for cycle in first..<max(first, time / (30 * Self.day)) {
            if cycles.contains(cycle) {
                tenure += 1
                skips = 0
            } else {
                skips += 1
                tenure = max(0, tenure - skips)
            }
        }
        var factor: Int64 = 1_000_000
        for _ in 0..<max(0, tenure - 6) { factor = factor * 95 / 100 }
        return factor
    }
}
