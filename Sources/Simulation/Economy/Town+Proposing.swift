import Messages
import Primitives

/// Something that a resident is going to adopt.
struct Adoption {
    let proposal: MessageID
    let adopter: Int
    let hour: Int
}

// How residents propose what they had copied, and adopt what others propose.
extension Town {
    /// A vote lasts a day here; who kept copies at its end has a part in what adoptions bring.
    static let voteHours = 24

    /// Proposals of the hour, and adoptions that are due.
    func propose() {
        for number in self.residents.indices where self.isOnline(number) { self.propose(number) }
        let due = self.adoptions.filter { $0.hour <= self.hour }
        self.adoptions.removeAll { $0.hour <= self.hour }
        for adoption in due where self.isOnline(adoption.adopter) {
            let body = Adopt(proposalID: adoption.proposal, success: true)
            self.say(.adopt, .adopt(body), by: adoption.adopter)
        }
    }

    private func propose(_ number: Int) {
        let resident = self.residents[number]
        let week = self.hour % 168
        let turns = (0..<resident.habits.proposals).map { turn in
            (Int(self.lot(number, 2) % 168) + turn * 168 / max(1, resident.habits.proposals)) % 168
        }
        guard turns.contains(week), Capability.propose.isPermitted(at: resident.score),
            let place = self.open.last(where: { self.isProposable(self.deals[$0], by: number) })
        else { return }
        self.deals[place].proposedAt = self.hour
        let deadline = self.stamp.adding(milliseconds: Int64(Self.voteHours) * 3_600_000)
        let proposal = Propose(
            title: "artefact",
            body: "of use",
            contentHash: self.deals[place].content,
            contentType: "application/octet-stream",
            contentSize: self.deals[place].size,
            votingDeadline: deadline
        )
        let id = self.say(.propose, .propose(proposal), by: number)
        self.schedule(id, by: number)
    }

    /// Whether an artefact of a resident has its copies, and was not proposed yet.
    private func isProposable(_ deal: Deal, by number: Int) -> Bool {
        deal.uploader == number && deal.stage == .assigned && deal.proposedAt == nil
            && deal.keepers.count >= deal.copies
    }

    /// Those who find it useful adopt it in the days after the vote.
    private func schedule(_ proposal: MessageID, by author: Int) {
        let ring = self.residents[author].habits.ring
        let interested = self.residents.indices.filter { other in
            let habits = self.residents[other].habits
            guard other != author else { return false }
            return ring == nil ? habits.adopts && habits.ring == nil : habits.ring == ring
        }
        for adopter in self.random.sample(self.plan.adopters, of: interested) {
            let pause = Self.voteHours + 2 + self.random.index(below: 72)
            self.adoptions.append(
                Adoption(proposal: proposal, adopter: adopter, hour: self.hour + pause)
            )
        }
    }
}
