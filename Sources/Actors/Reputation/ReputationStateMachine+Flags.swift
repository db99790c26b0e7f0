import Identities
import Messages
import OrderedCollections
import Primitives

// Flags on content: what they cost, and whom they suspend (§6, D-77).
extension ReputationStateMachine {
    /// An identity flags an artefact; it counts only from the score that it needs.
    mutating func flagged(_ flag: Flag, _ message: Message, by flagger: NodeID) {
        let flag = FlagBook.Waiting(
            content: flag.contentHash,
            severity: flag.severity,
            flagger: flagger,
            at: message.timestamp,
            id: message.id,
            signer: message.from
        )
        guard self.isPermitted(flag) else { return self.flags.wait(flag) }
        self.count(flag, at: flag.at)
    }

    private func isPermitted(_ flag: FlagBook.Waiting) -> Bool {
        !self.ledger.keys.isVoid(signer: flag.signer, at: flag.at)
            && flag.severity.capability.isPermitted(at: self.score(of: flag.flagger))
    }

    private mutating func count(_ flag: FlagBook.Waiting, at time: Timestamp) {
        guard self.flags.isNew(flag) else { return self.flags.wait(flag) }
        // The latest severity of an identity stands; its former stake comes back.
        if let former = self.flags.flag(of: flag.flagger, on: flag.content) {
            self.settle(
                [former.settled(flag.flagger, flag.content)],
                .returned("replaced"),
                at: time
            )
        }
        let stake = self.ledger.stake(
            flag.severity.stake,
            of: flag.flagger,
            at: time,
            cause: "\(flag.severity.rawValue) flag on \(flag.content)"
        )
        let open = FlagBook.Open(
            severity: flag.severity,
            at: flag.at,
            id: flag.id,
            signer: flag.signer,
            stake: stake
        )
        self.flags.add(open, by: flag.flagger, on: flag.content)
        self.weigh(flag.content)
    }

    /// Flags that did not count are looked at again, and so is what those that count amount to.
    mutating func reconsiderFlags(at arrival: Timestamp) {
        var book = self.flags
        let ready = book.takeReady(at: arrival) {
            self.flags.isNew($0) && self.isPermitted($0)
        }
        self.flags = book
        for flag in ready { self.count(flag, at: arrival) }
        for content in self.flags.flagged { self.weigh(content) }
    }

    /// A key turned out to have had no right to sign: its flags count no more, their stakes come
    /// back, and those that they had replaced count again.
    mutating func voidFlags(at time: Timestamp) {
        let keys = self.ledger.keys
        let void = self.flags.void { keys.isVoid(signer: $0.signer, at: $0.at) }
        guard !void.isEmpty else { return }
        self.settle(void, .returned("void"), at: time)
        self.reconsiderFlags(at: self.newestArrival)
        self.suspendSources()
    }

    /// Somebody names artefacts; whoever did so first is the source of each.
    mutating func brought(_ contents: [ContentHash], by identity: NodeID, in message: Message) {
        let (flags, proven) = (self.flags, self.proven)
        let standing = ContentSources.Standing(
            isFlagged: flags.isFlagged,
            isProven: proven.contains
        )
        for content in contents {
            self.sources.named(content, by: identity, in: message, standing)
        }
        self.suspendSources()
    }

    private mutating func weigh(_ content: ContentHash) {
        let networks = self.networks
        self.flags.weigh(content) { networks.count($0) }
        self.suspendSources()
    }

    private mutating func suspendSources() {
        let sources = self.flags.suspending.compactMap { self.sources.source(of: $0) }
        self.ledger.suspendedSources = OrderedSet(sources)
    }

    // MARK: The end of flags

    /// What becomes of stakes.
    enum Outcome {
        case returned(String)
        case lost(String)
    }

    private mutating func settle(
        _ settled: [FlagBook.Settlement],
        _ outcome: Outcome,
        at time: Timestamp
    ) {
        for one in settled {
            let name = "\(one.flag.severity.rawValue) flag on \(one.content)"
            switch outcome {
            case .returned(let why):
                self.ledger.settle(
                    one.flag.stake,
                    of: one.flagger,
                    isReturned: true,
                    at: time,
                    cause: "\(name) \(why)"
                )
            case .lost(let why):
                self.ledger.settle(
                    one.flag.stake,
                    of: one.flagger,
                    isReturned: false,
                    at: time,
                    cause: "\(name) \(why)"
                )
                guard one.flag.severity == .illegal else { continue }
                self.ledger.charge(
                    EarningLimits.rejectedIllegalFlag,
                    to: one.flagger,
                    at: time,
                    cause: "\(name) \(why)"
                )
            }
        }
    }

    /// A vote decided about flagged content (R-06-122, R-06-139).
    mutating func decideFlags(
        on content: ContentHash,
        areUpheld: Bool,
        by proposal: MessageID,
        at time: Timestamp
    ) {
        let settled = self.flags.decide(content)
        self.settle(
            settled,
            areUpheld ? .returned("upheld by \(proposal)") : .lost("rejected by \(proposal)"),
            at: time
        )
        self.suspendSources()
    }

    /// A vote with a quorum refused to uphold flags; votes on bans that fail say nothing about them.
    mutating func rejected(_ decision: DecisionFact, at time: Timestamp) {
        guard let resolution = decision.resolution, resolution.kind == .flag,
            let content = resolution.contentHash
        else { return }
        self.decideFlags(on: content, areUpheld: false, by: decision.proposal, at: time)
    }

    /// Flags that no vote decided about for 90 days give their stakes back and suspend nobody.
    mutating func lapseFlags(at time: Timestamp) {
        guard let next = self.flags.nextLapse, next <= time else { return }
        let lapsed = self.flags.lapse(at: time)
        for one in lapsed {
            self.settle([one], .returned("never decided"), at: one.flag.lapsesAt)
        }
        for content in OrderedSet(lapsed.map(\.content)) { self.weigh(content) }
        self.suspendSources()
    }

    /// Flags followed a key to its identity, which has one flag on an artefact.
    mutating func settleGivenUpFlags(at time: Timestamp) {
        for one in self.flags.takeGivenUp() {
            // The lower score of the two keys stands (D-12): it paid for one flag already.
            self.ledger.settle(
                one.flag.stake,
                of: one.flagger,
                isReturned: false,
                at: time,
                cause: "flag of a second key"
            )
            self.weigh(one.content)
        }
        self.suspendSources()
    }
}

extension FlagBook.Open {
    fileprivate func settled(_ flagger: NodeID, _ content: ContentHash) -> FlagBook.Settlement {
        FlagBook.Settlement(flagger: flagger, content: content, flag: self)
    }
}

extension Flag.Severity {
    /// What its author must be permitted for it to count.
    var capability: Capability {
        switch self {
        case .dispute: .flagDispute
        case .illegal: .flagIllegal
        }
    }

    /// What it costs until it is decided.
    fileprivate var stake: FixedPoint {
        switch self {
        case .dispute: EarningLimits.disputeStake
        case .illegal: EarningLimits.illegalStake
        }
    }
}
