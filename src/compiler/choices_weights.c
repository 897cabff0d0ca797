/* choices_weights.c: points for signs and words. Written by training/corpus/choices_fit.py; not by hand. */
#include "compiler/choices_rules.h"

const int base_weight = -4;

/* In the order of finder_signs. */
const int sign_weights[SIGNS] = {
    5, 1, 3, 3, 4, 4, 4, 1, 1, 0, 0, 0, 0, 8, 0, -1, 0, 2, -5, -9,
    4, -2, -3, 0, 0, 0, -18, -7, 0, 11, -16, -15, 0, -10, 0, 1, -10, -11, 0, -16,
    -3, -16, -15, 0, 0, -5, -6, -1, -5, -10, 2, 7, 1, -16, 0, -4, -5, 0, 14, 10,
    7, 0, -10, 0, -2, -3, 0, 1, 2, 9, 2, 7, 2, 9, 2, 2, 0, 10, 0, 22,
    0, 6, -16, -2, 3, -17, -7, -21, -10, -20, -4, 9,
};

const word_weight word_weights[] = {
    {"about", 3}, {"above", -5}, {"absent", -5}, {"after", -1}, {"alone", -2}, {"already", -4}, {"amount", -4},
    {"an", 3}, {"answer", 3}, {"any", -2}, {"are", 2}, {"as", -10}, {"as written", -8}, {"asks", 5}, {"back", -5},
    {"be", 1}, {"becomes", -4}, {"blank", -5}, {"both", 2}, {"broken", 3}, {"but", 5}, {"by", -3}, {"capital", -10},
    {"capitals", -1}, {"case", -4}, {"change", 4}, {"choose", 4}, {"class", 2}, {"codes", -7}, {"come", 2},
    {"comes", 2}, {"comma", -10}, {"compact", -1}, {"compare", 4}, {"complaint", 3}, {"compute", -6}, {"copy", -7},
    {"correct", -4}, {"count", -1}, {"counts as", 2}, {"data", 4}, {"day", -1}, {"days", -3}, {"decide", 9},
    {"decimal", -7}, {"decimals", -1}, {"default", -3}, {"delete", 7}, {"described", 4}, {"different", 1},
    {"digits", -7}, {"does", 8}, {"drop", -8}, {"dropped", -2}, {"else", -2}, {"entry", 1}, {"equal", 1}, {"even", 7},
    {"even if", 3}, {"every", -1}, {"false", -4}, {"file", 1}, {"first", -5}, {"flat", -1}, {"followed", -1},
    {"for", -1}, {"for the", 1}, {"form", -4}, {"from a", 2}, {"given", 3}, {"go", 2}, {"good", -3}, {"group", 1},
    {"hours", -2}, {"hyphen", -5}, {"if", -7}, {"if the", 2}, {"in", -4}, {"in the", 3}, {"input", 1}, {"integer", -1},
    {"is given", 1}, {"is the", 6}, {"it", 1}, {"item", -1}, {"job", 1}, {"json", -12}, {"judge", 8}, {"keep", -17},
    {"keys", -5}, {"leave", -10}, {"lines", -2}, {"log", -1}, {"lower", -6}, {"mail", -3}, {"main", 13}, {"mark", -5},
    {"matter", 1}, {"may", 1}, {"means", 3}, {"missing", -2}, {"month", -3}, {"more than", 7}, {"must", -2},
    {"name", -3}, {"name of", -7}, {"need", 1}, {"needs", 1}, {"never", -3}, {"next", -6}, {"no", -4}, {"none", -6},
    {"nothing", -1}, {"nothing else", -2}, {"now", 2}, {"null", -6}, {"number", -10}, {"numbers", -1}, {"object", 4},
    {"office", 1}, {"on a", 3}, {"on the", 1}, {"one", 3}, {"one of", 1}, {"or", 4}, {"or a", 5}, {"or no", 3},
    {"order", -6}, {"other", -1}, {"otherwise", -1}, {"our", 4}, {"output", -2}, {"outside", 2}, {"parts", -7},
    {"payment", 3}, {"people", 3}, {"per", -3}, {"pick", 4}, {"present", 2}, {"put", -7}, {"real", 5}, {"reason", -6},
    {"request", 1}, {"rest", -1}, {"result", -8}, {"review", 1}, {"row", -4}, {"rule", 11}, {"said", -5},
    {"single", -1}, {"skip", -5}, {"slash", -1}, {"someone", 1}, {"something", 1}, {"space", -15}, {"spaces", -10},
    {"statement", 1}, {"status", 2}, {"stay", -9}, {"stays", -3}, {"still", 8}, {"string", -3}, {"such", 8},
    {"team", -1}, {"tell", 4}, {"that", 1}, {"the", 3}, {"the person", -1}, {"there", -3}, {"they", 2}, {"thing", 6},
    {"this", 1}, {"three", -6}, {"time", -4}, {"title", -2}, {"to", -1}, {"to the", -3}, {"two", 2}, {"unchanged", -11},
    {"under", 2}, {"unknown", -7}, {"untouched", -10}, {"user", 1}, {"value", -1}, {"way", -3}, {"what is", -1},
    {"whatever", 2}, {"when", -7}, {"whether", 1}, {"which", -2}, {"whole", -2}, {"wins", 5}, {"with", -2},
    {"with the", -4}, {"within", 3}, {"without", -8}, {"words", -5}, {"write", -13},
};

const size_t n_word_weights = sizeof word_weights / sizeof *word_weights;
