/* finish and reverse-finish out of functions that return all kinds of values. */

char char_result;
short short_result;
int int_result;
long long_result;
float float_result;
double double_result;

static void void_func(void) {
    int_result = 0;             /* VOID FUNC */
}
static char char_func(void) {
    return 'a';                 /* CHAR FUNC */
}
static short short_func(void) {
    return -2;                  /* SHORT FUNC */
}
static int int_func(void) {
    return 3;                   /* INT FUNC */
}
static long long_func(void) {
    return -4000000000L;        /* LONG FUNC */
}
static float float_func(void) {
    return 5.5f;                /* FLOAT FUNC */
}
static double double_func(void) {
    return -6.25;               /* DOUBLE FUNC */
}

int main(void) {
    void_func();                /* CALL VOID */
    char_result = char_func();  /* CALL CHAR */
    short_result = short_func();        /* CALL SHORT */
    int_result = int_func();    /* CALL INT */
    long_result = long_func();  /* CALL LONG */
    float_result = float_func();        /* CALL FLOAT */
    double_result = double_func();      /* CALL DOUBLE */
    return 0;                   /* END OF MAIN */
}
