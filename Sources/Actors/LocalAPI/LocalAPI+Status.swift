import Kernel
import Messages
import Primitives

// Collecting the status report.
extension LocalAPI {
    /// Asks every subsystem that is plugged in.
    func askStatus(_ id: RequestID, _ outbox: inout Outbox) {
        if case .status(let report) = self.machine.waiting(id), report.open == 0 {
            self.answer(id, APIResponse(report.json))
        }
        self.putIfConnected(self.ask.gossipStatus, GossipStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.peers, PeerTable(), for: id, &outbox)
        self.putIfConnected(self.ask.verificationStatus, VerificationStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.identityStatus, IdentityStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.reputationStatus, ReputationStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.consensusStatus, ConsensusStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.storageStatus, StorageStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.syncStatus, SyncStatus(), for: id, &outbox)
        self.putIfConnected(self.ask.persistenceStatus, PersistenceStatus(), for: id, &outbox)
    }

    private func putIfConnected<Q: RoundTrip>(
        _ asker: Asker<Q, RequestID>,
        _ question: Q,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        if asker.isConnected { self.put(asker, question, for: id, &outbox) }
    }

    /// Adds a part to a status report, and answers with the report once it is whole.
    func add(
        _ name: String,
        _ members: [(String, JSONValue)],
        digest: Bytes32? = nil,
        to id: RequestID
    ) {
        let report = self.machine.add(name, .object(members), digest: digest, to: id)
        if let report { self.answer(id, APIResponse(report.json)) }
    }

    static func wireStatus(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.hear(wiring, GossipStatus.self) { api, id, reply, _ in
            api.add("gossip", reply.members, to: id)
        }
        Self.hear(wiring, VerificationStatus.self) { api, id, reply, _ in
            api.add("verification", reply.members, to: id)
        }
        Self.hear(wiring, IdentityStatus.self) { api, id, reply, _ in
            api.add("identity", reply.members, digest: reply.digest, to: id)
        }
        Self.hear(wiring, ReputationStatus.self) { api, id, reply, _ in
            api.add("reputation", reply.members, digest: reply.digest, to: id)
        }
        Self.hear(wiring, ConsensusStatus.self) { api, id, reply, _ in
            api.add("consensus", reply.members, digest: reply.digest, to: id)
        }
        Self.hear(wiring, StorageStatus.self) { api, id, reply, _ in
            api.add("storage", reply.members, digest: reply.digest, to: id)
        }
        Self.hear(wiring, SyncStatus.self) { api, id, reply, _ in
            api.add("sync", reply.members, to: id)
        }
        Self.hear(wiring, PersistenceStatus.self) { api, id, reply, _ in
            api.add("log", reply.members, digest: reply.digest, to: id)
        }
    }
}

extension GossipStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        let meshes = zip(Topic.allCases, self.meshSizes).map { topic, size in
            (topic.rawValue, JSONValue.integer(Int64(size)))
        }
        return [
            ("connected_peers", .integer(Int64(self.connectedPeers))),
            ("mesh", .object(meshes)),
            ("in_flight", .integer(Int64(self.inFlight))),
            ("relayed", .integer(Int64(clamping: self.relayed))),
            ("refused", .integer(Int64(clamping: self.refused))),
            ("addresses", .array(self.addresses.map { .string($0) })),
            ("reachable", self.isReachable.map { .bool($0) } ?? .null),
        ]
    }
}

extension PeerTable.Reply {
    var counts: [(String, JSONValue)] {
        [
            ("known", .integer(Int64(self.rows.count))),
            ("authenticated", .integer(Int64(self.rows.count(where: \.isAuthenticated)))),
            ("other_founders", .integer(Int64(self.rows.count(where: \.hasOtherFounders)))),
            ("bootstrap", .array(self.bootstrap.map(\.json))),
        ]
    }
}

extension VerificationStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("verified", .integer(Int64(clamping: self.verified))),
            (
                "refused",
                .object(self.refused.map { ($0.code, .integer(Int64(clamping: $0.count))) })
            ),
            ("pending", .integer(Int64(self.pending))),
            ("clock_offset_ms", self.clock.map { .integer($0.offsetMilliseconds) } ?? .null),
            ("clock_peers", .integer(Int64(self.clock?.peers ?? 0))),
            ("clock", .string(self.clock?.standing.rawValue ?? "unknown")),
            ("clock_jump_ms", self.clockJump.map { .integer($0.milliseconds) } ?? .null),
            (
                "clock_jumped_at",
                self.clockJump.map { .integer($0.noticedAt.milliseconds) } ?? .null
            ),
        ]
    }
}

extension IdentityStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("node_id", .string(self.nodeID.hex)),
            ("identity", .string(self.identity.hex)),
            ("linked_identities", .integer(Int64(self.linkedIdentities))),
            ("merkle_root", .string(self.merkleRoot.hex)),
            (
                "signing_stopped_because",
                self.signingStoppedBecause.map { .string($0) } ?? .null
            ),
            ("restored_messages", .integer(Int64(self.restoredMessages))),
        ]
    }
}

extension ReputationStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("known_identities", .integer(Int64(self.knownIdentities))),
            ("own_score", .integer(self.ownScore.millionths)),
        ]
    }
}

extension ConsensusStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("requests", .integer(Int64(self.requests))),
            ("proposals", .integer(Int64(self.proposals))),
            ("votes", .integer(Int64(self.votes))),
        ]
    }
}

extension StorageStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("stored", .integer(Int64(self.storedArtefacts))),
            ("known", .integer(Int64(self.knownArtefacts))),
        ]
    }
}

extension SyncStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("state", .string(self.state.rawValue)),
            ("obtained", .integer(Int64(clamping: self.obtained))),
            ("served", .integer(Int64(clamping: self.served))),
        ]
    }
}

extension PersistenceStatus.Reply {
    fileprivate var members: [(String, JSONValue)] {
        [
            ("last_sequence", .integer(Int64(clamping: self.lastSequence))),
            ("bytes_used", .integer(Int64(clamping: self.bytesUsed))),
            ("bytes_free", self.bytesFree.map { .integer(Int64(clamping: $0)) } ?? .null),
            ("stopped_because", self.stoppedBecause.map { .string($0) } ?? .null),
        ]
    }
}
