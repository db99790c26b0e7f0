import Cryptography
import Foundation
import Glibc
import Kernel
import LocalAPI
import Logging
import Messages
import Persistence
import Primitives
import StorageMarket
import Synchronization
import Testing

@testable import Node

@Suite("ADR 0073: Under systemd", .serialized, .timeLimit(.minutes(3)))
struct ServiceManagerTests {
    @Test("systemd is told when a node is up, that it lives, and when it stops")
    func life() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            for place in ["\(parent)/notify", "@valence-test-\(UUID().uuidString)"] {
                let systemd = try WatchingManager(place)
                let process = try NodeProgram.process(
                    NodeProcess.arguments(path),
                    prefix: systemd.prefix(watchdog: .seconds(1))
                )
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                let watch = NodeProgram.watch(process)
                defer { watch.cancel() }

                let start = try #require(systemd.lines(until: "READY=1"))
                #expect(start.first == "EXTEND_TIMEOUT_USEC=120000000", "\(start)")
                #expect(start.contains("STATUS=Replaying the log"))
                let status = try NodeProgram.run(["status", "--json", "--data-dir", path])
                #expect(status.status == 0, "who waits for READY=1 is answered at once")
                for _ in 0..<3 {
                    let lines = try #require(systemd.lines(until: "WATCHDOG=1"))
                    let line = "STATUS=Up, \(try status.state), 0 peers"
                    #expect(lines.last == line || lines.contains("STATUS=Up"), "\(lines)")
                }
                kill(process.processIdentifier, SIGTERM)
                #expect(systemd.lines(until: "STOPPING=1") != nil)
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
        }
    }

    @Test("a bus that does not go round gives no sign of life, and neither does a silent subsystem")
    func hanging() async throws {
        let systemd = try WatchingManager("@valence-test-\(UUID().uuidString)")
        let manager = try #require(systemd.manager(watchdog: .milliseconds(200)))
        let bus = try await SilentBus()
        let heartbeat = Heartbeat(manager, absent: bus.absent, logger: .silent) {
            await bus.caller.ask()
        }
        let beating = Task { await heartbeat.run() }
        defer { beating.cancel() }
        // As long as five watchdogs.
        #expect(systemd.next(within: .seconds(1)) == nil, "nobody drains the mailboxes")

        let running = Task { await bus.kernel.run(workers: 2) }
        #expect(systemd.next(within: .seconds(1)) == nil, "one subsystem keeps the question")

        bus.speak()
        #expect(systemd.next()?.first == "WATCHDOG=1")
        #expect(systemd.next(within: .seconds(1)) == nil, "it is silent again")
        bus.speak()
        let lines = systemd.next()
        #expect(
            lines == ["WATCHDOG=1", "STATUS=Up, without sync, 0 peers"],
            "\(bus.kernel.exit.map { "\($0)" } ?? "the kernel runs")"
        )
        bus.kernel.stop()
        _ = await running.value
        beating.cancel()
        bus.caller.end()
    }

    @Test("an answer that a subsystem is missing from, or a refusal, is no sign of life")
    func incomplete() async throws {
        let systemd = try WatchingManager("@valence-test-\(UUID().uuidString)")
        let manager = try #require(systemd.manager(watchdog: .milliseconds(100)))
        let answers: [(Int, JSONValue, [String])] = [
            (200, .object([("absent", .array([.string("Sync")]))]), ["STATUS=no answer from Sync"]),
            (503, .object([("detail", .string("too much\nto do"))]), ["STATUS=too much to do"]),
            (200, .emptyObject, ["WATCHDOG=1", "STATUS=Up, without sync, 0 peers"]),
        ]
        for (status, body, told) in answers {
            let heartbeat = Heartbeat(manager, absent: [], logger: .silent) { (status, body) }
            let beating = Task { await heartbeat.run() }
            #expect(systemd.next() == told)
            beating.cancel()
            await beating.value
            while systemd.next(within: .milliseconds(1)) != nil {}
        }
        let bare = Heartbeat(manager, absent: ["Sync"], logger: .silent) {
            (200, .object([("absent", .array([.string("Sync")]))]))
        }
        let beating = Task { await bare.run() }
        defer { beating.cancel() }
        #expect(systemd.next()?.first == "WATCHDOG=1", "a node without Sync lives, too")
    }

    @Test("the environment says who is told what")
    func environment() {
        #expect(ServiceManager([:]) == nil)
        for place in ["", "vsock:2:9", "relative", "/" + String(repeating: "a", count: 107)] {
            #expect(ServiceManager(["NOTIFY_SOCKET": place]) == nil, "\(place)")
        }
        func patience(_ more: [String: String]) -> Duration? {
            let environment = ["NOTIFY_SOCKET": "/run/notify"].merging(more) { $1 }
            return ServiceManager(environment, process: 7)?.patience
        }
        #expect(patience([:]) == nil)
        #expect(patience(["WATCHDOG_USEC": "3000000"]) == .seconds(3))
        #expect(patience(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"]) == .seconds(3))
        #expect(patience(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"]) == nil)
        #expect(patience(["WATCHDOG_USEC": "0"]) == nil)
        #expect(patience(["WATCHDOG_USEC": "soon"]) == nil)
        // A manager that is gone costs nothing.
        ServiceManager(["NOTIFY_SOCKET": "/run/valence-nobody"])?.tell(.ready)
    }
}

