/* Machine state that has to come back: registers, SSE, locals, statics, globals, structures. */

int module_global;
static int module_static;
struct state { int aint; long along; double adouble; char text[8]; } state;

static int auto_func(int x) {
    int local = x;              /* AUTO SET */
    local++;                    /* AUTO CHANGED */
    register long kept = local; /* REGISTER SET */
    kept += 40;                 /* REGISTER CHANGED */
    return (int)kept;           /* AUTO RETURNS */
}
static int static_func(void) {
    static int counted = 7;
    counted++;                  /* STATIC CHANGED */
    return counted;             /* STATIC RETURNS */
}

int main(void) {
    int result = auto_func(1);  /* CALL AUTO */
    result += static_func();    /* CALL STATIC */
    module_static = 5;          /* MODULE STATIC */
    module_static++;            /* MODULE STATIC CHANGED */
    module_global = 6;          /* MODULE GLOBAL */
    module_global *= 7;         /* MODULE GLOBAL CHANGED */
    state.aint = 1;             /* STATE INT */
    state.along = -1;           /* STATE LONG */
    state.adouble = 0.5;        /* STATE DOUBLE */
    state.text[0] = 'a';        /* STATE TEXT */
    state.adouble *= 3;         /* STATE DOUBLE CHANGED */
    __asm__ volatile("std\n\tstc\n\tmov $0x1234, %%rcx\n\tcld" ::: "rcx", "cc");      /* FLAGS */
    return result;              /* END OF MAIN */
}
