/* Stepping into and out of functions, over lines of several statements, and through nested calls. */

int myglob;

static int callee(void) {       /* ENTER CALLEE */
    return myglob++;            /* ARRIVED IN CALLEE */
}                               /* RETURN FROM CALLEE */

/* A structure makes the caller copy before and after the call. */
struct large { char bytes[40]; };

static struct large large_value(int n) {
    struct large made = {{0}};
    made.bytes[n] = (char)n;    /* INSIDE LARGE */
    return made;
}

static int nested(int depth) {
    if (depth == 0) return 1;   /* BOTTOM */
    return nested(depth - 1) + depth;   /* NESTED RETURNS */
}

int main(void) {
    int w = 0, x = 0, y = 0, z = 0;     /* BREAK AT MAIN */
    w = 1;                      /* STEP TEST 1 */
    x = 2;                      /* STEP TEST 2 */
    y = 3; z = 4;               /* STEP TEST 3 */
    callee();                   /* NEXT OVER THIS CALL */
    callee();                   /* STEP INTO THIS CALL */
    struct large one = large_value(3);  /* LARGE CALL */
    z = nested(3);              /* NESTED CALL */
    return w + x + y + z + one.bytes[3];        /* END OF MAIN */
}
