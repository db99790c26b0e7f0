import Primitives

/// What happened, the newest first.
enum EventsPage {
    /// How an event may concern this node, as the operation names it.
    private static let concerns = [
        "votes", "deadlines", "proposals", "requests", "answers", "score", "storage", "identity",
    ]

    static func view(_ concern: String?, _ inquiry: inout Inquiry) async -> View {
        let filter = concern.map { [("for", JSONValue.array([.string($0)]))] } ?? []
        let answer = await inquiry.ask(
            "events",
            [
                ("follow", .bool(false)), ("limit", .integer(Int64(DashboardLimits.rowsMax))),
            ] + filter
        )
        let filters = [nil] + Self.concerns.map(Optional.some)
        return [
            "events": EventTable.table(answer, else: "Nothing of this kind is remembered.").view,
            "filters": filters.map { name in
                [
                    "filterName": name ?? "all",
                    "filterPath": DashboardPlace.events(concern: name).path,
                    "isChosen": name == concern,
                ] as View
            },
        ]
    }
}

/// Events as a table.
enum EventTable {
    static func table(_ answer: JSONValue, else nothing: String) -> Table {
        Table(
            "Events, the newest first",
            [
                .text("When"), .text("What"), .text("About"), .text("Outcome"),
                .text("Concerns you as"),
            ],
            rows: (answer["events"]?.elements ?? []).reversed().map(Self.row),
            else: nothing
        )
    }

    private static func row(_ event: JSONValue) -> [Cell] {
        let isProposal = [
            "proposal", "vote", "decision", "ballot", "deadline", "withdrawal", "adoption",
        ]
        .contains(event.text("type"))
        let subject =
            event.text("subject")
            ?? (event.text("type") == "proposal" ? event.text("message") : nil)
        let named = event.text("title").map { Cell.text($0, bytesMax: 90) }
        let thing =
            subject ?? event.text("content_hash") ?? event.text("key") ?? event.text("message")
        let details = [
            event.text("outcome").map { Words.plain($0) },
            event.number("amount").map { Words.amount($0) },
            event.number("deadline").map { "until \(Words.time($0))" },
        ].compactMap(\.self)
        let concerns = event["concerns"]?.texts ?? []
        return [
            .time(event.number("at")), .text(Words.plain(event.text("type"))),
            (named ?? .id(thing)).leading(to: isProposal ? subject.map { .proposal($0) } : nil),
            .text(details.isEmpty ? "–" : details.joined(separator: ", ")),
            .text(concerns.isEmpty ? "–" : concerns.joined(separator: ", ")),
        ]
    }
}
