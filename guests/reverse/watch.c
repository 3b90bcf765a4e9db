/* Watchpoints on globals, locals and elements of arrays, written once or in loops. */

int ival1, ival2, ival3;
int buf[10];
struct pair { int a, b; } pair;

static int local_writer(void) {
    int local = 1;              /* LOCAL SET */
    local = 2;                  /* LOCAL AGAIN */
    local += ival1;             /* LOCAL ADDED */
    return local;
}

int main(void) {
    ival1 = -1;                 /* SET IVAL1 */
    ival2 = -2;                 /* SET IVAL2 */
    for (int n = 0; n < 5; n++) {
        ival1 = n;              /* LOOP IVAL1 */
        ival2 = n / 2;          /* LOOP IVAL2 */
    }
    for (int n = 0; n < 10; n++)        /* THE FILL */
        buf[n] = n * n;         /* FILL BUF */
    pair.b = buf[5];            /* SET PAIR */
    ival3 = pair.b + ival1;     /* READ PAIR */
    ival3 += local_writer();    /* CALL LOCAL */
    return ival3;               /* END OF MAIN */
}
