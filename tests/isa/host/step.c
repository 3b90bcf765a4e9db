/*
 * Executes single instructions on the CPU this is compiled for, one for each case read.
 *
 *   step < cases > results
 *
 * A case is a whole user-level state: registers, RFLAGS, FXSAVE image, two windows of memory and
 * the instruction's bytes. The state is put into a signal frame with TF set; sigreturn loads it,
 * the instruction runs, and the next signal's frame holds the result: SIGTRAP if it retired, else
 * the vector of its fault. Nothing but the kernel's own code runs between two cases.
 *
 * Memory that the instruction can use: two pages at DATA with nothing mapped on either side.
 * Window A lies across the boundary between them, window B ends where they end; the rest is zero.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CODE 0x10000000ul
#define DATA 0x20000000ul
#define PAGE 4096ul
#define A_BYTES 512
#define B_BYTES 128
#define WINDOW_A (DATA + PAGE - A_BYTES / 2)
#define WINDOW_B (DATA + 2 * PAGE - B_BYTES)
/* Where in the code page the instruction goes. */
#define OFFSET 0x800
#define REPEATED 1
#define COMPATIBILITY 2
#define STEPS_MAX 5000

struct fx {
  uint8_t bytes[512];
};

struct input {
  uint8_t code[16];
  uint32_t length, flags;
  uint64_t rflags;
  uint64_t gpr[16];
  struct fx fx;
  uint8_t a[A_BYTES], b[B_BYTES];
} __attribute__((packed));

struct output {
  uint64_t rip, rflags;
  uint64_t gpr[16];
  /* 0xffffffff: it retired. */
  uint32_t vector, error;
  uint64_t cr2;
  struct fx fx;
  uint8_t a[A_BYTES], b[B_BYTES];
  /* Whether it wrote into the pages but outside the windows. */
  uint32_t strayed, steps;
} __attribute__((packed));

static struct input in;
static struct output out;
static uint64_t saved_segments;
static uint32_t steps;
static int started;
static sigjmp_buf finished;

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                              REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                              REG_R12, REG_R13, REG_R14, REG_R15};

/* The XSAVE header behind the FXSAVE image says which parts sigreturn loads from it. */
static uint64_t *xstate_bv(struct _libc_fpstate *fp) {
  uint32_t magic;
  memcpy(&magic, (uint8_t *)fp + 464, 4);
  return magic == 0x46505853 ? (uint64_t *)((uint8_t *)fp + 512) : NULL;
}

static void store_result(ucontext_t *uc, int signal) {
  greg_t *g = uc->uc_mcontext.gregs;
  memset(&out, 0, sizeof out);
  out.rip = (uint64_t)g[REG_RIP];
  out.rflags = (uint64_t)g[REG_EFL];
  for (int i = 0; i < 16; i++) out.gpr[i] = (uint64_t)g[order[i]];
  out.vector = signal == SIGTRAP && g[REG_TRAPNO] == 1 ? 0xffffffffu : (uint32_t)g[REG_TRAPNO];
  out.error = (uint32_t)g[REG_ERR];
  out.cr2 = (uint64_t)g[REG_CR2];
  out.steps = steps;
  memcpy(&out.fx, uc->uc_mcontext.fpregs, sizeof out.fx);
  /* A part of the state that is in its initial configuration is not written to the frame. */
  uint64_t *bv = xstate_bv(uc->uc_mcontext.fpregs);
  if (bv && !(*bv & 2)) memset(out.fx.bytes + 160, 0, 256);
  if (bv && !(*bv & 1)) {
    memset(out.fx.bytes, 0, 24);
    out.fx.bytes[0] = 0x7f;
    out.fx.bytes[1] = 0x03;
    memset(out.fx.bytes + 32, 0, 128);
  }
  memcpy(out.a, (void *)WINDOW_A, A_BYTES);
  memcpy(out.b, (void *)WINDOW_B, B_BYTES);
  for (uint8_t *p = (uint8_t *)DATA; p < (uint8_t *)(DATA + 2 * PAGE); p++) {
    if (p == (uint8_t *)WINDOW_A) p += A_BYTES;
    if (p == (uint8_t *)WINDOW_B) break;
    if (*p) {
      out.strayed = 1;
      memset((void *)DATA, 0, 2 * PAGE);
      break;
    }
  }
}

static void load_case(ucontext_t *uc) {
  greg_t *g = uc->uc_mcontext.gregs;
  memset((void *)(CODE + OFFSET), 0xcc, 256);
  memcpy((void *)(CODE + OFFSET), in.code, in.length);
  memcpy((void *)WINDOW_A, in.a, A_BYTES);
  memcpy((void *)WINDOW_B, in.b, B_BYTES);
  for (int i = 0; i < 16; i++) g[order[i]] = (greg_t)in.gpr[i];
  g[REG_RIP] = CODE + OFFSET;
  g[REG_EFL] = (greg_t)((in.rflags & ~0x10000ul) | 0x100);
  /* CS 23H is the kernel's flat 32-bit user segment, in a 64-bit kernel too. */
  uint64_t segments = saved_segments;
  if (in.flags & COMPATIBILITY) segments = (segments & ~0xfffful) | 0x23;
  g[REG_CSGSFS] = (greg_t)segments;
  struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
  memcpy(fp, &in.fx, 416);
  uint64_t *bv = xstate_bv(fp);
  if (bv) *bv |= 3;
  steps = 0;
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *uc = context;
  greg_t *g = uc->uc_mcontext.gregs;
  if (!started) {
    started = 1;
    saved_segments = (uint64_t)g[REG_CSGSFS];
  } else {
    steps++;
    int again = signal == SIGTRAP && g[REG_TRAPNO] == 1 && (in.flags & REPEATED) &&
                (uint64_t)g[REG_RIP] == CODE + OFFSET && steps < STEPS_MAX;
    if (again) return;
    store_result(uc, signal);
    if (fwrite(&out, sizeof out, 1, stdout) != 1) _Exit(3);
  }
  if (fread(&in, sizeof in, 1, stdin) != 1) siglongjmp(finished, 1);
  load_case(uc);
}

static void map(unsigned long at, unsigned long bytes, int protection) {
  void *got = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                   -1, 0);
  if (got != (void *)at) {
    fprintf(stderr, "step: cannot map %lx\n", at);
    exit(2);
  }
}

int main(void) {
  static uint8_t signal_stack[1 << 18];
  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  sigaltstack(&stack, NULL);
  map(CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
  map(DATA, 2 * PAGE, PROT_READ | PROT_WRITE);
  struct sigaction action = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  const int caught[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR1};
  for (unsigned i = 0; i < sizeof caught / sizeof *caught; i++)
    sigaction(caught[i], &action, NULL);
  /* A 64-bit process has null selectors here, which compatibility mode cannot read through. */
  __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(0x2b));
  if (sigsetjmp(finished, 0) == 0) raise(SIGUSR1);
  fflush(stdout);
  return 0;
}
