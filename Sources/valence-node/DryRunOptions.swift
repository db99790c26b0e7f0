import ArgumentParser
import Doors
import Primitives

/// How an act is done: really, or only in thought.
struct DryRunOptions: ParsableArguments {
    @ArgumentParser.Flag(
        help: "Only tell what would come of it; nothing is signed, stored or sent."
    )
    var dryRun = false

    /// The same as an argument of an operation.
    var arguments: [(String, JSONValue?)] {
        [(Operation.dryRun.name, self.dryRun ? .bool(true) : nil)]
    }
}

/// What would come of an act, for people.
enum DryRunReport {
    /// Prints an answer that tells what would come of an act.
    ///
    /// - Returns: false when the act was done, so that nothing is printed.
    static func print(_ answer: JSONValue, _ common: CommonOptions) -> Bool {
        guard answer[Operation.dryRun.name]?.bool == true else { return false }
        Console.warn(of: answer)
        if common.json {
            Console.json(answer)
            return true
        }
        for line in Self.lines(of: answer) { Console.line(line) }
        common.say("Nothing was signed, stored or sent.")
        return true
    }

    private static func lines(of answer: JSONValue) -> [String] {
        var lines: [String] = []
        if let message = answer["message"] {
            let bytes = message["bytes"]?.integer ?? 0
            lines.append("message   \(message["type"]?.string ?? ""), \(bytes) bytes")
        }
        lines.append("accepted  \(Self.verdict(answer["accepted"], answer["refusal"]))")
        if let reason = answer["not_counted_because"]?.string {
            lines.append("counts    no: \(PeerText.shown(reason))")
        } else {
            lines.append("counts    \(answer["counts"]?.bool == true ? "yes" : "no")")
        }
        return lines + (answer["cost"].map(Self.lines(ofCost:)) ?? [])
    }

    private static func verdict(_ accepted: JSONValue?, _ refusal: JSONValue?) -> String {
        guard accepted?.bool != true else { return "yes" }
        let detail = PeerText.shown(refusal?["detail"]?.string ?? "")
        return "no: \(detail) (\(refusal?["code"]?.string ?? ""))"
    }

    private static func lines(ofCost cost: JSONValue) -> [String] {
        let reputation = FixedPoint(millionths: cost["reputation"]?.integer ?? 0)
        let messages = cost["messages_used"]?.integer ?? 0
        let most = cost["messages_max"]?.integer.map { " of \($0)" } ?? ""
        let (bytes, bytesMax) = (cost["bytes_used"]?.integer ?? 0, cost["bytes_max"]?.integer ?? 0)
        return [
            "costs     \(reputation) of reputation",
            "used up   \(messages)\(most) messages, \(bytes) of \(bytesMax) bytes in 24 hours",
        ]
    }
}
