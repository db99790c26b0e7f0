import Messages
import Primitives

// What a story of a town checks, and what it tells.
extension Town {
    /// Begins a step.
    func step(_ prose: String) { self.telling.step(prose) }

    /// Checks something.
    ///
    /// - Throws: a ``StoryFailure`` when it is not so.
    func expect(_ subject: String, _ expected: String, _ found: String, _ holds: Bool) throws {
        guard holds else {
            throw self.telling.failure(subject, expected: expected, found: found)
        }
        self.telling.held("\(subject): \(expected), found \(found)")
    }

    /// Tells that all accounts balanced at the end of each day, without which no day ends, and checks that
    /// the observer refused nothing.
    func expectConservation() throws {
        self.telling.held(
            "accounts that balanced at the end of each of \(self.day) days: "
                + "\(self.books.start) millionths at the start, \(self.books.created) made since"
        )
        let refused = self.refusals.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        try self.expect(
            "words that the observer refused",
            "none",
            refused.isEmpty ? "none" : refused.joined(separator: "; "),
            refused.isEmpty
        )
    }

    // MARK: Reading

    /// Residents of a role, by number.
    func numbers(of role: String) -> [Int] {
        self.residents.indices.filter { self.residents[$0].role == role }
    }

    /// Roles in the order of the plan.
    private var roles: [String] {
        self.residents.reduce(into: []) { roles, resident in
            if !roles.contains(resident.role) { roles.append(resident.role) }
        }
    }

    /// The mean score of a role at the end of a day.
    func score(of role: String, day: Int? = nil) -> FixedPoint {
        let numbers = self.numbers(of: role)
        let sum = numbers.reduce(FixedPoint.zero) { sum, number in
            sum + self.books.score(of: self.residents[number].id, day: day ?? self.day)
        }
        return sum.scaled(numerator: 1, denominator: Int64(numbers.count))
    }

    /// What a role got or lost for some causes, on average.
    func sum(_ causes: [TownCause], of role: String) -> FixedPoint {
        let numbers = self.numbers(of: role)
        let sum = numbers.reduce(Int64(0)) { sum, number in
            causes.reduce(sum) { $0 + self.books.sum($1, of: self.residents[number].id) }
        }
        return FixedPoint(millionths: sum).scaled(numerator: 1, denominator: Int64(numbers.count))
    }

    /// Days from its coming until each resident of a role had a score; nil while it has not.
    func days(of role: String, until score: FixedPoint) -> [Int?] {
        self.numbers(of: role).map { number in
            let resident = self.residents[number]
            return self.books.firstDay(of: resident.id, with: score)
                .map { $0 - resident.habits.arrives }
        }
    }

    /// Failures that the market found with all of a role; the ledger counts one a day of each identity.
    func failures(of role: String) -> Int {
        self.numbers(of: role).reduce(0) { $0 + (self.books.failures[self.residents[$1].id] ?? 0) }
    }

    // MARK: Figures

    /// Tells a table of all roles, and how their scores went.
    func tellFigures() {
        for role in self.roles {
            self.tellRow(role)
            let days = stride(from: 0, through: self.day, by: 7)
            self.telling.found(
                "\(role) by week",
                .line(
                    plot: self.telling.story,
                    name: role,
                    days.map { day in
                        StoryFigures.Point(
                            day: day,
                            millionths: self.score(of: role, day: day).millionths
                        )
                    }
                )
            )
        }
    }

    private func tellRow(_ role: String) {
        let numbers = self.numbers(of: role)
        let found = { (causes: TownCause...) in "\(self.sum(causes, of: role))" }
        let climb = self.days(of: role, until: Capability.propose.gate).compactMap(\.self).sorted()
        let cells = [
            StoryFigures.Cell("residents", "\(numbers.count)"),
            StoryFigures.Cell("at the start", "\(self.score(of: role, day: 0))"),
            StoryFigures.Cell("at the end", "\(self.score(of: role))"),
            StoryFigures.Cell("uptime", found(.uptime)),
            StoryFigures.Cell("adoptions", found(.adoption)),
            StoryFigures.Cell("rent earned", found(.rentEarned)),
            StoryFigures.Cell("rent paid", found(.rentPaid, .rentReturned)),
            StoryFigures.Cell("penalties", found(.failure, .abandonment, .fee, .source)),
            StoryFigures.Cell("failures of all", "\(self.failures(of: role))"),
            StoryFigures.Cell("days to 0.3", Self.text(climb, of: numbers.count)),
        ]
        let words = cells.map { "\($0.column) \($0.text)" }.joined(separator: ", ")
        self.telling.found(
            "\(role): \(words)",
            .row(table: self.telling.story, [StoryFigures.Cell("role", role)] + cells)
        )
    }

    /// The middle one, and for how many there is one.
    private static func text(_ climb: [Int], of count: Int) -> String {
        climb.isEmpty ? "–" : "\(climb[climb.count / 2]) (\(climb.count) of \(count))"
    }

    var outcome: StoryOutcome {
        let scores = self.books.identities.map { identity in
            "\(identity) \(self.books.score(of: identity, day: self.day))"
        }
        let text = scores.joined(separator: "\n") + "\n\(self.observer.heard)"
        return StoryOutcome(
            steps: self.telling.steps,
            checks: self.telling.checks,
            elapsed: .seconds(self.hour * 3_600),
            events: self.observer.heard,
            traceHash: SHA256Digest.hash(Array(text.utf8))
        )
    }
}
