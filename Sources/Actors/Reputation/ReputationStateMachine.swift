import Identities
import Messages
import OrderedCollections
import Primitives

/// The rules of reputation: a ledger folded over the log, and what follows from it.
///
/// The state is a fold over logged messages and facts. Beside it stand the arrival of the newest
/// announcements, which says who is active now, and the turn of the own broadcasts.
struct ReputationStateMachine: Sendable {
    let configuration: ReputationConfiguration
    var ledger: Ledger
    var assessments = AssessmentBook()
    var networks: NetworkBook
    /// Identities of which this node holds a proof of delay (ADR 0025).
    var proven: Set<NodeID>
    var rewards = RewardBook()
    var claims = ClaimBook()
    var tenures = TenureBook()
    var collusion = CollusionWatch()
    var registrations = RegistrationWatch()
    /// Suspected of acting as one: their word has half its weight (D-50).
    var suspects: OrderedSet<NodeID> = []
    var rents = RentBook()
    var flags = FlagBook()
    /// Artefacts whose flags a vote upheld.
    var upheld: OrderedSet<ContentHash> = []
    /// Time, as arrivals tell it.
    var newestArrival = Timestamp(milliseconds: 0)
    /// The newest hour in which what did not count was looked at again, counted from 1970.
    var reconsideredInHour: Int64?
    var budget: SenderBudget
    var sources = ContentSources()
    var service = ServiceBook()
    var resolutions: ResolutionBook
    /// The newest hour in which this node was present, counted from 1970.
    var ownHour: Int64?
    /// The newest hour that was put down as such; the log may not have it yet.
    var recordedHour: Int64?
    private var rotation = GossipRotation()
    private var announced: OrderedDictionary<NodeID, Timestamp> = [:]

    init(configuration: ReputationConfiguration) {
        self.configuration = configuration
        self.resolutions = ResolutionBook(configuration.parameters)
        self.ledger = Ledger(founders: configuration.genesis)
        self.budget = SenderBudget(isLocalProfile: configuration.isLocalProfile)
        self.proven = Set(configuration.genesis.map(\.identity) + [configuration.ownIdentity])
        self.networks = NetworkBook(
            operators: configuration.operators,
            isLocalProfile: configuration.isLocalProfile
        )
    }

    /// This node's identity, at the end of all rotations.
    var ownIdentity: NodeID { self.ledger.identity(of: self.configuration.ownIdentity) }

    /// Identities in the ledger.
    var knownIdentities: Int { self.ledger.accounts.count }

    // MARK: Who is here

    /// Notes an announcement; it decides who is active, and is no part of the log.
    mutating func announced(_ admitted: AdmittedMessage) {
        self.announced[admitted.sender.identity] = admitted.receivedAt
    }

    /// Identities that announced themselves within 30 minutes, and this node.
    func activeIdentities(now: Timestamp) -> OrderedSet<NodeID> {
        let recent = self.announced.filter {
            now.milliseconds(since: $0.value) <= ReputationLimits.activeMilliseconds
        }
        var active = OrderedSet(recent.keys.map { self.ledger.identity(of: $0) })
        active.append(self.ownIdentity)
        return active
    }

    /// The scores of some identities, or of all known ones, and the size of the active network.
    func scores(_ wanted: [NodeID]?, now: Timestamp) -> Scores.Reply {
        let active = self.activeIdentities(now: now)
        let identities = wanted ?? Array(self.ledger.accounts.keys)
        let entries = identities.sorted().map { identity in
            Scores.Entry(
                identity: identity,
                overall: self.score(of: identity),
                observations: self.ledger.account(of: identity)?.observations.count ?? 0,
                isActive: active.contains(self.ledger.identity(of: identity))
            )
        }
        return Scores.Reply(
            entries: entries,
            activeIdentities: active.count,
            activeReputation: active.reduce(.zero) { $0 + self.score(of: $1) },
            earnedDelta: active.reduce(.zero) {
                $0 + (self.ledger.read($1) { $0.earned(at: now) } ?? .zero)
            }
        )
    }

    // MARK: Own broadcasts

    /// The next REPUTATION_GOSSIP about ten identities; nil while there is nothing to say.
    ///
    /// Only identities that this node knows by itself: an echo of others' words says nothing.
    mutating func nextGossip(now: Timestamp, entropy: UInt64) -> ReputationGossip? {
        let own = self.ownIdentity
        let subjects = self.ledger.accounts.filter {
            $0.key != own && !$0.value.isBanned && $0.value.alpha() > 0
        }
        let chosen = self.rotation.next(of: Array(subjects.keys), entropy: entropy)
        guard !chosen.isEmpty else { return nil }
        return ReputationGossip(assessments: chosen.map { self.assessment(of: $0, now: now) })
    }

    private func assessment(of subject: NodeID, now: Timestamp) -> ReputationGossip.Assessment {
        let observations = self.ledger.account(of: subject)?.observations
        let observed = observations?.newest ?? now
        return ReputationGossip.Assessment(
            nodeID: subject,
            overall: self.score(of: subject),
            byDomain: [],
            observationCount: Int64(observations?.count ?? 0),
            lastObserved: min(observed, now),
            assessmentTimestamp: now
        )
    }
}

extension ReputationStateMachine: BookKeeper {
    /// All that the log alone determines; whom the next broadcast is about, and who is heard now, is not.
    mutating func present(to reader: inout some BookReader) {
        // It holds the registry of keys, and accounts move by rules of their own before all else (D-12).
        reader.part("ledger", self.ledger)
        reader.book("assessments", &self.assessments)
        reader.book("networks", &self.networks)
        reader.book("proven", &self.proven)
        reader.book("rewards", &self.rewards)
        reader.book("claims", &self.claims)
        reader.book("tenures", &self.tenures)
        reader.book("collusion", &self.collusion)
        reader.book("registrations", &self.registrations)
        reader.book("suspects", &self.suspects)
        reader.book("rents", &self.rents)
        reader.book("flags", &self.flags)
        reader.book("budget", &self.budget)
        reader.book("sources", &self.sources)
        reader.book("service", &self.service)
        reader.part("upheld", self.upheld)
        reader.part("newestArrival", self.newestArrival)
        reader.part("reconsideredInHour", self.reconsideredInHour)
        reader.part("resolutions", self.resolutions)
        reader.part("ownHour", self.ownHour)
    }
}
