import Messages
import Primitives

/// One proposal for people.
enum ProposalReport {
    static func print(_ proposal: JSONValue) {
        Console.line(PeerText.shown(proposal["title"]?.string ?? ""))
        Console.line("id        \(proposal["id"]?.string ?? "")")
        Console.line("author    \(proposal["author"]?.string ?? "")")
        Console.line("state     \(proposal["state"]?.string ?? "")\(Self.adopted(proposal))")
        Console.line("deadline  \(Moments.text(proposal["voting_deadline"]?.integer))")
        Console.line("content   sha256 \(proposal["content_hash"]?.string ?? "")")
        Self.decides(proposal)
        Self.tally(proposal["tally"])
        Self.outlook(proposal["outlook"], state: proposal["state"]?.string ?? "")
        for vote in proposal["votes"]?.elements ?? [] { Self.vote(vote) }
        for text in proposal["missing"]?.elements ?? [] {
            Console.line("missing   \(PeerText.shown(text.string ?? ""))")
        }
        for comment in proposal["comments"]?.elements ?? [] {
            let text = PeerText.shown(comment["payload"]?["body"]?.string ?? "", limit: 500)
            let indent = String(repeating: "  ", count: Int(comment["depth"]?.integer ?? 0))
            Console.line("comment   \(indent)\(comment["identity"]?.string ?? ""): \(text)")
        }
        Console.line("")
        Console.line(PeerText.shown(proposal["body"]?.string ?? "", limit: 4_000))
    }

    private static func adopted(_ proposal: JSONValue) -> String {
        proposal["adopted"]?.bool == true ? ", adopted by this node" : ""
    }

    /// What the vote decides beyond adoption.
    private static func decides(_ proposal: JSONValue) {
        if let resolution = proposal["resolution"]?.members {
            let text = resolution.map {
                "\($0.key) \($0.value.string ?? Score.text($0.value.integer))"
            }
            Console.line("decides   \(PeerText.shown(text.joined(separator: ", "), limit: 300))")
        }
        if let eol = proposal["eol"]?.integer {
            Console.line("decides   end of life of the version before: \(Moments.text(eol))")
        }
        for claim in proposal["claims"]?.elements ?? [] {
            Console.line(
                "claim     \(PeerText.shown(claim["statement"]?.string ?? "", limit: 500))"
            )
        }
    }

    private static func tally(_ tally: JSONValue?) {
        let endorse = Score.text(tally?["endorse"]?.integer)
        let reject = Score.text(tally?["reject"]?.integer)
        let abstain = Score.text(tally?["abstain"]?.integer)
        Console.line("endorse   \(endorse)   reject \(reject)   abstain \(abstain)")
        Console.line(
            "needs     quorum \(Score.text(tally?["quorum"]?.integer)), "
                + "threshold \(Score.text(tally?["threshold"]?.integer))"
        )
        Console.line("voters    \(tally?["voters"]?.integer ?? 0)")
    }

    /// Where the proposal stands between nothing and ratified.
    private static func outlook(_ outlook: JSONValue?, state: String) {
        guard let outlook, outlook != .null else { return }
        let unit = outlook["mode"]?.string ?? ""
        Console.line(
            "quorum    \(Self.bar(outlook["quorum_reached"], outlook["quorum_needed"])) "
                + "\(Score.text(outlook["quorum_reached"]?.integer)) of "
                + "\(Score.text(outlook["quorum_needed"]?.integer)), \(unit)"
        )
        let margin = outlook["margin"]?.integer.map { ", margin \(Score.text($0))" } ?? ""
        Console.line(
            "endorsed  \(Self.bar(outlook["ratio"], .integer(1_000_000))) "
                + "\(Score.text(outlook["ratio"]?.integer)) of the needed "
                + "\(Score.text(outlook["threshold"]?.integer))\(margin)"
        )
        if outlook["close"]?.bool == true {
            Console.line("close     within 0.02: seven days of confirmation follow the deadline")
        }
        let effective = Moments.text(outlook["effective_at"]?.integer)
        switch state {
        case "ratified": Console.line("effective \(effective)")
        case "open", "converging", "confirming": Console.line("effective \(effective), if ratified")
        default: break
        }
    }

    private static func bar(_ part: JSONValue?, _ whole: JSONValue?) -> String {
        let width: Int64 = 20
        let (part, whole) = (max(0, part?.integer ?? 0), max(1, whole?.integer ?? 1))
        let filled = Int(min(width, part * width / whole))
        return String(repeating: "█", count: filled)
            + String(repeating: "░", count: Int(width) - filled)
    }

    private static func vote(_ vote: JSONValue) {
        let why = vote["not_counted_because"]?.string.map { " (not counted: \($0))" } ?? ""
        Console.line(
            "vote      \(vote["identity"]?.string ?? "")  \(vote["stance"]?.string ?? "")  "
                + "\(Score.text(vote["weight"]?.integer))\(why)"
        )
    }
}
