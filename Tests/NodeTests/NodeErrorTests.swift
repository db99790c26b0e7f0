import Kernel
import Primitives
import Testing

@testable import Node

@Suite("Why a node does not start, in words")
struct NodeErrorTests {
    /// Every reason, with what its text must hold: what is wrong, and what to do.
    private static let all: [(NodeError, [String])] = [
        (.notInitialised(path: "/d"), ["no node in /d", "valence-node init --data-dir /d"]),
        (.alreadyInitialised(path: "/d"), ["exists in /d", "valence-node run --data-dir /d"]),
        (.noToken(path: "/d"), ["no API token in /d", "keeps the key"]),
        (.tooOpen(path: "/d/t"), ["read by others", "chmod 600 /d/t"]),
        (.weakToken(path: "/d/t", need: 32), ["/d/t", "32 visible", "valence-node init"]),
        (.foreignSocket(path: "/d/run"), ["another user", "chmod 700 /d/run"]),
        (.tooFewDescriptors(have: 64, need: 256), ["64 files", "at least 256", "ulimit -n"]),
        (
            .newerDirectory(path: "/d", version: 9, needs: "0.8.0", writtenBy: "0.9.1", reads: 2),
            [
                "/d has version 9, made by valence-node 0.9.1", "up to 2",
                "install valence-node 0.8.0",
            ]
        ),
        (
            .olderDirectory(path: "/d", version: 1),
            ["/d has version 1", "valence-node run --data-dir /d"]
        ),
        (
            .noRoomToUpgrade(path: "/d", need: 7, free: 5),
            ["upgrade of /d", "7 bytes more", "the disk has 5", "make room", "Nothing was changed"]
        ),
        (
            .upgradeFailed(path: "/d", cause: "c"),
            ["/d could not be upgraded: c", "Nothing was changed", "report it"]
        ),
        (.unusableFolder(path: "/d", cause: "c"), ["/d cannot hold a node: c", "--data-dir"]),
        (.inUse(path: "/d", process: 17), ["runs in /d (pid 17)", "its own --data-dir"]),
        (.inUse(path: "/d", process: nil), ["(pid unknown)"]),
        (.file(path: "/d/f", cause: "c"), ["/d/f: c"]),
        (
            .invalidNetwork(path: "/n", cause: "c"),
            ["/n is not valid: c", "valence-node genesis new"]
        ),
        (
            .otherNetwork(path: "/d/network.hash", joined: "aa", described: "bb"),
            ["hash `aa`", "hash `bb`", "remove /d/network.hash", "keeps its key"]
        ),
        (
            .otherNetwork(path: "/p", joined: "none", described: "bb"),
            ["without a description", "heard others", "hash `bb`"]
        ),
        (
            .otherNetwork(path: "/p", joined: "aa", described: "none"),
            ["hash `aa`", "run without --genesis"]
        ),
        (.noLogFile(cause: "c"), ["no log of a node: c", "valence-node export"]),
        (
            .foreignLog(named: "aa", described: "bb"),
            ["log of one in the network with the hash `aa`", "hash `bb`", "--genesis"]
        ),
        (.foreignLog(named: "none", described: "bb"), ["log of a node without a description"]),
        (.invalidAddress("x", cause: "c"), ["`x` is not a usable address: c", "/ip4/"]),
        (.invalidDomain("x y"), ["`x y` is not the name of a domain", "example.org"]),
        (
            .shortDays,
            ["24 hours in all profiles but local", "--market-day-seconds", "--profile local"]
        ),
        (.directPeerWithoutKey("/ip4/1"), ["`/ip4/1` has no key", "/p2p/12D3Koo"]),
        (.log(cause: "c"), ["c"]),
        (.topology(cause: "c"), ["do not fit together: c", "Topology.swift"]),
        (.cannotListen(cause: "c"), ["c; choose another address with --listen", "port 0"]),
        (.cannotServe(cause: "c"), ["c"]),
        (.tooManyFaults(last: "f"), ["three faults within a minute", "f", "report it"]),
    ]

