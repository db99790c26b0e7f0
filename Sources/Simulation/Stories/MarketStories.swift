import Messages
import Primitives

// Who lives in the towns of the stories (ADR 0051).
extension TownPlan {
    /// Bytes.
    static let megabyte: Int64 = 1_000_000

    /// Founders who ask for copies and propose what they had copied; others live from what they want.
    mutating func addAuthors(_ count: Int, wanting megabytes: Int64 = 160) {
        self.add("author", count, founding: 700_000) { habits in
            habits.wants = megabytes * Self.megabyte
            habits.proposals = 1
            habits.adopts = true
        }
    }

    /// Newcomers who keep copies for others and adopt what is proposed.
    mutating func addProviders(
        _ role: String,
        _ count: Int,
        offering megabytes: Int64 = 240,
        _ change: (inout Habits) -> Void = { _ in }
    ) {
        self.add(role, count) { habits in
            habits.offers = megabytes * Self.megabyte
            habits.adopts = true
            change(&habits)
        }
    }
}

extension Story {
    /// §6, D-36, D-63: what newcomers earn in a year by keeping copies for others, and who does not.
    public static let providerYear = Story(
        "provider-year",
        "Newcomers rise to 0.3 within a month by keeping copies for others; free riders do not.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(7)
            plan.addProviders("provider", 8)
            plan.addProviders("late provider", 2) { $0.arrives = 120 }
            plan.add("free rider", 3)
            return plan
        }()
    ) { town in
        town.step("Seven founders want copies, eight newcomers keep them, three do nothing")
        try await town.pass(untilDay: 30)
        try town.expectClimb(of: "provider", within: 30)
        try town.expectNoClimb(of: "free rider", by: 30)
        try town.expectConservation()
        town.step(
            "Two more newcomers come on day 120, when others have room for all that is wanted"
        )
        try await town.pass(untilDay: 120)
        try town.expectMore("provider", than: "free rider")
        town.step("The year ends")
        try await town.pass(untilDay: 365)
        try town.expectConservation()
        town.tellFigures()
    }

    /// D-64: who misses a challenge a week, and who never keeps what it promised.
    public static let homeUserYear = Story(
        "home-user-year",
        "A home user who misses a challenge a week still rises; who abandons copies is worse off than idle.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(7)
            plan.addProviders("provider", 5)
            plan.addProviders("home user", 4) { habits in
                habits.absence = .weekly(fromHour: 18, hours: 4)
            }
            plan.addProviders("abandoner", 3) { $0.keepsCopies = false }
            plan.add("free rider")
            return plan
        }()
    ) { town in
        town.step("Home users are away for four hours a week, abandoners keep nothing")
        try await town.pass(untilDay: 90)
        try town.expectMore("provider", than: "home user")
        try town.expectMore("home user", than: "free rider")
        try town.expectConservation()
        for day in [180, 292, 365] {
            town.step("Day \(day) comes")
            try await town.pass(untilDay: day)
            try town.expectGain(of: "home user")
            try town.expectNoMore("abandoner", than: "free rider")
            try town.expectConservation()
        }
        town.tellFigures()
    }

    /// T9, T10: what one wins who lies together with others, or keeps one's own content.
    public static let cartel = Story(
        "cartel",
        "A cartel of providers and validators, and a Sybil host, earn no more than honest work.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(7)
            plan.addProviders("provider", 6)
            plan.addProviders("cartel", 3) { habits in
                habits.keepsCopies = false
                habits.ring = "cartel"
            }
            plan.add("Sybil author", founding: 700_000) { habits in
                habits.wants = 160 * TownPlan.megabyte
                habits.proposals = 1
                habits.ring = "Sybils"
                habits.keepsToFriends = true
            }
            plan.addProviders("Sybil", 3) { habits in
                habits.ring = "Sybils"
                habits.keepsToFriends = true
                habits.keepsCopies = false
            }
            return plan
        }()
    ) { town in
        town.step("Three attest copies that they do not have; one has content kept by its own keys")
        // Later providers have all that anybody can have, so that nobody could be found above them.
        for day in [30, 90, 180] {
            try await town.pass(untilDay: day)
            try town.expectNoMore("cartel", than: "provider")
            try town.expectNoMore("Sybil", than: "provider")
            try town.expectNoMore("Sybil author", than: "author")
            try town.expectConservation()
        }
        town.step("The year ends")
        try await town.pass(untilDay: 365)
        try town.expectNoMore("Sybil author", than: "author")
        try town.expectConservation()
        town.tellFigures()
    }

    /// D-64: what it costs to be away once.
    public static let outage = Story(
        "outage",
        "Four hours without power cost a provider 0.001 once, three days 0.006; both rise on.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(7)
            plan.addProviders("provider", 5)
            plan.addProviders("four hours", 3) { habits in
                habits.absence = .once(fromHour: 30 * 24 + 9, hours: 4)
            }
            plan.addProviders("three days", 3) { habits in
                habits.absence = .once(fromHour: 30 * 24 + 9, hours: 72)
            }
            plan.add("free rider")
            return plan
        }()
    ) { town in
        town.step("Everybody is there for a month")
        try await town.pass(untilDay: 30)
        try town.expectConservation()
        town.step("Three providers lose power for four hours, three others for three days")
        try await town.pass(untilDay: 40)
        try town.expectPenalties(of: "provider", atMost: 0)
        try town.expectPenalties(of: "four hours", atMost: 1_000, atLeast: 1_000)
        try town.expectPenalties(of: "three days", atMost: 6_000, atLeast: 6_000)
        town.step("Eleven months later it is forgotten")
        try await town.pass(untilDay: 365)
        try town.expectGain(of: "four hours")
        try town.expectGain(of: "three days")
        try town.expectConservation()
        town.tellFigures()
    }

    /// §6 Flags, D-77: what happens to who brings harm, and to who is accused of it.
    public static let flaggedHost = Story(
        "flagged-host",
        "A host of harmful content is suspended and pays; who was accused for nothing loses no score.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(7)
            plan.addProviders("provider", 8)
            plan.addProviders("host", 1)
            plan.addProviders("accused", 1)
            plan.add("free rider", 3)
            return plan
        }()
    ) { town in
        try await FlaggedHost.play(town)
    }

    /// D-63: the same market where rent costs half as much.
    public static let halfRent = Story.rent(
        "half-rent",
        "Where rent is half, newcomers rise as the rent permits.",
        halving: true
    )

    /// D-63: the same market where rent costs twice as much.
    public static let doubleRent = Story.rent(
        "double-rent",
        "Where rent is double, newcomers rise as the rent permits.",
        halving: false
    )

    private static func rent(_ name: String, _ about: String, halving: Bool) -> Story {
        Story(
            name,
            about,
            town: {
                var plan = TownPlan()
                let rent = plan.parameters[.baseRent].millionths
                let other = FixedPoint(millionths: halving ? rent / 2 : rent * 2)
                plan.parameters.set(.baseRent, other)
                plan.addAuthors(7)
                plan.addProviders("provider", 8)
                plan.add("free rider", 3)
                return plan
            }()
        ) { town in
            town.step("Seven founders want copies for a third of a year, eight newcomers keep them")
            try await town.pass(untilDay: 120)
            try town.expectMore("provider", than: "free rider")
            try town.expectConservation()
            town.tellFigures()
        }
    }

    /// The same market with five hundred identities; it takes long.
    public static let largeTown = Story(
        "large-town",
        "Five hundred identities live in a market for a year.",
        town: {
            var plan = TownPlan()
            plan.challengePause = 3
            plan.addAuthors(200)
            plan.addProviders("provider", 200)
            plan.addProviders("late provider", 20) { $0.arrives = 120 }
            plan.addProviders("home user", 40) { $0.absence = .weekly(fromHour: 18, hours: 4) }
            plan.addProviders("abandoner", 20) { $0.keepsCopies = false }
            plan.add("free rider", 20)
            return plan
        }()
    ) { town in
        for day in [30, 120, 150, 240, 365] {
            town.step("Day \(day) comes")
            try await town.pass(untilDay: day)
            try town.expectConservation()
            guard day == 30 else { continue }
            try town.expectClimb(of: "provider", within: 30)
            try town.expectNoClimb(of: "free rider", by: 30)
        }
        try town.expectGain(of: "home user")
        try town.expectNoMore("abandoner", than: "free rider")
        town.tellFigures()
    }

    /// The market within days, for tests.
    public static let marketInBrief = Story(
        "market-in-brief",
        "Eight identities live in a market for nine days; every account balances every day.",
        town: {
            var plan = TownPlan()
            plan.addAuthors(2, wanting: 40)
            plan.addProviders("provider", 3)
            plan.addProviders("home user", 1) { $0.absence = .weekly(fromHour: 80, hours: 4) }
            plan.addProviders("abandoner", 1) { $0.keepsCopies = false }
            plan.add("free rider")
            return plan
        }()
    ) { town in
        town.step("Nine days pass")
        try await town.pass(untilDay: 9)
        try town.expectMore("provider", than: "free rider")
        try town.expectConservation()
        town.tellFigures()
    }
}

