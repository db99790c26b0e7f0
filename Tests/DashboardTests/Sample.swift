import Kernel
import Primitives

@testable import Dashboard

/// A node that answers what a test says.
struct SampleNode: DashboardNode {
    private let answers: [String: JSONValue]
    let topology: TopologyGraph
    let mailboxes: [SubsystemCounters] = []

    /// - Parameters:
    ///   - answers: bodies by operation, as JSON; an operation that is not there is a problem.
    ///   - count: how often each entry of a list is told, with longer texts.
    /// - Throws: what is wrong with the JSON.
    init(_ answers: [String: String], repeating count: Int = 1) throws {
        self.answers = try answers.mapValues { text in
            let value = try JSONDocument(scanning: Array(text.utf8)).root.value
            return count == 1 ? value : Self.grown(value, count)
        }
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        self.topology = kernel.graph
    }

    /// The same with so many entries in each list of records, and with texts as long as any.
    private static func grown(_ value: JSONValue, _ count: Int) -> JSONValue {
        switch value {
        case .string(let text) where text.utf8.count > 64:
            .string(text + String(repeating: "<w", count: 1_000))
        case .array(let elements) where elements.first?.members != nil:
            .array((0..<count).flatMap { _ in elements.map { Self.grown($0, count) } })
        case .object(let members):
            .object(members.map { JSONMember(key: $0.key, value: Self.grown($0.value, count)) })
        default: value
        }
    }

    func perform(_ operation: String, _ arguments: JSONValue) async -> DashboardAnswer {
        guard let body = self.answers[operation] else {
            let detail = JSONValue.object([
                ("detail", .string("there is no \(operation)")), ("code", .string("unknown")),
            ])
            return DashboardAnswer(status: 404, body: detail)
        }
        return DashboardAnswer(status: 200, body: body)
    }
}

/// What a node answers.
enum Sample {
    static let id = String(repeating: "0a", count: 32)
    /// What somebody calls a proposal who wants to be more than read.
    static let hostile =
        #"<script>alert(1)</script> <img src=x onerror=alert(2)> \" ' & {{title}} "#
        + #"\u202eright\u202c \"\u0301 onmouseover=alert(3)"#

    static var answers: [String: String] {
        [
            "brief_status": Self.status, "ready": Self.ready,
            "own_identity": #"{"identity":"\#(Self.id)","keys":["\#(Self.id)"]}"#,
            "reputation": Self.reputation, "reputations": Self.reputations,
            "storage": Self.storage, "downloads": #"{"downloads":[]}"#, "inbox": Self.inbox,
            "events": Self.events, "proposals": Self.proposals, "proposal": Self.proposal,
            "proposal_why": Self.why, "peers": Self.peers, "network": #"{"phase":"standard"}"#,
        ]
    }

    private static let status = #"""
        {"node":{"version":"1","started_at":1780000000000,"uptime_ms":60000},
        "network":{"name":"\#(hostile)"},
        "gossip":{"connected_peers":3,"relayed":12345,"reachable":false},
        "peers":{"known":5,"authenticated":3,"other_founders":1},
        "verification":{"verified":70,"clock_offset_ms":4,"clock_peers":2,"pending":0},
        "identity":{"node_id":"\#(id)","identity":"\#(id)"},
        "reputation":{"own_score":250000,"known_identities":4},
        "consensus":{"requests":1,"proposals":2,"votes":3},"storage":{"stored":6,"known":7},
        "sync":{"state":"syncing","obtained":8,"served":9,"phase":2,"phases":[2,3],"percent":40},
        "log":{"last_sequence":1234,"bytes_used":56789,"bytes_free":12345678},"absent":[]}
        """#
    private static let ready = #"""
        {"status":503,"code":"no_peers","detail":"no peer is connected","checks":[
        {"name":"peers","ok":false,"current":"0","required":"1 or more"}]}
        """#
    private static let reputation = #"""
        {"overall":250000,"direct":250000,"start":{"score":200000,"founder":false},"by_domain":{"general":260000},
        "verification_count":2,"stake_at_risk":1000,"basis":null,
        "next_gate":{"score":300000,"missing":50000,"permits":["to vote"]},
        "earns":["Publish what others adopt."],"warnings":["\#(hostile)"],
        "entries":[{"at":1780000000000,"cause":"a proposal was ratified","change":50000,"after":250000}]}
        """#
    private static let reputations = #"""
        {"scores":[{"identity":"\#(id)","overall":250000,"observations":3,"active":true}]}
        """#
    private static let storage = #"""
        {"warnings":[],"offer":{"allocated_bytes":1000000},"available_bytes":400000,"copies":1,
        "contracts":[{"content_hash":"\#(id)","content_size":6,"part":"provider","state":"active",
        "until":null,"copy_count":3,"holders":["\#(id)"],"daily_rent":100,"risk":"\#(hostile)"}],
        "challenges":[],"suspicious_pairs":[]}
        """#
    private static let inbox = #"""
        {"items":[{"kind":"vote","id":"\#(id)","title":"\#(hostile)","deadline":1780000000000,
        "reason":"you may vote on it"}],"seen":1}
        """#
    private static let events = #"""
        {"events":[{"sequence":1,"at":1780000000000,"type":"proposal","concerns":["votes"],
        "message":"\#(id)","title":"\#(hostile)"},{"sequence":2,"at":1780000060000,"type":"vote",
        "concerns":[],"subject":"\#(id)","outcome":"endorse","amount":250000}],"next":2}
        """#
    private static let proposals = #"""
        {"proposals":[\#(proposal)],"next_cursor":"1780000000000.\#(id)"}
        """#
    private static let proposal = #"""
        {"id":"\#(id)","author":"\#(id)","title":"\#(hostile)","description":"\#(hostile)","body":"\#(hostile)",
        "state":"open","standing":"0.25 of 0.5 took part","voting_deadline":1780000000000,"tier":"standard",
        "content_type":"\#(hostile)","content_size":5,"adopted":false,"adoptions":[{"identity":"\#(id)","success":true}],
        "comments":[{"identity":"\#(id)","timestamp":1780000000000,"payload":{"body":"\#(hostile)"}}],
        "warnings":[]}
        """#
    private static let why = #"""
        {"bars":[{"name":"quorum","unit":"reputation","reached":250000,"needed":500000,"passed":false,
        "sentence":"Votes weigh 0.25 together; the quorum is 0.5."},
        {"name":"threshold","unit":"share","reached":1000000,"needed":670000,"passed":true,
        "sentence":"All of the weight endorses it."}],"counted":[{"identity":"\#(id)","stance":"endorse",
        "weight":250000,"reason":"\#(hostile)"}],"not_counted":[{"identity":"\#(id)","stance":"reject","weight":0,
        "not_counted_because":"\#(hostile)","rule":"R","remedy":"earn"}],
        "would_change":["Votes that weigh 0.25 more."]}
        """#
    private static let peers = #"""
        {"peers":[{"node_id":"\#(id)","addresses":["/ip4/192.0.2.1/tcp/9090"],"connected":true,
        "direction":"outbound","authenticated":true,"sync_status":"synced","network":"192.0/16"},
        {"node_id":"\#(id)","addresses":["\#(hostile)"],"connected":false,"authenticated":false,
        "network":"\#(hostile)","last_dial_error":"\#(hostile)"}],
        "bootstrap":[{"address":"\#(hostile)","last_dial_error":"\#(hostile)"}]}
        """#
}
