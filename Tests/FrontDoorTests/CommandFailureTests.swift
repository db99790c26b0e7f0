import Node
import Primitives
import Testing

@testable import valence_node

@Suite("How commands fail")
struct CommandFailureTests {
    private static let all: [valence_node.ExitStatus] = [
        .failed, .usage, .notRunning, .refused, .timedOut, .interrupted,
    ]

    @Test("exit codes are the ones that --help lists, and each has a name and advice of its own")
    func codes() {
        #expect(Self.all.map(\.rawValue) == [1, 2, 3, 4, 5, 130])
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
        #expect(Set(Self.all.map(\.advice)).count == Self.all.count)
        #expect(Self.all.allSatisfy { !$0.name.contains(" ") && !$0.advice.isEmpty })
    }

    @Test("programs get code, detail and next step; what follows the semicolon is the step")
    func object() {
        let failure = CommandFailure(.failed, "the disk is full; a lot; make room")
        #expect(failure.json["code"]?.string == "failed")
        #expect(failure.json["detail"]?.string == "the disk is full; a lot; make room")
        #expect(failure.json["next"]?.string == "make room")
        #expect(failure.json["retry_at"] == nil)
        #expect(failure.json.members?.count == 3)
    }

    @Test("a detail without a step gets the advice of its exit code", arguments: all)
    func advice(code: valence_node.ExitStatus) {
        let failure = CommandFailure(code, "it did not work")
        #expect(failure.json["next"]?.string == code.advice)
        #expect(failure.json["code"]?.string == code.name)
        #expect(failure.text == "it did not work")
    }

    @Test("the node's own code is told to people in brackets and to programs as the code")
    func cause() {
        let failure = CommandFailure(.refused, "too early", cause: "rate_limited", retryAt: 17)
        #expect(failure.text == "too early (rate_limited)")
        #expect(failure.json["code"]?.string == "rate_limited")
        #expect(failure.json["retry_at"]?.integer == 17)
    }
}

@Suite("Where files go")
struct PlacesTests {
    @Test(
        "the first variable that says something decides",
        arguments: [
            (["VALENCE_DATA_DIR": "/v", "STATE_DIRECTORY": "/s", "XDG_DATA_HOME": "/x"], "/v"),
            (["STATE_DIRECTORY": "/s:/t", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/s"),
            (["XDG_DATA_HOME": "/x", "HOME": "/h"], "/x/valence"),
            (["HOME": "/h"], "/h/.local/share/valence"),
            (
                ["VALENCE_DATA_DIR": "", "STATE_DIRECTORY": "", "HOME": "/h"],
                "/h/.local/share/valence"
            ),
            (["STATE_DIRECTORY": ":", "XDG_DATA_HOME": "/x"], "/x/valence"),
            (["XDG_DATA_HOME": "x", "HOME": "/h"], "/h/.local/share/valence"),
            (["VALENCE_DATA_DIR": "relative"], "relative"),
        ] as [([String: String], String)]
    )
    func dataDirectory(environment: [String: String], path: String) {
        #expect(Places(environment).dataDirectory == path)
    }

    @Test("without a usable home that of the user's account is taken")
    func home() {
        for environment in [[:], ["HOME": "relative"]] {
            let path = Places(environment).dataDirectory
            #expect(path.hasPrefix("/") && path.hasSuffix("/.local/share/valence"))
            #expect(!path.contains("relative"))
        }
    }

    @Test("temporary files go to an absolute place")
    func temporary() {
        #expect(Places(["TMPDIR": "/t"]).temporaryDirectory == "/t")
        for environment in [[:], ["TMPDIR": ""], ["TMPDIR": "t"]] {
            #expect(Places(environment).temporaryDirectory == "/tmp")
        }
    }

    @Test("--data-dir comes before the environment, and is made absolute")
    func option() throws {
        func path(_ text: String) throws -> String {
            try Parsed.command(StatusCommand.self, ["status", "--data-dir", text]).common.directory
                .path
        }
        #expect(try path("/a/../b/./c") == "/b/c")
        #expect(try path("x").hasPrefix("/"))
        #expect(try path("~/x").hasSuffix("/x"))
        #expect(try !path("~/x").contains("~"))
    }
}

@Suite("Signals to end")
struct StopSignalTests {
    @Test("the first drains, and so does the same wish passed on within a second")
    func first() {
        var stops = StopSignals()
        let start = ContinuousClock.now
        #expect(stops.drains(isHangUp: false, at: start) == true)
        #expect(stops.drains(isHangUp: false, at: start + .milliseconds(999)) == true)
        #expect(stops.drains(isHangUp: false, at: start + .seconds(1)) == false)
    }

    @Test("a terminal that goes away is no sign of impatience, however late")
    func hangUp() {
        var stops = StopSignals()
        let start = ContinuousClock.now
        #expect(stops.drains(isHangUp: true, at: start) == true)
        #expect(stops.drains(isHangUp: true, at: start + .seconds(60)) == true)
        #expect(stops.drains(isHangUp: false, at: start + .seconds(61)) == false)
    }

    @Test("a second is counted from the first signal, not from the last")
    func fromTheFirst() {
        var stops = StopSignals()
        let start = ContinuousClock.now
        #expect(stops.drains(isHangUp: false, at: start) == true)
        #expect(stops.drains(isHangUp: false, at: start + .milliseconds(600)) == true)
        #expect(stops.drains(isHangUp: false, at: start + .milliseconds(1_200)) == false)
    }
}
