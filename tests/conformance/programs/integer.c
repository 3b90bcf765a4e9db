/* What a compiler makes of loops, bits, strings, vectors, threads and signals at -O0 to -O3. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static uint64_t seed = 42;
static uint64_t next(void) {
  seed += 0x9e3779b97f4a7c15ull;
  uint64_t z = seed;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}
static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static sigjmp_buf away;
static volatile sig_atomic_t caught;
static void handler(int number, siginfo_t *info, void *context) {
  caught = number * 1000 + info->si_code;
  (void)context;
  siglongjmp(away, 1);
}

static _Atomic uint64_t total;
static __thread uint64_t mine;
static void *thread(void *argument) {
  for (uint64_t i = 0; i < 5000; i++) {
    mine += i * (uintptr_t)argument;
    atomic_fetch_add(&total, i);
  }
  return (void *)mine;
}

static int32_t a[1024], b[1024], c[1024];
static int16_t h[1024];
static uint8_t bytes[4096];
static float f[1024], g[1024];

int main(void) {
  for (int i = 0; i < 1024; i++) a[i] = (int32_t)next(), b[i] = (int32_t)next(), h[i] = (int16_t)next(), f[i] = (float)a[i] / 77, g[i] = (float)b[i] / 33;
  for (int i = 0; i < 4096; i++) bytes[i] = (uint8_t)(next() >> 17);
  uint64_t sum = 0;
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 1024; i++) c[i] = (a[i] > b[i] ? a[i] - b[i] : a[i] * 3 + (b[i] >> 5)) ^ h[i];
    int32_t low = c[0], high = c[0], dot = 0;
    uint32_t sad = 0;
    float product = 0;
    for (int i = 0; i < 1024; i++) {
      if (c[i] < low) low = c[i];
      if (c[i] > high) high = c[i];
      dot += h[i] * h[1023 - i];
      sad += (uint32_t)abs(bytes[i] - bytes[i + 2048]);
      f[i] = f[i] * 0.5f + g[i];
      product += f[i];
    }
    uint32_t bits;
    memcpy(&bits, &product, 4);
    sum = sum * 31 + (uint32_t)low + (uint32_t)high + (uint32_t)dot + sad + bits;
    for (int i = 0; i < 4096; i++) bytes[i] = (uint8_t)(bytes[i] > 200 ? 255 : bytes[i] + round);
    memmove(bytes + 3, bytes, 4000);
    memcpy(a, c, sizeof a);
  }
  printf("vectors %016llx\n", (unsigned long long)sum);

  unsigned __int128 wide = 1;
  for (int i = 0; i < 200; i++) {
    uint64_t x = next(), y = next() | 1;
    wide = wide * x + y;
    sum += (uint64_t)(wide / y) + (uint64_t)(wide % (x | 1)) + (uint64_t)(wide >> (x & 127));
    sum ^= (uint64_t)__builtin_popcountll(x) << 7 | (uint64_t)__builtin_clzll(y) << 13 | (uint64_t)__builtin_ctzll(x | 1ull << 63);
    sum = (sum << (y & 63)) | (sum >> (-y & 63));
    sum += __builtin_bswap64(x) + (uint64_t)((int64_t)x / (int64_t)(y >> 3 | 1)) + (uint64_t)((int32_t)x % ((int32_t)y | 3)) + (uint16_t)((int16_t)x / (int16_t)(y | 1));
    long result;
    sum += (uint64_t)__builtin_mul_overflow((long)x, (long)y >> 20, &result) + (uint64_t)result;
  }
  printf("numbers %016llx\n", (unsigned long long)sum);

  static uint32_t list[20000];
  for (int i = 0; i < 20000; i++) list[i] = (uint32_t)next();
  qsort(list, 20000, 4, compare);
  uint32_t key = list[12345];
  printf("sorted %u %u %u %td\n", list[0], list[9999], list[19999], (uint32_t *)bsearch(&key, list, 20000, 4, compare) - list);

  char text[600], copy[600];
  for (int i = 0; i < 200; i++) {
    size_t n = next() % 300, at = next() % 64;
    for (size_t k = 0; k < n; k++) text[at + k] = (char)('a' + next() % 20);
    text[at + n] = 0;
    strcpy(copy + at / 2, text + at);
    sum = sum * 31 + strlen(copy + at / 2) + (uint64_t)(strchr(text + at, 'q') ? strchr(text + at, 'q') - text : 7) + strspn(text + at, "abcdefghij") + strcspn(text + at, "xyzts") + (uint64_t)(strcmp(text + at, copy + at / 2) == 0) + (uint64_t)(memchr(text, 'k', sizeof text) != 0) + (uint64_t)(strstr(text + at, "ab") != 0) + (uint64_t)(strrchr(text + at, 'c') != 0) + (uint64_t)(strcasecmp(text + at, "hello") > 0);
  }
  printf("strings %016llx\n", (unsigned long long)sum);

  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  for (int s = 0; s < 3; s++) sigaction((int[]){SIGSEGV, SIGFPE, SIGILL}[s], &action, 0);
  volatile int zero = 0;
  if (!sigsetjmp(away, 1)) *(volatile int *)8 = 1;
  printf("caught %d\n", caught);
  if (!sigsetjmp(away, 1)) zero = 5 / zero;
  printf("caught %d\n", caught);
  if (!sigsetjmp(away, 1)) __builtin_trap();
  printf("caught %d\n", caught);
  if (!sigsetjmp(away, 1)) *(volatile int *)0x8000000000000000 = 1;
  printf("caught %d\n", caught);
  unsigned mxcsr = 0x1d80; /* division by zero unmasked */
  if (!sigsetjmp(away, 1)) {
    volatile double one = 1, nothing = 0;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
    one /= nothing;
  }
  printf("caught %d\n", caught);
  mxcsr = 0x1f80;
  __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));

  pthread_t threads[4];
  uint64_t each = 0;
  for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], 0, thread, (void *)(i + 1));
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    each += (uintptr_t)result;
  }
  printf("threads %llu %llu\n", (unsigned long long)total, (unsigned long long)each);
  return 0;
}
