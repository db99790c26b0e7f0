// Who is paid for adoptions and for checking claims (§9, D-44, D-45), once more in the plainest way.
extension PlainLedger {
    /// A proposal comes; it may name a host whose word is still missing.
    mutating func proposed(_ number: Int, by author: Int, host: Int?, isHostMissing: Bool) {
        let until = isHostMissing ? self.latestArrival + 6 * Self.hour : nil
        self.offers[number] = Offer(author: author, host: host, waitsUntil: until)
        self.retry { $0.proposal == number }
        let voices = self.early.filter { $0.proposal == number }.map(\.voice)
        self.early.removeAll { $0.proposal == number }
        for voice in voices.sorted(by: Self.isEarlier) { self.verified(number, voice) }
    }

    /// The host that a proposal names is known at last.
    mutating func shared(_ number: Int, by host: Int) {
        guard self.offers[number] != nil else { return }
        self.offers[number]?.host = host
        self.offers[number]?.waitsUntil = nil
        self.retry { $0.proposal == number }
    }

    mutating func proved(_ person: Int) {
        if self.proven.insert(person).inserted { self.retry { $0.adopter == person } }
    }

    mutating func adopted(_ number: Int, by adopter: Int, at time: Int64) {
        let adoption = Adoption(proposal: number, adopter: adopter, at: time)
        if self.counts(adoption) { self.reward(adoption) } else { self.waiting.append(adoption) }
    }

    /// The proposal is there and its host no longer missing, its author may propose, and the adopter
    /// proved its delay.
    private func counts(_ adoption: Adoption) -> Bool {
        guard let offer = self.offers[adoption.proposal] else { return false }
        if let until = offer.waitsUntil, self.latestArrival < until { return false }
        return self.proven.contains(adoption.adopter) && self.score(offer.author) >= 300_000
    }

    private mutating func retry(_ isAffected: (Adoption) -> Bool) {
        let isReady = self.waiting.map { isAffected($0) && self.counts($0) }
        let ready = zip(self.waiting, isReady).filter(\.1).map(\.0)
        self.waiting = zip(self.waiting, isReady).filter { !$0.1 }.map(\.0)
        for adoption in ready.sorted(by: { $0.at < $1.at }) { self.reward(adoption) }
    }

    /// Once an hour of arrivals all that waits is tried again.
    mutating func passHour(at time: Int64) {
        guard self.triedInHour.map({ $0 < time / Self.hour }) ?? true else { return }
        self.triedInHour = time / Self.hour
        self.retry { _ in true }
        let claims = self.offers.filter { $0.value.voices.count >= 3 && !$0.value.isClaimSettled }
            .compactMap { number, offer in
                offer.voices.min(by: Self.isEarlier).map { (number: number, first: $0) }
            }
        for claim in claims.sorted(by: { Self.isEarlier($0.first, $1.first) }) {
            self.settle(claim.number)
        }
    }

    private mutating func reward(_ adoption: Adoption) {
        let (number, adopter, time) = (adoption.proposal, adoption.adopter, adoption.at)
        guard var offer = self.offers[number] else { return }
        let author = offer.author
        let host = offer.host == author ? nil : offer.host
        guard offer.paid < 10, adopter != author, adopter != host,
            !self.uploaders.contains(adopter), !offer.adopters.contains(adopter)
        else { return }
        offer.adopters.append(adopter)
        offer.paid += 1
        var share: Int64 = 0
        if let host {
            share = self.score(host) >= 300_000 ? 1_500 : min(1_500, max(0, 2_000 - offer.hostPaid))
        }
        offer.hostPaid += share
        self.offers[number] = offer
        self.earn(5_000 - share, by: author, at: time)
        if let host, share > 0 { self.earn(share, by: host, at: time) }
    }

    static func isEarlier(_ left: Voice, _ right: Voice) -> Bool {
        left.at == right.at ? left.rank.lexicographicallyPrecedes(right.rank) : left.at < right.at
    }

    /// Somebody says whether the claim of a proposal is true; of two words of one the first stands.
    mutating func verified(_ number: Int, _ voice: Voice) {
        guard let offer = self.offers[number] else {
            self.early.append((proposal: number, voice: voice))
            return
        }
        guard !offer.isClaimSettled, voice.person != offer.author else { return }
        let own = offer.voices.filter { $0.person == voice.person } + [voice]
        let others = offer.voices.filter { $0.person != voice.person }
        self.offers[number]?.voices = others + own.sorted(by: Self.isEarlier).prefix(1)
        self.settle(number)
    }

    private mutating func settle(_ number: Int) {
        guard let offer = self.offers[number] else { return }
        for isTrue in [true, false] {
            let agreeing = offer.voices.filter { voice in
                voice.isTrue == isTrue && voice.person != offer.author
                    && self.score(voice.person) >= 300_000
            }
            let networks = Set(agreeing.map { self.networks[$0.person] ?? -1 })
            guard agreeing.count >= 3, networks.count >= 3 else { continue }
            self.offers[number]?.isClaimSettled = true
            return self.pay(agreeing, for: isTrue, author: offer.author)
        }
    }

    private mutating func pay(_ agreeing: [Voice], for isTrue: Bool, author: Int) {
        let voices = agreeing.sorted(by: Self.isEarlier)
        guard let first = voices.first, let time = voices.last?.at else { return }
        for voice in voices {
            self.change(voice.person) { $0.verifications += 1 }
            self.earn(isTrue ? 1_000 : 5_000, by: voice.person, at: time)
        }
        if isTrue { return }
        self.earn(10_000, by: first.person, at: time)
        self.charge(3_000, to: author, at: time)
    }
}
