import Messages
import Primitives

// What people are told of this node's contracts, and how they end them.

extension StorageDealings.Row {
    /// Describes a contract in which this node has a part.
    ///
    /// - Parameters:
    ///   - contract: as it stands.
    ///   - part: this node's part.
    ///   - scene: what else is known.
    ///   - lost: providers whose copies are not to be had any more.
    ///   - obstacle: why this node's copy could not be fetched so far.
    init(
        _ contract: Contract,
        _ part: StorageDealings.Part,
        _ scene: DutyScene,
        lost: [NodeID],
        obstacle: String?
    ) {
        self.init(
            content: contract.content,
            part: part,
            uploader: contract.uploader,
            state: contract.word,
            until: contract.end,
            copyCount: contract.copyCount,
            holders: contract.holders.map(\.identity),
            dailyRent: scene.dailyRent(of: contract),
            risk: Self.risk(of: contract, part, scene, lost, obstacle),
            standing: scene.standing(contract.content.contentHash)
        )
    }

    /// What may go wrong with a contract, in words.
    private static func risk(
        of contract: Contract,
        _ part: StorageDealings.Part,
        _ scene: DutyScene,
        _ lost: [NodeID],
        _ obstacle: String?
    ) -> String? {
        switch contract.state {
        case .failed: return "too few nodes accepted or confirmed in time; ask again"
        case .decayed: return "the rent was not paid; copies are gone"
        case .grace: return "the rent is not paid, and copies go when the time is over"
        case .withdrawn: return nil
        case .gathering, .delivering, .active: break
        }
        if let obstacle { return "its bytes could not be fetched: \(obstacle)" }
        if part == .keeping || part == .uploader, !scene.holdsWhole(contract) {
            return "this node does not have all of its bytes"
        }
        let gone = contract.holders.count { lost.contains($0.identity) }
        if gone > 0 { return "\(gone) of \(contract.holders.count) copies are out of reach" }
        guard case .active = contract.state, contract.holders.count < contract.copyCount else {
            return nil
        }
        return "there are \(contract.holders.count) copies in place of \(contract.copyCount)"
    }
}

extension LeaveContract {
    /// The message that ends this node's part in a contract, or why it would lead to nothing.
    func outcome(_ scene: DutyScene) -> Result<Deed, ContentFailure> {
        let contracts = scene.contracts(self.content)
        guard let inForce = contracts.first else {
            return .failure(ContentFailure("nobody ever wanted copies of \(self.content)"))
        }
        switch self.way {
        case .withdraw(let reason):
            let own = contracts.first { $0.uploader == scene.own && $0.isAlive }
            return Self.withdrawal(of: own ?? inForce, reason, scene)
        case .transfer(let receiver):
            let kept = contracts.first { $0.isHeld(by: scene.own) && $0.isAlive }
            return Self.transfer(of: kept ?? inForce, to: receiver, scene)
        }
    }

    private static func withdrawal(of contract: Contract, _ reason: String?, _ scene: DutyScene)
        -> Result<Deed, ContentFailure>
    {
        guard contract.uploader == scene.own, contract.isAlive else {
            let detail = "it is \(contract.word), and \(contract.uploader) asked for it"
            return .failure(ContentFailure("this identity cannot withdraw it: \(detail)"))
        }
        // A day from the stamp at least, which is a moment later than now (R-06-097).
        let delay =
            scene.calendar.milliseconds(StorageMarketLimits.withdrawalDelay)
            + min(StorageDutyLimits.stampMilliseconds, scene.hour)
        let withdrawal = ContentWithdraw(
            contentHash: contract.content.contentHash,
            effectiveAfter: scene.now.adding(milliseconds: delay),
            reason: reason
        )
        return .success(.withdraw(withdrawal))
    }

    private static func transfer(of contract: Contract, to receiver: NodeID, _ scene: DutyScene)
        -> Result<Deed, ContentFailure>
    {
        guard contract.isHeld(by: scene.own), contract.isAlive else {
            return .failure(ContentFailure("this identity keeps no copy of it for others"))
        }
        let identity = scene.parties.identity(receiver)
        guard identity != contract.uploader, !contract.isHeld(by: identity) else {
            return .failure(ContentFailure("\(receiver) has a part in the contract already"))
        }
        let transfer = RentTransfer(
            contentHash: contract.content.contentHash,
            receivingProvider: receiver,
            transferFee: StorageTerms.transferFee
        )
        return .success(.transfer(transfer))
    }
}
