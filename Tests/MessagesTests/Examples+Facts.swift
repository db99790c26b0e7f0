import Messages
import Primitives

// A fact of every kind, with some of its optional members.
extension Examples {
    mutating func fact(_ kind: FactKind) -> any Fact {
        switch kind {
        case .decision: self.decision()
        case .hour:
            HourObservation(
                hour: self.integer(),
                activeIdentities: self.count(),
                multiplier: self.amount()
            )
        case .governance: GovernanceHint(since: self.time())
        case .adoption: AdoptionFact(proposal: self.id())
        case .reopening:
            ReopeningFact(
                proposal: self.id(),
                winner: self.optional { $0.id() },
                votingEnds: self.time()
            )
        case .rentHeld:
            StorageFact.rentHeld(self.cycle(), payer: self.id(), amount: self.amount())
        case .rentSettled: StorageFact.rentSettled(self.cycle(), self.work())
        case .rentMissed: StorageFact.rentMissed(self.cycle(), payer: self.id())
        case .transferFee: StorageFact.transferFee(self.id(), payer: self.id())
        case .challengeFailed:
            StorageFact.challengeFailed(provider: self.id(), content: self.id())
        case .copyAbandoned: StorageFact.copyAbandoned(provider: self.id(), content: self.id())
        case .copiesHeld:
            StorageFact.copiesHeld(proposal: self.id(), providers: self.ids(0...5))
        case .storageOffer:
            StorageOffer(
                allocatedBytes: self.integer(),
                contentTypes: self.list(0...4) { $0.text() },
                bytesPerSecond: 1 + self.integer() / 2
            )
        case .keyStartedOver: KeyStartedOver(key: self.id(), computedAt: self.time())
        case .linksRepeated: LinksRepeated(ids: self.ids(0...100))
        case .keyUsedElsewhere:
            KeyUsedElsewhere(
                key: self.optional { $0.id() },
                id: self.id(),
                type: self.text(),
                timestamp: self.time()
            )
        case .ownHistoryAccepted: OwnHistoryAccepted()
        case .restoredKeyCleared: RestoredKeyCleared(instance: self.bytes32())
        case .present: OwnFact.present
        case .syncServed: OwnFact.served(peer: self.id())
        case .scoresReported:
            ReportedScores(
                self.list(0...4) { .init(identity: $0.id(), score: $0.fraction()) }
            )
        case .ballotOpen: Notice.open(self.ballot())
        case .ballotClosing: Notice.closing(self.ballot())
        case .ownScore: Notice.score(self.amount())
        case .ownRefused: Notice.refused(self.optional { $0.id() }, code: self.text())
        case .anchors:
            Anchors(
                self.list(0...4) { .init(node: $0.id(), addresses: $0.list(0...3) { $0.text() }) }
            )
        }
    }

    private mutating func ballot() -> Notice.Ballot {
        .init(
            proposal: self.id(),
            title: self.text(),
            deadline: self.time(),
            weight: self.amount()
        )
    }

    private mutating func cycle() -> RentCycle {
        RentCycle(content: self.id(), number: self.integer())
    }

    private mutating func work() -> RentWork {
        RentWork(
            required: self.integer(),
            providers: self.list(0...5) { .init(identity: $0.id(), count: $0.integer()) },
            validators: self.list(0...5) { .init(identity: $0.id(), count: $0.integer()) }
        )
    }

    private mutating func decision() -> DecisionFact {
        DecisionFact(
            proposal: self.id(),
            state: self.choice(),
            hasQuorum: self.bool(),
            mode: self.choice(),
            needsHalfOfHeads: self.bool(),
            activeIdentities: self.count(),
            activeReputation: self.amount(),
            author: self.id(),
            effectiveAt: self.time(),
            adopters: self.count(),
            resolution: self.optional { $0.resolution() },
            objection: self.optional { $0.text() },
            restsOnPhase: self.bool(),
            recount: self.count(),
            votes: self.list(0...100) {
                .init(
                    identity: $0.id(),
                    voteID: $0.id(),
                    at: $0.time(),
                    stance: $0.choice(),
                    weight: $0.amount(),
                    isDegraded: $0.bool(),
                    notCountedBecause: $0.optional { $0.text() }
                )
            }
        )
    }
}
