import Logging
import Multiformats
import NIOCore
import Relay
import Synchronization
import Yamux

// What the connections of a swarm need from it.
extension Swarm {
    var isPaused: Bool { self.state.withLock { $0.isPaused } }

    func isPrimary(_ connection: Connection?) -> Bool {
        guard let connection else { return false }
        return self.state.withLock { $0.manager.primary(of: connection.peer) == connection.id }
    }

    func primary(of peer: PeerID) -> Connection? {
        self.state.withLock { state in
            state.manager.primary(of: peer).flatMap { state.connections[$0] }
        }
    }

    func batcher(of eventLoop: any EventLoop) -> FrameBatcher {
        self.state.withLock { state in
            let batcher = state.batchers[ObjectIdentifier(eventLoop)] ?? FrameBatcher(eventLoop)
            state.batchers[ObjectIdentifier(eventLoop)] = batcher
            return batcher
        }
    }

    func register(_ connection: Connection, _ stream: YamuxStreamID) -> UInt64 {
        self.state.withLock { state in
            let id = state.nextRequest
            state.nextRequest += 1
            state.requests[id] = (connection, stream)
            return id
        }
    }

    /// What is on its way from a connected peer.
    func readBudget(of peer: PeerID) -> ByteBudget {
        self.state.withLock { state in
            let new = ByteBudget(
                limit: self.configuration.bufferedBytesPerPeerMax,
                within: self.readBudget
            )
            let budget = state.readBudgets[peer] ?? new
            // A connection that is refused leaves no entry behind.
            if !state.manager.connections(of: peer).isEmpty { state.readBudgets[peer] = budget }
            return budget
        }
    }

    // MARK: Streams

    /// Tells the connection of a stream something, on its event loop.
    ///
    /// - Returns: whether there is such a connection.
    @discardableResult
    func tell(
        _ end: StreamEnd,
        _ input: @escaping @Sendable (inout StreamMachine, YamuxStreamID) -> Void
    ) -> Bool {
        let connection = self.state.withLock { $0.connections[end.connection] }
        connection?.tell { input(&$0, end.stream) }
        return connection != nil
    }

    /// Whether a peer may open one more stream.
    func openedStream(on id: ConnectionManager.ID) -> Bool {
        self.state.withLock { $0.manager.openedStream(on: id) }
    }

    func closedStream(on id: ConnectionManager.ID) {
        self.state.withLock { $0.manager.closedStream(on: id) }
    }

    // MARK: Beginning and end

    /// The peer of a connection is proven.
    func began(_ connection: Connection) {
        let seconds = self.configuration.wallClock()
        let (standing, former, trimmed) = self.state.withLock { state in
            state.sockets[connection.id] = nil
            guard !state.isStopped else {
                let refusal = ConnectionManager.Standing.refused("this node stops")
                return (refusal, Connection?.none, [Connection]())
            }
            let standing = state.manager.proven(
                connection.id,
                connection.peer,
                isLimited: connection.isLimited
            )
            if case .refused = standing { return (standing, Connection?.none, [Connection]()) }
            state.connections[connection.id] = connection
            let trimmed = state.manager.trimmed(now: .now()) {
                state.relay.needs($0, now: seconds)
            }.compactMap { state.connections[$0] }
            guard case .replaces(let former) = standing else { return (standing, nil, trimmed) }
            return (standing, state.connections[former], trimmed)
        }
        if standing != .first, connection.isAskedFor {
            // The caller of a dial waits for an outcome; other than that, a second connection is not
            // reported.
            var reason = Self.connectedAlready
            if case .refused(let cause) = standing { reason = cause }
            self.delegate.dialFailed(connection.address, reason: reason)
        }
        for other in trimmed { other.tell { $0.close("there are too many connections") } }
        self.logger.debug(
            "connected",
            metadata: ["event": "connected", "peer": "\(connection.peer)"]
        )
        switch standing {
        case .refused(let reason): connection.tell { $0.close(reason) }
        case .surplus: connection.tell { $0.retire() }
        case .spare:
            // The peer may have restarted, and its first connection may be dead.
            let entropy = ConnectionHandler.entropy()
            self.primary(of: connection.peer)?.tell { $0.askForSign(entropy) }
        case .replaces:
            former?.tell { $0.retire() }
            self.takesOver(connection)
            connection.tell { $0.ask(.identity) }
        case .first:
            self.delegate.connected(
                connection.peer,
                address: connection.address,
                isOutbound: connection.isOutbound
            )
            connection.tell {
                $0.openFrameStream()
                $0.ask(.identity)
            }
        }
        self.continueDials(through: connection.peer)
    }

    /// A connection carries the peer's frames in the place of another one.
    private func takesOver(_ connection: Connection) {
        self.delegate.addressChanged(connection.peer, to: connection.address)
        connection.tell { $0.openFrameStream() }
    }

    /// The peer opens no more streams on a connection, and wants none.
    func retired(_ connection: Connection) {
        let next = self.state.withLock { state in
            let wasPrimary = state.manager.primary(of: connection.peer) == connection.id
            state.manager.retire(connection.id)
            guard wasPrimary else { return Connection?.none }
            return state.manager.primary(of: connection.peer).flatMap { state.connections[$0] }
        }
        if let next { self.takesOver(next) }
    }

    /// A connection with a proven peer ended.
    func ended(_ connection: Connection, reason: String) {
        let (end, next) = self.changeOfRelays { state in
            state.connections[connection.id] = nil
            state.requests = state.requests.filter { $0.value.connection !== connection }
            let end = state.manager.ended(connection.id)
            if end?.isLast == true {
                state.readBudgets[connection.peer] = nil
                state.relay.disconnected(connection.peer)
            }
            return (end, end?.successor.flatMap { state.connections[$0] })
        }
        self.logger.debug(
            "disconnected",
            metadata: ["event": "disconnected", "reason": "\(reason)"]
        )
        if let next { self.takesOver(next) }
        if end?.isLast == true {
            self.delegate.disconnected(connection.peer, reason: reason)
        }
    }

    /// Whether one more socket may wait for the answer to its goodbye; it counts for no connection any more.
    func beginsGoodbye() -> Bool {
        self.state.withLock { state in
            guard state.goodbyes < SwarmLimits.goodbyes else { return false }
            state.goodbyes += 1
            return true
        }
    }

    func endedGoodbye() { self.state.withLock { $0.goodbyes -= 1 } }

    /// An accepted socket closed; those with a proven peer are ended by their connection.
    func socketClosed(_ id: ConnectionManager.ID) {
        self.state.withLock { state in
            guard state.sockets.removeValue(forKey: id) != nil else { return }
            _ = state.manager.ended(id)
        }
    }
}

extension Swarm.State {
    /// The connections that carry frames, in the order in which they began.
    var primaries: [Connection] {
        self.connections.keys.sorted().compactMap { id in
            guard let connection = self.connections[id],
                self.manager.primary(of: connection.peer) == id
            else { return nil }
            return connection
        }
    }
}
