import Messages
import Primitives
import TestSupport

// Proposals, adoptions and the checking of claims.
extension ModelDuel {
    mutating func work(_ step: ModelStep) throws {
        let cast = self.cast
        switch step {
        case .propose(let person, let number, let host):
            try self.propose(person, number, host)
        case .proposeUnshared(let person, let number, let host):
            try self.proposeUnshared(person, number, host)
        case .bringShare(let number): try self.bringShare(of: number)
        case .upload(let person):
            try self.say(
                by: person,
                { try cast.upload($0, by: person, at: $1) },
                { plain, identity in _ = plain.uploaders.insert(identity) }
            )
        case .adopt(let person, let number, let late):
            try self.adopt(person, number, lateBy: late * PlainLedger.hour)
        case .adoptByAll(let number, let hours):
            for person in ModelStep.people {
                self.now += hours * PlainLedger.hour
                try self.adopt(person, number, lateBy: 0)
            }
        case .verify(let person, let number, let isTrue):
            try self.verify(person, number, isTrue)
        case .verifyByAll(let number, let findings):
            for (person, letter) in findings.enumerated() where letter != "-" {
                try self.verify(person, number, letter == "t")
            }
        default: break
        }
    }

    private mutating func verify(_ person: Int, _ number: Int, _ isTrue: Bool) throws {
        let (cast, now) = (self.cast, self.now)
        let rank = cast.id(self.said + 1).array
        try self.say(
            by: person,
            { try cast.verification($0, by: person, of: number, isTrue, at: $1) },
            { plain, identity in
                plain.verified(
                    number,
                    PlainLedger.Voice(person: identity, isTrue: isTrue, at: now, rank: rank)
                )
            }
        )
    }

    private mutating func propose(_ person: Int, _ number: Int, _ host: Int?) throws {
        guard self.plain.offers[number] == nil else { return }
        let cast = self.cast
        var (share, known): (Int?, Int?) = (nil, nil)
        if let host {
            share = self.said + 1
            try self.say(
                by: host,
                { try cast.share($0, by: host, at: $1) },
                { _, identity in known = identity }
            )
            self.now += 1
        }
        let isMissing = share != nil && known == nil
        try self.say(
            by: person,
            as: number,
            { try cast.proposal($0, by: person, origin: share, at: $1) },
            { plain, identity in
                plain.proposed(number, by: identity, host: known, isHostMissing: isMissing)
            }
        )
    }

    private mutating func proposeUnshared(_ person: Int, _ number: Int, _ host: Int) throws {
        guard self.plain.offers[number] == nil else { return }
        let cast = self.cast
        self.said += 1
        let (share, sharedAt) = (self.said, self.now)
        self.now += 1
        try self.say(
            by: person,
            as: number,
            { try cast.proposal($0, by: person, origin: share, at: $1) },
            { plain, identity in
                plain.proposed(number, by: identity, host: nil, isHostMissing: true)
            }
        )
        guard self.plain.offers[number] != nil else { return }
        self.lateShares[number] = (number: share, host: host, at: sharedAt)
    }

    private mutating func bringShare(of number: Int) throws {
        guard let share = self.lateShares.removeValue(forKey: number) else { return }
        let cast = self.cast
        try self.say(
            by: share.host,
            lateBy: self.now - share.at,
            as: share.number,
            { try cast.share($0, by: share.host, at: $1) },
            { plain, identity in plain.shared(number, by: identity) }
        )
    }

    private mutating func adopt(_ person: Int, _ number: Int, lateBy late: Int64) throws {
        let (cast, time) = (self.cast, self.now - late)
        try self.say(
            by: person,
            lateBy: late,
            { try cast.adoption($0, by: person, of: number, at: $1) },
            { plain, identity in plain.adopted(number, by: identity, at: time) }
        )
    }
}
