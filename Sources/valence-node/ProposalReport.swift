import Messages
import Primitives

/// One proposal for people.
enum ProposalReport {
    static func print(_ proposal: JSONValue) {
        Console.line(PeerText.shown(proposal["title"]?.string ?? ""))
        Console.line("id        \(proposal["id"]?.string ?? "")")
        Console.line("author    \(proposal["author"]?.string ?? "")")
        Console.line("state     \(proposal["state"]?.string ?? "")\(Self.adopted(proposal))")
        Console.line("deadline  \(proposal["voting_deadline"]?.integer ?? 0)")
        Console.line("content   sha256 \(proposal["content_hash"]?.string ?? "")")
        Self.tally(proposal["tally"])
        for vote in proposal["votes"]?.elements ?? [] { Self.vote(vote) }
        for text in proposal["missing"]?.elements ?? [] {
            Console.line("missing   \(PeerText.shown(text.string ?? ""))")
        }
        for comment in proposal["comments"]?.elements ?? [] {
            let text = PeerText.shown(comment["payload"]?["body"]?.string ?? "", limit: 500)
            Console.line("comment   \(comment["from"]?.string ?? ""): \(text)")
        }
        Console.line("")
        Console.line(PeerText.shown(proposal["body"]?.string ?? "", limit: 4_000))
    }

    private static func adopted(_ proposal: JSONValue) -> String {
        proposal["adopted"]?.bool == true ? ", adopted by this node" : ""
    }

    private static func tally(_ tally: JSONValue?) {
        let endorse = Score.text(tally?["endorse"]?.integer)
        let reject = Score.text(tally?["reject"]?.integer)
        Console.line("endorse   \(endorse)   reject \(reject)")
        Console.line(
            "needs     quorum \(Score.text(tally?["quorum"]?.integer)), "
                + "threshold \(Score.text(tally?["threshold"]?.integer))"
        )
        Console.line("voters    \(tally?["voters"]?.integer ?? 0)")
    }

    private static func vote(_ vote: JSONValue) {
        let why = vote["not_counted_because"]?.string.map { " (not counted: \($0))" } ?? ""
        Console.line(
            "vote      \(vote["identity"]?.string ?? "")  \(vote["stance"]?.string ?? "")  "
                + "\(Score.text(vote["weight"]?.integer))\(why)"
        )
    }
}
