extension Story {
    /// Every story, in the order of the command line's list.
    public static let all: [Story] = [
        .newcomer, .intoGovernance, .rotationRace, .stolenDevice, .latecomer, .fortyDays,
        .oldDisk, .copiedKey, .twoNetworks, .syncStorm, .syncStormInBrief, .longRun,
        .longRunInBrief, .voteBrigade,
        .capturedFounder, .crashes, .crashesInBrief, .lateConstitution, .constitution,
        .providerYear, .homeUserYear, .cartel, .outage, .flaggedHost, .halfRent, .doubleRent,
        .marketInBrief, .largeTown, .fourLiars,
    ]

    /// The story of this name.
    public static func named(_ name: String) -> Story? { self.all.first { $0.name == name } }
}
