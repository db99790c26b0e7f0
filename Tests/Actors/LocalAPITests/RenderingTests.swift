import Cryptography
import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

/// Every member has a value of its own, so that two that are mixed up show.
@Suite("Local API: what people and agents read, member by member")
struct RenderingTests {
    @Test("a peer with all that is known of it, and one of which nothing is")
    func peers() {
        let known = PeerTable.Row(
            node: Samples.nodes[0],
            addresses: ["/ip4/192.0.2.1/tcp/1"],
            isConnected: true,
            isOutbound: false,
            isAuthenticated: false,
            syncStatus: "degraded",
            capabilities: ["propose"],
            lastAnnounced: Samples.time(11),
            hasOtherFounders: false,
            isBootstrap: true,
            isDirect: false,
            isAnchor: true,
            autonomousSystem: 64_500,
            network: "192.0.2.0/24",
            lastDialFailure: "refused",
            clockOffsetMilliseconds: -3
        )
        let bare = PeerTable.Row.peer(
            Samples.nodes[1],
            isOutbound: true,
            isAuthenticated: true,
            hasOtherFounders: true,
            isDirect: true
        )
        let table = PeerTable.Reply(
            rows: [known, bare],
            bootstrap: [
                PeerTable.Bootstrap(address: "/dns/a", lastDialFailure: "no such name"),
                PeerTable.Bootstrap(address: "/dns/b", lastDialFailure: nil),
            ],
            dials: [
                PeerTable.Dial(
                    node: Samples.nodes[0],
                    address: "/dns/c",
                    at: Samples.time(12),
                    outcome: .failed(.proof, "too old")
                ),
                PeerTable.Dial(
                    node: nil,
                    address: "/dns/d",
                    at: Samples.time(13),
                    outcome: .reached
                ),
            ]
        )
        let dials =
            #"[{"address":"/dns/c","at":12,"error":"too old","node_id":"\#(Samples.hex(0))","#
            + #""outcome":"failed","step":"proof"},{"address":"/dns/d","at":13,"error":null,"#
            + #""node_id":null,"outcome":"reached","step":null}]"#
        let bootstrap =
            #"[{"address":"/dns/a","last_dial_error":"no such name"},"#
            + #"{"address":"/dns/b","last_dial_error":null}]"#
        #expect(
            table.shown.text == #"{"bootstrap":\#(bootstrap),"dials":\#(dials),"peers":["#
                + #"{"addresses":["/ip4/192.0.2.1/tcp/1"],"anchor":true,"asn":64500,"#
                + #""authenticated":false,"bootstrap":true,"capabilities":["propose"],"#
                + #""clock_offset_ms":-3,"connected":true,"direct_peer":false,"#
                + #""direction":"inbound","last_announced":11,"last_dial_error":"refused","#
                + #""network":"192.0.2.0/24","node_id":"\#(Samples.hex(0))","#
                + #""other_founders":false,"sync_status":"degraded"},"#
                + #"{"addresses":[],"anchor":false,"asn":null,"authenticated":true,"#
                + #""bootstrap":false,"capabilities":[],"clock_offset_ms":null,"#
                + #""connected":false,"direct_peer":true,"direction":"outbound","#
                + #""last_announced":null,"last_dial_error":null,"network":null,"#
                + #""node_id":"\#(Samples.hex(1))","other_founders":true,"sync_status":null}]}"#
        )
        #expect(PeerTable.Reply.schema.flaw(of: table.shown) == nil)
        #expect(
            StatusPart(table).value.text
                == #"{"authenticated":1,"bootstrap":\#(bootstrap),"known":2,"other_founders":1}"#
        )
    }

    @Test("R-01-062: an identity with its devices, and where a key went")
    func identities() {
        let reply = IdentityKeys.Reply(
            key: Samples.nodes[1],
            identity: Samples.nodes[0],
            keys: [Samples.nodes[0], Samples.nodes[1], Samples.nodes[2]],
            labels: [nil, "laptop", "phone"],
            isSuspended: true,
            rotatedTo: Samples.nodes[2],
            revokedBy: Samples.nodes[3],
            revokedFrom: Samples.time(12)
        )
        #expect(IdentityKeys.Reply.schema.flaw(of: reply.shown) == nil)
        let labels =
            [(Samples.hex(1), "laptop"), (Samples.hex(2), "phone")].sorted { $0.0 < $1.0 }
            .map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
        #expect(
            reply.shown.text == #"{"did":"did:valence:\#(Samples.hex(0))","#
                + #""identity":"\#(Samples.hex(0))","key":"\#(Samples.hex(1))","#
                + #""keys":["\#(Samples.hex(0))","\#(Samples.hex(1))","\#(Samples.hex(2))"],"#
                + #""labels":{\#(labels)},"revoked_by":"\#(Samples.hex(3))","revoked_from":12,"#
                + #""rotated_to":"\#(Samples.hex(2))","suspended":true}"#
        )
    }

    @Test("scores of all, and one with what made it")
    func scores() {
        let scores = Scores.Reply(
            entries: [
                Scores.Entry(
                    identity: Samples.nodes[0],
                    overall: Samples.amount(1),
                    observations: 2,
                    isActive: true
                )
            ],
            activeIdentities: 3,
            activeReputation: Samples.amount(4)
        )
        #expect(
            scores.shown.text == #"{"active_identities":3,"active_reputation":4,"scores":["#
                + #"{"active":true,"identity":"\#(Samples.hex(0))","observations":2,"overall":1}]}"#
        )
        #expect(Scores.Reply.schema.flaw(of: scores.shown) == nil)
        let history = ScoreHistory.Reply(
            overall: Samples.amount(1),
            direct: Samples.amount(2),
            start: ScoreHistory.Start(score: Samples.amount(3), isFounder: true),
            entries: [
                ScoreHistory.Entry(
                    at: Samples.time(4),
                    cause: "vote",
                    changeMillionths: -5,
                    after: Samples.amount(6)
                )
            ],
            record: ScoreHistory.Record(
                byDomain: [ScoreHistory.Domain(name: "storage", score: Samples.amount(7))],
                verificationCount: 8,
                stakeAtRisk: Samples.amount(9)
            ),
            basis: ScoreHistory.Basis(
                ownWeight: Samples.amount(10),
                observations: 11,
                peerAverage: Samples.amount(12),
                receivedMedian: nil,
                assessors: 13,
                assessorNetworks: 14
            ),
            nextGate: ScoreHistory.Gate(
                score: Samples.amount(15),
                missing: Samples.amount(16),
                permits: ["propose"]
            ),
            earns: ["e"],
            warnings: ["w"]
        )
        #expect(ScoreHistory.Reply.schema.flaw(of: history.shown) == nil)
        #expect(
            history.shown.text == #"{"basis":{"assessor_networks":14,"assessors":13,"#
                + #""observations":11,"own_weight":10,"peer_average":12,"received_median":null},"#
                + #""by_domain":{"storage":7},"direct":2,"earns":["e"],"entries":["#
                + #"{"after":6,"at":4,"cause":"vote","change":-5}],"#
                + #""next_gate":{"missing":16,"permits":["propose"],"score":15},"overall":1,"#
                + #""stake_at_risk":9,"start":{"founder":true,"score":3},"#
                + #""verification_count":8,"warnings":["w"]}"#
        )
    }
}
