/* next and reverse-next over a function with a breakpoint in it: they stop there. */

static int inner(int n) {
    return n + 1;               /* IN INNER */
}
static int callee(int n) {
    int m = inner(n);           /* IN CALLEE */
    return m * 2;               /* CALLEE RETURNS */
}

int main(void) {
    int sum = 0;                /* START OF MAIN */
    sum += callee(1);           /* FIRST CALL */
    sum += callee(2);           /* SECOND CALL */
    return sum;                 /* END OF MAIN */
}
