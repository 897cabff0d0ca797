/*
 * real.h: log, exp, sine and cosine in double precision, the same bits on every machine.
 *
 * A C library's own may differ from machine to machine in the last place, and rotary angles are made of these. Accurate to
 * a few units in the last place of a double, which is far more than the float that is kept.
 */
#ifndef PAW_BASE_REAL_H
#define PAW_BASE_REAL_H

double real_log(double x);                                /* x > 0, normal */
double real_exp(double x);                                /* |x| < 700 */
void real_sincos(double x, double *sine, double *cosine); /* |x| < 1e6 */
double real_erf(double x);                                /* for GELU */

#endif
