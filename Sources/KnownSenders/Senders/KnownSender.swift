/// A key with a table, by which its signatures are verified several times as fast as without.
///
/// The verdict is that of libsodium 1.0.18 for signatures and keys in canonical form: RFC 8032 without the
/// cofactor, S below L, and neither key nor R of small order. Only public data comes here, so that it may take
/// as long as the bytes say.
public final class KnownSender: Sendable {
    private let table: PointTable

    private static let width = 5
    private static let baseWidth = 9

    /// Bytes of memory that one takes.
    public static let byteCount = PointTable.count(width: width) * MemoryLayout<TablePoint>.stride

    private static let base: PointTable = {
        // The sign bit is set, since the opposite is taken.
        let encoding = Words(
            0x6666_6666_6666_6658,
            0x6666_6666_6666_6666,
            0x6666_6666_6666_6666,
            0xe666_6666_6666_6666
        )
        guard let point = CurvePoint(negating: encoding) else {
            preconditionFailure("the base point is on the curve")
        }
        return PointTable(of: point, width: baseWidth)
    }()

    /// Builds the table of a key of 32 bytes; nil when no signature can hold by it.
    public init?(key: UnsafeRawBufferPointer) {
        guard key.count == 32, let point = CurvePoint(negating: Words(littleEndian: key)) else {
            return nil
        }
        self.table = PointTable(of: point, width: Self.width)
    }

    /// Whether a signature holds.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes, R and S.
    ///   - digest: the SHA-512 of R, the key and the message, 64 bytes.
    /// - Returns: the verdict; false for other counts of bytes.
    public func accepts(
        _ signature: UnsafeRawBufferPointer,
        digest: UnsafeRawBufferPointer
    ) -> Bool {
        guard signature.count == 64, digest.count == 64 else { return false }
        let r = Words(littleEndian: signature)
        var y = r
        y.w3 &= .max &>> 1
        let s = Scalar(canonical: Words(littleEndian: signature, at: 32))
        guard let s, !CurvePoint.isSmallOrder(y) else { return false }
        let h = Scalar(
            lower: Words(littleEndian: digest),
            upper: Words(littleEndian: digest, at: 32)
        )
        // The table has multiples of -A, so that this is S·B - h·A.
        return DoubleProduct.sum(h, self.table, s, Self.base).encoded == r
    }
}
