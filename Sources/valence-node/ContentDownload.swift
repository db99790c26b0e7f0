import Messages
import Primitives

/// Has the node fetch an artefact, for as long as it comes nearer.
struct ContentDownload {
    /// How often progress is shown.
    ///
    /// Source: own choice.
    private static let pause = Duration.milliseconds(500)

    let client: APIClient
    let hash: ContentHash
    /// Whether somebody sees how far it is.
    let isShown: Bool

    /// The node's answer.
    ///
    /// The node goes on when its patience with a caller is over, so asking again is enough; only when
    /// nothing came meanwhile the failure is true.
    func run() async throws -> JSONValue {
        var received: Int64 = 0
        while true {
            do {
                return try await self.attempt()
            } catch let failure as CommandFailure where failure.code == .timedOut {
                guard let progress = try? await self.progress(), progress.received > received else {
                    throw failure
                }
                received = progress.received
            }
        }
    }

    private func attempt() async throws -> JSONValue {
        guard self.isShown else { return try await self.fetch() }
        let shown = Task { await self.show() }
        defer { shown.cancel() }
        let answer: Result<JSONValue, any Error>
        do {
            answer = .success(try await self.fetch())
        } catch {
            answer = .failure(error)
        }
        shown.cancel()
        await shown.value
        Console.progress("")
        return try answer.get()
    }

    private func fetch() async throws -> JSONValue {
        let id = JSONValue.string(self.hash.hex)
        return try await self.client.call("fetch_content", [("id", id)], isPatient: true)
    }

    /// Shows how far it is until it is cancelled.
    private func show() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.pause)
            guard !Task.isCancelled, let progress = try? await self.progress() else { continue }
            Console.progress(progress.text)
        }
    }

    private struct Progress {
        let received: Int64
        let size: Int64?
        let hosts: Int64

        var text: String {
            let whole = self.size.map { " of \(Sizes.text($0))" } ?? ""
            return "\(Sizes.text(self.received))\(whole) from \(Hosts.text(self.hosts))"
        }
    }

    /// How far it is; nil when it is not on its way.
    private func progress() async throws -> Progress? {
        let rows = try await self.client.call("downloads")["downloads"]?.elements ?? []
        return rows.first { $0["content_hash"]?.string == self.hash.hex }.map { row in
            Progress(
                received: row["received"]?.integer ?? 0,
                size: row["size"]?.integer,
                hosts: row["hosts"]?.integer ?? 0
            )
        }
    }
}

/// Numbers of hosts as people read them.
enum Hosts {
    static func text(_ count: Int64) -> String { count == 1 ? "1 host" : "\(count) hosts" }
}

/// Sizes as people read them.
enum Sizes {
    /// Bytes, or the largest unit of which there is one, with a digit behind the point, rounded down.
    static func text(_ bytes: Int64) -> String {
        let units: [(name: String, bytes: Int64)] = [
            ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
        ]
        guard let unit = units.first(where: { bytes >= $0.bytes }) else { return "\(bytes) B" }
        let tenths = bytes / (unit.bytes / 10)
        return "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}
