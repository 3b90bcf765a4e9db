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
static unsigned short control(unsigned short word) {
  unsigned short old;
  __asm__ volatile("fnstcw %0; fldcw %1" : "=m"(old) : "m"(word));
  return old;
}
#define RUN(name, code, x, y) do { \
  long double r; unsigned short status; \
  __asm__ volatile("fnclex; " code "; fnstsw %1" : "=t"(r), "=m"(status) : "0"(x), "u"(y)); \
  show(name, r, status); } while (0)
/* Those that pop: the second register is used up. */
#define POP(name, code, x, y) do { \
  long double r; unsigned short status; \
  __asm__ volatile("fnclex; " code "; fnstsw %1" : "=t"(r), "=m"(status) : "0"(x), "u"(y) : "st(1)"); \
  show(name, r, status); } while (0)

int main(void) {
  for (int i = 0; i < 24; i++) {
    unsigned short precision = (unsigned short[]){0x037f, 0x027f, 0x007f, 0x0f7f, 0x077f, 0x0b7f}[i % 6];
    control(precision);
    long double x = (long double)(int64_t)next() / 3e18L, y = (long double)(int64_t)next() / 7e17L;
    RUN("fadd", "fadd %%st(1)", x, y);
    RUN("fmul", "fmul %%st(1)", x, y);
    RUN("fdiv", "fdiv %%st(1)", x, y);
    RUN("fsqrt", "fabs; fsqrt", x, y);
    RUN("frndint", "frndint", y, x);
    RUN("fprem", "fprem", y, x);
    RUN("fprem1", "fprem1", y, x);
    RUN("fscale", "fscale", x, y);
    RUN("fxtract", "fxtract; fstp %%st(0)", x, y);
    control(0x037f);
    RUN("f2xm1", "f2xm1", x / 4, y);
    RUN("fsin", "fsin", x, y);
    RUN("fcos", "fcos", x, y);
    RUN("fptan", "fptan; fstp %%st(0)", x / 4, y);
    POP("fpatan", "fpatan", x, y);
    POP("fyl2x", "fabs; fyl2x", x, y);
    POP("fyl2xp1", "fyl2xp1", x / 16, y);
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
