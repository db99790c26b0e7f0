import OrderedCollections
import Primitives

/// Flags of one severity on one artefact, and what they are enough for (D-77).
struct FlagEvidence: Sendable {
    private let flaggers: Int
    private let networks: Int
    private let databases: Int

    /// Weighs flags, one of each identity.
    ///
    /// - Parameters:
    ///   - databases: what each identity found the artefact in; nil for a judgement of its own.
    ///   - networks: counts the networks of identities.
    init(databases: OrderedDictionary<NodeID, String?>, networks: ([NodeID]) -> Int) {
        self.flaggers = databases.count
        self.networks = networks(Array(databases.keys))
        // Each identity names one, so that two databases are two identities as well.
        self.databases = Set(databases.values.compactMap(\.self)).count
    }

    init(_ flags: OrderedDictionary<NodeID, FlagBook.Open>, networks: ([NodeID]) -> Int) {
        self.init(databases: flags.mapValues(\.word.database), networks: networks)
    }

    /// Illegal flags that suspend the source (R-06-134).
    var suspends: Bool {
        self.flaggers >= EarningLimits.suspendingFlagsMin
            && self.networks >= EarningLimits.suspendingNetworksMin
    }

    /// Dispute flags for which the artefact gets no more room (R-06-128).
    var deprioritises: Bool {
        self.flaggers >= EarningLimits.deprioritisingFlagsMin
            && self.networks >= EarningLimits.deprioritisingNetworksMin
    }

    /// Illegal flags that delete the artefact (R-06-130).
    var condemns: Bool {
        if self.databases >= EarningLimits.condemningDatabasesMin { return true }
        return self.flaggers >= EarningLimits.condemningFlagsMin
            && self.networks >= EarningLimits.condemningNetworksMin
    }
}
