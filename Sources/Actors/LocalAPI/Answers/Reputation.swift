package import Doors
package import Messages
import Primitives

// Scores and keys.

extension Scores.Entry: Record {
    package static let about = "The score of one identity."
    package static let fields: [Field<Scores.Entry>] = [
        Field("identity", "Whose score.") { $0.identity },
        Field("overall", "The score.") { $0.overall },
        Field("observations", "Own observations behind it.") { $0.observations },
        Field("active", "Whether it was announced lately.") { $0.isActive },
    ]
}

extension Scores.Reply: Record {
    package static let about = "The scores of all identities that this node knows."
    package static let fields: [Field<Scores.Reply>] = [
        Field("active_identities", "How many are active.") { $0.activeIdentities },
        Field("active_reputation", "What they weigh together.") { $0.activeReputation },
        Field("scores", "The scores.") { $0.entries },
    ]
}

extension ScoreHistory.Reply: Record {
    package static let about = "The score of an identity and what made it."
    package static let fields: [Field<ScoreHistory.Reply>] = [
        Field("overall", "The score.") { $0.overall },
        Field("direct", "What own observations alone make of it.") { $0.direct },
        Field("start", "Where it began.") { $0.start },
        .formed("by_domain", "Scores by the domain that they were earned in.", .map(.amount)) {
            .object($0.record.byDomain.map { ($0.name, $0.score.shown) })
        },
        Field("verification_count", "Verifications that were counted.") {
            $0.record.verificationCount
        },
        Field("stake_at_risk", "What is promised, and lost if a promise is broken.") {
            $0.record.stakeAtRisk
        },
        Field("basis", "How own observations and peers' are weighed.") { $0.basis },
        Field("next_gate", "The next score that permits more.") { $0.nextGate },
        Field("earns", "What would raise it.") { $0.earns }.inOwnWords,
        Field("warnings", "What endangers it.") { $0.warnings }.inOwnWords,
        Field("entries", "Every change.") { $0.entries },
    ]
}

extension ScoreHistory.Start: Record {
    package static let about = "Where a score began."
    package static let fields: [Field<ScoreHistory.Start>] = [
        Field("score", "The first score.") { $0.score },
        Field("founder", "Whether the identity is a founder of the network.") { $0.isFounder },
    ]
}

extension ScoreHistory.Basis: Record {
    package static let about = "How own observations and those of peers are weighed."
    package static let fields: [Field<ScoreHistory.Basis>] = [
        Field("own_weight", "Share of own observations.") { $0.ownWeight },
        Field("observations", "How many they are.") { $0.observations },
        Field("peer_average", "What peers say on average.") { $0.peerAverage },
        Field("received_median", "The median of what peers say.") { $0.receivedMedian },
        Field("assessors", "Peers that say something.") { $0.assessors },
        Field("assessor_networks", "Networks in which they are.") { $0.assessorNetworks },
    ]
}

extension ScoreHistory.Gate: Record {
    package static let about = "A score that permits more."
    package static let fields: [Field<ScoreHistory.Gate>] = [
        Field("score", "The score.") { $0.score },
        Field("missing", "What is missing.") { $0.missing },
        Field("permits", "What it permits.") { $0.permits }.inOwnWords,
    ]
}

extension ScoreHistory.Entry: Record {
    package static let about = "One change of a score."
    package static let fields: [Field<ScoreHistory.Entry>] = [
        Field("at", "When.") { $0.at },
        Field("cause", "Why.") { $0.cause }.inOwnWords,
        .formed("change", "By how much.", .amount) { .integer($0.changeMillionths) },
        Field("after", "The score afterwards.") { $0.after },
    ]
}

extension IdentityKeys.Reply: Record {
    package static let about = "The keys of an identity."
    package static let fields: [Field<IdentityKeys.Reply>] = [
        Field("key", "The key that was asked about.") { $0.key },
        Field("identity", "The identity that it acts for.") { $0.identity },
        Field("did", "The name of the identity for people.") { $0.identity.did }.inOwnWords,
        Field("keys", "All keys that act for it.") { $0.keys },
        .formed("labels", "What keys are called, by key.", .map(.text)) { reply in
            .object(
                zip(reply.keys, reply.labels).compactMap { key, label in
                    label.map { (key.hex, $0.shown) }
                }
            )
        },
        Field("suspended", "Whether the identity may not act now.") { $0.isSuspended },
        Field("rotated_to", "The key that followed this one.") { $0.rotatedTo },
        Field("revoked_by", "The key that revoked this one.") { $0.revokedBy },
        Field("revoked_from", "From when on it is revoked.") { $0.revokedFrom },
    ]
}

extension IdentityKeys.Reply {
    /// Whether no message about keys named this one.
    var tellsNothing: Bool {
        self.identity == self.key && self.keys.count <= 1 && self.rotatedTo == nil
            && self.revokedBy == nil && !self.isSuspended
    }
}
