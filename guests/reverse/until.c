/* until and advance: out of loops, out of functions, to a line. */

int sum;

static int factorial(int n) {
    if (n > 1) n *= factorial(n - 1);   /* RECURSE */
    return n;                   /* FACTORIAL RETURNS */
}

static int marker(int n) {
    return n;                   /* MARKER */
}

int main(void) {
    sum = 0;                    /* BEFORE THE LOOP */
    for (int i = 0; i < 5; i++) /* THE LOOP */
        sum += i;               /* IN THE LOOP */
    sum += factorial(5);        /* AFTER THE LOOP */
    sum += marker(1);           /* CALL MARKER */
    return sum;                 /* END OF MAIN */
}
