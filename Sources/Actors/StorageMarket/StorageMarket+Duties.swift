import Kernel
import Messages
import Primitives

// What the market's duties hear of, and what they are asked.
extension StorageMarket {
    static func wireDuties(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.receives(PeerAuthenticated.self) { market, envelope, outbox in
            let (peer, now) = (envelope.body.peer, outbox.now.timestamp)
            market.perform(market.machine.connected(peer, now: now), &outbox)
        }
        wiring.receives(PeerDisconnected.self) { market, envelope, _ in
            market.machine.disconnected(envelope.body.peer)
        }
        wiring.receives(RequestSigned.self) { market, envelope, _ in
            market.machine.signed(envelope.body)
        }
        wiring.receives(SyncStateChanged.self) { market, envelope, outbox in
            market.machine.syncStateChanged(envelope.body.state, now: outbox.now.timestamp)
            market.perform([], &outbox)
        }
        wiring.receives(LogStopped.self) { market, _, _ in market.machine.listens(false) }
        wiring.receives(LogResumed.self) { market, _, _ in market.machine.listens(true) }
        wiring.hears(PeerTable.self, about: PeersPurpose.self) { market, answer, outbox in
            let now = outbox.now.timestamp
            let actions = market.machine.heard(answer.reply, for: answer.context, now: now)
            market.perform(actions, &outbox)
        }
        Self.wireDutyAnswers(wiring)
    }

    private static func wireDutyAnswers(_ wiring: borrowing Wiring<StorageMarket>) {
        wiring.answers(ReplicateContent.self) { market, envelope, outbox in
            let (asker, now) = (envelope.replyAddress, outbox.now.timestamp)
            market.perform(market.machine.replicate(envelope.body, for: asker, now: now), &outbox)
        }
        wiring.answers(OfferStorage.self) { market, envelope, outbox in
            let (asker, now) = (envelope.replyAddress, outbox.now.timestamp)
            market.perform(market.machine.offer(envelope.body, for: asker, now: now), &outbox)
        }
        wiring.answers(LeaveContract.self) { market, envelope, outbox in
            let reply = market.machine.leave(envelope.body, now: outbox.now.timestamp)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(CheckArtefacts.self) { market, envelope, outbox in
            outbox.reply(market.machine.check(envelope.body), to: envelope.replyAddress)
        }
        wiring.answers(StorageDealings.self) { market, envelope, outbox in
            let dealings = market.machine.dealings(now: outbox.now.timestamp)
            outbox.reply(dealings, to: envelope.replyAddress)
        }
    }
}
