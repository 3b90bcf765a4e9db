/* Breakpoints on instructions that follow each other: each is met once, in each direction. */

int main(void) {
    int a, b, c;
    a = 1; b = 2; c = 3;        /* THREE STORES */
    a = a + b; b = b + c; c = c + a;    /* THREE SUMS */
    return a + b + c;           /* END OF MAIN */
}
