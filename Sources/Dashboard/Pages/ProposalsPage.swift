import Primitives

/// The list of proposals, each with its bars.
enum ProposalsPage {
    static func view(after cursor: String?, _ inquiry: inout Inquiry) async -> View {
        let limit = JSONValue.integer(Int64(DashboardLimits.proposalsMax))
        let place = cursor.map { [("cursor", JSONValue.string($0))] } ?? []
        let list = await inquiry.ask("proposals", [("limit", limit)] + place)
        var rows: [View] = []
        for proposal in (list["proposals"]?.elements ?? []).prefix(DashboardLimits.proposalsMax) {
            let id = proposal["id"] ?? .null
            let why = await inquiry.ask("proposal_why", [("id", id)])
            rows.append(Self.row(proposal, why))
        }
        var view: View = ["proposals": rows, "hasProposals": !rows.isEmpty]
        view["nextPath"] = list.text("next_cursor").map { DashboardPlace.proposals(after: $0).path }
        return view
    }

    private static func row(_ proposal: JSONValue, _ why: JSONValue) -> View {
        [
            "proposalPath": DashboardPlace.proposal(proposal.text("id") ?? "").path,
            "proposalTitle": Self.title(proposal), "state": Words.plain(proposal.text("state")),
            "stateLevel": Self.level(of: proposal),
            "standing": VisibleText.line(proposal.text("standing") ?? "", bytesMax: 300),
            "deadline": Words.time(proposal.number("voting_deadline")),
            "author": VisibleText.line(proposal.text("author") ?? ""),
            "authorShort": Words.short(proposal.text("author")), "bars": Self.bars(why),
        ]
    }

    /// A title; one without anything to see is named.
    static func title(_ proposal: JSONValue) -> String {
        let title = VisibleText.line(proposal.text("title") ?? "", bytesMax: 160)
        let isBlank = title.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        return isBlank ? "Proposal without a title" : title
    }

    static func bars(_ why: JSONValue) -> [View] {
        (why["bars"]?.elements ?? []).prefix(DashboardLimits.sentencesMax).map { BarChart.view($0) }
    }

    /// The colour of a state, whose word stands beside it.
    static func level(of proposal: JSONValue) -> String {
        switch proposal.text("state") {
        case "ratified": Notice.Level.good.rawValue
        case "rejected", "expired", "withdrawn": Notice.Level.bad.rawValue
        default: Notice.Level.warn.rawValue
        }
    }
}

/// One proposal, and why it stands where it stands.
enum ProposalPage {
    static func view(_ id: String, _ inquiry: inout Inquiry) async -> View {
        let detail = await inquiry.ask("proposal", [("id", .string(id))])
        guard detail["id"] != nil else { return [:] }
        let why = await inquiry.ask("proposal_why", [("id", .string(id))])
        return ["title": ProposalsPage.title(detail), "proposal": Self.view(detail, why)]
    }

    private static func view(_ detail: JSONValue, _ why: JSONValue) -> View {
        var view: View = [
            "state": Words.plain(detail.text("state")),
            "stateLevel": ProposalsPage.level(of: detail),
            "standing": VisibleText.line(detail.text("standing") ?? "", bytesMax: 300),
            "bars": ProposalsPage.bars(why),
            "changes": (why["would_change"]?.texts ?? []).prefix(DashboardLimits.sentencesMax).map {
                ["change": VisibleText.line($0, bytesMax: 400)] as View
            },
            "warnings": Notice.views(.warn, detail["warnings"]),
            "facts": ["figures": Self.facts(detail)] as View,
            "description": VisibleText.line(detail.text("description") ?? "", bytesMax: 2_000),
            "counted": Self.counted(why).view, "uncounted": Self.uncounted(why).view,
            "adoptions": Self.adoptions(detail).view, "comments": Self.comments(detail).view,
        ]
        view["objection"] = why.text("objection").map { VisibleText.line($0, bytesMax: 600) }
        view["text"] = detail.text("body").flatMap { text in
            text.isEmpty
                ? nil : VisibleText.lines(text, bytesMax: DashboardLimits.textBytesMax)
        }
        return view
    }

    private static func facts(_ detail: JSONValue) -> [View] {
        [
            Figure.time("Voting ends", detail.number("voting_deadline")),
            Figure.time("Decided here", detail.number("decided_at")),
            Figure.small("Author", Words.short(detail.text("author"))),
            Figure.view("Rules", Words.plain(detail.text("tier"))),
            Figure.view(
                "Artefact",
                Words.bytes(detail.number("content_size")),
                note: detail.text("content_type").map { VisibleText.line($0, bytesMax: 60) }
            ),
            Figure.view("Adopted here", detail["adopted"]?.bool == true ? "yes" : "no"),
        ]
    }

    private static func counted(_ why: JSONValue) -> Table {
        Table(
            "Votes that count",
            [.text("Identity"), .text("Stance"), .number("Weight"), .text("Reason")],
            rows: (why["counted"]?.elements ?? []).map { vote in
                [
                    Cell.id(vote.text("identity")).leading(
                        to: .reputation(of: vote.text("identity"))
                    ),
                    .text(vote.text("stance")), .figure(Words.amount(vote.number("weight"))),
                    .text(vote.text("reason")),
                ]
            },
            else: "No vote counts yet.",
            most: 2 * DashboardLimits.fewRowsMax
        )
    }

    private static func uncounted(_ why: JSONValue) -> Table {
        Table(
            "Votes that do not count, and what would help",
            [
                .text("Identity"), .text("Stance"), .text("Because"), .text("Rule"),
                .text("What helps"),
            ],
            rows: (why["not_counted"]?.elements ?? []).map { vote in
                [
                    Cell.id(vote.text("identity")).leading(
                        to: .reputation(of: vote.text("identity"))
                    ),
                    .text(vote.text("stance")),
                    .text(vote.text("not_counted_because"), bytesMax: 300),
                    .text(vote.text("rule")), .text(vote.text("remedy"), bytesMax: 300),
                ]
            },
            else: "Every vote that is known counts.",
            most: DashboardLimits.fewRowsMax
        )
    }

    private static func adoptions(_ detail: JSONValue) -> Table {
        Table(
            "Nodes that report an adoption",
            [.text("Identity"), .text("Outcome")],
            rows: (detail["adoptions"]?.elements ?? []).map { adoption in
                [
                    .id(adoption.text("identity")),
                    .text(adoption["success"]?.bool == true ? "worked" : "failed"),
                ]
            },
            else: "No node reports an adoption.",
            most: DashboardLimits.fewRowsMax
        )
    }

    private static func comments(_ detail: JSONValue) -> Table {
        Table(
            "Comments",
            [.text("Author"), .text("When"), .text("What")],
            rows: (detail["comments"]?.elements ?? []).filter { $0.given("hidden_because") == nil }
                .map { comment in
                    [
                        .id(comment.text("identity")), .time(comment.number("timestamp")),
                        .text(comment.text("payload", "body"), bytesMax: 400),
                    ]
                },
            else: "No comments.",
            most: DashboardLimits.fewRowsMax
        )
    }
}
