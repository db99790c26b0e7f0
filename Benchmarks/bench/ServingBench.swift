import Cryptography
import Foundation
import Messages
import Multiformats
import Persistence
import Primitives

/// What a node serves of its log to peers that catch up: pages out of the map, in signed answers, over one stream;
/// beside the same bytes out of a file, over the same stream, in the same run.
///
/// Both sides share this process, so CPU time covers the receiver of the stream, too. How much a peer may have in a
/// minute (R-05-087) is left out, since it bounds both alike.
struct ServingBench {
    let effort: Effort
    let parent: String

    /// Messages of a page, as nodes ask for them (§5).
    private static let pageMessages = 100

    func run(into report: inout Report) async throws {
        let count = self.effort.isQuick ? 3_200 : 40_000
        let entries = try SampleMessages.signed(count).map { LogEntry.relayed($0) }
        let plain = try await PlainStream()
        var (file, served) = (Carrying(), Carrying())
        try await TemporaryLog.with(parent: self.parent) { log in
            _ = try log.append(entries)
            try await TemporaryFolder.with(parent: self.parent) { path in
                let bytes = try Self.copy(log, to: path)
                _ = try await plain.carry(bytes: bytes)
                for _ in 0..<self.effort.runs {
                    let sent = try await Stopwatch.cost { try await Self.send(path, over: plain) }
                    file.add(sent.cost, of: sent.result)
                    let read = try await Stopwatch.cost { try await Self.serve(log, plain) }
                    served.add(read.cost, of: read.result)
                }
            }
        }
        await plain.stop()
        served.write(as: "serving", into: &report)
        file.write(as: "serving_file", into: &report)
        report.add("serving_to_file", Sample(served.ratios(to: file)), unit: "ratio")
    }

    /// Writes all answers into a file; how many bytes they are.
    private static func copy(_ log: TemporaryLog, to path: String) throws -> Int {
        var answers = Answers(of: log)
        var bytes: [UInt8] = []
        while let answer = try answers.next() { bytes += answer }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return bytes.count
    }

    private static func serve(_ log: TemporaryLog, _ stream: PlainStream) async throws -> Int {
        var answers = Answers(of: log)
        return try await stream.carry { try answers.next() }
    }

    private static func send(_ path: String, over stream: PlainStream) async throws -> Int {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return try await stream.carry {
            let part = try file.read(upToCount: PlainStream.frameBytes) ?? Data()
            return part.isEmpty ? nil : Array(part)
        }
    }

    /// The signed answers to a peer that reads the whole log page by page.
    private struct Answers {
        private let log: TemporaryLog
        private let key = SigningKey.generate()
        private var place = (since: Timestamp(milliseconds: 0), id: MessageID?.none)
        private var isOver = false

        init(of log: TemporaryLog) { self.log = log }

        mutating func next() throws -> [UInt8]? {
            guard !self.isOver else { return nil }
            let page = try self.log.page(
                since: self.place.since,
                self.place.id,
                limit: ServingBench.pageMessages
            )
            self.isOver = !page.hasMore
            self.place = (page.nextTimestamp, page.nextID)
            let response = SyncResponse(
                messages: page.messages,
                hasMore: page.hasMore,
                nextTimestamp: page.nextTimestamp,
                nextID: page.nextID,
                checkpoint: .zero
            )
            return try EnvelopeCodec.sign(
                .syncResponse,
                payload: response.json,
                timestamp: page.nextTimestamp,
                key: self.key
            ).canonical
        }
    }
}