    @Test("every reason names what is wrong and the next step", arguments: 0..<31)
    func text(index: Int) {
        #expect(Self.all.count == 31)
        let (error, parts) = Self.all[index]
        for part in parts { #expect(error.description.contains(part), "\(error)") }
    }

    @Test("none of them says `none`, which is no word for people")
    func noNone() {
        for (error, _) in Self.all { #expect(!error.description.contains("`none`"), "\(error)") }
    }
}

@Suite("Bounds of a node's start")
struct StartBoundTests {
    @Test(
        "each door of the API may have an eighth of the descriptors, and 256 at most",
        arguments: [(0, 0), (7, 0), (256, 32), (1_024, 128), (2_048, 256), (.max, 256)]
            as [(UInt64, Int)]
    )
    func doors(descriptors: UInt64, connections: Int) {
        #expect(Descriptors.apiConnections(of: descriptors) == connections)
    }

    @Test("this process has as many descriptors as a node needs")
    func descriptors() throws {
        let count = try Descriptors.prepare()
        #expect(count >= DirectoryLimits.descriptorsMin)
        #expect(try Descriptors.prepare() == count, "asking again changes nothing")
    }

    @Test("three jumps go without a pause, each further one within ten minutes waits a minute")
    func pauses() {
        var pauses = JumpPauses()
        func pause(at seconds: Int64) -> Duration? {
            pauses.pause(afterJumpAt: Moment(milliseconds: seconds * 1_000))
        }
        #expect([0, 1, 2].map { pause(at: $0) } == [nil, nil, nil])
        #expect(pause(at: 3) == .seconds(60))
        #expect(pause(at: 601) == .seconds(60), "three of the last ten minutes")
        #expect(pause(at: 1_203) == nil)
    }

    @Test(
        "two faults in a minute are survived, the third is not, and a minute later is another one"
    )
    func faults() {
        var budget = FaultBudget()
        let first = [0, 60].map { budget.note(at: Moment(milliseconds: $0 * 1_000)) }
        #expect(first == [true, true])
        let third = budget.note(at: Moment(milliseconds: 60_000))
        #expect(!third, "a minute is still the minute")
        var other = FaultBudget()
        let calm = [0, 30_000, 60_001].map { other.note(at: Moment(milliseconds: $0)) }
        #expect(calm == [true, true, true])
    }

    @Test("ports are kept only where any free one was asked for, and only for one address")
    func ports() {
        func listen(_ listen: [String], after first: [String]) -> [String] {
            let configuration = NodeConfiguration(
                dataDirectory: DataDirectory(path: "/"),
                listen: listen
            )
            return KeptPorts(listen: first, api: 7).applied(to: configuration).listen
        }
        let first = ["/ip6/::1/tcp/99/p2p/x", "/ip4/1.2.3.4/tcp/1"]
        #expect(listen(["/ip6/::1/tcp/0"], after: first) == ["/ip6/::1/tcp/99"])
        #expect(listen(["/ip6/::1/tcp/0"], after: []) == ["/ip6/::1/tcp/0"])
        #expect(listen(["/ip6/::1/tcp/0"], after: ["/ip6/::1/udp/4"]) == ["/ip6/::1/tcp/0"])
        #expect(listen([], after: first).isEmpty)
        #expect(listen(["/ip4/0.0.0.0/tcp/10"], after: first) == ["/ip4/0.0.0.0/tcp/10"])
    }
}

@Suite("D-25: numbers of autonomous systems as people write them")
struct OperatorNumberTests {
    @Test(
        "with AS in front or without, from 1 to the largest of 32 bits",
        arguments: [
            ("1", 1), ("AS1", 1), ("4294967295", .max), ("0", nil), ("AS0", nil), ("", nil),
            ("AS", nil), ("4294967296", nil), ("+1", nil), ("AS+1", nil), ("-1", nil), ("as1", nil),
            ("1 ", nil), ("0x1", nil), ("007", 7),
        ] as [(String, UInt32?)]
    )
    func numbers(text: String, number: UInt32?) {
        #expect(OperatorTable.number(text) == number)
    }

    @Test("a table of none is one, and what is only remarks is none")
    func empty() throws {
        let empty = try OperatorTable(file: "f", [])
        let remarks = try OperatorTable(file: "f", Array("# a\n\n   \n#b 1\n".utf8))
        #expect(empty.count == 0 && remarks.count == 0)
        #expect(empty.hash != remarks.hash, "the hash is that of the file")
    }

    @Test("prefixes in a description are one table in every order")
    func inline() throws {
        let entries = [
            OperatorTable.Entry(prefix: "8.8.8.0/24", number: 2),
            OperatorTable.Entry(prefix: "8.0.0.0/8", number: 1),
        ]
        let one = try OperatorTable(inline: entries)
        let other = try OperatorTable(inline: entries.reversed())
        #expect(one == other && one.hash == other.hash && one.count == 2)
        let changed = try OperatorTable(inline: [entries[0]])
        #expect(changed.hash != one.hash)
    }
}
