import Primitives

/// What the node does, earns and risks.
enum OverviewPage {
    static func view(_ status: JSONValue, _ inquiry: inout Inquiry) async -> View {
        let ready = await inquiry.ask("ready")
        let own = await inquiry.ask("own_identity")
        let history = await Self.history(of: own, &inquiry)
        let storage = await inquiry.ask("storage")
        let inbox = await inquiry.ask("inbox", [("limit", .integer(20))])
        let events = await inquiry.ask(
            "events",
            [("follow", .bool(false)), ("limit", .integer(8))]
        )
        var view: View = [
            "risks": Risks.all(status, ready, history, storage),
            "does": ["figures": Self.does(status, storage)] as View,
            "earns": ["figures": Self.earns(status, history, storage)] as View,
            "ways": history["earns"].map(Self.ways) ?? [], "waits": Self.waits(inbox).view,
            "news": EventTable.table(events, else: "Nothing happened yet.").view,
        ]
        view["hasWays"] = !(history["earns"]?.texts.isEmpty ?? true)
        view["gate"] = Self.gate(history)
        return view
    }

    /// The score of the node's own identity.
    static func history(of own: JSONValue, _ inquiry: inout Inquiry) async -> JSONValue {
        guard let identity = own.text("identity") else { return .emptyObject }
        return await inquiry.ask("reputation", [("id", .string(identity))])
    }

    static func ways(_ list: JSONValue) -> [View] {
        list.texts.prefix(DashboardLimits.sentencesMax).map {
            ["way": VisibleText.line($0, bytesMax: 400)]
        }
    }

    private static func does(_ status: JSONValue, _ storage: JSONValue) -> [View] {
        [
            Figure.view("Sync", Words.plain(status.text("sync", "state")), path: .sync),
            Figure.view(
                "Peers connected",
                Words.count(status.number("gossip", "connected_peers")),
                note: "of \(Words.count(status.number("peers", "known"))) known",
                path: .peers
            ),
            Figure.view("Running for", Words.span(status.number("node", "uptime_ms"))),
            Figure.view("Messages checked", Words.count(status.number("verification", "verified"))),
            Figure.view("Messages handed on", Words.count(status.number("gossip", "relayed"))),
            Figure.view(
                "Proposals known",
                Words.count(status.number("consensus", "proposals")),
                note: "votes: \(Words.count(status.number("consensus", "votes")))",
                path: .proposals(after: nil)
            ),
            Figure.view("Requests known", Words.count(status.number("consensus", "requests"))),
            Figure.view(
                "Copies for others",
                Words.count(storage.number("copies")),
                note: "artefacts here: \(Words.count(status.number("storage", "stored")))",
                path: .storage
            ),
            Figure.view("Entries in the log", Words.count(status.number("log", "last_sequence"))),
        ]
    }

    private static func earns(
        _ status: JSONValue,
        _ history: JSONValue,
        _ storage: JSONValue
    ) -> [View] {
        let contracts = storage["contracts"]?.elements ?? []
        let isProvider = contracts.filter { $0.text("part") == "provider" }
        let last = history["entries"]?.elements?.last
        return [
            Figure.view(
                "Score",
                Words.amount(status.number("reputation", "own_score")),
                path: .reputation(of: nil)
            ),
            Figure.view(
                "Changes of it",
                Words.count((history["entries"]?.elements?.count).map(Int64.init))
            ),
            Figure.view(
                "The last change",
                Words.change(last?.number("change")),
                note: last?.text("cause").map { VisibleText.line($0) }
            ),
            Figure.view(
                "Contracts as provider",
                Words.count(Int64(isProvider.count)),
                path: .storage
            ),
            Figure.view(
                "Identities with a score",
                Words.count(status.number("reputation", "known_identities")),
                path: .reputation(of: nil)
            ),
        ]
    }

