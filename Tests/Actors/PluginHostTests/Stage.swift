import Cryptography
import Doors
import Kernel
import Messages
import Primitives
import TestSupport

@testable import PluginHost

/// A host with one child, and what a test does to it.
struct Stage {
    private(set) var machine: PluginHostStateMachine
    private(set) var now = Timestamp(milliseconds: 1_800_000_000_000)
    private(set) var done: [PluginAction] = []
    private var run = 0
    private let fails: String

    /// A host whose child owns a type and hears of proposals.
    init(fails: String = "closed") throws {
        self.fails = fails
        let registration = try PluginRegistration(
            manifest: Self.manifest(fails: fails),
            path: "/bin/true",
            arguments: [],
            scope: .read
        )
        self.machine = PluginHostStateMachine([registration])
    }

    static func manifest(fails: String = "closed", name: String = "words") -> JSONValue {
        .object([
            ("name", .string(name)), ("version", .string("1")),
            ("events", .array([.string("WORD"), .string("PROPOSE")])),
            (
                "owns",
                .object([
                    ("type", .string("WORD")), ("topic", .string("proposals")),
                    ("fails", .string(fails)),
                ])
            ),
        ])
    }

    // MARK: What happens

    /// The node goes live, and the child says what it is.
    mutating func begin() {
        self.perform { $0.wentLive(now: $1) }
        self.run = 1
        self.introduce()
    }

    /// The child says what it is, and is ready.
    mutating func introduce(as manifest: JSONValue? = nil) {
        let known = manifest ?? Self.manifest(fails: self.fails)
        self.say([.result(self.lastQuestion ?? 0, known)])
        guard case .begin(let id, _)? = self.sayings.last else { return }
        self.say([.result(id, .emptyObject)])
    }

    mutating func say(_ utterances: [PluginUtterance]) {
        self.report(.heard(utterances))
    }

    mutating func report(_ report: PluginReport) {
        let signal = PluginReported(child: 0, run: self.run, report: report)
        self.perform { $0.reported(signal, now: $1) }
    }

    /// Time passes, and the machine is woken as often as it asks for it.
    mutating func pass(milliseconds: Int64) {
        self.now = self.now.adding(milliseconds: milliseconds)
        self.perform { $0.woke(now: $1) }
        self.run = max(self.run, self.starts)
    }

    mutating func judge(_ message: Message) {
        let command = JudgePluginMessage(admitted: Self.admitted(message))
        self.perform { $0.judge(command, now: $1) }
    }

    mutating func log(_ message: Message, origin: Origin = .local(nil), isReplay: Bool = false) {
        let entry = MessageLogged(
            sequence: 1,
            admitted: Self.admitted(message, origin),
            isReplay: isReplay
        )
        self.perform { machine, _ in machine.logged(entry) }
    }

    private mutating func perform(
        _ step: (inout PluginHostStateMachine, Timestamp) -> [PluginAction]
    ) {
        self.done = step(&self.machine, self.now)
    }

    // MARK: What came of it

    var sayings: [PluginSaying] {
        self.done.compactMap { if case .say(let saying, _) = $0 { saying } else { nil } }
    }

    /// The name of the last question in what was said now.
    var lastQuestion: Int64? {
        for saying in self.sayings.reversed() {
            switch saying {
            case .describe(let id), .begin(let id, _), .judge(let id, _), .query(let id, _, _):
                return id
            case .event, .gap, .published, .refused: continue
            }
        }
        return nil
    }

    /// What became of judged messages: nil for taken ones.
    var verdicts: [Refusal?] {
        self.done.compactMap { action -> Refusal?? in
            switch action {
            case .accept: .some(nil)
            case .refuse(_, let refusal): .some(refusal)
            default: nil
            }
        }
    }

    var isEnded: Bool { self.done.contains { if case .end = $0 { true } else { false } } }

    var isStarted: Bool { self.done.contains { if case .start = $0 { true } else { false } } }

    var proceeds: Bool { self.done.contains { if case .proceed = $0 { true } else { false } } }

    var publication: PublishExtension? {
        self.done.lazy.compactMap { if case .publish(let it) = $0 { it } else { nil } }.first
    }

    var child: Plugins.Reply.Plugin { self.machine.report.plugins[0] }

    private var starts: Int { self.child.tally.starts }

    // MARK: Messages

    static func message(_ typeName: String = "WORD", _ text: String = "a") throws -> Message {
        try EnvelopeCodec.sign(
            typeName: typeName,
            payload: .object([("text", .string(text))]),
            timestamp: Timestamp(milliseconds: 1_800_000_000_000),
            key: SigningKey.named("author")
        )
    }

    private static func admitted(_ message: Message, _ origin: Origin = .local(nil))
        -> AdmittedMessage
    {
        AdmittedMessage(
            message: message,
            origin: origin,
            receivedAt: message.timestamp,
            sender: SenderStanding(identity: message.from),
            reputation: .one
        )
    }
}
