// Chains of SHA-256 by the SHA instructions of the processor; digests of anything else are OpenSSL's.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether this processor has the instructions; sha256_chain must not be called without.
bool sha256_chain_is_supported(void);

/// Replaces a digest by SHA-256 of SHA-256 of … itself.
void sha256_chain(uint8_t digest[32], uint64_t iterations);
