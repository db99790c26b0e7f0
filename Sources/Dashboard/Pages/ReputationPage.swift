import Primitives

/// A score: what made it, where it leads, and those of others.
enum ReputationPage {
    static func view(of id: String?, _ status: JSONValue, _ inquiry: inout Inquiry) async -> View {
        let history: JSONValue
        if let id {
            history = await inquiry.ask("reputation", [("id", .string(id))])
        } else {
            let own = await inquiry.ask("own_identity")
            history = await OverviewPage.history(of: own, &inquiry)
        }
        let all = await inquiry.ask("reputations")
        let entries = history["entries"]?.elements ?? []
        let earned = id == nil ? history["earns"].map(OverviewPage.ways) ?? [] : []
        var view: View = [
            "score": ["figures": Self.figures(history)] as View, "ways": earned,
            "hasWays": !earned.isEmpty,
            "dangers": Notice.views(.warn, history["warnings"]),
            "entries": Self.entries(entries).view, "domains": Self.domains(history).view,
            "others": Self.others(all, status.text("identity", "identity")).view,
        ]
        if let id { view["title"] = "Reputation of \(Words.short(id))" }
        view["road"] = RoadChart.view(history)
        view["line"] = LineChart.view(
            entries.compactMap { $0.number("after") },
            from: history.number("start", "score")
        )
        return view
    }

    private static func figures(_ history: JSONValue) -> [View] {
        let gate = history.given("next_gate")
        let permits = gate?["permits"]?.texts.map { Words.plain($0) }.joined(separator: ", ")
        return [
            Figure.view("Score", Words.amount(history.number("overall"))),
            Figure.view("By own observations", Words.amount(history.number("direct"))),
            Figure.view(
                "Began at",
                Words.amount(history.number("start", "score")),
                note: history["start"]?["founder"]?.bool == true ? "a founder" : nil
            ),
            Figure.view("Next gate", Words.amount(gate?.number("score")), note: permits),
            Figure.view("Missing for it", Words.amount(gate?.number("missing"))),
            Figure.view("At stake", Words.amount(history.number("stake_at_risk"))),
            Figure.view("Verifications counted", Words.count(history.number("verification_count"))),
            Figure.view(
                "What peers say",
                Words.amount(history["basis"]?.number("peer_average")),
                note: "\(Words.count(history["basis"]?.number("assessors"))) assessors"
            ),
        ]
    }

    /// The newest change first.
    private static func entries(_ entries: [JSONValue]) -> Table {
        Table(
            "What moved it, the newest first",
            [.text("When"), .number("Change"), .number("After"), .text("Why")],
            rows: entries.reversed().map { entry in
                [
                    .time(entry.number("at")), .figure(Words.change(entry.number("change"))),
                    .figure(Words.amount(entry.number("after"))),
                    .text(entry.text("cause"), bytesMax: 200),
                ]
            },
            else: "Nothing has moved it yet."
        )
    }

    private static func domains(_ history: JSONValue) -> Table {
        Table(
            "By the domain that it was earned in",
            [.text("Domain"), .number("Score")],
            rows: (history["by_domain"]?.members ?? []).map { domain in
                [.text(domain.key), .figure(Words.amount(domain.value.integer))]
            },
            else: "Nothing was earned in a domain.",
            most: DashboardLimits.fewRowsMax
        )
    }

    private static func others(_ all: JSONValue, _ own: String?) -> Table {
        let scores = (all["scores"]?.elements ?? []).sorted { left, right in
            let (one, other) = (left.number("overall") ?? 0, right.number("overall") ?? 0)
            return one == other
                ? (left.text("identity") ?? "") < (right.text("identity") ?? "") : one > other
        }
        return Table(
            "Scores as this node computes them, the highest first",
            [
                .text("Identity"), .number("Score"), .number("Observations"),
                .text("Announced lately"),
            ],
            rows: scores.map { score in
                let identity = score.text("identity")
                let cell = Cell.id(identity).leading(to: .reputation(of: identity))
                return [
                    cell, .figure(Words.amount(score.number("overall"))),
                    .figure(Words.count(score.number("observations"))),
                    .text(
                        (score["active"]?.bool == true ? "yes" : "no")
                            + (identity != nil && identity == own ? ", this node" : "")
                    ),
                ]
            },
            else: "No scores are known yet."
        )
    }
}
