import Messages
import Primitives

@testable import Sync

/// Catching up: in which order, from whom, how far back, and how fast.
enum SyncVectors {
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
    static let peer = NodeID(SHA256Digest.hash([1]))

    /// Cases about what a node must do before it trusts the state in a snapshot.
    static let waiting = Dictionary(
        uniqueKeysWithValues: ["SYNC-11e", "SYNC-11f"].map {
            (
                $0,
                "no state is taken from snapshots, so nothing has to be checked with outsiders (ADR 0069)"
            )
        }
    )

    /// What runs a case, by a member that only such cases have.
    private static let runs: [(member: String, run: @Sendable (VectorCase) throws -> Void)] = [
        ("trace", order), ("buffer", LiveVectors.full), ("incoming_bytes", LiveVectors.room),
        ("current_phase", LiveVectors.live), ("reports", reports),
        ("phases_done", CompletenessVectors.run), ("sync_peers", agreement),
        ("status", RightsVectors.rights), ("effective_from", RightsVectors.revocation),
        ("gaps", CycleVectors.gaps), ("cycles_since_identity", CycleVectors.revocation),
        ("offline_seconds", jitter), ("peer_asns", team), ("eligible", enough),
        ("peers", eligible), ("phase1_completed", staleness),
        ("served", CreditVectors.run), ("persisted", PageVectors.resume),
        ("highest_seen", PageVectors.window), ("since_id", PageVectors.page),
        ("failures", CycleVectors.backOff), ("requester_status", rate),
        ("snapshot_timestamp", SnapshotVectors.time), ("reputation", SnapshotVectors.publisher),
        ("publishers", SnapshotVectors.agreement), ("pairs", SnapshotVectors.summary),
    ]

    static func run(_ vector: VectorCase) throws {
        guard let found = self.runs.first(where: { vector.input.has($0.member) }) else {
            throw VectorFailure.unknownShape(vector.input)
        }
        try found.run(vector)
    }

    static func peer(_ number: Int) -> NodeID {
        NodeID(SHA256Digest.hash([2, UInt8(truncatingIfNeeded: number)]))
    }

    // MARK: Phases

    /// A phase may begin when all that it builds on was read to its end.
    @Sendable private static func order(_ vector: VectorCase) throws {
        var plan = PhasePlan()
        var isAllowed = true
        for event in try vector.input.texts("trace") {
            guard let phase = Int(event.prefix(1)) else { throw VectorFailure("no event \(event)") }
            if event.hasSuffix("s") {
                isAllowed = isAllowed && plan.mayRead(phase, of: [self.peer])
            } else {
                plan.served(PhasePlan.Work(phase: phase, peer: self.peer))
                _ = plan.finish(SyncPhases.all, of: [self.peer], now: self.now)
            }
        }
        try Check.same("allowed", isAllowed, try vector.expect.bool("allowed"))
    }

    @Sendable private static func staleness(_ vector: VectorCase) throws {
        let phase = SyncPhases.identities
        var plan = PhasePlan()
        plan.served(PhasePlan.Work(phase: phase, peer: self.peer))
        let completed = try vector.input.time("phase1_completed")
        _ = plan.finish([phase], of: [self.peer], now: completed)
        plan.dropStale(now: try vector.input.time("now"))
        let isReadAgain = plan.next([phase], of: [self.peer]) != nil
        try Check.same("read again", isReadAgain, try vector.expect.bool("rerun_phase1"))
    }

    // MARK: Peers

    private static func candidate(_ number: Int, network: Int64, isBootstrap: Bool) -> Candidate {
        Candidate(
            PeerAuthenticated(
                peer: self.peer(number),
                network: "\(network)",
                isBootstrap: isBootstrap
            )
        )
    }

    @Sendable private static func team(_ vector: VectorCase) throws {
        let networks = try vector.input.list("peer_asns").compactMap(\.integer)
        let bootstraps = try vector.input.integer("bootstrap_peers")
        let team = networks.enumerated().map { number, network in
            self.candidate(number, network: network, isBootstrap: number < bootstraps)
        }
        let rules = TeamRules.strict(needsBootstrap: try vector.input.bool("first_join"))
        try Check.same("valid", rules.areMet(by: team), try vector.expect.bool("valid"))
    }

    @Sendable private static func enough(_ vector: VectorCase) throws {
        let networks = try vector.input.integer("asns")
        let team = (0..<Int(try vector.input.integer("eligible"))).map { number in
            self.candidate(number, network: Int64(number) % networks, isBootstrap: false)
        }
        let isMet = TeamRules.strict(needsBootstrap: false).areMet(by: team)
        try Check.same("proceeds", isMet, try vector.expect.bool("proceed"))
    }

    @Sendable private static func eligible(_ vector: VectorCase) throws {
        let peers = try vector.input.fields("peers")
        var candidates = Candidates()
        for (number, name) in peers.names.enumerated() {
            guard let state = SyncState(rawValue: try peers.text(name)) else {
                throw VectorFailure("\(name) has no state")
            }
            candidates.add(PeerAuthenticated(peer: self.peer(number)))
            candidates.announced(self.peer(number), state)
        }
        let fit = candidates.fit.map(\.node)
        let names = peers.names.enumerated().filter { fit.contains(self.peer($0.offset)) }
        try Check.same("eligible", names.map(\.element), try vector.expect.texts("eligible"))
    }

    @Sendable private static func agreement(_ vector: VectorCase) throws {
        let peers = Int(try vector.input.integer("sync_peers"))
        let needed = Int64(TeamRules.agreeing(of: peers))
        try Check.same("needed", needed, try vector.expect.integer("needed"))
    }

    // MARK: Scores

    @Sendable private static func reports(_ vector: VectorCase) throws {
        let reports = try vector.input.list("reports").compactMap(\.integer)
            .map { FixedPoint(millionths: $0) }
        let expect = vector.expect
        let agreed = ScoreReports.agreed(among: reports)
        try Check.text(
            "action",
            agreed == nil ? "replay" : "use",
            try expect.text("action")
        )
        if let agreed { try Check.same("value", agreed, try expect.fraction("value")) }
        // No score is estimated meanwhile: the replay is over before anything of weight is counted (ADR 0067).
        expect.skip("working_estimate")
    }

    // MARK: Pace

    @Sendable private static func jitter(_ vector: VectorCase) throws {
        let most = SyncJitter.most(
            offline: try vector.input.integer("offline_seconds") * 1_000,
            isParted: try vector.input.bool("partition")
        )
        try Check.same("jitter", Int64(most) / 1_000, try vector.expect.integer("max_jitter"))
    }

    /// The last of so many requests within a minute; answers are small.
    @Sendable private static func rate(_ vector: VectorCase) throws {
        let isSyncing = try vector.input.text("requester_status") == "syncing"
        var budget = ServingBudget()
        var isServed = true
        for number in 0..<UInt64(try vector.input.integer("requests_this_minute")) {
            let exchange = InboundExchange(id: number, peer: self.peer, streamProtocol: .sync)
            let grant = budget.reserve(exchange, isSyncing: isSyncing, now: self.now)
            if case .wait = grant { isServed = false }
            _ = budget.charge(100, for: exchange, now: self.now)
        }
        try Check.same("served", isServed, try vector.expect.bool("serve"))
    }
}
