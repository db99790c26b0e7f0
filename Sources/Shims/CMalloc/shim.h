// What glibc keeps of freed memory, and how to make it give that back (malloc_trim(3)).
#include <malloc.h>
