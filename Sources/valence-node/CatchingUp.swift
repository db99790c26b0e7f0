import Primitives

/// How far a node is that catches up, as people read it: a bar for each phase (§5).
struct CatchingUp {
    /// How often it is looked at.
    ///
    /// Source: own choice.
    private static let pause = Duration.seconds(1)
    private static let width: Int64 = 20
    private static let names = ["identities", "assessments", "proposals", "contents", "storage"]

    private let common: CommonOptions
    /// When it was looked at last, and how much the node had obtained.
    private var last: (at: ContinuousClock.Instant, obtained: Int64)?

    init(_ common: CommonOptions) { self.common = common }

    /// Waits until the node is synced, and shows how far it is.
    mutating func untilSynced() async throws {
        let client = try self.common.client()
        var line = ProgressLine(isShown: !self.common.quiet)
        defer { line.end() }
        while true {
            let sync = try await client.call("brief_status")["sync"]
            guard sync?["state"]?.string != "synced" else { return }
            let words = self.words(of: sync)
            line.show(words)
            try await Task.sleep(for: Self.pause)
        }
    }

    /// One line: the phase that is being read, how fast messages come, and for what the node waits.
    private mutating func words(of sync: JSONValue?) -> String {
        let bar = Self.bars(of: sync).last ?? "synced"
        let obtained = sync?["obtained"]?.integer ?? 0
        let now = ContinuousClock.now
        defer { self.last = (now, obtained) }
        guard let last = self.last else { return bar }
        let milliseconds = max(1, Int64((now - last.at) / .milliseconds(1)))
        let rate = max(0, obtained - last.obtained) * 1_000 / milliseconds
        return "\(bar), \(rate) messages/s"
    }

    /// A bar for each phase up to the one that is being read; none for a node that has caught up.
    static func bars(of sync: JSONValue?) -> [String] {
        guard let wanted = sync?["peers_wanted"]?.integer, wanted > 0 else { return [] }
        let phases = sync?["phases"]?.elements?.compactMap(\.integer) ?? []
        let current = sync?["phase"]?.integer
        let read = sync?["peers_read"]?.integer ?? 0
        return phases.filter { phase in current.map { phase <= $0 } ?? true }.map { phase in
            guard phase == current else { return Self.bar(phase, percent: 100, of: "read") }
            let share = (read * 100 + (sync?["percent"]?.integer ?? 0)) / wanted
            return Self.bar(phase, percent: share, of: "\(read) of \(wanted) peers")
        }
    }

    private static func bar(_ phase: Int64, percent: Int64, of what: String) -> String {
        let full = Int(min(max(0, percent), 100) * Self.width / 100)
        let bar =
            String(repeating: "#", count: full)
            + String(repeating: "-", count: Int(Self.width) - full)
        let name =
            Int(exactly: phase - 1).flatMap {
                Self.names.indices.contains($0) ? Self.names[$0] : nil
            } ?? "phase \(phase)"
        let padded = name + String(repeating: " ", count: max(0, 12 - name.count))
        return "\(padded)[\(bar)] \(min(percent, 100)) %, \(what)"
    }
}
