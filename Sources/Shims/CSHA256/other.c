#if !defined(__x86_64__) && !defined(__aarch64__)
#include "CSHA256.h"

bool sha256_chain_is_supported(void) { return false; }

void sha256_chain(uint8_t digest[32], uint64_t iterations) {
    (void)digest;
    (void)iterations;
}
#endif
