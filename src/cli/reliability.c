/* reliability.c: see reliability.h. */
#include "cli/reliability.h"

#include <math.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/file.h"

void reliability_add(reliability *r, double probability, bool right, bool abstained)
{
    int bin = (int)(probability * RELIABILITY_BINS);
    bin = bin < 0 ? 0 : bin >= RELIABILITY_BINS ? RELIABILITY_BINS - 1 : bin;
    r->cases[bin]++;
    r->right[bin] += right;
    r->sum[bin] += probability;
    r->answered += !abstained;
    r->answered_right += !abstained && right;
}

size_t reliability_cases(const reliability *r)
{
    size_t n = 0;
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        n += r->cases[i];
    }
    return n;
}

double reliability_accuracy(const reliability *r)
{
    size_t n = reliability_cases(r), right = 0;
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        right += r->right[i];
    }
    return n > 0 ? (double)right / (double)n : 0;
}

double reliability_error(const reliability *r)
{
    size_t n = reliability_cases(r);
    double error = 0;
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        error += fabs((double)r->right[i] - r->sum[i]);
    }
    return n > 0 ? error / (double)n : 0;
}

void reliability_print(const reliability *r, double abstain_below)
{
    static const char FULL[] = "##############################";
    size_t n = reliability_cases(r);
    printf("\nclosed sets: %zu cases, %.1f%% right, calibration error %.3f\n", n, 100 * reliability_accuracy(r), reliability_error(r));
    if (abstain_below > 0) {
        printf("answered at %.2f or more: %.1f%% of them, %.1f%% of those right\n", abstain_below,
               100 * (double)r->answered / (double)(n > 0 ? n : 1),
               100 * (double)r->answered_right / (double)(r->answered > 0 ? r->answered : 1));
    }
    printf("%-12s %7s %9s %7s\n", "probability", "cases", "stated", "right");
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        if (r->cases[i] > 0) {
            double right = (double)r->right[i] / (double)r->cases[i];
            printf("%.1f to %.1f   %7zu %8.1f%% %6.1f%%  %.*s\n", i / 10.0, (i + 1) / 10.0, r->cases[i],
                   100 * r->sum[i] / (double)r->cases[i], 100 * right, (int)(right * 30 + 0.5), FULL);
        }
    }
}

void reliability_json(const reliability *r, double abstain_below, json_t *out)
{
    size_t n = reliability_cases(r);
    json_t *bins = json_array();
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        if (r->cases[i] > 0) {
            json_array_append_new(bins, json_pack("{s:f, s:f, s:I, s:f, s:f}", "from", i / 10.0, "to", (i + 1) / 10.0, "cases",
                                                  (json_int_t)r->cases[i], "stated", r->sum[i] / (double)r->cases[i], "right",
                                                  (double)r->right[i] / (double)r->cases[i]));
        }
    }
    json_object_set_new(out, "closed_cases", json_integer((json_int_t)n));
    json_object_set_new(out, "closed_accuracy", n > 0 ? json_real(reliability_accuracy(r)) : json_null());
    json_object_set_new(out, "calibration_error", n > 0 ? json_real(reliability_error(r)) : json_null());
    json_object_set_new(out, "reliability", bins);
    if (abstain_below > 0 && n > 0) {
        json_object_set_new(out, "abstain_below", json_real(abstain_below));
        json_object_set_new(out, "coverage", json_real((double)r->answered / (double)n));
        json_object_set_new(out, "covered_accuracy",
                            r->answered > 0 ? json_real((double)r->answered_right / (double)r->answered) : json_null());
    }
}

/* ---- the drawing ---- */

enum { SIDE = 320, LEFT = 60, TOP = 30 };

static void append_format(buffer *b, const char *format, double x, double y, double z, double w)
{
    char text[256];
    snprintf(text, sizeof text, format, x, y, z, w);
    buffer_append_text(b, text);
}

static void draw_axes(buffer *b)
{
    append_format(b, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" fill=\"none\" stroke=\"#888\"/>\n", LEFT, TOP, SIDE, SIDE);
    append_format(b, "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"#888\" stroke-dasharray=\"4\"/>\n", LEFT, TOP + SIDE,
                  LEFT + SIDE, TOP);
    for (int i = 0; i <= 10; i += 2) {
        append_format(b, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%.1f</text>\n", LEFT + SIDE * i / 10.0, TOP + SIDE + 18, i / 10.0, 0);
        append_format(b, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%.1f</text>\n", LEFT - 8, TOP + SIDE - SIDE * i / 10.0 + 4, i / 10.0, 0);
    }
    append_format(b, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">stated probability</text>\n", LEFT + SIDE / 2.0, TOP + SIDE + 40, 0, 0);
    append_format(b, "<text transform=\"translate(%.0f %.0f) rotate(-90)\" text-anchor=\"middle\">share right</text>\n", 18, TOP + SIDE / 2.0, 0, 0);
}

paw_status reliability_draw(const reliability *r, const char *path, paw_error *err)
{
    buffer b = {0};
    size_t most = 1;
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        most = r->cases[i] > most ? r->cases[i] : most;
    }
    buffer_append_text(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"400\" height=\"410\" font-family=\"sans-serif\" font-size=\"12\">\n"
                           "<rect width=\"400\" height=\"410\" fill=\"white\"/>\n");
    append_format(&b, "<text x=\"%.0f\" y=\"18\">%.0f cases, calibration error %.3f; a dot's size is its number of cases</text>\n", 12,
                  (double)reliability_cases(r), reliability_error(r), 0);
    draw_axes(&b);
    for (int i = 0; i < RELIABILITY_BINS; i++) {
        if (r->cases[i] > 0) {
            double n = (double)r->cases[i];
            append_format(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#2a6fbb\" fill-opacity=\"0.8\"/>\n", LEFT + SIDE * r->sum[i] / n,
                          TOP + SIDE - SIDE * (double)r->right[i] / n, 3 + 9 * sqrt(n / (double)most), 0);
        }
    }
    buffer_append_text(&b, "</svg>\n");
    paw_status status = b.failed ? paw_fail_memory(err, b.size) : file_write_atomic(path, b.data, b.size, err);
    buffer_free(&b);
    return status;
}
