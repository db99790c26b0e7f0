import Cryptography
import Foundation
import LocalAPI
import Messages
import Node
import Primitives
import StorageMarket

/// An artefact on its way between two whole nodes over loopback, beside what a plain stream carries.
///
/// Both sides of either share this process, so CPU time covers both: reading, writing and checking the
/// file and everything between. Base64 makes what nodes send a third longer (R-06-013), so a node that
/// did nothing else than what the plain stream does would reach three quarters of its rate; the wire ratio
/// is reckoned from the other one by these four thirds.
struct DownloadBench {
    let effort: Effort
    let parent: String

    func run(into report: inout Report) async throws {
        let bytes = self.effort.isQuick ? 16 * 1_048_576 : 64 * 1_048_576
        try await TemporaryFolder.with(parent: self.parent) { path in
            let pair = try await NodePair(at: path)
            let plain = try await PlainStream()
            var (stream, download) = (Carrying(), Carrying())
            // Once before, so that everything is connected and allocated.
            _ = try await plain.carry(bytes: bytes)
            try await pair.get(try await pair.offer(bytes: 1_048_576, seed: 1))
            for run in 0..<self.effort.runs {
                let hash = try await pair.offer(bytes: bytes, seed: UInt64(run) + 2)
                let carried = try await Stopwatch.cost { try await plain.carry(bytes: bytes) }
                let fetched = try await Stopwatch.cost { try await pair.get(hash) }
                stream.add(carried.cost, of: carried.result)
                download.add(fetched.cost, of: bytes)
            }
            download.write(as: "download", into: &report)
            stream.write(as: "download_plain_stream", into: &report)
            let ratios = download.ratios(to: stream)
            report.add("download_to_plain_stream", Sample(ratios), unit: "ratio")
            report.add("download_wire", Sample(ratios.map { $0 * 4 / 3 }), unit: "ratio")
            await plain.stop()
            await pair.stop()
        }
    }
}

/// Two nodes that know each other.
private struct NodePair {
    private let giver: BenchNode
    private let taker: BenchNode

    init(at path: String) async throws {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true
        )
        let keys = [SigningKey.generate(), SigningKey.generate()]
        let network = NetworkDescription(
            name: "bench",
            founders: keys.map {
                NetworkDescription.Founder(
                    node: NodeID($0.publicKey),
                    score: FixedPoint(millionths: 500_000)
                )
            }
        )
        self.giver = try await BenchNode(
            at: "\(path)/giver",
            network: network,
            key: keys[0],
            bootstrap: []
        )
        self.taker = try await BenchNode(
            at: "\(path)/taker",
            network: network,
            key: keys[1],
            bootstrap: [self.giver.address]
        )
    }

    /// Shares new bytes, and waits until the other node has heard of them.
    func offer(bytes count: Int, seed: UInt64) async throws -> ContentHash {
        let (bytes, hash) = SampleArtefact.make(bytes: count, seed: seed)
        let upload = self.giver.blobs.beginUpload()
        for start in stride(from: 0, to: count, by: 1_048_576) {
            try await upload.append(Array(bytes[start..<min(start + 1_048_576, count)]))
        }
        let tag = "seed-\(seed)"
        let share = APICall.share(
            ShareContent(
                upload: await upload.finish(),
                contentType: "application/octet-stream",
                filename: nil,
                description: nil,
                tags: [tag]
            )
        )
        try await self.taker.meetOne()
        try await self.giver.call(share)
        let deadline = ContinuousClock.now + .seconds(60)
        let search = APICall.find(text: "", tags: [tag], limit: 1)
        while try await self.taker.call(search).body["content"]?.elements?.isEmpty != false {
            guard ContinuousClock.now < deadline else {
                throw BenchError("a node did not hear what the other one shares")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return hash
    }

    /// Fetches an artefact into the other node's blob directory.
    func get(_ hash: ContentHash) async throws { try await self.taker.call(.fetch(hash)) }

    func stop() async {
        await self.taker.stop()
        await self.giver.stop()
    }
}
