import Doors
import Messages
import Primitives
import Testing

@testable import PluginHost

@Suite("ADR 0058: judging by child processes")
struct PluginJudgingTests {
    @Test("The child's word decides, and its reason goes along")
    func verdict() throws {
        var stage = try Stage()
        stage.begin()
        stage.judge(try Stage.message())
        #expect(stage.verdicts.isEmpty)
        let first = try #require(stage.lastQuestion)
        stage.judge(try Stage.message("WORD", "b"))
        let second = try #require(stage.lastQuestion)
        stage.say([.result(first, .object([("verdict", .string("accept"))]))])
        #expect(stage.verdicts == [nil])
        let no = JSONValue.object([("verdict", .string("refuse")), ("reason", .string("dull"))])
        stage.say([.result(second, no)])
        #expect(stage.verdicts == [Refusal(.rule, "dull")])
        stage.say([.result(second, no)])
        #expect(stage.verdicts.isEmpty, "every message is judged once")
    }

    @Test("What is not judged in time meets the declared rule", arguments: ["open", "closed"])
    func late(fails: String) throws {
        var stage = try Stage(fails: fails)
        stage.judge(try Stage.message())
        #expect(stage.verdicts.map { $0?.code } == [fails == "open" ? nil : .busy], "not started")
        stage.begin()
        stage.judge(try Stage.message("WORD", "b"))
        stage.pass(milliseconds: PluginHostLimits.answerMilliseconds - 1)
        #expect(stage.verdicts.isEmpty)
        stage.pass(milliseconds: 1)
        #expect(stage.verdicts.map { $0?.code } == [fails == "open" ? nil : .busy])
    }

