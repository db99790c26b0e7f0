import Messages
import Primitives

// How residents watch each other's copies.
extension Town {
    /// A node fails a challenge three times in a row before its uploader replaces it.
    private static let strikesMax = 3

    /// Validators challenge copies at hours that nobody foresees; who hears of a failure looks itself.
    func challenge() {
        for number in self.open where self.deals[number].stage == .assigned {
            self.corroborate(number)
            for validator in self.deals[number].validators {
                for keeper in self.deals[number].keepers
                where keeper != validator && self.isTime(number, validator, keeper) {
                    self.examine(keeper, in: number, by: validator)
                }
            }
        }
    }

    private func isTime(_ deal: Int, _ validator: Int, _ keeper: Int) -> Bool {
        let pause = self.plan.challengePause
        let turn = Int(self.lot(deal, validator, keeper) % UInt64(pause))
        guard self.day % pause == turn else { return false }
        return self.lot(deal, validator, keeper, self.day) % 24 == UInt64(self.hour % 24)
    }

    /// In the hour after an alarm everybody else who may looks at the copy.
    private func corroborate(_ number: Int) {
        let due = self.deals[number].alarms.filter { $0.value == self.hour - 1 }.keys.sorted()
        for keeper in due where self.deals[number].keepers.contains(keeper) {
            for validator in self.deals[number].validators where validator != keeper {
                self.examine(keeper, in: number, by: validator)
            }
        }
    }

    private func examine(_ keeper: Int, in number: Int, by validator: Int) {
        guard self.isOnline(validator) else { return }
        let (watcher, watched) = (self.residents[validator], self.residents[keeper])
        // Without the bytes nobody can tell whether a proof is right (R-06-109); friends do not look.
        let hasBytes = watcher.habits.keepsCopies || validator == self.deals[number].uploader
        guard hasBytes || watcher.befriends(watched) else { return }
        let isThere = self.isOnline(keeper) && watched.habits.keepsCopies
        let says: ChallengeResult.Outcome = isThere || watcher.befriends(watched) ? .pass : .fail
        self.publish(says, of: keeper, in: number, by: validator)
        guard says == .fail else { return }
        self.defend(keeper, in: number, against: validator)
        self.raiseAlarm(keeper, in: number)
    }

    private func publish(
        _ outcome: ChallengeResult.Outcome,
        of keeper: Int,
        in number: Int,
        by validator: Int
    ) {
        let parties = "\(number) \(keeper) \(validator)"
        let name = "\(self.seed) challenge \(parties) at \(self.stamp.milliseconds)"
        let result = ChallengeResult(
            challengeID: MessageID(SHA256Digest.hash(Array(name.utf8))),
            contentHash: self.deals[number].content,
            challengedNode: self.residents[keeper].id,
            result: outcome
        )
        self.say(.challengeResult, .challengeResult(result), by: validator)
        guard validator == self.deals[number].uploader else { return }
        let strikes = outcome == .pass ? 0 : (self.deals[number].strikes[keeper] ?? 0) + 1
        self.deals[number].strikes[keeper] = strikes
        if strikes >= Self.strikesMax { self.replace(keeper, in: number) }
    }

    /// Friends of whoever is accused contradict at once, so that the failure does not count.
    private func defend(_ keeper: Int, in number: Int, against accuser: Int) {
        let friend = self.deals[number].validators.first { other in
            other != keeper && other != accuser && self.isOnline(other)
                && self.residents[other].befriends(self.residents[keeper])
        }
        if let friend { self.publish(.pass, of: keeper, in: number, by: friend) }
    }

    private func raiseAlarm(_ keeper: Int, in number: Int) {
        let last = self.deals[number].alarms[keeper]
        guard last.map({ self.hour - $0 >= 24 }) ?? true else { return }
        self.deals[number].alarms[keeper] = self.hour
    }
}
