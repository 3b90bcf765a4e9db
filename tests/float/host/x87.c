/*
 * Runs single x87 instructions over many states on the CPU this is compiled for.
 *
 *   x87 < cases > results
 *
 * Case and result have one layout: opcode u8 (D8..DF), modrm u8, eflags u16, trap u32, an FNSAVE
 * image (32-bit protected-mode format, 108 bytes), ax u32, and 128 bytes at the memory operand.
 * trap of a case: 1 to give the instruction an operand-size prefix, else 0. Of a result: 0, or the
 * signal that the instruction raised; the state then is what the case had.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct record {
  uint8_t opcode, modrm;
  uint16_t eflags;
  uint32_t trap;
  uint8_t image[108];
  uint32_t ax;
  uint8_t mem[128];
} __attribute__((packed));

static sigjmp_buf recover;

static void on_signal(int sig) { siglongjmp(recover, sig); }

struct frame {
  uint8_t image[112];
  uint64_t eflags, rax;
};

typedef void (*stub)(struct frame *frame, void *mem);

#define STUB_SIZE 48
#define STUBS (2 * 8 * 256)

/* The two values of "prefix": a DS override, which changes nothing here, and operand size. */
static const uint8_t prefixes[] = {0x3e, 0x66};

/* ModR/M is a register form or, with mod 0 and rm 0, memory at RAX. */
static void write_stub(uint8_t *at, uint8_t prefix, uint8_t opcode, uint8_t modrm) {
  const uint8_t code[] = {
      0xdd, 0x27,             /* frstor [rdi]       */
      0x48, 0x89, 0xf0,       /* mov rax, rsi       */
      0xff, 0x77, 0x70,       /* push [rdi + 112]   */
      0x9d,                   /* popfq              */
      prefix, opcode, modrm,  /*                    */
      0x9c,                   /* pushfq             */
      0x8f, 0x47, 0x70,       /* pop [rdi + 112]    */
      0x48, 0x89, 0x47, 0x78, /* mov [rdi+120], rax */
      0xdd, 0x37,             /* fnsave [rdi]       */
      0xdb, 0xe3,             /* fninit             */
      0xc3,                   /* ret                */
  };
  memcpy(at, code, sizeof code);
}

int main(void) {
  uint8_t *code = mmap(NULL, STUBS * STUB_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) {
    perror("x87: mmap of executable memory");
    return 2;
  }
  for (int i = 0; i < STUBS; i++)
    write_stub(code + i * STUB_SIZE, prefixes[i / 2048], (uint8_t)(0xd8 + i / 256 % 8), (uint8_t)i);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
  sigaction(SIGFPE, &action, NULL);
  sigaction(SIGILL, &action, NULL);

  static struct record r;
  static struct frame frame __attribute__((aligned(16)));
  while (fread(&r, sizeof r, 1, stdin) == 1) {
    if (r.opcode < 0xd8 || r.opcode > 0xdf || (r.modrm < 0xc0 && (r.modrm & 0xc7) != 0)) {
      fprintf(stderr, "x87: %02x %02x is no form this can run\n", r.opcode, r.modrm);
      return 2;
    }
    memcpy(frame.image, r.image, sizeof r.image);
    frame.eflags = 0x202 | (r.eflags & 0x8d5);
    int index = ((r.trap == 1) * 8 + r.opcode - 0xd8) * 256 + r.modrm;
    stub run = (stub)(uintptr_t)(code + index * STUB_SIZE);
    r.trap = 0;
    int sig = sigsetjmp(recover, 0);
    if (sig == 0) {
      run(&frame, r.mem);
      memcpy(r.image, frame.image, sizeof r.image);
      r.eflags = (uint16_t)(frame.eflags & 0x8d5);
      r.ax = (uint16_t)frame.rax;
    } else {
      __asm__ volatile("fninit");
      r.trap = (uint32_t)sig;
    }
    fwrite(&r, sizeof r, 1, stdout);
  }
  return 0;
}
