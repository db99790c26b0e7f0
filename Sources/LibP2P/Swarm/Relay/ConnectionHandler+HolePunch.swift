import Multiformats
import NIOCore
import Relay
import Yamux

/// How far a relayed connection has come on its way to a direct one.
struct PunchState {
    /// Whether the called side tries to reach the caller directly.
    var hasBegun = false
    /// Times at which both sides agreed to dial each other.
    var rounds = 0
    /// When the peer was last told where this host can be dialled.
    var askedAt = NIODeadline.uptimeNanoseconds(0)
}

// A relayed connection becomes a direct one: the called side dials the caller where that says it can
// be reached; when this fails, both dial each other at the same time.
extension ConnectionHandler {
    private var isUpgradable: Bool {
        self.carrier?.isLimited == true && !self.isRetiring && !self.hasEnded
    }

    // MARK: The called side begins

    /// The caller said where it listens.
    func upgrade(_ addresses: [Multiaddr]) {
        guard self.isUpgradable, !self.isInitiator, !self.punch.hasBegun,
            let peer = self.connection?.peer
        else { return }
        self.punch.hasBegun = true
        let targets = self.swarm.punchable(addresses, of: peer)
        if targets.isEmpty { self.punchHole() } else { self.swarm.upgrade(targets) }
    }

    /// No address of the caller answered, or both missed each other.
    func punchHole() {
        guard self.isUpgradable, !self.isInitiator,
            self.punch.rounds < RelayLimits.punchRoundsMax
        else { return }
        self.ask(.holePunch)
    }

    func punchAnswered(_ answer: HolePunchMessage, on id: YamuxStreamID) throws {
        guard answer.kind == .connect, self.isUpgradable, let carrier = self.carrier,
            let peer = self.connection?.peer
        else { throw RelayError.malformed }
        let now = NIODeadline.now()
        let trip = now - self.punch.askedAt
        self.punch.rounds += 1
        self.reply(HolePunchMessage(kind: .sync, addresses: []).framed, on: id)
        let targets = self.swarm.punchable(answer.addresses, of: peer)
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        // The message needs half of the trip to reach the caller, which dials then.
        carrier.eventLoop.scheduleTask(in: .nanoseconds(trip.nanoseconds / 2)) {
            let handler = bound.value
            handler.swarm.punch(targets, from: handler.carrier?.local, isServer: true)
        }
        carrier.eventLoop.scheduleTask(in: self.swarm.configuration.punchTimeout) {
            bound.value.punchHole()
        }
    }

    // MARK: The caller answers

    func punchAsked(
        _ message: HolePunchMessage,
        _ rest: [UInt8],
        on id: YamuxStreamID
    ) throws {
        guard message.kind == .connect, self.isUpgradable, self.isInitiator,
            self.punch.rounds < RelayLimits.punchRoundsMax, let peer = self.connection?.peer
        else { throw RelayError.malformed }
        self.punch.rounds += 1
        self.write(self.punchAddresses().framed, on: id)
        self.expect(.holePunchSync(self.swarm.punchable(message.addresses, of: peer)), on: id)
        if !rest.isEmpty { self.received(rest, on: id) }
    }

    func punchSynchronized(_ message: HolePunchMessage, _ addresses: [Multiaddr]) throws {
        guard message.kind == .sync else { throw RelayError.malformed }
        self.swarm.punch(addresses, from: self.carrier?.local, isServer: false)
    }

    // MARK: Addresses

    /// Where the relay sees this host, and where it can be reached as far as it knows.
    func punchAddresses() -> HolePunchMessage {
        let observed = self.carrier?.observed.map { [$0] } ?? []
        let own = observed + self.swarm.directAddresses
        let dialable = own.filter { self.swarm.configuration.isPublic($0) }
        return HolePunchMessage(kind: .connect, addresses: dialable)
    }
}
