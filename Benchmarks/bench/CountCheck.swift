import Messages
import Persistence

/// Figures that no clock has a part in, each with the most that it may be: `bench --check`.
///
/// A change that makes a hot path allocate, sync or call the system more often fails here, on any machine. Times are
/// reported and never judged.
struct CountCheck {
    /// One figure and its bound.
    struct Count {
        let name: String
        /// Nil where this machine cannot count it.
        let value: Double?
        let most: Double

        var holds: Bool { self.value.map { $0 <= self.most } ?? false }
    }

    private static let messages = 200
    private static let commits = 32
    private static let looks = 3

    let parent: String

    /// All counts.
    ///
    /// How many calls of the system a burst takes depends on the threads' order too, so those have wide bounds.
    ///
    /// Source of the bounds: own choice: a tenth above what was counted when they were set, and several times that where threads that
    /// run side by side make the figure vary.
    func counts() async throws -> [Count] {
        var counts = [
            Count(
                name: "gossip_allocations_a_delivery",
                value: try GossipBench.objectsPerDelivery(peers: 32, messages: Self.messages),
                most: 12.7
            ),
            Count(
                name: "bus_allocations_a_hop_alone",
                value: await BusHopBench.objectsPerHop(inFlight: 1, envelopes: 2_000),
                most: 1.1
            ),
            Count(
                name: "bus_allocations_a_hop_batched",
                value: await BusHopBench.objectsPerHop(inFlight: 64, envelopes: 12_800),
                most: 1.1
            ),
            Count(
                name: "canonical_allocations_a_document",
                value: try CanonicalBench.objectsPerDocument(Self.messages),
                most: 8.8
            ),
        ]
        counts += try await self.loopback()
        counts += try self.log()
        return counts
    }

    private func loopback() async throws -> [Count] {
        var looks: [ProcessTraffic] = []
        for _ in 0..<Self.looks {
            looks.append(try await LoopbackBench.traffic(receivers: 8, bursts: 50))
        }
        // Whoever is held up gets more in one call or less; the cheapest look is nearest to what the code asks for.
        let each = ProcessTraffic.least(looks)
        let bytes = each.writtenBytes / Double(LoopbackBench.payloadBytes)
        return [
            Count(name: "loopback_reads_a_delivery", value: each.reads, most: 0.3),
            Count(name: "loopback_writes_a_delivery", value: each.writes, most: 0.3),
            Count(name: "loopback_bytes_written_a_payload_byte", value: bytes, most: 1.3),
        ]
    }

    private func log() throws -> [Count] {
        let entries = try SampleMessages.signed(Self.commits).map { LogEntry.relayed($0) }
        var (alone, together) = (0, 0)
        try TemporaryLog.with(parent: self.parent) { log in
            alone = try SyncCounter.syncs { for entry in entries { _ = try log.append([entry]) } }
        }
        try TemporaryLog.with(parent: self.parent) { log in
            together = try SyncCounter.syncs { _ = try log.append(entries) }
        }
        // None at all would be a log that acknowledges what is not on the disk.
        guard alone >= entries.count, together > 0 else {
            throw BenchError(
                "\(entries.count) commits were synced \(alone) times, a group \(together) times"
            )
        }
        let each = Double(alone) / Double(entries.count)
        return [
            Count(name: "log_syncs_a_commit", value: each, most: 1),
            Count(name: "log_syncs_a_group", value: Double(together), most: 1),
        ]
    }
}
