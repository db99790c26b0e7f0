import Messages
import Primitives

// What stories of towns claim.
extension Town {
    private func list(_ days: [Int?]) -> String {
        days.map { $0.map { "day \($0)" } ?? "not yet" }.joined(separator: ", ")
    }

    /// Everybody of a role had 0.3 within so many days of its coming.
    func expectClimb(of role: String, within most: Int) throws {
        let days = self.days(of: role, until: Capability.propose.gate)
        try self.expect(
            "the climb of each \(role) from 0.2 to 0.3",
            "\(most) days at most",
            self.list(days),
            days.allSatisfy { $0.map { $0 <= most } ?? false }
        )
    }

    /// Nobody of a role had it by a day.
    func expectNoClimb(of role: String, by day: Int) throws {
        let days = self.days(of: role, until: Capability.propose.gate)
        try self.expect(
            "the climb of each \(role) from 0.2 to 0.3",
            "more than \(day) days",
            self.list(days),
            days.allSatisfy { $0.map { $0 > day } ?? true }
        )
    }

    private func gain(of role: String) -> FixedPoint {
        self.score(of: role) - self.score(of: role, day: 0)
    }

    /// A role is above where it began.
    func expectGain(of role: String) throws {
        let gain = self.gain(of: role)
        try self.expect("the gain of \(role)", "above zero", "\(gain)", gain > .zero)
    }

    /// A role gained more than another.
    func expectMore(_ role: String, than other: String) throws {
        let (gain, least) = (self.gain(of: role), self.gain(of: other))
        try self.expect(
            "the gain of \(role)",
            "above that of \(other), \(least)",
            "\(gain)",
            gain > least
        )
    }

    /// A role gained no more than another.
    func expectNoMore(_ role: String, than other: String) throws {
        let (gain, most) = (self.gain(of: role), self.gain(of: other))
        try self.expect(
            "the gain of \(role) by day \(self.day)",
            "at most that of \(other), \(most)",
            "\(gain)",
            gain <= most
        )
    }

    /// What each of a role lost to penalties, in millionths.
    func expectPenalties(of role: String, atMost most: Int64, atLeast least: Int64 = 0) throws {
        let lost = self.numbers(of: role).map { number in
            [TownCause.failure, .abandonment, .source].reduce(Int64(0)) {
                $0 - self.books.sum($1, of: self.residents[number].id)
            }
        }
        try self.expect(
            "penalties of each \(role), in millionths",
            least > 0 ? "\(least) to \(most)" : "\(most) at most",
            lost.map { "\($0)" }.joined(separator: ", "),
            lost.allSatisfy { $0 >= least && $0 <= most }
        )
    }

    /// What each of a role staked on flags and did not get back, in millionths.
    func expectStakes(of role: String, _ expected: Int64) throws {
        let staked = self.numbers(of: role).map { number in
            -[TownCause.stake, .stakeReturned].reduce(Int64(0)) {
                $0 + self.books.sum($1, of: self.residents[number].id)
            }
        }
        try self.expect(
            "stakes of each \(role), in millionths",
            "\(expected)",
            staked.map { "\($0)" }.joined(separator: ", "),
            staked.allSatisfy { $0 == expected }
        )
    }

    /// What the observer says of everybody of a role, in millionths.
    func expectOverall(of role: String, _ expected: Int64) throws {
        let scores = self.numbers(of: role).map { self.residents[$0].score }
        try self.expect(
            "the score of each \(role)",
            "\(FixedPoint(millionths: expected))",
            scores.map { "\($0)" }.joined(separator: ", "),
            scores.allSatisfy { $0.millionths == expected }
        )
    }

    /// The direct score of a role lies between two others.
    func expectMoreThan(of role: String, _ least: Int64, butLessThan most: FixedPoint) throws {
        let score = self.score(of: role)
        try self.expect(
            "the score of \(role)",
            "between \(FixedPoint(millionths: least)) and \(most)",
            "\(score)",
            score.millionths > least && score < most
        )
    }
}
