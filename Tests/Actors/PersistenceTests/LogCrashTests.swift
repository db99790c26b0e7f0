import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("kill -9: what was acknowledged is there")
struct LogCrashTests {
    @Test(
        "killed while appending, at a random moment",
        arguments: [1, 5, 12, 30, 60, 110, 170, 250]
    )
    func killed(afterMilliseconds delay: Int) async throws {
        try await LogFixture.withDirectory { path in
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, delay] in
                try Self.appendUntilKilled(path, after: delay)
            }
            let acknowledged = try Self.acknowledged(path)
            let store = try LogFixture.open(path)
            let records = try LogFixture.all(store)
            #expect(UInt64(records.count) == store.status.lastSequence)
            #expect(records.count >= acknowledged, "\(acknowledged) acknowledged")
            for (number, record) in records.enumerated() {
                let expected = try LogFixture.message(number, at: 1_000 + Int64(number))
                #expect(record.entry.messageID == expected.id)
            }
            let more = LogFixture.append([.fact(LogFixture.fact())], to: store)
            #expect(more.map(\.text) == ["logged \(records.count + 1)"])
        }
    }

    /// Appends for ever; a byte for each acknowledged record goes to a file that outlives us.
    static func appendUntilKilled(_ path: String, after delay: Int) throws {
        let store = try LogFixture.open(path)
        let journal = open("\(path)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(delay)) {
            kill(getpid(), SIGKILL)
        }
        var number = 0
        while true {
            store.append(try LogFixture.entries(number..<(number + 8)))
            number += 8
            let logged = store.takeOutcomes().count
            let marks = [UInt8](repeating: 1, count: logged)
            guard write(journal, marks, logged) == logged else { exit(9) }
        }
    }

    private static func acknowledged(_ path: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: "\(path)/acknowledged") else { return 0 }
        return try Data(contentsOf: URL(fileURLWithPath: "\(path)/acknowledged")).count
    }
}
