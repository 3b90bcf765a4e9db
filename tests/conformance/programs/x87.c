/* x87 instructions that compilers do not use: precision control, transcendentals, BCD, environments. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed = 0x9e3779b97f4a7c15ull;
static uint64_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}
static void show(const char *name, long double x, unsigned status) {
  uint64_t m;
  uint16_t e;
  memcpy(&m, &x, 8);
  memcpy(&e, (char *)&x + 8, 2);
  printf("%s %04x:%016llx %04x\n", name, e, (unsigned long long)m, status & 0x7fff);
}
/* Processors promise one unit of the last place of these, and differ in it: as much as a float has, and
   not C1, which says which way it was rounded. */
static void about(const char *name, long double x, unsigned status) {
  show(name, (float)x, status & ~0x200);
}
static unsigned short control(unsigned short word) {
  unsigned short old;
  __asm__ volatile("fnstcw %0; fldcw %1" : "=m"(old) : "m"(word));
  return old;
}
#define RUN(shown, name, code, x, y) do { \
  long double r; unsigned short status; \
  __asm__ volatile("fnclex; " code "; fnstsw %1" : "=t"(r), "=m"(status) : "0"(x), "u"(y)); \
  shown(name, r, status); } while (0)
/* Those that pop: the second register is used up. */
#define POP(shown, name, code, x, y) do { \
  long double r; unsigned short status; \
  __asm__ volatile("fnclex; " code "; fnstsw %1" : "=t"(r), "=m"(status) : "0"(x), "u"(y) : "st(1)"); \
  shown(name, r, status); } while (0)

int main(void) {
  for (int i = 0; i < 24; i++) {
    unsigned short precision = (unsigned short[]){0x037f, 0x027f, 0x007f, 0x0f7f, 0x077f, 0x0b7f}[i % 6];
    control(precision);
    long double x = (long double)(int64_t)next() / 3e18L, y = (long double)(int64_t)next() / 7e17L;
    RUN(show, "fadd", "fadd %%st(1)", x, y);
    RUN(show, "fmul", "fmul %%st(1)", x, y);
    RUN(show, "fdiv", "fdiv %%st(1)", x, y);
    RUN(show, "fsqrt", "fabs; fsqrt", x, y);
    RUN(show, "frndint", "frndint", y, x);
    RUN(show, "fprem", "fprem", y, x);
    RUN(show, "fprem1", "fprem1", y, x);
    RUN(show, "fscale", "fscale", x, y);
    RUN(show, "fxtract", "fxtract; fstp %%st(0)", x, y);
    control(0x037f);
    RUN(about, "f2xm1", "f2xm1", x / 4, y);
    RUN(about, "fsin", "fsin", x, y);
    RUN(about, "fcos", "fcos", x, y);
    RUN(about, "fptan", "fptan; fstp %%st(0)", x / 4, y);
    POP(about, "fpatan", "fpatan", x, y);
    POP(about, "fyl2x", "fabs; fyl2x", x, y);
    POP(about, "fyl2xp1", "fyl2xp1", x / 16, y);
    unsigned char bcd[10];
    long double whole = (long double)(int64_t)(next() % 1000000000000000000ull);
    __asm__ volatile("fbstp %0" : "=m"(bcd) : "t"(whole) : "st");
    for (int k = 9; k >= 0; k--) printf("%02x", bcd[k]);
    long double back;
    __asm__ volatile("fbld %1" : "=t"(back) : "m"(bcd));
    show("", back, 0);
  }
  struct { unsigned word[7]; } environment;
  __asm__ volatile("fninit; fldpi; fldl2e; fldlg2; fldln2; fldl2t; fld1; fldz; fnstenv %0; fninit" : "=m"(environment));
  printf("%x %x %x\n", environment.word[0] & 0xffff, environment.word[1] & 0xffff, environment.word[2] & 0xffff);
  return 0;
}
