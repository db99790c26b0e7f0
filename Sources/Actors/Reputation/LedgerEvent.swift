import Messages
import Primitives

/// Everything that creates or destroys reputation; nothing else does (R-09-010).
///
/// Rent only moves it, see ``Ledger/deliver(_:of:from:at:cause:)``; failed storage challenges cost by
/// their number, see ``StorageFailures``.
enum LedgerEvent: String, Sendable, CaseIterable {
    case adopt
    case claimTrue = "claim_true"
    case claimFalseFound = "claim_false_found"
    case firstContradiction = "first_contradiction"
    case uptimeDay = "uptime_day"
    case falseClaim = "false_claim"
    case collusion
    case inactivityDay = "inactivity_day"
    case flagUpheld = "flag_upheld"
    case acceptAndAbandon = "accept_and_abandon"
    case flagStakeDispute = "flag_stake_dispute"
    case flagStakeIllegal = "flag_stake_illegal"
    case flagRejectedIllegal = "flag_rejected_illegal"

    /// What it is worth before dampening and limits; negative for a loss.
    var amount: FixedPoint {
        switch self {
        case .adopt: EarningLimits.adoption
        case .claimTrue: EarningLimits.claimConfirmed
        case .claimFalseFound: EarningLimits.claimContradicted
        case .firstContradiction: EarningLimits.firstContradiction
        case .uptimeDay: NetworkParameter.uptimeReward.protocolValue
        case .falseClaim: .zero - EarningLimits.falseClaim
        case .collusion, .flagUpheld: .zero - EarningLimits.grave
        case .inactivityDay: .zero - EarningLimits.silentDay
        case .acceptAndAbandon: .zero - EarningLimits.abandoned
        case .flagStakeDispute: .zero - EarningLimits.disputeStake
        case .flagStakeIllegal: .zero - EarningLimits.illegalStake
        case .flagRejectedIllegal:
            .zero - EarningLimits.illegalStake - EarningLimits.rejectedIllegalFlag
        }
    }
}
