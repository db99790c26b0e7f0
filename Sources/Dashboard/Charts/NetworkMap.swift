import Primitives

/// Peers in the networks that they are in: a box for each network, a dot for each peer.
struct NetworkMap {
    /// Peers of one network.
    struct Group {
        let name: String
        let peers: [JSONValue]

        /// How many of them are connected.
        var connectedCount: Int { self.peers.count { $0["connected"]?.bool == true } }
    }

    /// The networks, those with most peers first.
    let groups: [Group]

    private static let dotsInLine = 11
    private static let gap = 10

    /// - Parameter peers: rows of the answer of `peers`.
    init(_ peers: [JSONValue]) {
        let named = Dictionary(grouping: peers) { peer in
            peer.given("network")?.string
                ?? peer.given("asn")?.integer.map { "AS\($0)" } ?? "not routed"
        }
        self.groups = named.map { Group(name: $0.key, peers: $0.value) }.sorted { left, right in
            left.peers.count == right.peers.count
                ? left.name < right.name : left.peers.count > right.peers.count
        }
    }

    /// What the template is filled with; nil without peers.
    var view: View? {
        guard !self.groups.isEmpty else { return nil }
        let shown = self.groups.prefix(DashboardLimits.networksMax)
        var boxes: [View] = []
        // Two columns; the next box goes below the shorter one.
        var ends = [Self.gap, Self.gap]
        for group in shown {
            let column = ends[1] < ends[0] ? 1 : 0
            let height = Self.height(of: group)
            boxes.append(Self.box(group, x: column * 180 + 5, y: ends[column], height: height))
            ends[column] += height + Self.gap
        }
        let rest = self.groups.count - shown.count
        let peers = self.groups.map(\.peers.count).reduce(0, +)
        return [
            "groups": boxes, "mapHeight": "\(max(ends[0], ends[1]))",
            "mapLabel":
                "\(peers) peers in \(self.groups.count) networks; the table below has the same",
            "mapRest": rest > 0 ? "; \(rest) smaller networks are not drawn" : "",
        ]
    }

    /// The same as a table.
    var table: Table {
        Table(
            "Peers by network",
            [.text("Network"), .number("Known"), .number("Connected")],
            rows: self.groups.map { group in
                [
                    .text(group.name), .figure(Words.count(Int64(group.peers.count))),
                    .figure(Words.count(Int64(group.connectedCount))),
                ]
            },
            else: "No networks are known.",
            most: DashboardLimits.networksMax
        )
    }

    private static func height(of group: Group) -> Int {
        let dots = min(group.peers.count, DashboardLimits.dotsMax)
        return 30 + (dots + Self.dotsInLine - 1) / Self.dotsInLine * 14
    }

    private static func box(_ group: Group, x: Int, y: Int, height: Int) -> View {
        let peers = group.peers.sorted { Self.rank($0) < Self.rank($1) }
        let dots = peers.prefix(DashboardLimits.dotsMax).enumerated().map { place, peer in
            [
                "dotKind": ["connected", "joining", "known"][Self.rank(peer)],
                "dotX": "\(x + 14 + place % Self.dotsInLine * 14)",
                "dotY": "\(y + 32 + place / Self.dotsInLine * 14)",
            ] as View
        }
        let more = group.peers.count - dots.count
        return [
            "boxX": "\(x)", "boxY": "\(y)", "boxHeight": "\(height)", "boxTextX": "\(x + 8)",
            "boxTextY": "\(y + 17)",
            "boxName": VisibleText.line(group.name, bytesMax: 18)
                + (more > 0 ? " (\(more) more)" : ""),
            "dots": dots,
        ]
    }

    /// How near a peer is: connected and known by its key first.
    private static func rank(_ peer: JSONValue) -> Int {
        guard peer["connected"]?.bool == true else { return 2 }
        return peer["authenticated"]?.bool == true ? 0 : 1
    }
}
