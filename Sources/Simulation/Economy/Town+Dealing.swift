import Messages
import Primitives
import StorageMarket

// How residents ask for copies, keep them and pay.
extension Town {
    /// Those who accept one request: the first who hear of it and have room.
    private static let acceptancesMax = 12
    /// How long nobody waits longer for the rent of an artefact: a notice is due within seven days.
    private static let unpaidHoursMax = 9 * 24

    /// Everybody goes on with what is under way, and begins what is due.
    func deal() {
        for number in self.open {
            switch self.deals[number].stage {
            case .asked: self.assign(number)
            case .assigned:
                self.confirm(number)
                self.letGo(number)
            case .over: break
            }
        }
        for number in self.residents.indices where self.isOnline(number) { self.ask(number) }
    }

    // MARK: Uploaders

    /// Once a day an uploader asks for copies of one more artefact, if it may and can pay for it.
    private func ask(_ number: Int) {
        let resident = self.residents[number]
        let habits = resident.habits
        guard habits.wants > 0, self.hour % 24 == Int(self.lot(number, 1) % 24) else { return }
        let own = self.open.map { self.deals[$0] }.filter { $0.uploader == number }
        let bytes = own.reduce(0) { $0 + $1.size }
        let size = min(habits.artefact, habits.wants)
        guard bytes + size <= habits.wants,
            Prices.permits(size, beside: bytes, at: resident.score),
            resident.purse > Self.leastPurse
        else { return }
        self.request(size, by: number)
    }

    /// Who has less asks for nothing new: it would soon be below the score that asking needs.
    private static let leastPurse = Capability.replicate.gate + FixedPoint(millionths: 10_000)
    /// Who has less takes back what it asked for, before it is below that score.
    private static let poorPurse = Capability.replicate.gate + FixedPoint(millionths: 1_000)

    private func request(_ size: Int64, by number: Int) {
        self.residents[number].made += 1
        let (name, made) = (self.residents[number].name, self.residents[number].made)
        let content = ContentHash(
            SHA256Digest.hash(Array("\(self.seed) \(name) artefact \(made)".utf8))
        )
        let copies = self.residents[number].habits.copies
        let request = ReplicateRequest(
            content: ContentDescription(
                contentHash: content,
                contentType: "application/octet-stream",
                contentSize: size,
                tags: []
            ),
            copyCount: Int64(copies),
            reputationStake: Prices.dailyRent(of: size, rate: self.rate)
        )
        self.say(.replicateRequest, .replicateRequest(request), by: number)
        var deal = Deal(
            content: content,
            size: size,
            copies: copies,
            uploader: number,
            askedAt: self.hour
        )
        for provider in self.volunteers(for: deal) {
            let room = self.room(of: provider)
            self.say(
                .replicateAccept,
                .replicateAccept(ReplicateAccept(contentHash: content, capacityAvailable: room)),
                by: provider
            )
            self.residents[provider].promised += size
            deal.accepted.append(provider)
        }
        self.dealOf[content] = self.deals.count
        self.open.append(self.deals.count)
        self.deals.append(deal)
    }

    /// What a GB costs a day.
    private var rate: FixedPoint { self.plan.parameters[.baseRent] }

    private func volunteers(for deal: Deal) -> [Int] {
        let uploader = self.residents[deal.uploader]
        let willing = self.residents.indices.filter { number in
            let resident = self.residents[number]
            guard number != deal.uploader, self.isOnline(number),
                self.room(of: number) >= deal.size
            else { return false }
            let isPrivate = uploader.habits.keepsToFriends || resident.habits.keepsToFriends
            return !isPrivate || resident.befriends(uploader)
        }
        return self.random.sample(Self.acceptancesMax, of: willing)
    }

    /// The uploader names those who keep copies, as a node would.
    private func assign(_ number: Int) {
        var deal = self.deals[number]
        guard self.hour > deal.askedAt, self.isOnline(deal.uploader) else { return }
        guard deal.accepted.count >= deal.copies else {
            // Nobody else will come; it asks again, for another artefact, when there is room.
            self.end(number)
            return
        }
        deal.assigned = self.choose(deal.copies, of: deal.accepted, beside: [])
        deal.stage = .assigned
        self.deals[number] = deal
        self.release(deal.accepted.filter { !deal.assigned.contains($0) }, from: deal)
        self.sayAssignment(deal)
    }

