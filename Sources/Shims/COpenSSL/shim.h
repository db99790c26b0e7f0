// The functions below EVP are the ones whose state lives on the caller's stack. OpenSSL 3 advises
// against them for new programs; a short digest by EVP takes three times as long.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
