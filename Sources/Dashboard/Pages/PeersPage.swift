import Primitives

/// The nodes that this node knows, by the networks that they are in.
enum PeersPage {
    static func view(_ status: JSONValue, _ inquiry: inout Inquiry) async -> View {
        let answer = await inquiry.ask("peers")
        let peers = answer["peers"]?.elements ?? []
        let map = NetworkMap(peers)
        var view: View = [
            "counts": ["figures": Self.figures(status, map)] as View,
            "warnings": Risks.network(status), "networks": map.table.view,
            "peers": Self.table(peers).view,
        ]
        view["map"] = map.view
        let waiting = answer["bootstrap"]?.elements ?? []
        if !waiting.isEmpty { view["bootstrap"] = Self.bootstrap(waiting).view }
        return view
    }

    private static func figures(_ status: JSONValue, _ map: NetworkMap) -> [View] {
        let reach: String
        switch status["gossip"]?["reachable"]?.bool {
        case true?: reach = "yes"
        case false?: reach = "through relays"
        case nil: reach = "not known yet"
        }
        return [
            Figure.view("Connected", Words.count(status.number("gossip", "connected_peers"))),
            Figure.view("Authenticated", Words.count(status.number("peers", "authenticated"))),
            Figure.view("Known", Words.count(status.number("peers", "known"))),
            Figure.view("Networks", Words.count(Int64(map.groups.count))),
            Figure.view("Others reach this node", reach),
        ]
    }

    /// Those with a connection first.
    private static func table(_ peers: [JSONValue]) -> Table {
        let connected = peers.filter { $0["connected"]?.bool == true }
        let others = peers.filter { $0["connected"]?.bool != true }
        return Table(
            "Peers, those with a connection first",
            [
                .text("Node"), .text("State"), .text("Sync"), .text("Network"), .text("Address"),
                .text("What is wrong"),
            ],
            rows: (connected + others).map(Self.row),
            else: "No peers are known yet.",
            most: 2 * DashboardLimits.fewRowsMax
        )
    }

    private static func row(_ peer: JSONValue) -> [Cell] {
        let isConnected = peer["connected"]?.bool == true
        let state =
            (isConnected ? Words.plain(peer.text("direction")) : "known")
            + (peer["authenticated"]?.bool == true ? ", authenticated" : "")
        let wrong =
            peer["other_founders"]?.bool == true
            ? "belongs to another network" : peer.text("last_dial_error")
        return [
            .id(peer.text("node_id")), Cell.text(state).marked(isConnected ? .good : .warn),
            .text(peer.text("sync_status")), .text(peer.text("network")),
            .text(peer["addresses"]?.texts.first, bytesMax: 90), .text(wrong, bytesMax: 160),
        ]
    }

    private static func bootstrap(_ entries: [JSONValue]) -> Table {
        Table(
            "Addresses whose node is not known yet",
            [.text("Address"), .text("What is wrong")],
            rows: entries.map { entry in
                [
                    .text(entry.text("address"), bytesMax: 120),
                    .text(entry.text("last_dial_error"), bytesMax: 300),
                ]
            },
            else: "",
            most: DashboardLimits.fewRowsMax
        )
    }
}
