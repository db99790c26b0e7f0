import Foundation
import Kernel

/// The subsystems of a node in a ring, who sends to whom, and how much each handles.
struct BusPicture {
    private let topology: TopologyGraph
    /// Envelopes a second that each subsystem handled.
    private let rates: [SubsystemName: Double]

    init(_ topology: TopologyGraph, rates: [SubsystemName: Double]) {
        self.topology = topology
        self.rates = rates
    }

    /// What the template is filled with.
    var view: View {
        let names = self.topology.subsystems
        let spots = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { place, name in
                (name, Self.spot(place, of: names.count))
            }
        )
        return [
            "busLabel":
                "\(names.count) subsystems in a ring; the tables below have the same figures",
            "wires": self.wires(spots), "hubs": names.compactMap { self.hub($0, spots[$0]) },
        ]
    }

    private typealias Spot = (x: Double, y: Double)

    private static func spot(_ place: Int, of count: Int) -> Spot {
        let angle = 2 * Double.pi * (Double(place) + 0.5) / Double(max(count, 1)) - Double.pi / 2
        return (240 + 130 * cos(angle), 200 + 165 * sin(angle))
    }

    /// One line for each pair and kind, so that many messages between two are not drawn over each other.
    private func wires(_ spots: [SubsystemName: Spot]) -> [View] {
        var seen: Set<String> = []
        return self.topology.routes.flatMap { route in
            route.receivers.compactMap { receiver -> View? in
                guard receiver != route.sender, route.kind != .signal,
                    let from = spots[route.sender], let to = spots[receiver]
                else { return nil }
                let kind = Self.kind(of: route)
                let key = "\(route.sender.rawValue) \(receiver.rawValue) \(kind)"
                guard seen.insert(key).inserted else { return nil }
                return [
                    "wireKind": kind, "fromX": Self.text(from.x), "fromY": Self.text(from.y),
                    "toX": Self.text(to.x), "toY": Self.text(to.y),
                ]
            }
        }
    }

    private static func kind(of route: TopologyGraph.Route) -> String {
        switch route.kind {
        case .query: "query"
        case .procedure: "procedure"
        case .command, .event, .signal: "event"
        }
    }

    private func hub(_ name: SubsystemName, _ spot: Spot?) -> View? {
        guard let spot else { return nil }
        let rate = self.rates[name] ?? 0
        let isLeft = spot.x < 240
        // At the top and at the bottom there is more room above and below than at the side.
        let isSteep = abs(spot.x - 240) < 60
        return [
            "hubX": Self.text(spot.x), "hubY": Self.text(spot.y), "hubName": name.rawValue,
            "hubRate": "\(RateWords.text(rate)) a second",
            // Ten times as many are two units more.
            "hubWidth": Self.text(1.5 + 2 * log10(1 + rate)), "hubAnchor": isLeft ? "end" : "start",
            "hubTextX": Self.text(spot.x + (isSteep ? 0 : 12) * (isLeft ? -1 : 1)),
            "hubTextY": Self.text(spot.y + (isSteep ? (spot.y < 200 ? -24 : 20) : -2)),
        ]
    }

    private static func text(_ number: Double) -> String { "\(Int(number.rounded()))" }
}

/// Rates as people read them.
enum RateWords {
    static func text(_ rate: Double) -> String {
        rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
    }
}
