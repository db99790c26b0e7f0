/// A row of the requirements and all that claims it.
struct ConformanceLine: CustomStringConvertible {
    /// What the claims are worth.
    enum Verdict: String {
        /// The node would fail a test if it broke the rule.
        case shown
        /// The rule is about a form, and the form is shown.
        case formShown = "shown (form)"
        /// A form is shown, but the rule is about more.
        case formOnly = "not shown (form only)"
        case notShown = "not shown"
        case void
    }

    let row: RequirementRow
    /// The strongest first.
    let evidence: [Evidence]

    var void: VoidRows.Decision? { VoidRows.all[self.row.id] }

    /// What the row waits for; nil when it does not.
    var openBecause: String? { OpenRows.reasons[self.row.id] }

    var verdict: Verdict {
        if self.void != nil { return .void }
        guard let kind = self.evidence.first?.kind else { return .notShown }
        switch kind {
        case .schema: return SchemaRows.all.contains(self.row.id) ? .formShown : .formOnly
        case .machine, .process: return self.openBecause == nil ? .shown : .notShown
        }
    }

    var isShown: Bool { [.shown, .formShown].contains(self.verdict) }

    var description: String { "\(self.row.id): \(self.row.text)" }

    /// The line of the table.
    var markdown: String {
        let evidence = self.evidence.map { entry in
            "\(entry.kind.name): \(ConformanceTable.escaped(entry.source))"
        }
        let cells = [
            self.row.id, self.row.level.rawValue, self.row.subsystem,
            ConformanceTable.escaped(self.row.text),
            self.void.map { "void, \($0.id)" } ?? self.verdict.rawValue,
            evidence.isEmpty ? "–" : evidence.joined(separator: "<br>"),
        ]
        return "| \(cells.joined(separator: " | ")) |\n"
    }
}
