import Primitives

/// How far the node is with what it missed, whether it serves, and what governs the network.
enum SyncPage {
    static func view(_ status: JSONValue, _ inquiry: inout Inquiry) async -> View {
        let ready = await inquiry.ask("ready")
        let network = await inquiry.ask("network")
        var view: View = [
            "warnings": Risks.network(status), "state": ["figures": Self.state(status)] as View,
            "checks": Self.checks(ready).view, "log": ["figures": Self.log(status)] as View,
            "network": ["figures": Self.network(network)] as View,
        ]
        view["progress"] = Self.progress(status)
        return view
    }

    private static func state(_ status: JSONValue) -> [View] {
        let sync = status["sync"] ?? .emptyObject
        let phases = (sync["phases"]?.elements ?? []).compactMap(\.integer).map { "\($0)" }
        var figures = [
            Figure.view("State", Words.plain(sync.text("state"))),
            Figure.view("Messages that it got", Words.count(sync.number("obtained"))),
            Figure.view("Messages that it gave", Words.count(sync.number("served"))),
        ]
        if let phase = sync.number("phase") {
            figures.append(
                Figure.view("Phase", "\(phase)", note: "of \(phases.joined(separator: ", "))")
            )
        }
        if let peers = sync.number("peers") {
            figures.append(
                Figure.view(
                    "Peers that it reads",
                    Words.count(peers),
                    note: sync.number("peers_wanted").map { "of \($0) that it needs" }
                )
            )
        }
        if let agreeing = sync.number("peers_agreeing") {
            figures.append(Figure.view("Peers that hold the same", Words.count(agreeing)))
        }
        if let next = sync.number("next_try") {
            figures.append(Figure.time("Goes on", next))
        }
        return figures
    }

    private static func progress(_ status: JSONValue) -> View? {
        guard let percent = status.number("sync", "percent") else { return nil }
        return BarChart.share(
            "Reading",
            "\(percent) % of the time that it reads of a peer.",
            percent,
            of: 100
        )
    }

    private static func checks(_ ready: JSONValue) -> Table {
        Table(
            "Conditions under which the node serves",
            [.text("Condition"), .text("Met"), .text("Is"), .text("Must be")],
            rows: (ready["checks"]?.elements ?? []).map { check in
                let isMet = check["ok"]?.bool == true
                return [
                    .text(check.text("name")),
                    Cell.text(isMet ? "yes" : "no").marked(isMet ? .good : .bad),
                    .text(check.text("current")), .text(check.text("required")),
                ]
            },
            else: "The node does not say."
        )
    }

    private static func log(_ status: JSONValue) -> [View] {
        let verification = status["verification"] ?? .emptyObject
        return [
            Figure.view("Entries", Words.count(status.number("log", "last_sequence"))),
            Figure.view("Bytes", Words.bytes(status.number("log", "bytes_used"))),
            Figure.view("Free on its disk", Words.bytes(status.number("log", "bytes_free"))),
            Figure.view(
                "Clock ahead of peers",
                Words.span(verification.number("clock_offset_ms")),
                note: "\(Words.count(verification.number("clock_peers"))) compared"
            ),
            Figure.view(
                "Clock ahead of time servers",
                Words.span(verification.number("ntp_offset_ms"))
            ),
            Figure.view("Messages being checked", Words.count(verification.number("pending"))),
        ]
    }

    private static func network(_ network: JSONValue) -> [View] {
        [
            Figure.view("Phase", Words.plain(network.text("phase"))),
            Figure.view("Active identities", Words.count(network.number("active_identities"))),
            Figure.time("Governance since", network.number("governance_since")),
            Figure.time("Cold start ends", network.number("cold_start_ends")),
            Figure.view(
                "Good hours for standard governance",
                Words.count(network.number("standard", "hours")),
                note: network.number("standard", "hours_needed").map { "of \($0)" }
            ),
            Figure.view(
                "Good hours for constitutional governance",
                Words.count(network.number("constitutional", "hours")),
                note: network.number("constitutional", "hours_needed").map { "of \($0)" }
            ),
        ]
    }
}
