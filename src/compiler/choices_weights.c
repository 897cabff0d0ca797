/* choices_weights.c: points for signs and words. Written by training/corpus/choices_fit.py; not by hand. */
#include "compiler/choices_rules.h"

const int base_weight = -4;

/* In the order of finder_signs. */
const int sign_weights[SIGNS] = {
    4, 2, 3, 3, 5, 3, 4, 0, 2, 0, 0, 0, 0, 8, 0, 0, 0, 2, -4, -8,
    4, -2, -3, 0, 0, 0, -17, -6, 1, 11, -17, -14, 0, -9, 0, 1, -10, -12, 0, -16,
    -4, -16, -11, 0, 0, -5, -5, -3, -6, -9, 2, 7, 1, -15, 0, -3, -5, 0, 14, 8,
    6, 1, -10, 0, -2, -2, 0, 1, 2, 9, 0, 6, 3, 9, 2, 2, 0, 10, 0, 22,
    0, 4, -16, -1, 3, -17, -7, -22, -8, -18, -4, 9,
};

const word_weight word_weights[] = {
    {"about", 2}, {"above", -5}, {"absent", -6}, {"after", -2}, {"alone", -1}, {"already", -3}, {"amount", -4},
    {"an", 3}, {"answer", 3}, {"any", -3}, {"are", 1}, {"article", -1}, {"as", -10}, {"as written", -8}, {"asks", 5},
    {"at all", 1}, {"back", -3}, {"bare", -2}, {"be", 1}, {"becomes", -4}, {"blank", -3}, {"both", 2}, {"broken", 3},
    {"but", 5}, {"by", -2}, {"capital", -10}, {"capitals", -1}, {"case", -4}, {"change", 4}, {"choose", 3},
    {"class", 1}, {"codes", -7}, {"colon", -1}, {"come", 1}, {"comes", 1}, {"comma", -11}, {"compact", -2},
    {"compare", 5}, {"complaint", 2}, {"compute", -6}, {"convert", -1}, {"copy", -6}, {"correct", -4}, {"counts as", 3},
    {"data", 5}, {"days", -3}, {"decide", 8}, {"decimals", -1}, {"default", -3}, {"delete", 5}, {"described", 3},
    {"different", 1}, {"digits", -8}, {"does", 7}, {"drop", -5}, {"dropped", -3}, {"each", 1}, {"else", -3},
    {"equal", 1}, {"even", 7}, {"even if", 2}, {"false", -1}, {"file", 1}, {"first", -5}, {"fits", 2}, {"flat", -3},
    {"followed", -1}, {"for the", 1}, {"form", -3}, {"from a", 1}, {"given", 3}, {"go", 2}, {"group", 2}, {"hours", -1},
    {"hyphen", -5}, {"if", -6}, {"if the", 2}, {"in", -4}, {"in the", 3}, {"integer", -2}, {"into", -1}, {"is", 1},
    {"is not", -1}, {"is the", 6}, {"it", 1}, {"item", -1}, {"job", 1}, {"json", -12}, {"judge", 10}, {"keep", -17},
    {"keys", -5}, {"leave", -9}, {"line", 1}, {"lines", -2}, {"look", -1}, {"lower", -6}, {"mail", -2}, {"main", 16},
    {"mark", -6}, {"matter", 2}, {"means", 3}, {"missing", -2}, {"month", -3}, {"more than", 7}, {"must", -2},
    {"name", -3}, {"name of", -7}, {"need", 2}, {"needs", 1}, {"never", -4}, {"next", -7}, {"no", -4}, {"none", -5},
    {"nothing", -1}, {"nothing else", -2}, {"now", 3}, {"null", -6}, {"number", -10}, {"numbers", -1}, {"object", 3},
    {"on a", 2}, {"on the", 3}, {"one", 3}, {"one of", 1}, {"open", 1}, {"or", 3}, {"or a", 5}, {"or more", -1},
    {"or no", 2}, {"order", -4}, {"other", -1}, {"otherwise", -1}, {"our", 2}, {"output", -2}, {"outside", 2},
    {"parts", -6}, {"payment", 2}, {"people", 2}, {"per", -2}, {"pick", 4}, {"present", 1}, {"put", -5}, {"real", 4},
    {"reason", -3}, {"request", 1}, {"result", -9}, {"row", -4}, {"rule", 10}, {"said", -4}, {"single", -1},
    {"skip", -4}, {"slash", -3}, {"someone", 3}, {"something", 1}, {"space", -14}, {"spaces", -11}, {"start", -1},
    {"status", 1}, {"stay", -9}, {"stays", -3}, {"still", 7}, {"such", 7}, {"tell", 3}, {"that", 1}, {"the", 3},
    {"the person", -2}, {"them", 1}, {"there", -3}, {"they", 3}, {"thing", 6}, {"three", -8}, {"time", -4},
    {"title", -3}, {"to", -1}, {"to the", -2}, {"two", 1}, {"unchanged", -12}, {"under", 1}, {"unknown", -6},
    {"untouched", -10}, {"value", -1}, {"way", -2}, {"what is", -2}, {"whatever", 1}, {"when", -8}, {"which", -3},
    {"whole", -2}, {"wins", 6}, {"with", -1}, {"with the", -4}, {"within", 3}, {"without", -8}, {"word", -1},
    {"words", -4}, {"write", -14},
};

const size_t n_word_weights = sizeof word_weights / sizeof *word_weights;
