import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Decides which events are told to the operator, and in which words.
///
/// It judges nothing and changes nothing: a node without it does the same, but tells the operator
/// nothing.
struct ChronicleStateMachine: Sendable {
    /// An address that the operator named, and what they were told of it last.
    private struct StartingPoint: Sendable {
        let address: String
        let host: String
        let node: NodeID?
        var toldFailure: String?
    }

    private let isVerbose: Bool
    private var startingPoints: [StartingPoint]
    /// Connected peers with their addresses.
    private var connected: OrderedDictionary<NodeID, String> = [:]
    /// Those among them that are up.
    private var up: OrderedSet<NodeID> = []
    private var addresses: [String] = []
    private var toldOfOwnKey: Timestamp?
    private var windowStart = Timestamp.distantPast
    private var linesInWindow = 0
    private var leftOut = 0

    init(isVerbose: Bool, startingPoints: [String]) {
        self.isVerbose = isVerbose
        self.startingPoints = startingPoints.map { text in
            let address = try? Multiaddr(text)
            return StartingPoint(
                address: address?.description ?? text,
                host: address?.withoutPeer.description ?? text,
                node: address?.peerID?.ed25519Key.map { NodeID($0) }
            )
        }
    }

    // MARK: Peers

    mutating func connected(_ peer: NodeID, at address: String, isOutbound: Bool)
        -> [ChronicleLine]
    {
        if self.connected.count < ChronicleLimits.peersMax { self.connected[peer] = address }
        return self.debug(
            "peer_connected",
            isOutbound ? "dialled \(peer) at \(address)" : "\(peer) called from \(address)"
        )
    }

    mutating func authenticated(_ peer: NodeID, now: Timestamp) -> [ChronicleLine] {
        guard self.up.count < ChronicleLimits.peersMax, self.up.append(peer).inserted else {
            return []
        }
        let address = self.connected[peer]
        if let index = self.startingPoint(of: peer, at: address) {
            self.startingPoints[index].toldFailure = nil
        }
        let place = address.map { " at \($0)" } ?? ""
        let text = "peer \(peer)\(place) is up, \(self.up.count) now"
        return self.aboutPeers("peer_up", text, now: now)
    }

    mutating func disconnected(_ peer: NodeID, reason: String, now: Timestamp) -> [ChronicleLine] {
        let address = self.connected.removeValue(forKey: peer)
        guard self.up.remove(peer) == nil else {
            let text = "peer \(peer) is gone, \(self.up.count) left: \(reason)"
            return self.aboutPeers("peer_gone", text, now: now)
        }
        return self.failed(
            "peer_failed",
            "the connection to \(peer) came to nothing: \(reason)",
            at: self.startingPoint(of: peer, at: address),
            reason: reason,
            now: now
        )
    }

    mutating func dialFailed(_ address: String, reason: String, now: Timestamp) -> [ChronicleLine] {
        let dialled = try? Multiaddr(address)
        let node = dialled?.peerID?.ed25519Key.map { NodeID($0) }
        // The dial found a peer that is connected already.
        if let node, self.connected[node] != nil { return [] }
        let host = dialled?.withoutPeer.description ?? address
        return self.failed(
            "dial_failed",
            "cannot reach \(address): \(reason)",
            at: self.startingPoint(of: node, at: host),
            reason: reason,
            now: now
        )
    }

    /// A failure at an address that the operator named is told once for each cause; others are told at
    /// debug level only.
    private mutating func failed(
        _ event: String,
        _ text: String,
        at index: Int?,
        reason: String,
        now: Timestamp
    ) -> [ChronicleLine] {
        guard let index, self.startingPoints[index].toldFailure != reason else {
            return self.debug(event, text)
        }
        self.startingPoints[index].toldFailure = reason
        let address = self.startingPoints[index].address
        return self.aboutPeers(event, "cannot reach \(address): \(reason)", now: now)
    }

    /// The place of an address that the operator named, if it can be the one of a peer.
    private func startingPoint(of peer: NodeID?, at host: String?) -> Int? {
        self.startingPoints.firstIndex { point in
            if let node = point.node { return node == peer }
            return host.map { $0.utf8.elementsEqual(point.host.utf8) } ?? false
        }
    }

    /// Two nodes with one key are the operator's mistake or a thief's deed; it is told once in a while.
    mutating func ownKeyMet(_ address: String?, isOutbound: Bool, now: Timestamp)
        -> [ChronicleLine]
    {
        let place = address.map { isOutbound ? " at \($0)" : ", calling from \($0)" } ?? ""
        let text =
            "another process runs with this node's key\(place); stop one of the two, or give it a key "
            + "of its own with `valence-node init`, since peers take both for one node"
        if let told = self.toldOfOwnKey {
            let age = now.milliseconds(since: told)
            guard age < 0 || age >= ChronicleLimits.ownKeyMilliseconds else {
                return self.debug("own_key_met", text)
            }
        }
        self.toldOfOwnKey = now
        return [ChronicleLine(.notice, "own_key_met", text)]
    }

    mutating func listening(on addresses: [String]) -> [ChronicleLine] {
        guard addresses != self.addresses else { return [] }
        self.addresses = addresses
        let text = addresses.isEmpty ? "no address" : addresses.joined(separator: ", ")
        let line = "others are told to dial this node at \(text)"
        return [ChronicleLine(.notice, "addresses_announced", line)]
    }

    // MARK: Messages

    func syncChanged(to state: SyncState) -> [ChronicleLine] {
        let text =
            switch state {
            case .syncing: "syncing: catching up with peers; it votes once that is done"
            case .degraded: "degraded: it could not catch up completely, and its votes weigh half"
            case .synced: "synced: it has what its peers have"
            }
        return [ChronicleLine(.notice, "sync_\(state.rawValue)", text)]
    }

    func diverged(_ found: Divergence) -> [ChronicleLine] {
        self.debug(
            "trees_differ",
            "the \(found.tree.rawValue) tree of \(found.peer) differs: \(found.onlyThere.count) messages "
                + "only there, \(found.onlyHere) of \(found.held) only here"
        )
    }

    func refused(_ event: MessageRefused) -> [ChronicleLine] {
        let name = event.id.map { "message \($0)" } ?? "message"
        guard let peer = event.origin.peer else {
            let text = "own \(name) was refused, \(event.refusal)"
            return [ChronicleLine(.notice, "own_message_refused", text)]
        }
        return self.debug(
            "message_refused",
            "refused a \(name) that \(peer) brought, \(event.refusal)"
        )
    }

    // MARK: Lines

    /// Lines about peers are limited in number, since strangers can cause them; the rest is told at
    /// debug level.
    private mutating func aboutPeers(_ event: String, _ text: String, now: Timestamp)
        -> [ChronicleLine]
    {
        var lines: [ChronicleLine] = []
        let age = now.milliseconds(since: self.windowStart)
        if age < 0 || age >= ChronicleLimits.windowMilliseconds {
            if self.leftOut > 0 {
                let text = "\(self.leftOut) more lines about peers were left out"
                lines.append(ChronicleLine(.notice, "lines_left_out", text))
            }
            (self.windowStart, self.linesInWindow, self.leftOut) = (now, 0, 0)
        }
        guard self.linesInWindow < ChronicleLimits.peerLinesMax else {
            self.leftOut += 1
            return lines + self.debug(event, text)
        }
        self.linesInWindow += 1
        return lines + [ChronicleLine(.notice, event, text)]
    }

    private func debug(_ event: String, _ text: @autoclosure () -> String) -> [ChronicleLine] {
        self.isVerbose ? [ChronicleLine(.debug, event, text())] : []
    }
}