    /// How far it is to the next gate.
    static func gate(_ history: JSONValue) -> View? {
        guard let gate = history.given("next_gate"), let score = gate.number("score") else {
            return nil
        }
        let permits = (gate["permits"]?.texts ?? []).map { Words.plain($0) }.joined(separator: ", ")
        return BarChart.view(
            "Next gate",
            "At \(Words.amount(score)), \(Words.amount(gate.number("missing"))) more: \(permits).",
            reached: history.number("overall"),
            needed: score
        )
    }

    private static func waits(_ inbox: JSONValue) -> Table {
        let items = inbox["items"]?.elements ?? []
        return Table(
            "Votes to give, requests to answer, and news, the most urgent first",
            [.text("What"), .text("Title"), .text("Until"), .text("Why")],
            rows: items.map { item in
                let kind = item.text("kind")
                let place: DashboardPlace? =
                    kind == "vote" ? item.text("id").map { .proposal($0) } : nil
                return [
                    .text(Words.plain(kind)),
                    Cell.text(item.text("title") ?? item.text("id"), bytesMax: 90).leading(
                        to: place
                    ),
                    .time(item.number("deadline")), .text(item.text("reason"), bytesMax: 200),
                ]
            },
            else: "Nothing waits.",
            most: DashboardLimits.fewRowsMax
        )
    }
}

/// What calls for the operator's attention.
enum Risks {
    static func all(
        _ status: JSONValue,
        _ ready: JSONValue,
        _ history: JSONValue,
        _ storage: JSONValue
    ) -> [View] {
        let found =
            self.conditions(ready) + self.stops(status) + self.network(status)
            + self.warnings(history, storage)
        return found.isEmpty
            ? [Notice.view(.good, "Nothing that this node knows of.")]
            : Array(found.prefix(DashboardLimits.sentencesMax))
    }

    /// Conditions of readiness that are not met.
    private static func conditions(_ ready: JSONValue) -> [View] {
        (ready["checks"]?.elements ?? []).filter { $0["ok"]?.bool != true }.map { check in
            Notice.view(
                .bad,
                "\(Words.plain(check.text("name")).capitalisedAscii): \(check.text("current") ?? "") – must be "
                    + (check.text("required") ?? "")
            )
        }
    }

    private static func stops(_ status: JSONValue) -> [View] {
        var found: [View] = []
        if let cause = status.text("identity", "signing_stopped_because") {
            found.append(Notice.view(.bad, "It signs nothing: \(cause)"))
        }
        if let cause = status.text("log", "stopped_because") {
            found.append(Notice.view(.bad, "Its log takes less than everything: \(cause)"))
        }
        for part in status["absent"]?.texts ?? [] {
            found.append(Notice.view(.bad, "\(part) is not part of this node, or did not answer."))
        }
        return found
    }

    static func network(_ status: JSONValue) -> [View] {
        var found: [View] = []
        if let partition = status["sync"]?.given("partition") {
            let severity = Words.plain(partition.text("severity"))
            found.append(
                Notice.view(.bad, "Partition (\(severity)): \(partition.text("advice") ?? "")")
            )
        }
        if status["gossip"]?["reachable"]?.bool == false {
            found.append(
                Notice.view(.warn, "Others cannot dial this node; it is reached through relays.")
            )
        }
        if let others = status.number("peers", "other_founders"), others > 0 {
            found.append(
                Notice.view(.warn, "\(others) peers run with another description of the network.")
            )
        }
        if status.text("verification", "clock") == "wrong" {
            found.append(Notice.view(.bad, "The clock is not that of its peers."))
        }
        return found
    }

    private static func warnings(_ history: JSONValue, _ storage: JSONValue) -> [View] {
        let texts = (history["warnings"]?.texts ?? []) + (storage["warnings"]?.texts ?? [])
        let contracts = (storage["contracts"]?.elements ?? []).compactMap { $0.text("risk") }
        return texts.map { Notice.view(.warn, $0) }
            + contracts.prefix(5).map { Notice.view(.warn, "A contract: \($0)") }
    }
}
