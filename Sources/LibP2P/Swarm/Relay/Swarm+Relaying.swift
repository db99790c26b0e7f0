import Multiformats
import NIOCore
import Relay
import Synchronization

// This host as the relay of others.
extension Swarm {
    /// Whether this host carries connections of others now: it is allowed to, and can be reached.
    var isRelay: Bool {
        self.configuration.servesAsRelay
            && self.state.withLock { $0.reachability.verdict == .reachable }
    }

    /// What to do about a peer's request.
    func relayAsked(_ message: HopMessage, by connection: Connection) -> RelayServer.Decision {
        guard self.isRelay else {
            return .answer(HopMessage(kind: .status, status: .permissionDenied))
        }
        let now = self.configuration.wallClock()
        guard message.kind == .reserve else {
            return self.state.withLock {
                $0.relay.server.connect(
                    connection.peer,
                    isRelayed: connection.isLimited,
                    message,
                    now: now
                )
            }
        }
        let addresses = self.relayAddresses
        var answer = self.state.withLock {
            $0.relay.server.reserve(
                connection.peer,
                from: self.network(of: connection),
                isRelayed: connection.isLimited,
                relayAddresses: addresses,
                now: now
            )
        }
        if let expires = answer.reservation?.expires {
            let voucher = RelayVoucher(
                relay: self.configuration.localPeer,
                peer: connection.peer,
                expires: expires
            )
            answer.reservation?.voucher = voucher.signed(with: self.configuration.identity)
        }
        return .answer(answer)
    }

    /// Where peers reach this relay: public addresses, or all when there is no public one.
    private var relayAddresses: [Multiaddr] {
        let own = self.directAddresses
        let dialable = own.filter { self.configuration.isPublic($0) }
        return (dialable.isEmpty ? own : dialable).map {
            $0.with(peer: self.configuration.localPeer)
        }
    }

    /// Passes a call on to the peer that is called.
    func call(_ called: PeerID, _ call: RelayCall) {
        guard let target = self.primary(of: called), !target.isLimited else {
            _ = self.callAnswered(call, nil, by: nil)
            return
        }
        target.tell { $0.ask(.call(call)) }
    }

    /// The called peer answered, or could not be asked.
    ///
    /// - Returns: whether the two streams are joined now.
    func callAnswered(_ call: RelayCall, _ answer: StopMessage?, by called: StreamEnd?) -> Bool {
        let now = self.configuration.wallClock()
        let message = self.state.withLock {
            $0.relay.server.stopAnswered(call.circuit, answer, now: now)
        }
        guard let message else { return false }
        let isJoined = message.status == .ok
        let end = isJoined ? called : nil
        let isThere = self.tell(call.caller) { machine, _ in
            machine.answerCaller(call, message, called: end)
        }
        if !isThere {
            if let end { self.tell(end) { $0.resetBridge($1) } }
            self.circuitEnded(call.circuit)
        }
        return isJoined
    }

    /// Whether these bytes of a circuit may pass.
    func carries(
        _ circuit: RelayServer.CircuitID,
        _ direction: RelayServer.Direction,
        _ count: Int
    ) -> Bool {
        let now = self.configuration.wallClock()
        return self.state.withLock { $0.relay.server.carries(circuit, direction, count, now: now) }
    }

    func circuitEnded(_ circuit: RelayServer.CircuitID) {
        self.state.withLock { $0.relay.server.closed(circuit) }
    }

    /// Where a peer is connected from, for counting; nil through a relay.
    func network(of connection: Connection) -> NetworkKey? {
        guard !connection.isLimited else { return nil }
        let countsLoopback = self.configuration.connections.countsLoopback
        return NetworkKey(connection.address, countsLoopback: countsLoopback)
    }
}
