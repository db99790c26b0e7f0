import CoreMetrics
import Exposition
import Kernel
import LocalAPI
import Messages
import Node
import Primitives
import Testing

@testable import HTTPServer

@Suite("ADR 0075: figures for Prometheus")
struct FigureTests {
    private static let names = SubsystemName.standard.map(\.rawValue)

    private static func recorder() -> FigureRecorder {
        FigureRecorder(version: "1.2.3", subsystems: Self.names)
    }

    private static func moment(_ status: JSONValue = .emptyObject, _ vitals: Vitals = .quiet)
        -> NodeMoment
    {
        NodeMoment(status: status, readiness: .emptyObject, vitals: vitals)
    }

    private static func gossip(relayed: Int64) -> JSONValue {
        .object([("gossip", .object([("relayed", .integer(relayed))]))])
    }

    @Test("every name is said once, in lower case, with the ending of its kind and a sentence")
    func names() {
        let families = FigureTable(version: "1", subsystems: Self.names).figures.map(\.family)
        #expect(Set(families.map(\.name)).count == families.count)
        for family in families {
            #expect(family.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    @Test("there are at most 600 series, all at zero before anything happened, and no more later")
    func bounded() {
        let recorder = Self.recorder()
        let first = recorder.text(of: Self.moment(), as: .prometheus)
        #expect(recorder.seriesCount <= 600)
        #expect(first.contains(#"valence_verification_refused_messages_total{code="schema"} 0"#))
        #expect(first.contains("valence_gossip_relayed_messages_total 0\n"))
        let refused = (0..<1_000).map { ("stranger_\($0)", JSONValue.integer(1)) }
        let status = JSONValue.object([
            ("verification", .object([("refused", .object(refused))]))
        ])
        let later = recorder.text(of: Self.moment(status), as: .prometheus)
        #expect(first.split(separator: "\n").count == later.split(separator: "\n").count)
        #expect(!later.contains("stranger"))
    }

    @Test("counters go on where they were when a node is rebuilt, and never go back otherwise")
    func rebuilt() {
        let recorder = Self.recorder()
        // Of two looks at once the older one may be told last.
        for (rebuilds, relayed, told) in [
            (0, 5, 5), (0, 7, 7), (0, 6, 7), (1, 2, 9), (0, 8, 9), (1, 2, 9), (1, 3, 10),
        ] as [(Int, Int64, Int)] {
            var vitals = Vitals.quiet
            vitals.rebuilds = rebuilds
            vitals.processorSeconds = 40
            let moment = Self.moment(Self.gossip(relayed: relayed), vitals)
            let text = recorder.text(of: moment, as: .prometheus)
            #expect(text.contains("valence_gossip_relayed_messages_total \(told)\n"))
            #expect(text.contains("process_cpu_seconds_total 40\n"))
        }
    }

    @Test("when the node does not answer, nothing changes")
    func silent() {
        let recorder = Self.recorder()
        let refused = JSONValue.object([("refused", .object([("schema", .integer(3))]))])
        let identity = JSONValue.object([("signing_stopped_because", .string("used elsewhere"))])
        let status = JSONValue.object([("verification", refused), ("identity", identity)])
        for moment in [Self.moment(status), Self.moment(), Self.moment(status)] {
            let text = recorder.text(of: moment, as: .prometheus)
            #expect(text.contains("{code=\"schema\"} 3\n"))
            #expect(text.contains("valence_signing_stopped 1\n"))
        }
    }

    @Test("units are base units, states are one and zero, and what is not known stays as it was")
    func values() {
        let status = JSONValue.object([
            ("sync", .object([("state", .string("degraded"))])),
            ("verification", .object([("clock_offset_ms", .integer(-1_500))])),
            ("reputation", .object([("own_score", .integer(250_000))])),
            ("identity", .object([("signing_stopped_because", .string("used elsewhere"))])),
        ])
        let recorder = Self.recorder()
        let text = recorder.text(of: Self.moment(status), as: .prometheus)
        for line in [
            #"valence_sync_state{state="degraded"} 1"#, #"valence_sync_state{state="synced"} 0"#,
            "valence_clock_offset_seconds -1.5", "valence_reputation_own_score 0.25",
            "valence_signing_stopped 1", #"valence_build_info{version="1.2.3"} 1"#,
            "process_start_time_seconds 1000.5",
        ] { #expect(text.contains("\(line)\n"), "\(line)") }
        let silent = recorder.text(of: Self.moment(), as: .prometheus)
        #expect(silent.contains("valence_reputation_own_score 0.25\n"))
    }

    @Test("a difference between tables and libsodium is told")
    func verifierDiffers() {
        var vitals = Vitals.quiet
        vitals.verifier = VerifierUse(differences: 1, knownSenders: 5, acceptedByTables: 70)
        let text = Self.recorder().text(of: Self.moment(.emptyObject, vitals), as: .prometheus)
        for line in [
            "valence_verifier_differences_total 1", "valence_verifier_known_senders 5",
            "valence_verifier_accepted_by_tables_total 70",
        ] { #expect(text.contains("\(line)\n"), "\(line)") }
    }

    @Test("OpenMetrics names a counter without its ending, and ends with a mark")
    func openMetrics() {
        let text = Self.recorder().text(of: Self.moment(), as: .openMetrics)
        #expect(text.contains("# TYPE valence_gossip_relayed_messages counter\n"))
        #expect(text.contains("\nvalence_gossip_relayed_messages_total 0\n"))
        #expect(text.hasSuffix("\n# EOF\n"))
    }

    @Test("labels and sentences are escaped, and what was not said beforehand is not kept")
    func escaped() {
        let family = FigureFamily("a", .gauge, "b\\c\nd", by: "e", ["\"\\\n"])
        let exposition = Exposition([family])
        Meter(label: "f", dimensions: [], factory: exposition).set(1)
        Meter(label: "a", dimensions: [("e", "g")], factory: exposition).set(1)
        Counter(label: "a_total", dimensions: [], factory: exposition).increment()
        #expect(
            exposition.text(as: .prometheus)
                == "# HELP a b\\\\c\\nd\n# TYPE a gauge\na{e=\"\\\"\\\\\\n\"} 0\n"
        )
    }

    @Test("/metrics needs a token, and answers with the exact type that Prometheus 3 takes")
    func served() async throws {
        let status = JSONValue.object([("gossip", .object([("connected_peers", .integer(3))]))])
        try await StandIn.with(answering: { _ in APIResponse(status) }) { node in
            let stranger = try node.send("GET /metrics", fields: ["Host: localhost"])
            #expect(stranger.status == 401)
            let plain = try node.send("GET /metrics")
            #expect(plain.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(plain.body.contains("valence_transport_connected_peers 3\n"))
            let own = [
                "Host: localhost", "Authorization: Bearer \(try node.directory.loadToken())",
            ]
            let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
            let open = try node.send("GET /metrics", fields: own + [accept])
            let type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
            #expect(open.field("Content-Type") == type)
            #expect(open.body.hasSuffix("# EOF\n"))
        }
    }
}

extension Vitals {
    /// A process that has done nothing.
    static let quiet = Vitals(
        mailboxes: [],
        rebuilds: 0,
        processorSeconds: 0,
        memoryBytes: 0,
        memory: MemoryUse(bytes: 0),
        verifier: VerifierUse(),
        bytesRead: 0,
        bytesWritten: 0,
        openFiles: 0,
        openFilesMax: 0,
        startedAt: 1_000.5
    )
}
