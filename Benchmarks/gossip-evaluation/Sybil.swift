import Multiformats

/// One attacker: no router, just enough of the protocol to stand in meshes.
struct Sybil {
    /// What it wants done with a frame.
    struct Forward {
        let target: Int
        let delay: Int64
    }

    private struct Link {
        let target: Int
        var isMeshed = false
        var graftsAt: Int64 = 0
    }

    private var links: [Link]
    private var seen: Set<[UInt8]> = []

    init(targets: [Int]) {
        self.links = targets.map { Link(target: $0) }
    }

    /// Whom to graft now: everybody not meshed whose back-off is over.
    mutating func grafts(at now: Int64) -> [Int] {
        var targets: [Int] = []
        for index in self.links.indices
        where !self.links[index].isMeshed && self.links[index].graftsAt <= now {
            self.links[index].isMeshed = true
            targets.append(self.links[index].target)
        }
        return targets
    }

    /// Reads a frame and says to whom its message goes on.
    mutating func receive(
        _ content: SybilFrame,
        from sender: Int,
        now: Int64,
        decide: (_ message: [UInt8]) -> (does: Bool, delay: Int64)
    ) -> [Forward] {
        if let index = self.links.firstIndex(where: { $0.target == sender }) {
            if content.isGraft { self.links[index].isMeshed = true }
            if let backoff = content.pruneBackoff {
                self.links[index].isMeshed = false
                self.links[index].graftsAt = now + backoff
            }
        }
        guard let id = content.messageID, self.seen.insert(id).inserted else { return [] }
        let (does, delay) = decide(id)
        guard does else { return [] }
        return self.links.filter { $0.isMeshed && $0.target != sender }
            .map { Forward(target: $0.target, delay: delay) }
    }
}

/// What a Sybil reads out of an RPC.
struct SybilFrame {
    private(set) var isGraft = false
    private(set) var pruneBackoff: Int64?
    private(set) var messageID: [UInt8]?

    init(_ frame: ArraySlice<UInt8>) {
        var reader = ProtobufReader(frame)
        while let field = try? reader.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            if field.number == 2 { self.takeMessage(bytes) }
            if field.number == 3 { self.takeControl(bytes) }
        }
    }

    private mutating func takeMessage(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var from: ArraySlice<UInt8> = []
        var sequence: ArraySlice<UInt8> = []
        while let field = try? reader.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            if field.number == 1 { from = bytes }
            if field.number == 3 { sequence = bytes }
        }
        self.messageID = Array(from + sequence)
    }

    private mutating func takeControl(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        while let field = try? reader.next() {
            if field.number == 3 { self.isGraft = true }
            if field.number == 4, case .bytes(let prune) = field.value {
                self.pruneBackoff = Self.backoff(of: prune)
            }
        }
    }

    private static func backoff(of prune: ArraySlice<UInt8>) -> Int64 {
        var reader = ProtobufReader(prune)
        while let field = try? reader.next() {
            if field.number == 3, case .varint(let seconds) = field.value {
                return Int64(clamping: seconds) * 1_000 + 1_000
            }
        }
        return 61_000
    }
}
