/* Floating point as a compiler uses it: float, double and long double, all four rounding modes,
   exceptions and their flags, conversions, what the C library does with it. Prints bits, not text. */
#include <complex.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FENV_ACCESS ON

static uint64_t seed = 88172645463325252ull;
static uint64_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}
static uint64_t sum = 14695981039346656037ull;
static void mix(const void *p, size_t n) {
  for (const unsigned char *b = p; n--; b++) sum = (sum ^ *b) * 1099511628211ull;
}
static void show(const char *name) {
  printf("%s %016llx\n", name, (unsigned long long)sum);
}

static double anyDouble(void) {
  static const uint64_t edges[] = {0, 1, 0xfffffffffffff, 0x10000000000000, 0x3fefffffffffffff, 0x3ff0000000000000, 0x4340000000000001,
    0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff8000000000123, 0x7ff0000000000001, 0x41dfffffffc00000, 0x43e0000000000000, 0x36a0000000000000};
  uint64_t bits = next() % 4 ? next() : edges[next() % (sizeof edges / sizeof *edges)] | next() << 63;
  if (next() % 2) bits = (bits & 0x800fffffffffffff) | (1000 + next() % 60) << 52;
  double d;
  memcpy(&d, &bits, 8);
  return d;
}
static long double anyLong(void) {
  long double x = 0;
  uint64_t m = next() | 1ull << 63;
  uint16_t e = next() % 8 ? 16383 - 40 + next() % 80 : next() % 32767;
  if (next() % 16 == 0) m = 1ull << 63;
  e |= (next() & 1) << 15;
  memcpy(&x, &m, 8);
  memcpy((char *)&x + 8, &e, 2);
  return x;
}

#define FLAGS() do { int f = fetestexcept(FE_ALL_EXCEPT); mix(&f, sizeof f); feclearexcept(FE_ALL_EXCEPT); } while (0)
#define OP(type, expression) do { volatile type r = (expression); type s = r; mix(&s, sizeof(type) == 16 ? 10 : sizeof(type)); FLAGS(); } while (0)

static void arithmetic(int n) {
  for (int i = 0; i < n; i++) {
    volatile double a = anyDouble(), b = anyDouble();
    volatile float f = (float)a, g = (float)b;
    volatile long double x = anyLong(), y = anyLong();
    FLAGS();
    OP(double, a + b); OP(double, a - b); OP(double, a * b); OP(double, a / b); OP(double, sqrt(a));
    OP(float, f + g); OP(float, f * g); OP(float, f / g); OP(float, sqrtf(g)); OP(float, (float)b); OP(double, (double)g);
    OP(long double, x + y); OP(long double, x - y); OP(long double, x * y); OP(long double, x / y); OP(long double, sqrtl(y));
    OP(double, (double)x); OP(float, (float)y); OP(long double, a); OP(long double, g);
    OP(int, (int)a); OP(int64_t, (int64_t)b); OP(int64_t, (int64_t)x); OP(uint64_t, (uint64_t)(a * 1e3)); OP(int, (int)f);
    OP(double, (double)(int64_t)next()); OP(float, (float)(uint64_t)next()); OP(long double, (long double)(int64_t)next()); OP(double, (double)(int)next());
    OP(double, rint(a)); OP(double, nearbyint(b)); OP(double, floor(a)); OP(double, ceil(b)); OP(double, trunc(a)); OP(long double, rintl(x)); OP(long double, floorl(y));
    OP(long, lrint(a)); OP(long long, llrintl(x)); OP(double, remainder(a, b)); OP(double, fmod(a, b)); OP(long double, fmodl(x, y)); OP(long double, remainderl(y, x));
    OP(int, (a < b) + 2 * (a == b) + 4 * isunordered(a, b) + 8 * (x > y) + 16 * (f >= g)); OP(double, fmin(a, b)); OP(double, fma(a, b, a)); OP(long double, scalbnl(x, (int)(next() % 64)));
    OP(double, nextafter(a, b)); OP(double, ldexp(a, -30)); OP(double, hypot(a, b));
  }
}

