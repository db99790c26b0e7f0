import Kernel
import Primitives

/// The bus of the node: its subsystems, who sends what to whom, and how much each handles.
enum TopologyPage {
    static func view(_ status: JSONValue, _ node: any DashboardNode) async -> View {
        let before = node.mailboxes
        let clock = ContinuousClock()
        let began = clock.now
        // A page that nobody waits for any more may be wrong.
        try? await Task.sleep(for: DashboardLimits.rateTime)
        let after = node.mailboxes
        let rates = Self.rates(before, after, within: clock.now - began)
        let lifetime = Duration.milliseconds(status.number("node", "uptime_ms") ?? 0)
        let averages = Self.rates([], after, within: lifetime)
        var view = BusPicture(node.topology, rates: rates).view
        view["mailboxes"] = Self.mailboxes(after, rates, averages).view
        view["routes"] = Self.routes(node.topology).view
        return view
    }

    /// Envelopes a second.
    static func rates(
        _ before: [SubsystemCounters],
        _ after: [SubsystemCounters],
        within time: Duration
    ) -> [SubsystemName: Double] {
        let seconds = max(time / .seconds(1), 0.001)
        let past = Dictionary(
            before.map { ($0.subsystem, $0.delivered) },
            uniquingKeysWith: { first, _ in first }
        )
        return Dictionary(
            after.map {
                ($0.subsystem, Double(max(0, $0.delivered - (past[$0.subsystem] ?? 0))) / seconds)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func mailboxes(
        _ counters: [SubsystemCounters],
        _ rates: [SubsystemName: Double],
        _ averages: [SubsystemName: Double]
    ) -> Table {
        Table(
            "Mailboxes",
            [
                .text("Subsystem"), .number("A second now"), .number("On average"),
                .number("Handled"), .number("Waiting"),
                .number("Most waiting"), .number("Room"), .number("Lost"),
            ],
            rows: counters.sorted { $0.subsystem < $1.subsystem }.map { mailbox in
                [
                    .text(mailbox.subsystem.rawValue),
                    .figure(RateWords.text(rates[mailbox.subsystem] ?? 0)),
                    .figure(RateWords.text(averages[mailbox.subsystem] ?? 0)),
                    .figure(Words.count(Int64(mailbox.delivered))),
                    .figure(Words.count(Int64(mailbox.waiting))),
                    .figure(Words.count(Int64(mailbox.waitingMax))),
                    .figure(Words.count(Int64(mailbox.capacity))),
                    .figure(Words.count(Int64(mailbox.dropped + mailbox.refusedToDevices))),
                ]
            },
            else: "The node is not up yet."
        )
    }

    private static func routes(_ topology: TopologyGraph) -> Table {
        Table(
            "Routes of the bus",
            [.text("From"), .text("Message"), .text("Kind"), .text("To")],
            rows: topology.routes.map { route in
                [
                    .text(route.sender.rawValue), .text(route.message), .text(route.kind.rawValue),
                    .text(route.receivers.map(\.rawValue).joined(separator: ", "), bytesMax: 200),
                ]
            },
            else: "No routes.",
            most: 160
        )
    }
}