    private func choose(_ count: Int, of accepted: [Int], beside kept: [Int]) -> [Int] {
        let candidate = { (number: Int) in
            let resident = self.residents[number]
            return ProviderCandidate(
                identity: resident.id,
                score: resident.score,
                network: NetworkName(resident.id.hex),
                weighedClaim: FixedPoint(millionths: resident.habits.offers)
                    .multiplied(by: resident.score).millionths
            )
        }
        var chance = Chance(Array("\(self.seed) \(self.random.next())".utf8))
        var choice = ProviderChoice(
            accepted.map(candidate),
            beside: kept.map(candidate),
            &chance
        )
        return choice.choose(count).compactMap { id in
            accepted.first { self.residents[$0].id == id }
        }
    }

    private func sayAssignment(_ deal: Deal) {
        let assignment = CopyAssignment(
            contentHash: deal.content,
            providers: deal.assigned.map { self.residents[$0].id }
        )
        self.say(.copyAssignment, .copyAssignment(assignment), by: deal.uploader)
    }

    /// An uploader that saw a provider fail three times in a row takes another one, as long as there is
    /// one that accepted.
    func replace(_ keeper: Int, in number: Int) {
        var deal = self.deals[number]
        let others = deal.accepted.filter { other in
            !deal.assigned.contains(other) && self.room(of: other) >= deal.size
                && self.isOnline(other)
        }
        let rest = deal.assigned.filter { $0 != keeper }
        guard let next = self.choose(1, of: others, beside: rest).first else { return }
        deal.assigned = rest + [next]
        deal.keepers.removeAll { $0 == keeper }
        deal.strikes[keeper] = nil
        self.deals[number] = deal
        self.residents[next].promised += deal.size
        self.release([keeper], from: deal)
        self.sayAssignment(deal)
    }

    private func room(of number: Int) -> Int64 {
        self.residents[number].habits.offers - self.residents[number].promised
    }

    /// The uploader gives notice of a cycle that the observer took its rent for.
    func giveNotice(_ cycle: RentCycle, _ amount: FixedPoint) {
        guard let number = self.dealOf[cycle.content] else { return }
        self.deals[number].paidAt = self.hour
        let deal = self.deals[number]
        let payment = RentPayment(
            contentHash: cycle.content,
            billingCycle: cycle.number,
            amount: amount,
            providers: deal.keepers.map {
                RentPayment.Share(nodeID: self.residents[$0].id, amount: .zero)
            }
        )
        self.say(.rentPayment, .rentPayment(payment), by: deal.uploader)
    }

    // MARK: Providers

    /// Those who are to keep copies fetch them within the hour, and say so.
    private func confirm(_ number: Int) {
        let waiting = self.deals[number].assigned.filter {
            !self.deals[number].keepers.contains($0) && self.isOnline($0)
        }
        for keeper in waiting {
            let receipt = CopyReceived(contentHash: self.deals[number].content)
            self.say(.copyReceived, .copyReceived(receipt), by: keeper)
            self.deals[number].keepers.append(keeper)
        }
    }

    /// An artefact is withdrawn when its time is over or its uploader grows poor; without rent its copies
    /// go.
    private func letGo(_ number: Int) {
        let deal = self.deals[number]
        let uploader = self.residents[deal.uploader]
        let age = self.hour - deal.askedAt
        let unpaid = self.hour - (deal.paidAt ?? deal.askedAt)
        if unpaid > Self.unpaidHoursMax { return self.end(number) }
        // Once a day somebody looks.
        guard age % 24 == 0, self.isOnline(deal.uploader), !self.isVotedOn(deal) else { return }
        let isDue = age >= uploader.habits.keepsFor * 24
        guard isDue || uploader.purse < Self.poorPurse else { return }
        let withdrawal = ContentWithdraw(
            contentHash: deal.content,
            effectiveAfter: self.stamp.adding(milliseconds: 86_400_000)
        )
        self.say(.contentWithdraw, .contentWithdraw(withdrawal), by: deal.uploader)
        self.end(number)
    }

    /// What is voted on cannot be taken back (D-74).
    private func isVotedOn(_ deal: Deal) -> Bool {
        deal.proposedAt.map { self.hour - $0 <= Self.voteHours + 1 } ?? false
    }

    private func end(_ number: Int) {
        let deal = self.deals[number]
        let holding = deal.stage == .asked ? deal.accepted : deal.assigned
        self.release(holding, from: deal)
        self.deals[number].stage = .over
        self.open.removeAll { $0 == number }
    }

    private func release(_ numbers: [Int], from deal: Deal) {
        for number in numbers { self.residents[number].promised -= deal.size }
    }
}
