import Kernel
public import LocalAPI
import Messages
import Node
import Persistence
public import Primitives

/// A simulated node whose subsystems failed.
public struct SimulatedFault: Sendable, Equatable {
    /// The node.
    public let node: Int
    /// Time since the start.
    public let at: Duration
    /// What failed, with what led to it.
    public let cause: String
    /// It was one fault too many within a minute, and the node ended.
    public let isEnd: Bool
}

// Killing nodes, and looking at what they make of their logs (ADR 0045).
extension World {
    /// A call to a node whose answer nobody waits for.
    public struct Ticket: Sendable {
        /// The node.
        public let node: Int
        let request: RequestID
    }

    /// Whether a node lives; one that was killed does not until ``restart(_:)``.
    public func isAlive(_ number: Int) -> Bool { self.simulated[number].kernel.exit == nil }

    /// Puts a call to a node's local API; no time passes.
    ///
    /// - Returns: nil when the node is dead.
    public func post(_ call: APICall, to number: Int) async -> Ticket? {
        guard self.isAlive(number) else { return nil }
        self.simulated[number].reach(self.clock.now)
        guard let request = self.simulated[number].caller.put(call) else { return nil }
        await self.settle(number)
        return Ticket(node: number, request: request)
    }

    /// The answer to a call, once; nil while there is none.
    public func answer(to ticket: Ticket) -> APIResponse? {
        self.simulated[ticket.node].caller.takeAnswer(to: ticket.request)
    }

    /// Has a node die once it has handled so many envelopes more, see ``DiskPlan``.
    public func lightFuse(of number: Int, envelopes: Int) {
        self.bodies[number].fuse.light(envelopes)
    }

    /// Lets time pass until a node is dead, and kills it when that takes too long.
    public func awaitDeath(of number: Int, within limit: Duration) async {
        let end = self.clock.now.advanced(by: limit)
        while self.isAlive(number), await self.step(notAfter: end) {}
        if self.isAlive(number) { self.kill(number) }
    }

    /// Kills a node between two things that happen to it.
    public func killNow(_ number: Int) {
        self.simulated[number].reach(self.clock.now)
        self.kill(number)
    }

    /// Lets time pass until nothing of a node waits for its disk.
    ///
    /// - Returns: whether that was so within a minute.
    public func awaitDisk(of number: Int) async -> Bool {
        let end = self.clock.now.advanced(by: .seconds(60))
        while self.bodies[number].log.waiting > 0 {
            guard await self.step(notAfter: end) else { return false }
        }
        return true
    }

    /// What a node that lives has made of its log; no time passes.
    public func state(of number: Int, about keys: [NodeID]) async -> FoldedState {
        self.simulated[number].reach(self.clock.now)
        return await FoldedState(of: keys) { call in
            guard let ticket = await self.post(call, to: number) else { return nil }
            return self.answer(to: ticket)?.body
        }
    }

    /// What a second node makes of what is on a node's disk now, folded from the first record on; a third one makes
    /// the same of it that begins with a checkpoint of the second.
    ///
    /// - Throws: what their boot refuses, or ``CheckpointDiffers``.
    public func replayedState(of number: Int, about keys: [NodeID]) async throws -> FoldedState {
        self.bodies[number].clock.set(
            steady: max(self.bodies[number].clock.steady, self.clock.now)
        )
        let checkpoints = MemoryCheckpoint()
        let folded = try await self.double(of: number, keeping: checkpoints, about: keys)
        let restored = try await self.double(of: number, keeping: checkpoints, about: keys)
        if let difference = folded.difference(from: restored) {
            throw CheckpointDiffers(
                name: difference.name,
                folded: difference.here,
                restored: difference.there
            )
        }
        return folded
    }

    private func double(
        of number: Int,
        keeping checkpoints: MemoryCheckpoint,
        about keys: [NodeID]
    ) async throws -> FoldedState {
        let double = try self.bodies[number].double(keeping: checkpoints)
        defer { double.kernel.stop() }
        if case .faulted(let fault)? = await ReplayDriver.replay(
            double.kernel,
            from: double.persistence
        ) {
            throw CheckpointDiffers(name: "replay", folded: "-", restored: "\(fault)")
        }
        return await FoldedState(of: keys) { call in
            guard let request = double.caller.put(call) else { return nil }
            await double.settle()
            return double.caller.takeAnswer(to: request)?.body
        }
    }

    /// Fills the disk of a node, or makes room again.
    public func fillDisk(of number: Int, _ isFull: Bool) async {
        let log = self.bodies[number].log
        isFull ? log.stop(reason: "the simulated disk is full") : log.resume()
        await self.settle(number)
    }

    /// Has as much wait for the full disk of a node as may wait.
    public func crowdDisk(of number: Int) async {
        self.bodies[number].log.crowd()
        await self.settle(number)
    }
}

/// A node that began with a checkpoint made something else of a log than one that folded all of it.
public struct CheckpointDiffers: Error, CustomStringConvertible {
    let name: String
    let folded: String
    let restored: String

    /// What differs.
    public var description: String {
        "\(self.name) is \(self.folded) when all is folded, and \(self.restored) behind a checkpoint"
    }
}
