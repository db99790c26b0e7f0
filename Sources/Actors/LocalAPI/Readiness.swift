package import Doors
import Messages
import Primitives

/// Whether the node serves, condition by condition (ADR 0074).
package struct Readiness: Record {
    private let checks: [HealthCheck]

    /// What the conditions are called, in the order in which they are shown.
    package static let conditions = [
        Self.clock, Self.identity, Self.storage, Self.memory, Self.sync, Self.peers,
    ]
    fileprivate static let clock = "clock"
    fileprivate static let identity = "identity"
    fileprivate static let storage = "storage"
    fileprivate static let memory = "memory"
    fileprivate static let sync = "sync"
    fileprivate static let peers = "peers"

    fileprivate init(checks: [HealthCheck]) { self.checks = checks }

    package static let about = "The node serves; every condition is met."
    package static let fields: [Field<Readiness>] = [
        Field("ok", "Always true; a node that is not ready answers with a problem.") { _ in true },
        Field("checks", "The conditions under which it serves.") { $0.checks },
    ]
}

/// A condition with what is told of it when it is not met.
private struct Condition {
    let check: HealthCheck
    let code: String
    let detail: String

    init(
        _ name: String,
        required: String,
        _ current: String,
        unless failure: (code: String, detail: String)?
    ) {
        self.check = HealthCheck(
            name,
            isMet: failure == nil,
            current: current,
            required: required
        )
        self.code = failure?.code ?? ""
        self.detail = failure?.detail ?? ""
    }
}

extension NodeCondition {
    /// Whether the node serves.
    ///
    /// Nobody is asked, so that the answer is as fast as any. Of several causes the first is named: what makes the node do wrong goes before what it waits for.
    func readiness(_ memory: MemoryUse) -> APIResponse {
        let conditions = [
            self.clockCondition, self.identityCondition, self.storageCondition,
            Self.memoryCondition(memory), self.syncCondition, self.peersCondition,
        ]
        let checks = conditions.map(\.check)
        guard let failed = conditions.first(where: { !$0.check.isMet }) else {
            return APIResponse(Readiness(checks: checks).shown)
        }
        return APIResponse(code: failed.code, detail: failed.detail, checks: checks)
    }

    private var clockCondition: Condition {
        let required = "near those of peers"
        guard let clock = self.clock else {
            return Condition(Readiness.clock, required: required, "not compared yet", unless: nil)
        }
        let detail = "\(clock.description); set it, best by an NTP service"
        return Condition(
            Readiness.clock,
            required: required,
            "\(clock.offsetMilliseconds) ms ahead of \(clock.peers) peers",
            unless: clock.standing == .right ? nil : ("clock_wrong", detail)
        )
    }

    private var identityCondition: Condition {
        let stop = self.signingStop
        return Condition(
            Readiness.identity,
            required: "signs",
            stop == nil ? "signs" : "signs nothing",
            unless: stop.map { ($0.code.rawValue, $0.detail) }
        )
    }

    /// A log that takes only what has room kept for it is under pressure: peers are better served elsewhere.
    private var storageCondition: Condition {
        let current =
            switch self.logStopped?.takes {
            case .nothing: "takes nothing"
            case .own: "takes own messages"
            case .reserved: "takes own messages and governance"
            case nil: "takes everything"
            }
        return Condition(
            Readiness.storage,
            required: "takes everything",
            current,
            unless: self.logStopped.map { ("storage_stopped", $0.reason) }
        )
    }

    private static func memoryCondition(_ memory: MemoryUse) -> Condition {
        let part = MemoryUse.scarceAtPercent
        let detail =
            "the process holds \(memory.bytes) bytes of the \(memory.bytesMax ?? 0) that --max-memory allows; "
            + "no new peer is taken until it is less"
        return Condition(
            Readiness.memory,
            required: memory.bytesMax.map { "below \($0 / 100 * part) bytes" } ?? "any",
            "\(memory.bytes) bytes",
            unless: memory.isScarce ? ("memory_short", detail) : nil
        )
    }

    private var syncCondition: Condition {
        // Nothing was told yet: all phases are awaited.
        let awaited = self.awaitedPhases ?? [1]
        let isFar = self.syncState != .syncing || !awaited.contains(1) || !self.has(.sync)
        let isReading = self.syncState == .syncing
        let progress = isReading ? awaited.first.map { ", in phase \($0) of 5" } ?? "" : ""
        let detail =
            "the node does not know yet whose keys are valid; wait, and see `valence-node status`"
        return Condition(
            Readiness.sync,
            required: "phase 1 of 5 read",
            "\(self.syncState.rawValue)\(progress)",
            unless: isFar ? nil : ("not_synced", detail)
        )
    }

    private var peersCondition: Condition {
        let required = self.has(.gossip) ? self.peersWanted : 0
        let detail =
            "no peer is connected; see `valence-node peer list` and check the addresses of --bootstrap"
        return Condition(
            Readiness.peers,
            required: "\(required) or more",
            "\(self.connectedPeers)",
            unless: self.connectedPeers >= required ? nil : ("no_peers", detail)
        )
    }
}
