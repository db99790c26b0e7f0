import Kernel
import Logging
import Synchronization

/// Said by somebody; any number may listen.
struct Said: Event, Equatable { let word: String }

/// Tells the listener to write something down.
struct Note: Command, Equatable {
    static var receiver: SubsystemName { "Listener" }
    let word: String
}

/// Asks the listener what it wrote down.
struct Notes: Query {
    static var answerer: SubsystemName { "Listener" }
    struct Reply: BusMessage { let words: [String] }
}

/// What a test tells the speaker to do.
enum Order: Signal {
    case say(String)
    case note(String)
    case noteMany(Int)
    /// Ask for the notes, and hand this word in with the question.
    case ask(String)
    case wake(at: Moment)
    case fail
}

/// Something that a test made a subsystem do wrong.
struct Mishap: Error, CustomStringConvertible { let description: String }

/// Lines in the order in which handlers wrote them.
final class Journal<Line: Sendable>: Sendable {
    private let content = Mutex<[Line]>([])

    func write(_ line: Line) { self.content.withLock { $0.append(line) } }
    var lines: [Line] { self.content.withLock { $0 } }
}

/// Does what it is told and writes down what comes back.
actor Speaker: Subsystem {
    static let name: SubsystemName = "Speaker"
    nonisolated let orders: Inlet<Order>
    private let said: Emitter<Said>
    private let note: Emitter<Note>
    private let notes: Asker<Notes, String>
    private let journal: Journal<String>

    init(_ boot: borrowing Boot, _ journal: Journal<String>) {
        self.orders = boot.inlet(Order.self)
        self.said = boot.emits(Said.self)
        self.note = boot.emits(Note.self)
        self.notes = boot.asks(Notes.self, about: String.self)
        self.journal = journal
    }

    static func wire(_ wiring: borrowing Wiring<Speaker>) {
        wiring.receives(Order.self) { speaker, envelope, outbox in
            switch envelope.body {
            case .say(let word): outbox.send(speaker.said, Said(word: word))
            case .note(let word): outbox.send(speaker.note, Note(word: word))
            case .noteMany(let count):
                for number in 0..<count { outbox.send(speaker.note, Note(word: "\(number)")) }
            case .ask(let word): outbox.ask(speaker.notes, Notes(), context: word)
            case .wake(let moment): outbox.wake(at: moment)
            case .fail:
                outbox.send(speaker.note, Note(word: "never sent"))
                throw Mishap(description: "told to fail")
            }
        }
        wiring.hears(Notes.self, about: String.self) { speaker, answer, _ in
            let words = answer.reply.map { "\($0.words)" } ?? "no answer"
            speaker.journal.write("\(answer.context): \(words)")
        }
        wiring.wakes { speaker, outbox in
            speaker.journal.write("woke at \(outbox.now)")
            outbox.send(speaker.said, Said(word: "awake"))
        }
    }
}

/// Writes down what it hears and answers with it.
actor Listener: Subsystem {
    static let name: SubsystemName = "Listener"
    private let journal: Journal<String>
    private var words: [String] = []

    init(_ boot: borrowing Boot, _ journal: Journal<String>) { self.journal = journal }

    static func wire(_ wiring: borrowing Wiring<Listener>) {
        wiring.receives(Said.self) { listener, envelope, _ in
            listener.keep(envelope.body.word)
        }
        wiring.receives(Note.self) { listener, envelope, _ in
            listener.keep(envelope.body.word)
        }
        wiring.answers(Notes.self) { listener, envelope, outbox in
            outbox.reply(Notes.Reply(words: listener.words), to: envelope.replyAddress)
        }
    }

    private func keep(_ word: String) {
        self.words.append(word)
        self.journal.write(word)
    }
}

/// A kernel with a speaker and a listener.
struct Bench {
    let clock = ManualClock()
    let kernel: Kernel
    let speaker: Speaker
    let spoken = Journal<String>()
    let heard = Journal<String>()
    let trace = Journal<EnvelopeHeader>()

    init(
        listening: Mailbox = .standard,
        seed: UInt64 = 1,
        clockedBy clock: (any KernelClock)? = nil
    ) throws {
        let trace = self.trace
        self.kernel = Kernel(
            clock: clock ?? self.clock,
            entropy: SeededEntropy(seed: seed),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            journal: { trace.write($0) }
        )
        let (spoken, heard) = (self.spoken, self.heard)
        self.speaker = self.kernel.add { boot in Speaker(boot, spoken) }
        self.kernel.add(listening) { boot in Listener(boot, heard) }
        try self.kernel.boot(standard: [])
    }

    /// Puts orders in and lets the kernel settle.
    @discardableResult
    func tell(_ orders: Order...) async -> KernelExit? {
        for order in orders { self.speaker.orders.put(order) }
        return await self.kernel.settle()
    }

    func counters(_ name: SubsystemName) -> SubsystemCounters? {
        self.kernel.counters.first { $0.subsystem == name }
    }
}