/// The scenes of ``Story/flaggedHost``.
private enum FlaggedHost {
    static func play(_ town: Town) async throws {
        try await town.pass(untilDay: 40)
        town.step("A host shares what does harm; three founders flag it")
        let harmful = town.share("harmful", by: "host")
        try await town.pass(untilDay: 41)
        let before = town.score(of: "host")
        town.flag(harmful, by: "author", count: 3)
        try await town.pass(untilDay: 42)
        try town.expectOverall(of: "host", 100_000)
        try town.expectConservation()

        town.step("A vote upholds the flags: the host pays 0.05, the stakes come back")
        // Governance is young: half of all heads have to vote.
        town.uphold(harmful, against: "host", by: ["author", "provider"])
        try await town.pass(untilDay: 45)
        try town.expectPenalties(of: "host", atMost: 50_000, atLeast: 50_000)
        try town.expectStakes(of: "author", 0)
        try town.expectMoreThan(of: "host", 100_000, butLessThan: before)
        try town.expectConservation()

        town.step(
            "Three founders flag something harmless, and nobody decides: it lapses after 90 days"
        )
        let harmless = town.share("harmless", by: "accused")
        try await town.pass(untilDay: 46)
        town.flag(harmless, by: "author", count: 3)
        try await town.pass(untilDay: 47)
        try town.expectOverall(of: "accused", 100_000)
        try await town.pass(untilDay: 140)
        try town.expectPenalties(of: "accused", atMost: 0)
        try town.expectStakes(of: "author", 0)
        try town.expectConservation()

        town.step("The year ends")
        try await town.pass(untilDay: 365)
        try town.expectConservation()
        town.tellFigures()
    }
}
