extension EvidenceTable {
    /// Faults that audits, trials and public reports found, and that are mended.
    static func faults() throws -> EvidenceTable {
        try EvidenceTable(
            title: "Faults found and mended",
            introduction: """
                What audits (C1), operators and builders (C2), trials by fault injection (C3) and \
                public reports on other software (C4) showed. Tests carry the name in front of their \
                sentence; trials with real processes are in `Tests/Faults`.
                """,
            what: "fault",
            entries: Self.knownFaults
        )
    }

    private static let knownFaults = [
        Entry(
            ids: ["C3-1"],
            what: "after some minutes apart, nodes lack each other's requests and votes for ever",
            answer:
                "peers compare their logs by ranges of time until they agree (ADR 0035)",
            trials: ["partition"]
        ),
        Entry(
            ids: ["C1-1"],
            what: "one accepted message fits into no answer, and blocks sync everywhere",
            answer:
                "admission is stricter than the frame that carries a message; a page leaves out what it cannot carry, and goes on"
        ),
        Entry(
            ids: ["C3-2"],
            what: "one stranger fills the disks of the network",
            answer:
                "budgets in bytes and number for every identity and for strangers together (ADR 0037); room is kept for governance and own messages (ADR 0029)",
            trials: [
                "flood-of-large-posts-is-bounded", "flood-of-small-posts-is-bounded",
                "flood-leaves-the-operator-room",
            ]
        ),
        Entry(
            ids: ["C3-3"],
            what: "a node cannot start on a log that it took in",
            answer:
                "batches of a replay are bounded in bytes"
        ),
        Entry(
            ids: ["C4-1", "C3-6"],
            what: "a clock that is corrected while the node runs makes it deaf",
            answer:
                "a jump is noticed within a second and told, and the subsystems are rebuilt from the log (ADR 0033)",
            trials: ["clock-back-by-an-hour", "clock-forth-by-a-day"]
        ),
        Entry(
            ids: ["C4-2"],
            what: "a message right after the start reaches nobody",
            answer:
                "own messages are sent again to peers that authenticate; receivers keep a few of who is being authenticated"
        ),
        Entry(
            ids: ["C2-4"],
            what: "nodes of another network take part and are counted",
            answer:
                "the description's hash is exchanged in authentication; others are refused by name and never counted"
        ),
        Entry(
            ids: ["C1-5"],
            what: "strangers' announcements use up the proofs that are checked in a day",
            answer:
                "those heard and those of who connects have bounds of their own"
        ),
        Entry(
            ids: ["C1-4"],
            what: "one operator holds more than a quarter of the connections",
            answer:
                "the cap looks at all connections, counts identities, and closes what is too much"
        ),
        Entry(
            ids: ["C2-2"],
            what: "the token is sent to whoever took the port of a node that stopped",
            answer:
                "the port's file goes with the node, and the server proves itself before it is told the token"
        ),
        Entry(
            ids: ["C2-3"],
            what: "a proxy of the environment gets the token",
            answer:
                "the command line speaks to its node directly, whatever the environment says"
        ),
        Entry(
            ids: ["C4-3", "C3-9"],
            what: "half-sent requests of a local user without a token take every descriptor",
            answer:
                "time limits for headers and bodies, a cap on connections, descriptors kept for the rest",
            trials: ["half-open-requests"]
        ),
        Entry(
            ids: ["C3-10"],
            what: "a body without end is read for ever",
            answer:
                "a connection ends at a bound, before and after the token is known"
        ),
        Entry(
            ids: ["C3-4"],
            what: "a key that runs twice is not noticed",
            answer:
                "another process that proves the node's key is told; an own message that the log does not hold is told, and nothing more is signed (ADR 0039)"
        ),
        Entry(
            ids: ["C1-6"],
            what: "flags and assessments of a revoked key stay",
            answer:
                "a revocation voids them like votes"
        ),
        Entry(
            ids: ["C3-5"],
            what: "an upload is acknowledged before it is durable, or although it was refused",
            answer:
                "the answer comes after the commit and names the message",
            trials: ["times-at-the-answer"]
        ),
        Entry(
            ids: ["C3-7"],
            what: "flipped bits in an index give peers an incomplete history, or end the node",
            answer:
                "the log is checked before it is mapped, and rebuilt from its records (ADR 0028)",
            trials: ["damage"]
        ),
        Entry(
            ids: ["C3-8"],
            what: "flipped bits in a meta page lose the last commit without a word",
            answer:
                "the last commit is known a second time beside the log (ADR 0028)",
            trials: ["damage"]
        ),
        Entry(
            ids: ["C3-11"],
            what: "a damaged artefact is handed out",
            answer:
                "it is verified on the way out, told, and fetched again"
        ),
        Entry(
            ids: ["C3-12"],
            what: "a request that was answered with no is written later",
            answer:
                "an answer is final (ADR 0029)"
        ),
        Entry(
            ids: ["C1-8"],
            what: "parallel answers pass the bytes that a peer may have in a minute",
            answer:
                "what a page may hold is reserved before it is read; the window rolls"
        ),
        Entry(
            ids: ["C1-11"],
            what: "assessments that are a little older than their message go unheard",
            answer:
                "assessments of any age are heard, and change no past vote (ADR 0038)"
        ),
        Entry(
            ids: ["C1-12"],
            what: "an adoption before its proposal pays, one after it does not",
            answer:
                "both end alike in every order"
        ),
        Entry(
            ids: ["C1-3"],
            what: "a node that is syncing proposes and comments",
            answer:
                "it says `not_synced`, to be tried again"
        ),
        Entry(
            ids: ["C2-1"],
            what: "nobody can read what is voted on",
            answer:
                "the bytes are read from the proposal itself, by everybody, before the decision"
        ),
        Entry(
            ids: ["C2-5"],
            what: "the log says nothing of the network",
            answer:
                "peers, sync, refusals, other networks and the clock are told"
        ),
        Entry(
            ids: ["C2-6"],
            what: "bootstrap nodes fail without a reason that people see",
            answer:
                "the step that failed is told, with what to try"
        ),
        Entry(
            ids: ["C2-7"],
            what: "a clock that is far off leaves a node alone without a reason",
            answer:
                "the dates of the handshake tell, and the node says so"
        ),
        Entry(
            ids: ["C2-8"],
            what: "the status lacks what an operator asks first",
            answer:
                "version, uptime, addresses, network, reachability, clock and disk are there; the key is shown before the first run"
        ),
        Entry(
            ids: ["C2-10"],
            what: "a title of megabytes makes every list megabytes",
            answer:
                "the own API refuses absurd texts, and lists carry no bodies"
        ),
        Entry(
            ids: ["C2-11"],
            what: "reasons of votes, comments on requests and half of a proposal are shown nowhere",
            answer:
                "they are shown"
        ),
        Entry(
            ids: ["C2-13"],
            what: "reasons that read as their opposite, or not at all",
            answer:
                "plain sentences with dates"
        ),
        Entry(
            ids: ["C2-14", "C4-4"],
            what: "a second signal kills, a hang-up kills, children outlive their parent",
            answer:
                "one signal in a second counts once, a hang-up drains, children end with their parent"
        ),
        Entry(
            ids: ["C2-15", "C4-6"],
            what: "an empty variable of the environment puts the key into the root folder",
            answer:
                "empty is unset, relative is ignored, the first of a list is taken"
        ),
        Entry(
            ids: ["C2-16"],
            what: "a damaged or newer database ends in an assertion, or is overwritten",
            answer:
                "a clear message, and nothing is written"
        ),
        Entry(
            ids: ["C2-17"],
            what: "one letter with a million marks passes the cut of a title",
            answer:
                "texts are cut by bytes, too"
        ),
        Entry(
            ids: ["C2-18"],
            what: "unknown keys are shown as if they were known",
            answer:
                "they are said to be unknown; every spelling that is shown is accepted"
        ),
        Entry(
            ids: ["C2-20", "C4-7"],
            what: "a command that fails under `--json` prints no JSON",
            answer:
                "one object with code, detail and what to do next"
        ),
        Entry(
            ids: ["C4-5"],
            what: "an endless or huge input is read to its end",
            answer:
                "it is refused by size and kind before it is read, and streamed"
        ),
        Entry(
            ids: ["C3-13"],
            what: "uploads at once take their sum in memory",
            answer:
                "they are streamed to disk"
        ),
        Entry(
            ids: ["C4-8"],
            what: "`Expect: 100-continue` is met with silence",
            answer:
                "it is answered at once"
        ),
        Entry(
            ids: ["C4-9"],
            what: "the scheme `bearer` in lower case is refused without a challenge",
            answer:
                "every case is accepted; a refusal names the scheme"
        ),
        Entry(
            ids: ["C4-10"],
            what: "a node does not start on a full disk",
            answer:
                "it starts, reads, and says that it cannot write"
        ),
        Entry(
            ids: ["C4-11"],
            what:
                "a clock that is slow within the tolerance makes one node alone count a late vote",
            answer:
                "a late own vote is refused by the peers' time, decisions wait for slow clocks, and an offset is told before and with what is signed near a deadline (ADR 0034)",
            trials: ["clock-behind-near-a-deadline"]
        ),
        Entry(
            ids: ["C3-14"],
            what: "two Host headers, a port that is none, a token of two characters pass",
            answer:
                "they are refused"
        ),
        Entry(
            ids: ["C1-14"],
            what: "many values in a small unknown member are called malformed",
            answer:
                "limits follow bytes"
        ),
        Entry(
            ids: ["C1-15"],
            what:
                "small rules that were not kept: decisions without quorum, budgets by key, cursors of the future, frozen accounts, new lives",
            answer:
                "each as its rule says"
        ),
        Entry(
            ids: ["C1-19"],
            what: "cases of test vectors whose shape no runner knows",
            answer: "they are committed and run, and an unknown shape fails"
        ),
        Entry(
            ids: ["C2-21"],
            what: "a newcomer may do little, for long, and is promised more",
            answer:
                "the README says what a newcomer may do, what brings weight and how long it takes"
        ),
        Entry(
            ids: ["C1-17"],
            what: "too few checkpoints are refused as out of order",
            answer:
                "the reason is the right one"
        ),
    ]
}