extension NodeProgram.Outcome {
    /// The sync state in a status.
    fileprivate var state: String {
        get throws { try self.json()["sync"]?["state"]?.string ?? "" }
    }
}

extension Logger {
    fileprivate static var silent: Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}

/// A node of two subsystems whose kernel nobody runs yet: the local API, and one that keeps questions to
/// itself.
private struct SilentBus {
    let kernel = Kernel(clock: SystemClock(), entropy: SeededEntropy(seed: 1))
    let caller = StatusCaller()
    let absent: [String]
    private let word: Inlet<Mute.Speak>

    init() async throws {
        let devices = NodeDevices(
            transport: NoDevice(),
            pool: NoDevice(),
            log: MemoryLog(),
            blobs: MemoryBlobs(),
            api: self.caller
        )
        let persistence = Topology.plug(
            into: self.kernel,
            NodeSettings(key: .generate()),
            devices,
            entropy: SeededEntropy(seed: 1),
            startedAt: SystemClock().now,
            omitting: Set(SubsystemName.standard).subtracting([.localAPI, .persistence])
        )
        self.word = self.kernel.add { boot in Mute(boot) }.word
        let report = try self.kernel.boot(standard: SubsystemName.standard)
        self.absent = report.absent.map(\.subsystem.rawValue)
        _ = await ReplayDriver.replay(self.kernel, from: try #require(persistence))
    }

    /// Has the silent subsystem answer what it was asked.
    func speak() { self.word.put(Mute.Speak()) }
}

/// Sits where Gossip should, and answers only when it is told to.
private actor Mute: Subsystem {
    static let name = SubsystemName.gossip

    struct Speak: Signal {}

    let word: Inlet<Speak>
    private var asked: ReplyAddress<GossipStatus>?

    init(_ boot: borrowing Boot) { self.word = boot.inlet(Speak.self) }

    static func wire(_ wiring: borrowing Wiring<Mute>) {
        wiring.answers(GossipStatus.self) { mute, envelope, _ in
            mute.asked = envelope.replyAddress
        }
        wiring.receives(Speak.self) { mute, _, outbox in
            guard let asked = mute.asked else { return }
            mute.asked = nil
            let reply = GossipStatus.Reply(
                connectedPeers: 0,
                meshSizes: [],
                inFlight: 0,
                relayed: 0,
                refused: 0
            )
            outbox.reply(reply, to: asked)
        }
    }
}

/// Asks a local API for its status, as the server of a node does.
private final class StatusCaller: APIServer {
    private struct State {
        var inlet: Inlet<APIRequestReceived>?
        var waiting: [RequestID: CheckedContinuation<APIResponse, Never>] = [:]
    }

    private let state = Mutex(State())

    func start(reportingTo inlet: Inlet<APIRequestReceived>) {
        self.state.withLock { $0.inlet = inlet }
    }

    func respond(to request: RequestID, with response: APIResponse) {
        let waiting = self.state.withLock { $0.waiting.removeValue(forKey: request) }
        waiting?.resume(returning: response)
    }

    /// Answers what nobody else will any more.
    func end() {
        let response = APIResponse(status: 503, code: "stopping", detail: "the test is over")
        self.respond(to: RequestID(rawValue: 1), with: response)
    }

    func ask() async -> (status: Int, body: JSONValue) {
        let response = await withCheckedContinuation { continuation in
            let inlet = self.state.withLock { state in
                state.waiting[RequestID(rawValue: 1)] = continuation
                return state.inlet
            }
            inlet?.put(APIRequestReceived(id: RequestID(rawValue: 1), call: .briefStatus))
        }
        return (response.status, response.body)
    }
}
