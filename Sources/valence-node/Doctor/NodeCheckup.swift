import Primitives

/// What a running node says of itself, read with the question why it does not do better.
struct NodeCheckup {
    /// Its answers to `status` and `ready`.
    let status: JSONValue
    let readiness: JSONValue
    /// What it has to do with the storage market.
    let storage: JSONValue

    var findings: [Finding] {
        self.conditions
            + [self.time, self.reach, self.network, self.record, self.earnings].compactMap { $0 }
    }

    private var conditions: [Finding] {
        (self.readiness["checks"]?.elements ?? []).map { check in
            let (name, now) = (check["name"]?.string ?? "", check["current"]?.string ?? "")
            let required = check["required"]?.string ?? ""
            return check["ok"]?.bool == true
                ? Finding(name, .ok, now)
                : Finding(name, .failed, "\(now), and must be: \(required)")
        }
    }

    private var time: Finding? {
        guard let offset = self.status["verification"]?["ntp_offset_ms"]?.integer else {
            return nil
        }
        let text = "\(offset) ms ahead of time servers"
        return offset.magnitude < 1_000
            ? Finding("time", .ok, text)
            : Finding("time", .warning, "\(text); run an NTP service on this machine")
    }

    private var reach: Finding {
        switch self.status["gossip"]?["reachable"]?.bool {
        case true?: Finding("reachability", .ok, "others can dial this node")
        case false?:
            Finding(
                "reachability",
                .warning,
                "others cannot dial this node, which relays make up for; forward its port in the router"
            )
        case nil: Finding("reachability", .ok, "not known yet; peers find out by trying")
        }
    }

    private var network: Finding? {
        guard self.status["network"]?["hash"]?.string != nil else {
            return Finding(
                "network",
                .warning,
                "it runs without the description of a network; give it one with --genesis"
            )
        }
        guard let others = self.status["peers"]?["other_founders"]?.integer, others > 0 else {
            return Finding("network", .ok, "peers belong to the same one")
        }
        return Finding(
            "network",
            .warning,
            "\(others) peers have another description of it; compare `valence-node genesis show` with theirs"
        )
    }

    /// Whether somebody else signs with this node's key, which a running node looks for by itself (ADR 0039).
    private var record: Finding? {
        guard let identity = self.status["identity"], identity != .null else { return nil }
        guard let reason = identity["signing_stopped_because"]?.string else {
            return Finding("own record", .ok, "no other process with this node's key was noticed")
        }
        return Finding("own record", .failed, reason)
    }

    /// Why nothing is earned.
    private var earnings: Finding {
        let score = Score.text(self.status["reputation"]?["own_score"]?.integer)
        if let reason = self.status["identity"]?["signing_stopped_because"]?.string {
            return Finding("earnings", .failed, "none, since it signs nothing: \(reason)")
        }
        guard self.status["sync"]?["state"]?.string == "synced" else {
            return Finding("earnings", .warning, "score \(score); it earns once it is synced")
        }
        guard let room = self.storage["offer"]?["allocated_bytes"]?.integer, room > 0 else {
            return Finding(
                "earnings",
                .warning,
                "score \(score); it stores nothing for others: see `valence-node storage offer --help`"
            )
        }
        return Finding("earnings", .ok, "score \(score), with \(Bytes.text(room)) for others")
    }
}
