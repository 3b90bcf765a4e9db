/*
 * Runs one SSE instruction over many operands on the CPU this is compiled for.
 *
 *   sse NAME < cases > results
 *
 * Case:   mxcsr u32, pad u32, gpr u64, a 16 bytes (XMM0, the destination), b 16 bytes (XMM1).
 * Result: mxcsr u32, eflags u16, trapped u16, gpr u64, XMM0 16 bytes.
 * On #XM the destination keeps its old contents and mxcsr is what the signal frame shows.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

struct input {
  uint32_t mxcsr, pad;
  uint64_t gpr;
  uint8_t a[16], b[16];
} __attribute__((packed));

struct output {
  uint32_t mxcsr;
  uint16_t eflags, trapped;
  uint64_t gpr;
  uint8_t xmm[16];
} __attribute__((packed));

struct input in __attribute__((used, aligned(16)));
struct output out __attribute__((used, aligned(16)));
static const uint32_t quiet_mxcsr = 0x1f80;
static sigjmp_buf recover;

static void on_fpe(int sig, siginfo_t *info, void *context) {
  (void)sig;
  (void)info;
  out.mxcsr = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
  out.trapped = 1;
  siglongjmp(recover, 1);
}

/* EFLAGS start with ZF, PF, CF, OF, SF, AF all set, so that clearing them shows. */
#define OP(name, text)                                                                             \
  static void op_##name(void) {                                                                    \
    __asm__ volatile(                                                                              \
        "movups in+16(%%rip), %%xmm0\n\t"                                                          \
        "movups in+32(%%rip), %%xmm1\n\t"                                                          \
        "movq in+8(%%rip), %%rax\n\t"                                                              \
        "ldmxcsr in(%%rip)\n\t"                                                                    \
        "pushfq\n\torq $0x8d5, (%%rsp)\n\tpopfq\n\t" text "\n\t"                                   \
        "pushfq\n\tpopq %%rcx\n\t"                                                                 \
        "stmxcsr out(%%rip)\n\t"                                                                   \
        "movw %%cx, out+4(%%rip)\n\t"                                                              \
        "movq %%rax, out+8(%%rip)\n\t"                                                             \
        "movups %%xmm0, out+16(%%rip)\n\t"                                                         \
        :                                                                                          \
        :                                                                                          \
        : "rax", "rcx", "xmm0", "xmm1", "memory", "cc");                                           \
  }

#define ALL_FORMS(X, n)                                                                            \
  X(n##ss, #n "ss %%xmm1, %%xmm0")                                                                 \
  X(n##sd, #n "sd %%xmm1, %%xmm0")                                                                 \
  X(n##ps, #n "ps %%xmm1, %%xmm0")                                                                 \
  X(n##pd, #n "pd %%xmm1, %%xmm0")
#define CMP_FORMS(X, p)                                                                            \
  X(cmpss##p, "cmpss $" #p ", %%xmm1, %%xmm0")                                                     \
  X(cmpsd##p, "cmpsd $" #p ", %%xmm1, %%xmm0")                                                     \
  X(cmpps##p, "cmpps $" #p ", %%xmm1, %%xmm0")                                                     \
  X(cmppd##p, "cmppd $" #p ", %%xmm1, %%xmm0")
#define ROUND_FORMS(X, p)                                                                          \
  X(roundss##p, "roundss $" #p ", %%xmm1, %%xmm0")                                                 \
  X(roundsd##p, "roundsd $" #p ", %%xmm1, %%xmm0")

#define EVERY(X)                                                                                   \
  ALL_FORMS(X, add) ALL_FORMS(X, sub) ALL_FORMS(X, mul) ALL_FORMS(X, div) ALL_FORMS(X, min)        \
  ALL_FORMS(X, max) ALL_FORMS(X, sqrt)                                                             \
  CMP_FORMS(X, 0) CMP_FORMS(X, 1) CMP_FORMS(X, 2) CMP_FORMS(X, 3) CMP_FORMS(X, 4) CMP_FORMS(X, 5)  \
  CMP_FORMS(X, 6) CMP_FORMS(X, 7)                                                                  \
  ROUND_FORMS(X, 0) ROUND_FORMS(X, 1) ROUND_FORMS(X, 2) ROUND_FORMS(X, 3) ROUND_FORMS(X, 4)        \
  ROUND_FORMS(X, 8) ROUND_FORMS(X, 12)                                                             \
  X(comiss, "comiss %%xmm1, %%xmm0") X(comisd, "comisd %%xmm1, %%xmm0")                            \
  X(ucomiss, "ucomiss %%xmm1, %%xmm0") X(ucomisd, "ucomisd %%xmm1, %%xmm0")                        \
  X(cvtss2sd, "cvtss2sd %%xmm1, %%xmm0") X(cvtsd2ss, "cvtsd2ss %%xmm1, %%xmm0")                    \
  X(cvtps2pd, "cvtps2pd %%xmm1, %%xmm0") X(cvtpd2ps, "cvtpd2ps %%xmm1, %%xmm0")                    \
  X(cvtps2dq, "cvtps2dq %%xmm1, %%xmm0") X(cvttps2dq, "cvttps2dq %%xmm1, %%xmm0")                  \
  X(cvtpd2dq, "cvtpd2dq %%xmm1, %%xmm0") X(cvttpd2dq, "cvttpd2dq %%xmm1, %%xmm0")                  \
  X(cvtdq2ps, "cvtdq2ps %%xmm1, %%xmm0") X(cvtdq2pd, "cvtdq2pd %%xmm1, %%xmm0")                    \
  X(cvtss2si32, "cvtss2si %%xmm1, %%eax") X(cvtss2si64, "cvtss2si %%xmm1, %%rax")                  \
  X(cvtsd2si32, "cvtsd2si %%xmm1, %%eax") X(cvtsd2si64, "cvtsd2si %%xmm1, %%rax")                  \
  X(cvttss2si32, "cvttss2si %%xmm1, %%eax") X(cvttss2si64, "cvttss2si %%xmm1, %%rax")              \
  X(cvttsd2si32, "cvttsd2si %%xmm1, %%eax") X(cvttsd2si64, "cvttsd2si %%xmm1, %%rax")              \
  X(cvtsi2ss32, "cvtsi2ssl %%eax, %%xmm0") X(cvtsi2ss64, "cvtsi2ssq %%rax, %%xmm0")                \
  X(cvtsi2sd32, "cvtsi2sdl %%eax, %%xmm0") X(cvtsi2sd64, "cvtsi2sdq %%rax, %%xmm0")                \
  X(rcpss, "rcpss %%xmm1, %%xmm0") X(rsqrtss, "rsqrtss %%xmm1, %%xmm0")

EVERY(OP)

struct op {
  const char *name;
  void (*run)(void);
};
#define ENTRY(name, text) {#name, op_##name},
static const struct op ops[] = {EVERY(ENTRY)};

int main(int argc, char **argv) {
  const struct op *op = NULL;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (argc == 2 && strcmp(argv[1], ops[i].name) == 0) op = &ops[i];
  if (op == NULL) {
    fprintf(stderr, "sse: no such instruction\n");
    return 2;
  }
  struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &action, NULL);
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    memset(&out, 0, sizeof out);
    out.gpr = in.gpr;
    memcpy(out.xmm, in.a, 16);
    if (sigsetjmp(recover, 0) == 0) op->run();
    __asm__ volatile("ldmxcsr %0" : : "m"(quiet_mxcsr));
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
