import Kernel
import Messages
import Primitives
import TestSupport

@testable import LocalAPI

/// One request to the machine of the local API, step by step, without a kernel.
struct APISteps {
    static let id = RequestID(rawValue: 1)
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    var machine: LocalAPIStateMachine
    var now = Self.start

    /// A node of these subsystems.
    init(
        _ subsystems: Set<SubsystemName>,
        about: NodeAbout? = nil,
        places: [PluggedPlace] = []
    ) {
        self.machine = LocalAPIStateMachine(about: about, places: places)
        self.machine.assembled(of: subsystems)
    }

    /// A node that has all subsystems.
    init() { self.init(Set(SubsystemName.standard)) }

    mutating func put(_ call: APICall, as id: RequestID = Self.id) -> [LocalAPIAction] {
        self.machine.received(call, as: id, now: self.now)
    }

    mutating func hear(_ reply: APIReply?, from name: SubsystemName) -> [LocalAPIAction] {
        self.machine.heard(reply, from: name, for: Self.id, now: self.now)
    }

    /// The message of the request is in the log.
    mutating func log(_ message: Message) -> [LocalAPIAction] {
        let admitted = message.admitted(from: .local(Self.id))
        let event = MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
        return self.machine.logged(event, now: self.now)
    }

    mutating func wait(_ milliseconds: Int64) -> [LocalAPIAction] {
        self.now = self.now.adding(milliseconds: milliseconds)
        return self.machine.woke(now: self.now)
    }
}

extension [LocalAPIAction] {
    /// The answer to the request of ``APISteps``.
    var answer: APIResponse? {
        for case .answer(APISteps.id, let answer) in self { return answer }
        return nil
    }

    /// The message that Identity is to sign.
    var published: PublishMessage? {
        for case .publish(let message) in self { return message }
        return nil
    }

    /// The fact that the log is to keep.
    var recorded: LocalFact? {
        for case .record(let fact) in self { return fact }
        return nil
    }

    /// When the machine wants to be woken, in milliseconds.
    var pause: Int64? {
        for case .wake(let pause) in self { return pause }
        return nil
    }

    /// The questions to other subsystems, with what they are about.
    var questions: [String] {
        self.compactMap {
            if case .ask(let question, APISteps.id) = $0 { question.text } else { nil }
        }
    }
}

extension APIQuestion {
    fileprivate var text: String {
        switch self {
        case .keys(let query): "keys of \(query.key?.hex ?? "this node")"
        case .phase: "phase"
        case .peers: "peers"
        case .requests(let query): "\(query.limit) requests, \(query.id?.hex ?? "any")"
        case .proposals(let query):
            "\(query.limit) proposals, \(query.id?.hex ?? query.offering?.hex ?? "any")"
        case .messages(let query): "messages \(query.ids.map(\.hex).joined(separator: " "))"
        case .refused(let query): "refusal of \(query.id.hex)"
        case .scores: "scores"
        case .history(let query): "history of \(query.identity.hex)"
        case .share(let procedure): "share \(procedure.upload.hash.hex)"
        case .fetch(let procedure):
            "fetch \(procedure.hash.hex) of \(procedure.size.map { "\($0)" } ?? "any") bytes"
                + (procedure.inline == nil ? "" : ", inline")
                + (procedure.adopt ? ", to adopt" : "")
                + procedure.likelyProviders.map { ", from \($0.hex)" }.joined()
        case .find(let query): "\(query.limit) artefacts with \(query.text)"
        case .downloads: "downloads"
        case .replicate(let procedure): "replicate \(procedure.content.upload.hash.hex)"
        case .leave(let procedure): "leave \(procedure.content.hex)"
        case .offer(let procedure): "offer \(procedure.offer.allocatedBytes) bytes"
        case .dealings: "dealings"
        case .verify(let procedure): "verify \(procedure.hash.hex)"
        case .draft(let query): "draft of \(query.type.rawValue)"
        case .draftCheck(let query): "check of \(query.message.typeName)"
        case .draftRating(let query): "rating of \(query.message.typeName)"
        case .consensusVerdict(let query): "verdict on \(query.admitted.message.typeName)"
        case .storageVerdict(let query): "verdict on \(query.admitted.message.typeName)"
        case .identityVerdict(let query): "verdict on \(query.admitted.message.typeName)"
        case .inbox: "inbox"
        case .events: "events"
        case .status(let part, _): "status of \(part.answerer.rawValue)"
        case .plugged(let question): "plugged, of \(question.answerer.rawValue)"
        }
    }
}

extension APIResponse {
    /// The status and the code of an error.
    var problem: String { "\(self.status) \(self.body["code"]?.string ?? "-")" }

    var detail: String { self.body["detail"]?.string ?? "" }
}

extension JSONValue {
    /// What goes over the wire; keys in order.
    var text: String { String(decoding: self.canonicalBytes(), as: UTF8.self) }
}
