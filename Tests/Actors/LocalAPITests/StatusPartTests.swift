import Cryptography
import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("Local API: what each subsystem says of itself in a status report")
struct StatusPartTests {
    private static let digest = SHA256Digest.hash([7])

    private static func expect(
        _ part: StatusPart,
        _ name: String,
        _ text: String,
        hasDigest: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(part.name == name, sourceLocation: sourceLocation)
        #expect(part.value.text == text, sourceLocation: sourceLocation)
        #expect(part.digest == (hasDigest ? Self.digest : nil), sourceLocation: sourceLocation)
    }

    @Test("the network: peers, meshes by topic, addresses, whether others reach it")
    func gossip() {
        for (isReachable, text) in [(true, "true"), (false, "false"), (nil, "null")]
            as [(Bool?, String)]
        {
            let reply = GossipStatus.Reply(
                connectedPeers: 1,
                meshSizes: [2, 3, 4],
                inFlight: 5,
                relayed: 6,
                refused: .max,
                addresses: ["/ip4/192.0.2.1/tcp/7"],
                isReachable: isReachable
            )
            Self.expect(
                StatusPart(reply),
                "gossip",
                #"{"addresses":["/ip4/192.0.2.1/tcp/7"],"connected_peers":1,"in_flight":5,"#
                    + #""mesh":{"/valence/peers":4,"/valence/proposals":2,"/valence/votes":3},"#
                    + #""reachable":\#(text),"refused":9007199254740991,"relayed":6}"#
            )
        }
    }

    @Test("C2-7: the clock, once it was compared, and its last jump")
    func verification() {
        let unknown = VerificationStatus.Reply(
            verified: 1,
            refused: [],
            pending: 2,
            clock: nil,
            clockJump: nil
        )
        Self.expect(
            StatusPart(unknown),
            "verification",
            #"{"clock":"unknown","clock_jump_ms":null,"clock_jumped_at":null,"#
                + #""clock_offset_ms":null,"clock_peers":0,"ntp_asked_at":null,"#
                + #""ntp_offset_ms":null,"pending":2,"refused":{},"verified":1}"#
        )
        let known = VerificationStatus.Reply(
            verified: 1,
            refused: [(code: "schema", count: 3), (code: "bad_signature", count: 4)],
            pending: 2,
            clock: ClockComparison(offsetMilliseconds: -5, peers: 6, standing: .unreliable),
            clockJump: ClockJump(milliseconds: 7, noticedAt: Timestamp(milliseconds: 8)),
            serverTime: ServerTime(
                offsetMilliseconds: -9,
                servers: 1,
                askedAt: Timestamp(milliseconds: 10),
                isOff: false
            )
        )
        Self.expect(
            StatusPart(known),
            "verification",
            #"{"clock":"unreliable","clock_jump_ms":7,"clock_jumped_at":8,"clock_offset_ms":-5,"#
                + #""clock_peers":6,"ntp_asked_at":10,"ntp_offset_ms":-9,"pending":2,"refused":{"bad_signature":4,"schema":3},"#
                + #""verified":1}"#
        )
    }

    @Test("ADR 0039: the identity, and why it signs nothing any more")
    func identity() {
        let (node, identity) = (NodeID(SHA256Digest.hash([1])), NodeID(SHA256Digest.hash([2])))
        let root = SHA256Digest.hash([3])
        for (reason, text) in [("used", #""used""#), (nil, "null")] as [(String?, String)] {
            let reply = IdentityStatus.Reply(
                nodeID: node,
                identity: identity,
                linkedIdentities: 4,
                merkleRoot: root,
                digest: Self.digest,
                signingStoppedBecause: reason,
                restoredMessages: 5
            )
            Self.expect(
                StatusPart(reply),
                "identity",
                #"{"identity":"\#(identity.hex)","linked_identities":4,"#
                    + #""merkle_root":"\#(root.hex)","node_id":"\#(node.hex)","#
                    + #""restored_messages":5,"signing_stopped_because":\#(text)}"#,
                hasDigest: true
            )
        }
    }

    @Test("what the log determines has a digest, and what comes and goes has none")
    func digests() {
        Self.expect(
            StatusPart(
                ReputationStatus.Reply(
                    knownIdentities: 1,
                    ownScore: FixedPoint(millionths: 2),
                    digest: Self.digest
                )
            ),
            "reputation",
            #"{"known_identities":1,"own_score":2}"#,
            hasDigest: true
        )
        Self.expect(
            StatusPart(
                ConsensusStatus.Reply(requests: 1, proposals: 2, votes: 3, digest: Self.digest)
            ),
            "consensus",
            #"{"proposals":2,"requests":1,"votes":3}"#,
            hasDigest: true
        )
        Self.expect(
            StatusPart(
                StorageStatus.Reply(storedArtefacts: 1, knownArtefacts: 2, digest: Self.digest)
            ),
            "storage",
            #"{"dropped":0,"dropped_bytes":0,"known":2,"stored":1}"#,
            hasDigest: true
        )
        Self.expect(
            StatusPart(SyncStatus.Reply(state: .syncing, obtained: 1, served: 2)),
            "sync",
            #"{"obtained":1,"served":2,"state":"syncing"}"#
        )
        Self.expect(
            StatusPart(PeerTable.Reply(rows: [], bootstrap: [])),
            "peers",
            #"{"authenticated":0,"bootstrap":[],"known":0,"other_founders":0}"#
        )
    }

    @Test("the log with its room, and why it stopped")
    func log() {
        let writing = PersistenceStatus.Reply(
            lastSequence: 1,
            digest: Self.digest,
            bytesUsed: 2,
            stoppedBecause: nil,
            bytesFree: nil
        )
        Self.expect(
            StatusPart(writing),
            "log",
            #"{"bytes_free":null,"bytes_used":2,"last_sequence":1,"stopped_because":null}"#,
            hasDigest: true
        )
        let stopped = PersistenceStatus.Reply(
            lastSequence: 1,
            digest: Self.digest,
            bytesUsed: 2,
            stoppedBecause: "full",
            bytesFree: 3
        )
        Self.expect(
            StatusPart(stopped),
            "log",
            #"{"bytes_free":3,"bytes_used":2,"last_sequence":1,"stopped_because":"full"}"#,
            hasDigest: true
        )
    }
}
