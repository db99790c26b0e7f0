import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Local API: the condition of the node")
struct ConditionTests {
    @Test("C3-14: a log that takes own messages refuses none, until it takes nothing")
    func room() {
        let call = APICall.publish(.request, Draft.request().payload)
        var steps = APISteps([.identity])
        for (takes, isRefused) in [
            (.reserved, false), (.nothing, true), (.own, false), (.nothing, true),
            (.reserved, false),
        ] as [(LogStopped.Takes, Bool)] {
            steps.machine.logStopped(LogStopped(reason: "full", takes: takes))
            let answer = steps.put(call).answer
            #expect((answer?.problem == "507 storage_stopped") == isRefused)
            let told = steps.put(.readiness(MemoryUse(bytes: 0)), as: RequestID(rawValue: 2))
                .compactMap { action in
                    if case .answer(_, let ready) = action { ready.problem } else { nil }
                }
            #expect(told == ["503 storage_stopped"], "a log under pressure is told")
            _ = steps.wait(APILimits.requestMilliseconds)
        }
    }

    @Test("ADR 0039: a node whose key is used elsewhere is not ready, whatever else it can do")
    func keyUsedElsewhere() {
        var steps = APISteps([.identity])
        steps.machine.signingStopped(
            because: Refusal(.keyUsedElsewhere, "another node signs with this key")
        )
        let answer = steps.put(.readiness(MemoryUse(bytes: 0))).answer
        #expect(answer?.problem == "503 key_used_elsewhere")
        #expect(answer?.detail == "another node signs with this key")
        let status = steps.put(.status)
        #expect(status.questions == ["status of Identity"], "it tells its state all the same")
    }

    @Test(
        "of several causes that a node is not ready the clock is told, then the key, then the log"
    )
    func precedence() {
        var steps = APISteps([.identity])
        steps.machine.logStopped(LogStopped(reason: "full"))
        let log = steps.put(.readiness(MemoryUse(bytes: 0))).answer
        steps.machine.signingStopped(because: Refusal(.keyUsedElsewhere, "used elsewhere"))
        let key = steps.put(.readiness(MemoryUse(bytes: 0))).answer
        steps.machine.compared(
            ClockComparison(offsetMilliseconds: 900_000, peers: 1, standing: .wrong)
        )
        let clock = steps.put(.readiness(MemoryUse(bytes: 0))).answer
        #expect(log?.problem == "503 storage_stopped")
        #expect(key?.problem == "503 key_used_elsewhere")
        #expect(clock?.problem == "503 clock_wrong")
        #expect(clock?.detail.hasSuffix("; set it, best by an NTP service") == true)
    }

    @Test("ADR 0074: a node serves once it knows keys and a peer, and says what it lacks")
    func ready() throws {
        var steps = APISteps([.sync, .gossip], about: Self.about(peersWanted: 1))
        #expect(
            steps.put(.readiness(MemoryUse(bytes: 0))).answer?.problem == "503 not_synced",
            "nothing was told yet"
        )
        steps.machine.awaits([1, 2, 3, 4, 5])
        #expect(steps.put(.readiness(MemoryUse(bytes: 0))).answer?.problem == "503 not_synced")
        steps.machine.awaits([2, 3, 4, 5])
        let alone = steps.put(.readiness(MemoryUse(bytes: 0))).answer
        #expect(alone?.problem == "503 no_peers")
        let peers = alone?.body["checks"]?.elements?.last
        #expect(peers?["name"]?.string == "peers" && peers?["ok"]?.bool == false)
        #expect(peers?["current"]?.string == "0" && peers?["required"]?.string == "1 or more")
        steps.machine.connected()
        let ready = steps.put(.readiness(MemoryUse(bytes: 0)))
        #expect(ready.questions.isEmpty && ready.answer?.status == 200)
        let checks = try #require(ready.answer?.body["checks"]?.elements)
        #expect(checks.allSatisfy { $0["ok"]?.bool == true })
        steps.machine.disconnected()
        #expect(steps.put(.readiness(MemoryUse(bytes: 0))).answer?.problem == "503 no_peers")
    }

    @Test("ADR 0074: who begins a network is ready alone, and who is degraded knows keys enough")
    func alone() {
        var steps = APISteps([.sync, .gossip], about: Self.about(peersWanted: 0))
        steps.machine.synced(to: .degraded)
        #expect(steps.put(.readiness(MemoryUse(bytes: 0))).answer?.status == 200)
    }

    private static func about(peersWanted: Int) -> NodeAbout {
        NodeAbout(
            version: "1.2.3",
            peerID: "12D3",
            networkName: "test",
            networkHash: nil,
            startedAt: Moment(milliseconds: APISteps.start.milliseconds),
            peersWanted: peersWanted
        )
    }

    @Test(
        "a status report of a node without subsystems is answered at once, with all that are missing"
    )
    func lonely() throws {
        let about = NodeAbout(
            version: "1.2.3",
            peerID: "12D3",
            networkName: "test",
            networkHash: SHA256Digest.hash([1]),
            startedAt: Moment(milliseconds: APISteps.start.milliseconds + 5_000)
        )
        var steps = APISteps([], about: about)
        let early = try #require(steps.put(.status).answer)
        #expect(early.status == 200)
        #expect(
            early.body["absent"]?.elements?.map(\.string)
                == StatusQuestion.allCases.map(\.answerer.rawValue).filter { $0 != "PluginHost" }
        )
        #expect(
            early.body["node"]?.text == #"{"peer_id":"12D3","started_at":1767225605000,"#
                + #""uptime_ms":0,"version":"1.2.3"}"#,
            "a clock that was set back makes no negative span"
        )
        let hash = SHA256Digest.hash([1]).hex
        #expect(early.body["network"]?.text == #"{"hash":"\#(hash)","name":"test"}"#)
        steps.now = steps.now.adding(milliseconds: 7_000)
        let later = steps.put(.status).answer
        #expect(later?.body["node"]?["uptime_ms"]?.integer == 2_000)
        var nameless = APISteps([])
        let bare = nameless.put(.status).answer
        #expect(bare?.body["node"] == nil && bare?.body["network"] == nil)
    }

    @Test("a report asks all that are there and is whole with the last answer, or its absence")
    func report() {
        var steps = APISteps([.sync, .storageMarket, .gossip])
        let asked = steps.put(.status)
        #expect(
            asked.questions == [
                "status of Gossip", "status of StorageMarket", "status of Sync",
            ]
        )
        let sync = SyncStatus.Reply(state: .degraded, obtained: 1, served: 2)
        let first = steps.hear(.status(StatusPart(sync)), from: .sync)
        let second = steps.hear(nil, from: .gossip)
        #expect(first.isEmpty && second.isEmpty)
        let storage = StorageStatus.Reply(storedArtefacts: 1, knownArtefacts: 2, digest: .zero)
        let last = steps.hear(.status(StatusPart(storage)), from: .storageMarket)
        let body = last.answer?.body
        #expect(body?["sync"]?["state"]?.string == "degraded" && body?["gossip"] == nil)
        #expect(body?["absent"]?.elements?.last?.string == "Gossip")
        #expect(body?["digests"]?.text == #"{"storage":"\#(Bytes32.zero.hex)"}"#)
    }
}
