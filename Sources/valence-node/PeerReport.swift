import Messages
import Primitives

/// What a node knows of one of its peers, or of a configured address that leads to nobody yet.
struct PeerReport {
    /// Its row in the table; nil for one that is not in it.
    private let row: JSONValue?
    private let dials: [JSONValue]

    /// Looks somebody up.
    ///
    /// - Parameters:
    ///   - name: a key, or an address.
    ///   - table: what the node answered.
    /// - Throws: ``CommandFailure`` when nothing is known of it.
    init(of name: String, in table: JSONValue) throws {
        let node = NodeID(argument: name)?.hex
        self.row = table["peers"]?.elements?.first { $0["node_id"]?.string == node && node != nil }
        self.dials = (table["dials"]?.elements ?? []).filter { dial in
            if let node { return dial["node_id"]?.string == node }
            return dial["address"]?.string.map { name == $0 || name.hasPrefix("\($0)/p2p/") }
                ?? false
        }
        guard self.row != nil || !self.dials.isEmpty else {
            throw CommandFailure(
                .refused,
                "no peer is known by that name; `valence-node peer list` shows all of them"
            )
        }
    }

    /// For programs: the row, with the dials in it.
    var json: JSONValue {
        .object([("peer", self.row ?? .null), ("dials", .array(self.dials))])
    }

    /// For people.
    func print() {
        if let row { self.print(row) }
        for dial in self.dials { Self.print(dial) }
    }

    private func print(_ row: JSONValue) {
        let isConnected = row["connected"]?.bool ?? false
        let isProven = row["authenticated"]?.bool ?? false
        let state =
            !isConnected
            ? "not connected"
            : "\(row["direction"]?.string ?? ""), \(isProven ? "authenticated" : "not authenticated")"
        Console.line("node      \(row["node_id"]?.string ?? "")")
        Console.line("state     \(state)")
        Console.line("sync      \(row["sync_status"]?.string ?? "-")")
        Console.line("announced \(Moments.text(row["last_announced"]?.integer))")
        for address in (row["addresses"]?.elements ?? []).compactMap(\.string) {
            Console.line("address   \(PeerText.shown(address))")
        }
        if let failure = row["last_dial_error"]?.string {
            Console.line("problem   \(PeerText.shown(failure, bytesMax: 500))")
        }
    }

    private static func print(_ dial: JSONValue) {
        let place = PeerText.shown(dial["address"]?.string ?? "")
        Console.line("dial      \(Moments.text(dial["at"]?.integer))  \(place)")
        switch dial["outcome"]?.string {
        case "reached": Console.line("          reached")
        case "failed":
            let (step, error) = (dial["step"]?.string ?? "", dial["error"]?.string ?? "")
            Console.line("          \(step) failed: \(PeerText.shown(error, bytesMax: 500))")
        default: Console.line("          under way")
        }
    }
}
