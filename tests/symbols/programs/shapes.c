/*
 * Every kind of type and of variable, for the tests of src/symbols: stopped in `stop`, with calls made,
 * inlined, recursive and through a pointer behind it. Needs no library.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

enum colour { RED, GREEN = 5, BLUE };
enum flags { READ = 1, WRITE = 2, EXECUTE = 4, MODE = 0x30 };
enum signedness { BELOW = -2, ABOVE = 3 };

struct point {
    int x, y;
};

struct node {
    struct node *next;
    int value;
};

union word {
    u32 whole;
    u8 bytes[4];
    struct {
        unsigned short low, high;
    };
};

struct bits {
    unsigned a : 3;
    int b : 5;
    u64 wide : 40;
    enum colour colour : 4;
    _Bool flag : 1;
};

struct everything {
    char letter;
    signed char tiny;
    short small;
    int plain;
    long natural;
    u64 large;
    float single;
    double twice;
    _Bool truth;
    enum colour colour;
    enum flags flags;
    enum signedness sign;
    char text[12];
    const char *name;
    int grid[2][3];
    struct point points[2];
    union word word;
    struct bits bits;
    int (*operation)(int, int);
    struct everything *self;
    struct {
        int inner;
        union {
            int either;
            float or;
        };
    };
    volatile int *const pointer;
    void *nothing;
    struct unknown *opaque;
    int tail[];
};

static int add(int a, int b) { return a + b; }

int answer = 42;
static int counter = 7;
static struct node third = {0, 3}, second = {&third, 2}, first = {&second, 1};
struct node *list = &first;
double ratio = 0.75;

struct everything all = {
    .letter = 'A', .tiny = -3, .small = -300, .plain = -70000, .natural = 123456789,
    .large = 0xfedcba9876543210ull, .single = 1.5f, .twice = -2.25, .truth = 1, .colour = GREEN,
    .flags = READ | EXECUTE, .sign = BELOW, .text = "some\ttext", .name = "a name",
    .grid = {{1, 2, 3}, {4, 5, 6}}, .points = {{10, 20}, {30, -40}}, .word = {0x12345678},
    .bits = {5, -7, 0xabcdef0123ull, BLUE, 1}, .operation = add, .self = &all, .inner = 11,
    .either = 0x40490fdb, .pointer = &answer,
};

__attribute__((noinline)) void stop(int why) {
    __asm__ volatile("" : : "r"(why) : "memory");
}

static inline __attribute__((always_inline)) int squared(int number) {
    int result = number * number;
    stop(result);
    return result;
}

__attribute__((noinline)) static int recursive(int depth, struct point by_value, const char *label) {
    int doubled = depth * 2;
    static int calls;
    calls++;
    if (depth == 0) return squared(by_value.x) + doubled + label[0];
    struct point next = {by_value.x + 1, by_value.y - 1};
    return recursive(depth - 1, next, label) + doubled;
}

__attribute__((noinline)) static int many(int a, long b, u64 c, short d, int e, int f, int g, long h) {
    int unused = a * 31;
    int sum = a + (int)b + (int)c + d;
    {
        int sum = e + f;
        if (sum > 0) sum += recursive(2, (struct point){g, (int)h}, "label");
        counter += sum;
    }
    return sum + g;
}

__attribute__((noinline)) static int through(int (*call)(int, long, u64, short, int, int, int, long)) {
    struct everything copy = all;
    int array[4] = {1, 2, 3, 4};
    copy.plain = call(1, -2, 3000000000ull, -4, 5, 6, 7, 8);
    __asm__ volatile("" : : "r"(array), "r"(&copy) : "memory");
    return copy.plain + array[answer & 3];
}

int work(void) { return through(many); }

/* The kernel aligns the stack as it is after a call, without having made one. */
__attribute__((force_align_arg_pointer)) void _start(void) {
    __asm__ volatile("" : : "r"(work()));
#ifdef __x86_64__
    __asm__ volatile("syscall" : : "a"(60), "D"(0));
#else
    __asm__ volatile("int $0x80" : : "a"(1), "b"(0));
#endif
    for (;;) {}
}
