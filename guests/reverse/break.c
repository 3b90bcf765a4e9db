/* Breakpoints met in both directions, at functions and lines, some of them many times. */

int calls;

static void bar(void) {
    calls++;                    /* IN BAR */
}
static void foo(void) {
    calls += 10;                /* IN FOO */
    bar();                      /* FOO CALLS BAR */
}

int main(void) {
    calls = 0;                  /* BREAK IN MAIN */
    foo();                      /* MAIN CALLS FOO */
    bar();                      /* MAIN CALLS BAR */
    for (int i = 0; i < 10; i++)
        foo();                  /* LOOP CALLS FOO */
    return calls;               /* END OF MAIN */
}
