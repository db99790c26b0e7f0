extension EvidenceTable {
    /// Attacks on the transport, on sync and on the storage market that others suffered or that we
    /// expect, with the tests that try them.
    static func threats() throws -> EvidenceTable {
        try EvidenceTable(
            title: "Known attacks on the transport, on sync and on the storage market",
            introduction: """
                Advisories on libp2p stacks and on what they are made of, and threats that we expect \
                (T). The tests carry the name in front of their sentence.
                """,
            what: "attack",
            entries: Self.knownAttacks
        )
    }

    private static let knownAttacks = [
        Entry(
            ids: ["CVE-2022-23492", "CVE-2022-23486", "CVE-2022-23487", "RUSTSEC-2022-0084"],
            what: "connections, streams or buffers without end",
            answer: "one manager with limits for a peer, an address and all (ADR 0010)"
        ),
        Entry(
            ids: ["CVE-2026-33040", "CVE-2026-34219"],
            what: "a PRUNE whose back-off overflows the clock",
            answer: "times are added with saturation, and no back-off lasts longer than a bound"
        ),
        Entry(
            ids: ["CVE-2026-46679"],
            what: "hundreds of thousands of subscriptions in one frame",
            answer: "topics that are not ours are remembered by the dozen"
        ),
        Entry(
            ids: ["gossipsub 0.50"],
            what: "control messages that decode into many times their size",
            answer: "their bytes are bounded before they are decoded"
        ),
        Entry(
            ids: ["CVE-2026-31814"],
            what: "window credit that overflows",
            answer: "credit is added with a check; too much ends the session"
        ),
        Entry(
            ids: ["CVE-2026-32314"],
            what: "more data with SYN than a new stream may hold",
            answer: "the frame is judged before there is a stream"
        ),
        Entry(
            ids: ["CVE-2024-32984"],
            what: "answers that nobody reads pile up",
            answer: "what waits is bounded; the session ends"
        ),
        Entry(
            ids: ["specs#553"],
            what: "mplex, which has no flow control",
            answer: "it is not spoken; a peer that knows nothing else is refused with an answer"
        ),
        Entry(
            ids: ["CVE-2023-39533"],
            what: "large RSA keys in the handshake",
            answer: "only Ed25519 keys are taken; others are refused by their type"
        ),
        Entry(
            ids: ["CVE-2023-40583"],
            what: "address books that grow with every name",
            answer: "a bounded table in which proven peers stay"
        ),
        Entry(
            ids: ["RUSTSEC-2019-0004"],
            what: "handshake signatures that are not looked at",
            answer: "signature, key and peer id must belong together"
        ),
        Entry(
            ids: ["RUSTSEC-2022-0009"],
            what: "records that speak in another peer's name",
            answer: "identify is believed about the connection's own key alone"
        ),
        Entry(
            ids: ["RUSTSEC-2024-0011"],
            what: "a forged packet moves the nonce on",
            answer: "a packet that does not open ends the session"
        ),
        Entry(
            ids: ["RUSTSEC-2022-0093"],
            what: "a public key that is not the secret key's own",
            answer: "the public key is derived, and a file that disagrees is refused"
        ),
        Entry(
            ids: ["RUSTSEC-2020-0068"],
            what: "foreign bytes that make a parser trap",
            answer: "no forced unwrapping (lint), property tests, and a fuzzer for every decoder"
        ),
        Entry(
            ids: ["RUSTSEC-2024-0012"],
            what: "nesting that exhausts the stack",
            answer: "depth is bounded in the scanner"
        ),
        Entry(
            ids: ["RUSTSEC-2024-0003", "RUSTSEC-2026-0185", "RUSTSEC-2026-0258"],
            what: "streams opened and reset, or empty frames, without end",
            answer: "frames and resets are counted, not bytes alone"
        ),
        Entry(
            ids: ["T4"],
            what: "eclipse: all neighbours belong to one attacker",
            answer: "outbound peers keep their places; anchors survive a restart (ADR 0018)"
        ),
        Entry(
            ids: ["T15"],
            what: "messages of unknown types, fields or spellings without end",
            answer: "ten an hour for a sender, senders bounded, one spelling of a message"
        ),
        Entry(
            ids: ["T16"],
            what: "messages again, after they were forgotten as known",
            answer: "the log knows them, and a state machine that hears them again does not change"
        ),
        Entry(
            ids: ["T17"],
            what: "somebody else's challenge is passed on to be answered",
            answer: "a challenge is signed in the name of the channel's own peer alone (D-09)"
        ),
        Entry(
            ids: ["open relay"],
            what: "a relay that carries anything for anybody, or relays of relays",
            answer: "reservations and circuits are bounded in number, time and bytes (ADR 0015)"
        ),
        Entry(
            ids: ["dial-back"],
            what: "a host is made to dial third parties, or itself for ever",
            answer: "only the public address that the asker comes from is dialled (ADR 0016)"
        ),
        Entry(
            ids: ["mDNS spoofing"],
            what: "forged answers on the local network",
            answer: "finds are hearsay of the lowest rank, private addresses alone (ADR 0018)"
        ),
        Entry(
            ids: ["T18"],
            what: "slow, half-open and silent peers; floods of PRUNE, IHAVE, IWANT, pings",
            answer: "time limits at every stage, budgets for every heartbeat (ADR 0011)"
        ),
        Entry(
            ids: ["T8"],
            what: "flags that are to take an artefact or its author away",
            answer: "one of an identity that has a score, three networks, own databases (ADR 0049)"
        ),
        Entry(
            ids: ["T9"],
            what: "copies that are fetched when asked for, lack a part, or are passed by a friend",
            answer: "random windows, delay beside a question, several validators (ADR 0048)"
        ),
        Entry(
            ids: ["T10"],
            what: "copies for less rent: notices left out, late, early, twice; a second key",
            answer: "misses are the artefact's, grace shortens, rent waits for notices (ADR 0048)"
        ),
        Entry(
            ids: ["T11"],
            what: "snapshots that several publishers forged together, or that are old or too few",
            answer: "they are a check alone, and two others are heard before it counts (ADR 0069)"
        ),
        Entry(
            ids: ["T12"],
            what: "hundreds of nodes that come back at one moment",
            answer: "jitter before a sync, and an allowance for everybody at each server (ADR 0063)"
        ),
        Entry(
            ids: ["T13"],
            what: "clocks that are off, time servers and peers that lie about the time",
            answer: "medians that no single voice moves; clocks are told of, never set (ADR 0066)"
        ),
        Entry(
            ids: ["T19"],
            what: "peers that relay some messages and hold back others, such as votes",
            answer: "logs are compared in every cycle of incremental sync (ADR 0035)"
        ),
        Entry(
            ids: ["T20"],
            what: "words of peers that choose paths, move cursors or pass for the node's own",
            answer: "files are named by hash and checked first; texts are set in and made visible"
        ),
    ]
}