/* One line for each function, over the same arguments. Those that end in an x87 instruction (FPATAN,
   F2XM1, FYL2X, FYL2XP1) are rounded to float: processors promise one unit of its last place, and differ in it. */
#define EACH(type, expression) do { \
  seed = 1234567, sum = 14695981039346656037ull; \
  for (int i = 0; i < 100; i++) { \
    double a = ((double)(int64_t)next()) / 4e17; \
    float f = (float)a; \
    long double x = a * 1.0000000001L; \
    (void)f, (void)x; \
    OP(type, expression); \
  } \
  show(#expression); } while (0)

static void library(void) {
  EACH(double, sin(a)); EACH(double, cos(a)); EACH(double, tan(a)); EACH(double, atan(a)); EACH(double, exp(a));
  EACH(double, log(fabs(a))); EACH(double, pow(fabs(a), 1.7)); EACH(double, sinh(a)); EACH(double, tanh(a));
  EACH(double, asin(a / 25)); EACH(double, acosh(fabs(a) + 1)); EACH(double, cbrt(a)); EACH(double, erf(a));
  EACH(double, lgamma(a)); EACH(double, tgamma(a)); EACH(double, j0(a)); EACH(double, log2(fabs(a))); EACH(double, expm1(a));
  EACH(double, creal(cpow(a + 0.3 * I, 0.5 - f * I)));
  EACH(float, sinf(f)); EACH(float, cosf(f)); EACH(float, expf(f)); EACH(float, logf(fabsf(f)));
  EACH(float, powf(fabsf(f), 2.3f)); EACH(float, tanf(f)); EACH(float, atan2f(f, 0.7f));
  EACH(long double, sinl(x)); EACH(long double, cosl(x)); EACH(long double, tanl(x)); EACH(float, (float)atanl(x));
  EACH(float, (float)expl(x)); EACH(float, (float)exp2l(x)); EACH(float, (float)expm1l(x)); EACH(float, (float)logl(fabsl(x)));
  EACH(float, (float)log10l(fabsl(x))); EACH(float, (float)log1pl(fabsl(x))); EACH(float, (float)powl(fabsl(x), 1.3L));
  EACH(long double, cbrtl(x)); EACH(float, (float)asinl(x / 30)); EACH(float, (float)sinhl(x)); EACH(float, (float)tgammal(fabsl(x) + .5L));
}

static void text(int n) {
  char buffer[6000];
  for (int i = 0; i < n; i++) {
    double a = anyDouble();
    long double x = anyLong();
    int length = snprintf(buffer, sizeof buffer, "%.17g %e %a %.3f %Lg %.30Le %La", a, a, a, fabs(a) < 1e30 ? a : 1, x, x, x);
    mix(buffer, length);
    char *end;
    double back = strtod(buffer, &end);
    mix(&back, 8);
    back = strtof(buffer, 0);
    mix(&back, 8);
    x = strtold(buffer, &end);
    mix(&x, 10);
  }
}

int main(void) {
  static const struct { int mode; const char *name; } modes[] = {{FE_TONEAREST, "nearest"}, {FE_DOWNWARD, "down"}, {FE_UPWARD, "up"}, {FE_TOWARDZERO, "zero"}};
  for (int m = 0; m < 4; m++) {
    fesetround(modes[m].mode);
    arithmetic(500);
    show(modes[m].name);
    text(100);
    show("text");
  }
  fesetround(FE_TONEAREST);
  library();
  sum = 14695981039346656037ull;
  fesetenv(FE_DFL_ENV);
  unsigned mxcsr = 0x9fc0; /* FTZ and DAZ */
  __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
  arithmetic(300);
  show("flush to zero");
  printf("%a %La %a\n", sin(1e22), expl(1.5L), (double)FLT_MIN / 3);
  return 0;
}
