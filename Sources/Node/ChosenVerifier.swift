import Cryptography
import HTTPServer
import Logging
import Primitives

extension NodeConfiguration {
    /// Has the process verify as its operator chose, and tells when a table and libsodium differ (ADR 0078).
    func chooseVerifier(logger: Logger) {
        if self.verifier == .libsodium { Ed25519.verifier.useLibsodiumAlone() }
        Ed25519.verifier.onDifference { difference in
            logger.error(
                """
                a table of known senders and libsodium differ about a signature; libsodium decided, and verifies \
                alone until the node starts again. Please report this line: it is a fault of the program
                """,
                metadata: [
                    "event": "verifier_differs",
                    "key": "\(difference.key.rawBytes.hex)",
                    "signature": "\(difference.signature.hex)",
                    "message_bytes": "\(difference.message.count)",
                    "table_accepted": "\(difference.tableAccepted)",
                ]
            )
        }
    }
}

extension VerifierUse {
    /// What the verifier of the process has done so far.
    static var now: VerifierUse {
        let verifier = Ed25519.verifier
        return VerifierUse(
            differences: verifier.differences,
            knownSenders: verifier.knownSenders,
            acceptedByTables: verifier.acceptedByTables
        )
    }
}
