import Messages
import Primitives
import TestSupport

@testable import Reputation

// What must be equal at the end of a history.
extension ModelDuel {
    func difference() throws -> Difference? {
        for person in ModelStep.people {
            if let found = try self.presentDifference(person) ?? self.pastDifference(person) {
                return Difference(found)
            }
        }
        return self.networkDifference().map { Difference($0) }
    }

    private func presentDifference(_ person: Int) throws -> String? {
        let node = try self.cast.node(person)
        let direct = self.books.ledger.direct(of: node).millionths
        if direct != self.plain.direct(person) {
            return "direct of \(person) is \(direct), not \(self.plain.direct(person))"
        }
        let score = self.books.score(of: node).millionths
        if score != self.plain.score(person) {
            return "score of \(person) is \(score), not \(self.plain.score(person))"
        }
        let verifications = self.books.ledger.account(of: node)?.verifications ?? 0
        let plain = self.plain.person(person)?.verifications ?? 0
        return verifications == plain
            ? nil : "verifications of \(person) are \(verifications), not \(plain)"
    }

    /// Scores and tenure at moments of the past and of the future.
    private func pastDifference(_ person: Int) throws -> String? {
        let third = (self.now - ModelCast.start) / 3
        let moments = [
            ModelCast.start + third, self.now - third, self.now, self.now + 1,
            self.now + 250 * PlainLedger.day,
        ]
        let node = try self.cast.node(person)
        for moment in moments {
            let at = Timestamp(milliseconds: moment)
            let standing = self.books.standing(of: .init(identity: node, at: at))
            let plain = self.plain.score(person, at: moment)
            let factor = self.plain.factor(person, at: moment)
            if standing.reputation.millionths != plain {
                return "score of \(person) at \(moment) is \(standing.reputation), not \(plain)"
            }
            if standing.tenureFactor.millionths != factor {
                return "tenure of \(person) at \(moment) is \(standing.tenureFactor), not \(factor)"
            }
            if standing.isSuspended != self.plain.isContested(person) {
                return "\(person) is suspended: \(standing.isSuspended)"
            }
        }
        return nil
    }

    /// How large the active network is, and what it earned (R-08-016, R-08-017, R-08-024).
    private func networkDifference() -> String? {
        let reply = self.books.scores([], now: self.timestamp)
        let recent = self.plain.announced.filter { self.now - $0.at <= 30 * 60_000 }
        let active = Set(recent.map { self.plain.who($0.key) } + [self.plain.who(0)])
        let reputation = active.map { self.plain.score($0) }.reduce(0, +)
        let earned = active.map { person -> Int64 in
            guard let account = self.plain.people[person], !account.isBanned else { return 0 }
            let old = account.changes.filter { $0.at <= self.now - 7 * PlainLedger.day }
            let before = account.start + old.map(\.amount).reduce(0, +)
            return max(0, account.direct - max(before, account.start))
        }.reduce(0, +)
        if reply.activeIdentities != active.count {
            return "\(reply.activeIdentities) are active, not \(active.count)"
        }
        if reply.activeReputation.millionths != reputation {
            return "their reputation is \(reply.activeReputation), not \(reputation)"
        }
        return reply.earnedDelta.millionths == earned
            ? nil : "they earned \(reply.earnedDelta), not \(earned)"
    }
}
