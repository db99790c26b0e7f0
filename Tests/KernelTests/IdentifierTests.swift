import Testing

@testable import Kernel

@Suite("Names and numbers of the kernel")
struct IdentifierTests {
    @Test("names are ordered by bytes, not by what a language thinks of them")
    func names() {
        let names: [SubsystemName] = ["b", "a", "B", "ab", "Z", "a"]
        #expect(names.sorted() == ["B", "Z", "a", "a", "ab", "b"])
        #expect("\(names[2])" == "B")
        #expect(SubsystemName(rawValue: "Gossip") == "Gossip")
    }

    @Test(
        "an envelope's number tells the seat, and whether a device sent it",
        arguments: [
            (0, false, "0-0"), (0, true, "0-d0"), (3, false, "3-0"), (65_535, true, "65535-d0"),
        ]
            as [(UInt16, Bool, String)]
    )
    func envelopes(seat: UInt16, isFromDevice: Bool, text: String) {
        let id = EnvelopeID.first(of: SubsystemID(rawValue: seat), isFromDevice: isFromDevice)
        #expect(id.description == text)
        #expect(
            EnvelopeID(rawValue: id.rawValue + 17).description == String(text.dropLast()) + "17"
        )
    }

    @Test("the signals of devices, handlers and seats never share a number")
    func ranges() {
        let first = (0..<3).flatMap { seat in
            [false, true].map {
                EnvelopeID.first(of: SubsystemID(rawValue: seat), isFromDevice: $0).rawValue
            }
        }
        #expect(first == first.sorted())
        for (low, high) in zip(first, first.dropFirst()) { #expect(high - low == 1 << 47) }
    }

    @Test("a header is one line: what, from whom to whom, and why")
    func header() {
        func header(_ cause: EnvelopeID?) -> EnvelopeHeader {
            EnvelopeHeader(
                id: EnvelopeID(rawValue: 1 << 48 | 4),
                cause: cause,
                sender: "Verification",
                receiver: "Consensus",
                message: "Judge",
                sentAt: Moment(nanoseconds: 0)
            )
        }
        #expect(header(nil).description == "1-4 Judge: Verification -> Consensus")
        #expect(
            header(EnvelopeID(rawValue: 9)).description
                == "1-4 Judge: Verification -> Consensus, because of 0-9"
        )
    }

    @Test(
        "messages are called what the source calls them, without module and place",
        arguments: [
            ("Kernel.Ping", "Ping"), ("Sync.Page.Reply", "Page.Reply"),
            ("Tests.(unknown context at $7f00).Local", "Local"),
            ("Tests.Outer.(unknown context at $7f00).Inner", "Outer.Inner"),
            ("Messages.Box<Swift.Int>", "Box<Swift.Int>"),
        ]
    )
    func readableNames(reflected: String, name: String) {
        #expect(Blueprint.Topic.readableName(reflected) == name)
    }

    @Test("a fault says where it happened, why, and what led there")
    func faults() {
        let header = EnvelopeHeader(
            id: EnvelopeID(rawValue: 1),
            cause: nil,
            sender: "A",
            receiver: "B",
            message: "Go",
            sentAt: Moment(nanoseconds: 0)
        )
        let fault = Fault(
            subsystem: "B",
            message: "Go",
            envelope: header.id,
            causeChain: [header],
            reason: "no"
        )
        #expect("\(fault)" == "B failed handling Go: no\n  0-1 Go: A -> B")
        let wake = Fault(
            subsystem: "B",
            message: nil,
            envelope: nil,
            causeChain: [],
            reason: "late"
        )
        #expect("\(wake)" == "B failed in its wake handler: late")
    }
}

@Suite("Randomness of the kernel")
struct EntropyTests {
    /// The first numbers of SplitMix64 for the seed 1234567, as its authors' code gives them.
    private static let known: [UInt64] = [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]

    @Test("a seed gives the stream of SplitMix64")
    func known() {
        let source = SeededEntropy(seed: 1_234_567)
        #expect((0..<5).map { _ in source.next() } == Self.known)
    }

    @Test("equal seeds give equal streams, others other ones; the system's never repeats")
    func streams() {
        func stream(_ seed: UInt64) -> [UInt64] {
            let source = SeededEntropy(seed: seed)
            return (0..<8).map { _ in source.next() }
        }
        #expect(stream(5) == stream(5))
        #expect(stream(5) != stream(6))
        let system = SystemEntropy()
        #expect(Set((0..<64).map { _ in system.next() }).count == 64)
    }
}

@Suite("Durations in nanoseconds")
struct DurationTests {
    @Test(
        "they are cut to what 64 bits hold, and parts of a nanosecond are left out",
        arguments: [
            (.zero, 0), (.nanoseconds(-7), -7), (.milliseconds(3), 3_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000), (.seconds(9_223_372_037), .max),
            (.seconds(-9_223_372_037), .min),
        ] as [(Duration, Int64)]
    )
    func saturated(duration: Duration, nanoseconds: Int64) {
        #expect(duration.saturatedNanoseconds == nanoseconds)
    }
}
