import Foundation
import Primitives
import Testing

@testable import Node

@Suite("ADR 0061: a real node explains what it refused", .serialized, .timeLimit(.minutes(2)))
struct ExplainProcessTests {
    @Test(
        "D-51: a refusal below the gate is explained by its message, with figure, rule and way out"
    )
    func gate() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            let request = try #require(
                try node.call(["request", "new", "--title", "wanted"])["id"]?.string
            )
            let comment = ["proposal", "comment", request, "mine", "--data-dir", path]
            let refused = try NodeProgram.run(comment + ["--json"])
            #expect(refused.status == 4)
            #expect(try refused.json()["code"]?.string == "below_gate")
            let message = try #require(try refused.json()["message_id"]?.string)
            let why = try node.call(["explain", message])
            #expect(why["outcome"]?.string == "refused" && why["code"]?.string == "below_gate")
            #expect(why["rule"]?.string == "D-51")
            #expect(why["because"]?.string?.contains("0.300000") == true, "\(why)")
            #expect(why["remedy"]?.string?.contains("rep explain") == true)
            let told = try NodeProgram.run(comment).errors
            #expect(told.contains("(below_gate)\nMore: valence-node explain "))

            let kept = try node.call(["explain", request])
            #expect(kept["outcome"]?.string == "counted" && kept["type"]?.string == "REQUEST")
            let nothing = try NodeProgram.run([
                "explain", Self.nobody, "--json", "--data-dir", path,
            ])
            #expect(nothing.status == 4)
            #expect(try nothing.json()["code"]?.string == "unknown_message")
            #expect(node.stop() == 0)

            // What was taken is in the log; what was refused is forgotten, and that is said.
            let again = try NodeProcess(path)
            #expect(try again.call(["explain", request])["outcome"]?.string == "counted")
            let gone = try NodeProgram.run(["explain", message, "--json", "--data-dir", path])
            #expect(try gone.json()["code"]?.string == "unknown_message")
            #expect(try gone.json()["detail"]?.string?.contains("until it restarts") == true)
            #expect(again.stop() == 0)
        }
    }

    private static let nobody = String(repeating: "0", count: 64)
}
