import Messages
import Primitives

/// One proposal for people.
enum ProposalReport {
    static func print(_ proposal: JSONValue) {
        let id = proposal["id"]?.string ?? ""
        Console.line(PeerText.shown(proposal["title"]?.string ?? ""))
        Console.line("id        \(id)")
        Console.line("author    \(proposal["author"]?.string ?? "")")
        Console.line("state     \(Self.state(proposal))\(Self.adopted(proposal))")
        Console.line(
            "          \(PeerText.shown(proposal["standing"]?.string ?? "", bytesMax: 500))"
        )
        Console.line("deadline  \(Moments.text(proposal["voting_deadline"]?.integer))")
        Self.about(proposal)
        Self.content(proposal, id)
        Self.decides(proposal)
        Self.tally(proposal["tally"])
        Self.outlook(proposal["outlook"], state: proposal["state"]?.string ?? "")
        for vote in proposal["votes"]?.elements ?? [] { Self.vote(vote) }
        Self.lacks(proposal)
        CommentReport.print(proposal["comments"])
        BodyReport.print(proposal["body"]?.string)
    }

    /// What a vote under way lacks, as far as its standing does not say it already.
    private static func lacks(_ proposal: JSONValue) {
        guard ["open", "converging", "confirming"].contains(proposal["state"]?.string) else {
            return
        }
        let standing = proposal["standing"]?.string ?? ""
        for text in (proposal["missing"]?.elements ?? []).compactMap(\.string)
        where !standing.contains(text) {
            Console.line("lacks     \(PeerText.shown(text))")
        }
    }

    /// The state in a word, or why there is none yet.
    static func state(_ proposal: JSONValue) -> String {
        let state = proposal["state"]?.string ?? ""
        return proposal["overdue"]?.bool == true ? "\(state) (being decided)" : state
    }

    private static func adopted(_ proposal: JSONValue) -> String {
        proposal["adopted"]?.bool == true ? ", adopted by this node" : ""
    }

    /// What the author says of it, and what it stands beside.
    private static func about(_ proposal: JSONValue) {
        if let text = proposal["description"]?.string {
            Console.line("about     \(PeerText.shown(text, bytesMax: 1_024))")
        }
        TagReport.print(proposal["tags"])
        if let request = proposal["request_id"]?.string { Console.line("answers   \(request)") }
        for older in (proposal["chain"]?.elements ?? []).compactMap(\.string) {
            Console.line("replaces  \(older)")
        }
        for newer in (proposal["superseded_by"]?.elements ?? []).compactMap(\.string) {
            Console.line("replaced  by \(newer)")
        }
    }

    /// What is voted on, and how to read it.
    private static func content(_ proposal: JSONValue, _ id: String) {
        let type = PeerText.shown(proposal["content_type"]?.string ?? "")
        Console.line("content   sha256 \(proposal["content_hash"]?.string ?? "")")
        Console.line("          \(proposal["content_size"]?.integer ?? 0) bytes, \(type)")
        if let url = proposal["content_url"]?.string {
            Console.line("          also at \(PeerText.shown(url))")
        }
        Console.line("          read it: valence-node proposal show \(id) --artifact")
    }

    /// What the vote decides beyond adoption.
    private static func decides(_ proposal: JSONValue) {
        if let resolution = proposal["resolution"]?.members {
            let text = resolution.map {
                "\($0.key) \($0.value.string ?? Score.text($0.value.integer))"
            }
            Console.line("decides   \(PeerText.shown(text.joined(separator: ", "), bytesMax: 500))")
        }
        if let eol = proposal["eol"]?.integer {
            Console.line("decides   end of life of the version before: \(Moments.text(eol))")
        }
        for claim in proposal["claims"]?.elements ?? [] {
            let text = PeerText.shown(claim["statement"]?.string ?? "", bytesMax: 500)
            Console.line("claim     \(text)")
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
        if let reason = vote["reason"]?.string {
            Console.line(PeerText.lines(reason, bytesMax: 1_000))
        }
    }
}

/// The tags of something, for people.
enum TagReport {
    static func print(_ tags: JSONValue?) {
        let tags = (tags?.elements ?? []).compactMap(\.string)
        guard !tags.isEmpty else { return }
        Console.line("tags      \(PeerText.shown(tags.joined(separator: ", ")))")
    }
}

/// The long text at the end of a report.
enum BodyReport {
    /// Prints it below an empty line, without those that it ends with.
    static func print(_ body: String?) {
        var scalars = Array((body ?? "").unicodeScalars)
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        guard !scalars.isEmpty else { return }
        var text = String.UnicodeScalarView()
        text += scalars
        Console.line("")
        Console.line(PeerText.lines(String(text)))
    }
}

/// Comments on something, for people.
enum CommentReport {
    static func print(_ comments: JSONValue?) {
        for comment in comments?.elements ?? [] {
            let depth = Int(comment["depth"]?.integer ?? 0)
            let indent = String(repeating: "  ", count: min(depth, 10))
            let hidden = comment["hidden_because"]?.string.map { "  (hidden: \($0))" } ?? ""
            let when = Moments.text(comment["timestamp"]?.integer)
            Console.line(
                "comment   \(indent)\(comment["identity"]?.string ?? "")  \(when)\(hidden)"
            )
            Console.line("          \(indent)id \(comment["id"]?.string ?? "")")
            guard hidden.isEmpty else { continue }
            Console.line(PeerText.lines(comment["payload"]?["body"]?.string ?? "", bytesMax: 2_000))
        }
    }
}
