public import Primitives

/// Terms of the storage market that the market tells and the ledger books.
public enum StorageTerms {
    /// What announcing to hand a copy over costs; nobody gets it.
    ///
    /// Source: R-06-092, R-16-135, D-65.
    public static let transferFee = FixedPoint(millionths: 200)

    /// Share of the providers in a cycle's rent, in millionths; validators get the rest.
    ///
    /// Source: R-06-061, D-66.
    public static let providerShare: Int64 = 800_000
}
