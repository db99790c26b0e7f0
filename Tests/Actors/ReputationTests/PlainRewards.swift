// Who is paid for adoptions and for checking claims (§9, D-44, D-45), once more in the plainest way.
extension PlainLedger {
    mutating func proposed(_ number: Int, by author: Int, host: Int?) {
        self.offers[number] = Offer(author: author, host: host)
        let waiting = self.orphans.filter { $0.proposal == number }
        self.orphans.removeAll { $0.proposal == number }
        for orphan in waiting { self.adopted(number, by: orphan.adopter, at: orphan.at) }
    }

    mutating func adopted(_ number: Int, by adopter: Int, at time: Int64) {
        guard var offer = self.offers[number] else {
            self.orphans.append(Orphan(proposal: number, adopter: adopter, at: time))
            return
        }
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

    /// Somebody says whether the claim of a proposal is true.
    mutating func verified(_ number: Int, _ voice: Voice) {
        guard let offer = self.offers[number], !offer.isClaimSettled, voice.person != offer.author
        else { return }
        if !offer.voices.contains(where: { $0.person == voice.person }) {
            self.offers[number]?.voices.append(voice)
        }
        self.settle(number, at: voice.at)
    }

    private mutating func settle(_ number: Int, at time: Int64) {
        guard let offer = self.offers[number] else { return }
        for isTrue in [true, false] {
            let agreeing = offer.voices.filter { voice in
                voice.isTrue == isTrue && voice.person != offer.author
                    && self.score(voice.person) >= 300_000
            }
            let networks = Set(agreeing.map { self.networks[$0.person] ?? -1 })
            guard agreeing.count >= 3, networks.count >= 3 else { continue }
            self.offers[number]?.isClaimSettled = true
            for voice in agreeing {
                self.change(voice.person) { $0.verifications += 1 }
                self.earn(isTrue ? 1_000 : 5_000, by: voice.person, at: time)
            }
            if isTrue { return }
            let first = agreeing.min { left, right in
                left.at == right.at
                    ? left.rank.lexicographicallyPrecedes(right.rank) : left.at < right.at
            }
            if let first { self.earn(10_000, by: first.person, at: time) }
            return self.charge(3_000, to: offer.author, at: time)
        }
    }
}