    @Test("A judgement that is none meets the rule, and counts as stray")
    func nonsense() throws {
        var stage = try Stage()
        stage.begin()
        stage.judge(try Stage.message())
        stage.say([.result(try #require(stage.lastQuestion), .object([("verdict", .integer(1))]))])
        #expect(stage.verdicts.map { $0?.code } == [.busy])
        #expect(stage.child.tally.wrongAnswers == 1 && stage.child.tally.strayLines == 1)
    }

    @Test("A child that ends leaves no message unjudged")
    func ended() throws {
        var stage = try Stage()
        stage.begin()
        for text in ["a", "b", "c"] { stage.judge(try Stage.message("WORD", text)) }
        stage.report(.ended("signal 9 ended it"))
        #expect(stage.verdicts.count == 3)
        #expect(stage.child.lastProblem == "signal 9 ended it")
    }

    @Test("No more questions wait than there is room for")
    func room() throws {
        var stage = try Stage()
        stage.begin()
        for number in 0..<PluginHostLimits.pendingMax {
            stage.judge(try Stage.message("WORD", "\(number)"))
            #expect(stage.verdicts.isEmpty)
        }
        stage.judge(try Stage.message("WORD", "more"))
        #expect(stage.verdicts.map { $0?.code } == [.busy])
    }

    @Test("A replayed message is counted, and neither judged nor told")
    func replay() throws {
        var stage = try Stage()
        stage.log(try Stage.message(), isReplay: true)
        #expect(stage.done.isEmpty)
        #expect(stage.child.tally.keptMessages == 1)
    }

    @Test("A payload of more than 64 KiB is refused without asking")
    func large() throws {
        var stage = try Stage(fails: "open")
        stage.begin()
        stage.judge(try Stage.message("WORD", String(repeating: "x", count: 65_536)))
        #expect(stage.verdicts.map { $0?.code } == [.rule])
    }
}

@Suite("ADR 0058: what a child process may cost")
struct PluginBoundsTests {
    @Test("Five late answers in a row end it; one that comes begins the count anew")
    func hangs() throws {
        var stage = try Stage()
        stage.begin()
        for number in 1..<PluginHostLimits.latesInRowMax {
            stage.judge(try Stage.message("WORD", "\(number)"))
            stage.pass(milliseconds: 1_000)
            #expect(!stage.isEnded)
        }
        stage.judge(try Stage.message("WORD", "answered"))
        stage.say([.result(try #require(stage.lastQuestion), .emptyObject)])
        for number in 1...PluginHostLimits.latesInRowMax {
            stage.judge(try Stage.message("WORD", "again \(number)"))
            stage.pass(milliseconds: 1_000)
        }
        #expect(stage.isEnded)
    }

    @Test("Pauses double from a second to five minutes, and are short after a steady minute")
    func backoff() throws {
        var stage = try Stage()
        stage.begin()
        for pause: Int64 in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            stage.report(.ended("status 1"))
            stage.pass(milliseconds: pause * 1_000 - 1)
            #expect(!stage.isStarted, "\(pause)")
            stage.pass(milliseconds: 1)
            #expect(stage.isStarted, "\(pause)")
        }
        stage.introduce()
        #expect(stage.child.state == "runs")
        stage.pass(milliseconds: PluginHostLimits.steadyMilliseconds)
        stage.report(.ended("status 1"))
        stage.pass(milliseconds: 1_000)
        #expect(stage.isStarted)
    }

    @Test("Ten stray lines end it")
    func strays() throws {
        var stage = try Stage()
        stage.begin()
        stage.say(Array(repeating: .stray("hello"), count: PluginHostLimits.straysMax - 1))
        #expect(!stage.isEnded && stage.proceeds)
        stage.say([.result(4_711, .emptyObject)])
        #expect(stage.isEnded && !stage.proceeds, "an answer that nobody asked for is one")
        #expect(stage.child.tally.strayLines == PluginHostLimits.straysMax)
    }

    @Test("Who says too much is not read for a while")
    func flood() throws {
        var stage = try Stage()
        stage.begin()
        let batch = Array(repeating: PluginUtterance.failure(1, "x"), count: 100)
        for _ in 0..<3 {
            stage.say(batch)
            #expect(stage.proceeds)
        }
        stage.say(batch)
        #expect(!stage.proceeds)
        stage.pass(milliseconds: 999)
        #expect(!stage.proceeds)
        stage.pass(milliseconds: 1)
        #expect(stage.proceeds)
    }

    @Test("Events that are not read are dropped, counted and told as a gap")
    func gap() throws {
        var stage = try Stage()
        stage.begin()
        stage.report(.wrote)
        stage.report(.wrote)
        for number in 0..<PluginHostLimits.unwrittenMax + 7 {
            stage.log(try Stage.message("WORD", "\(number)"))
        }
        #expect(stage.sayings.isEmpty)
        #expect(stage.child.tally.eventsDropped == 7)
        stage.report(.wrote)
        stage.report(.wrote)
        stage.log(try Stage.message("WORD", "after"))
        guard case .gap(7)? = stage.sayings.first, case .event? = stage.sayings.last else {
            Issue.record("\(stage.sayings)")
            return
        }
    }

    @Test("A child that is another one than was added is barred")
    func barred() throws {
        var stage = try Stage()
        stage.begin()
        stage.report(.ended("status 1"))
        stage.pass(milliseconds: 1_000)
        stage.introduce(as: Stage.manifest(name: "other"))
        #expect(stage.isEnded && stage.child.state == "is barred")
        stage.report(.ended("signal 9 ended it"))
        stage.pass(milliseconds: 600_000)
        #expect(!stage.isStarted)
    }

    @Test("Twenty messages a minute are published; each is answered when it is in the log")
    func publishing() throws {
        var stage = try Stage()
        stage.begin()
        stage.say([.publish(.number(1), .emptyObject)])
        let request = try #require(stage.publication?.request)
        #expect(stage.publication?.typeName == "WORD")
        let message = try Stage.message()
        stage.log(message, origin: .local(request))
        guard case .published(.number(1), message.id)? = stage.sayings.first else {
            Issue.record("\(stage.sayings)")
            return
        }
        for number: Int64 in 2...20 { stage.say([.publish(.number(number), .emptyObject)]) }
        #expect(stage.publication != nil)
        stage.say([.publish(.text("more"), .emptyObject)])
        #expect(stage.publication == nil)
        guard case .refused(.text("more"), "rate_limited", _)? = stage.sayings.first else {
            Issue.record("\(stage.sayings)")
            return
        }
    }

    @Test("Eight calls are open at most")
    func calls() throws {
        var stage = try Stage()
        stage.begin()
        let call = { (number: Int64) in
            PluginUtterance.call(.number(number), operation: "status", arguments: .emptyObject)
        }
        stage.say((1...9).map { call($0) })
        #expect(stage.child.tally.requestsRefused == 1)
        stage.report(.called)
        stage.say([call(10)])
        #expect(stage.child.tally.requestsRefused == 1)
    }
}

@Suite("ADR 0058: manifests")
struct PluginManifestTests {
    @Test(
        "What a node could not keep to is refused with its place",
        arguments: [
            (#"{"name":"A","version":"1"}"#, "no name of a plug-in"),
            (#"{"name":"plugins","version":"1"}"#, "no name of a plug-in"),
            (#"{"name":"a","version":"1","more":1}"#, "`more` is unknown"),
            (
                #"{"name":"a","version":"1","owns":{"type":"X","topic":"x","fails":"open"}}"#,
                "topic"
            ),
            (
                #"{"name":"a","version":"1","operations":[{"name":"b","kind":"act","summary":"s","arguments":{"type":"object","properties":{"c":{"type":"number"}}}}]}"#,
                "no known `type`"
            ),
            (
                #"{"name":"a","version":"1","operations":[{"name":"b","kind":"act","summary":"s","arguments":{"type":"object","properties":{"c":{"type":"string","minLength":3}}}}]}"#,
                "`minLength` of `c`"
            ),
            (
                #"{"name":"a","version":"1","operations":[{"name":"b","kind":"read","summary":"s","answer":{"type":"string"}}]}"#,
                "no object"
            ),
            (
                #"{"name":"a","version":"1","operations":[{"name":"b","kind":"read","summary":"s"},{"name":"b","kind":"act","summary":"s"}]}"#,
                "twice"
            ),
        ]
    )
    func flaws(text: String, words: String) throws {
        let manifest = try JSONDocument(scanning: Array(text.utf8)).root.value
        do throws(ArgumentFlaw) {
            _ = try PluginManifest(manifest)
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.detail.contains(words), "\(error.detail)")
        }
    }

    @Test("What asks for the scope of acts gets it only where the operator gives it")
    func scope() throws {
        let text = #"{"name":"a","version":"1","scope":"act"}"#
        let manifest = try JSONDocument(scanning: Array(text.utf8)).root.value
        #expect(throws: ArgumentFlaw.self) {
            try PluginRegistration(manifest: manifest, path: "/a", arguments: [], scope: .read)
        }
        let taken = try PluginRegistration(
            manifest: manifest,
            path: "/a",
            arguments: [],
            scope: .act
        )
        #expect(taken.name == "a")
    }

    @Test("A type of the protocol, and an operation that is there, stay the node's")
    func owned() throws {
        let text =
            #"{"name":"a","version":"1","owns":{"type":"VOTE","topic":"votes","fails":"open"}}"#
        let manifest = try PluginManifest(try JSONDocument(scanning: Array(text.utf8)).root.value)
        #expect(Extensions(children: [manifest]).flaw?.contains("VOTE") == true)
        let own = try PluginManifest(Stage.manifest())
        #expect(Extensions(children: [own]).flaw == nil)
        #expect(Extensions(children: [own, own]).flaw?.contains("WORD") == true)
    }
}
