/// Attacks on the transport that others suffered or that we expect, with the tests that try them.
struct ThreatTable {
    private struct Threat {
        /// Advisories or threats by name; tests carry one of them in front of their sentence.
        let ids: [String]
        let attack: String
        let answer: String
    }

    private static let threats = [
        Threat(
            ids: ["CVE-2022-23492", "CVE-2022-23486", "CVE-2022-23487", "RUSTSEC-2022-0084"],
            attack: "connections, streams or buffers without end",
            answer: "one manager with limits for a peer, an address and all (ADR 0010)"
        ),
        Threat(
            ids: ["CVE-2026-33040", "CVE-2026-34219"],
            attack: "a PRUNE whose back-off overflows the clock",
            answer: "times are added with saturation, and no back-off lasts longer than a bound"
        ),
        Threat(
            ids: ["CVE-2026-46679"],
            attack: "hundreds of thousands of subscriptions in one frame",
            answer: "topics that are not ours are remembered by the dozen"
        ),
        Threat(
            ids: ["gossipsub 0.50"],
            attack: "control messages that decode into many times their size",
            answer: "their bytes are bounded before they are decoded"
        ),
        Threat(
            ids: ["CVE-2026-31814"],
            attack: "window credit that overflows",
            answer: "credit is added with a check; too much ends the session"
        ),
        Threat(
            ids: ["CVE-2026-32314"],
            attack: "more data with SYN than a new stream may hold",
            answer: "the frame is judged before there is a stream"
        ),
        Threat(
            ids: ["CVE-2024-32984"],
            attack: "answers that nobody reads pile up",
            answer: "what waits is bounded; the session ends"
        ),
        Threat(
            ids: ["specs#553"],
            attack: "mplex, which has no flow control",
            answer: "it is not spoken; a peer that knows nothing else is refused with an answer"
        ),
        Threat(
            ids: ["CVE-2023-39533"],
            attack: "large RSA keys in the handshake",
            answer: "only Ed25519 keys are taken; others are refused by their type"
        ),
        Threat(
            ids: ["CVE-2023-40583"],
            attack: "address books that grow with every name",
            answer: "a bounded table in which proven peers stay"
        ),
        Threat(
            ids: ["RUSTSEC-2019-0004"],
            attack: "handshake signatures that are not looked at",
            answer: "signature, key and peer id must belong together"
        ),
        Threat(
            ids: ["RUSTSEC-2022-0009"],
            attack: "records that speak in another peer's name",
            answer: "identify is believed about the connection's own key alone"
        ),
        Threat(
            ids: ["RUSTSEC-2024-0011"],
            attack: "a forged packet moves the nonce on",
            answer: "a packet that does not open ends the session"
        ),
        Threat(
            ids: ["RUSTSEC-2022-0093"],
            attack: "a public key that is not the secret key's own",
            answer: "the public key is derived, and a file that disagrees is refused"
        ),
        Threat(
            ids: ["RUSTSEC-2020-0068"],
            attack: "foreign bytes that make a parser trap",
            answer: "no forced unwrapping (lint), property tests, and a fuzzer for every decoder"
        ),
        Threat(
            ids: ["RUSTSEC-2024-0012"],
            attack: "nesting that exhausts the stack",
            answer: "depth is bounded in the scanner"
        ),
        Threat(
            ids: ["RUSTSEC-2024-0003", "RUSTSEC-2026-0185", "RUSTSEC-2026-0258"],
            attack: "streams opened and reset, or empty frames, without end",
            answer: "frames and resets are counted, not bytes alone"
        ),
        Threat(
            ids: ["T4"],
            attack: "eclipse: all neighbours belong to one attacker",
            answer: "outbound peers keep their places; anchors survive a restart (ADR 0018)"
        ),
        Threat(
            ids: ["T15"],
            attack: "messages of unknown types, fields or spellings without end",
            answer: "ten an hour for a sender, senders bounded, one spelling of a message"
        ),
        Threat(
            ids: ["T16"],
            attack: "messages again, after they were forgotten as known",
            answer: "the log knows them, and a state machine that hears them again does not change"
        ),
        Threat(
            ids: ["T17"],
            attack: "somebody else's challenge is passed on to be answered",
            answer: "a challenge is signed in the name of the channel's own peer alone (D-09)"
        ),
        Threat(
            ids: ["open relay"],
            attack: "a relay that carries anything for anybody, or relays of relays",
            answer: "reservations and circuits are bounded in number, time and bytes (ADR 0015)"
        ),
        Threat(
            ids: ["dial-back"],
            attack: "a host is made to dial third parties, or itself for ever",
            answer: "only the public address that the asker comes from is dialled (ADR 0016)"
        ),
        Threat(
            ids: ["mDNS spoofing"],
            attack: "forged answers on the local network",
            answer: "finds are hearsay of the lowest rank, private addresses alone (ADR 0018)"
        ),
        Threat(
            ids: ["T18"],
            attack: "slow, half-open and silent peers; floods of PRUNE, IHAVE, IWANT, pings",
            answer: "time limits at every stage, budgets for every heartbeat (ADR 0011)"
        ),
    ]

    private let lines: [(threat: Threat, tests: [String])]

    init() throws {
        let named = try NamedTests()
        self.lines = Self.threats.map { threat in
            (threat, Set(threat.ids.flatMap { named.naming($0) }).sorted())
        }
    }

    /// Threats that no test names.
    var open: [String] {
        self.lines.filter(\.tests.isEmpty).map { $0.threat.ids.joined(separator: ", ") }
    }

    /// The table as `docs/threats.md` shows it.
    var markdown: String {
        var text = """
            # Known attacks on the transport

            Made by `make conformance`. Advisories on libp2p stacks and on what they are made of, and \
            threats that we expect (T). The tests carry the name in front of their sentence.

            | attack | names | answer | tried by |
            |---|---|---|---|

            """
        for (threat, tests) in self.lines {
            text += "| \(threat.attack) | \(threat.ids.joined(separator: ", ")) | \(threat.answer) "
            text += "| \(tests.map(ConformanceTable.escaped).joined(separator: "<br>")) |\n"
        }
        return text
    }
}
