import Cryptography
import Testing

@Test("placeholder compiles")
func placeholder() { #expect(SecureRandom.bytes(4).count == 4) }
