/* real.c: elementary functions from IEEE operations alone. Compiled without fused multiply-add. */
#include "base/real.h"

#include <stdint.h>
#include <string.h>

static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s) with s = (m - 1) / (m + 1). */
double real_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int e = (int)(bits >> 52 & 0x7FF) - 1023;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double m;
    memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m /= 2;
        e++;
    }
    double s = (m - 1) / (m + 1), s2 = s * s, term = s, sum = 0;
    for (int k = 1; k < 40; k += 2) {
        sum += term / k;
        term *= s2;
    }
    return e * LN2_HIGH + (2 * sum + e * LN2_LOW);
}

double real_exp(double x)
{
    double n = (double)(int64_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    double r = x - n * LN2_HIGH - n * LN2_LOW, term = 1, sum = 1;
    for (int k = 1; k < 20; k++) {
        term *= r / k;
        sum += term;
    }
    uint64_t bits = (uint64_t)((int64_t)n + 1023) << 52;
    double power;
    memcpy(&power, &bits, 8);
    return sum * power;
}

/* x - n pi/2 with pi/2 in three parts, then Taylor's series on [-pi/4, pi/4]. */
void real_sincos(double x, double *sine, double *cosine)
{
    static const double part1 = 1.57079632673412561417e+00, part2 = 6.07710050630396597660e-11,
                        part3 = 2.02226624879595063154e-21;
    int64_t n = (int64_t)(x * 0.63661977236758134308 + (x < 0 ? -0.5 : 0.5));
    double r = x - (double)n * part1 - (double)n * part2 - (double)n * part3, r2 = r * r;
    double s = r, c = 1, ts = r, tc = 1;
    for (int k = 1; k < 10; k++) {
        tc *= -r2 / ((2 * k - 1) * (2 * k));
        ts *= -r2 / ((2 * k) * (2 * k + 1));
        c += tc;
        s += ts;
    }
    switch (n & 3) {
    case 0: *sine = s; *cosine = c; break;
    case 1: *sine = c; *cosine = -s; break;
    case 2: *sine = -s; *cosine = -c; break;
    default: *sine = -c; *cosine = s; break;
    }
}

/* Maclaurin's series near zero, and 1 - the continued fraction of erfc beyond (Abramowitz and Stegun 7.1.5, 7.1.14). */
double real_erf(double x)
{
    double a = x < 0 ? -x : x, y;
    if (a < 2.5) {
        double term = a, sum = a;
        for (int k = 1; k < 60; k++) {
            term *= -a * a / k;
            sum += term / (2 * k + 1);
        }
        y = 1.1283791670955126 * sum;
    } else if (a < 6) {
        double f = a;
        for (int k = 60; k > 0; k--) {
            f = a + k / 2.0 / f;
        }
        y = 1 - real_exp(-a * a) * 0.56418958354775629 / f;
    } else {
        y = 1;
    }
    return x < 0 ? -y : y;
}
