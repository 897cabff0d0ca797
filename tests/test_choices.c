/* test_choices.c: closed sets of answers: what a user gives, and what a spec itself closes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/choices.h"
#include "support/check.h"

/* ---- lists that a user gives ---- */

static void check_labels(const choice_list *list, const char *wanted)
{
    char joined[4096] = "";
    for (size_t i = 0; i < list->count; i++) {
        size_t n = strlen(joined);
        snprintf(joined + n, sizeof joined - n, "%s%s", i > 0 ? "|" : "", list->labels[i]);
    }
    assert_string_equal(joined, wanted);
}

TEST(a_line_is_cut_at_its_commas)
{
    static const struct {
        const char *text, *labels;
    } cases[] = {
        {"a,b,c", "a|b|c"},
        {"  positive , negative,neutral  ", "positive|negative|neutral"},
        {"not given,given", "not given|given"},
        {"A\\,B,C\\\\D", "A,B|C\\D"},
        {"ja,nein,weiß nicht", "ja|nein|weiß nicht"},
        {"Yes,yes", "Yes|yes"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        choice_list list;
        paw_error err;
        check_ok(choices_parse(cases[i].text, "--choices", &list, &err), &err);
        check_labels(&list, cases[i].labels);
        choices_free(&list);
        assert_int_equal(list.count, 0);
    }
}

TEST(bad_lists_are_refused)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "no choices"},
        {"   ", "no choices"},
        {"one", "only one choice"},
        {"a,,b", "choice 2 is empty"},
        {"a,b,", "choice 3 is empty"},
        {"a, b ,a", "choices 1 and 3 are both \"a\""},
        {"a,b\tc", "control character"},
        {"a,b\nc", "control character"},
        {"a,b\xC2\x85", "control character"},
        {"a,\xFF", "not UTF-8"},
        {"a,\xE2\x80\xA8z", "control character"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        choice_list list;
        paw_error err;
        check_error(choices_parse(cases[i].text, "--choices", &list, &err), &err, PAW_ERR_ARGUMENT, "--choices",
                    cases[i].said);
        assert_int_equal(list.count, 0);
        assert_null(list.labels);
        assert_int_equal(choices_parse(cases[i].text, NULL, &list, NULL), PAW_ERR_ARGUMENT);
    }
}

TEST(long_and_many_choices_are_refused)
{
    char text[CHOICES_MAX_BYTES + 8] = "a,";
    choice_list list;
    paw_error err;
    memset(text + 2, 'x', CHOICES_MAX_BYTES);
    check_ok(choices_parse(text, "f", &list, &err), &err);
    choices_free(&list);
    text[2 + CHOICES_MAX_BYTES] = 'x';
    check_error(choices_parse(text, "f", &list, &err), &err, PAW_ERR_ARGUMENT, "f", "257 bytes long, at most 256");

    char(*names)[8] = calloc(CHOICES_MAX + 1, sizeof *names);
    const char **labels = calloc(CHOICES_MAX + 1, sizeof *labels);
    assert_true(names != NULL && labels != NULL);
    for (int i = 0; i <= CHOICES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "c%d", i);
        labels[i] = names[i];
    }
    check_ok(choices_copy(labels, CHOICES_MAX, "f", &list, &err), &err);
    assert_int_equal(list.count, CHOICES_MAX);
    choices_free(&list);
    check_error(choices_copy(labels, CHOICES_MAX + 1, "f", &list, &err), &err, PAW_ERR_ARGUMENT, "f",
                "1001 choices, at most 1000");
    labels[3] = " c";
    check_error(choices_copy(labels, 5, "f", &list, &err), &err, PAW_ERR_ARGUMENT, "f",
                "choice 4, \" c\", begins or ends with a space");
    labels[3] = labels[1];
    check_error(choices_copy(labels, 5, "f", &list, &err), &err, PAW_ERR_ARGUMENT, "f", "choices 2 and 4 are both \"c1\"");
    free(labels);
    free(names);
}

/* ---- what a spec closes ---- */

typedef struct reading {
    const char *spec, *labels; /* labels joined by |; "": open */
} reading;

static void check_readings(const reading *r, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        choice_list list;
        paw_error err;
        char joined[4096] = "";
        check_ok(choices_find(r[i].spec, &list, &err), &err);
        for (size_t k = 0; k < list.count; k++) {
            size_t m = strlen(joined);
            snprintf(joined + m, sizeof joined - m, "%s%s", k > 0 ? "|" : "", list.labels[k]);
        }
        choices_free(&list);
        if (strcmp(joined, r[i].labels) != 0) {
            print_error("%s\n  found \"%s\", not \"%s\"\n", r[i].spec, joined, r[i].labels);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

TEST(enumerations_close)
{
    static const reading r[] = {
        {"Return ONLY one of: refund, exchange, question.", "refund|exchange|question"},
        {"Classify the sentiment of the review. Output positive, negative or neutral.", "positive|negative|neutral"},
        {"Answer yes or no: does the mail ask for a meeting?", "yes|no"},
        {"Is the statement true or false? Answer true or false.", "true|false"},
        {"Classify the ticket as billing, technical, or account.", "billing|technical|account"},
        {"Which colour does the customer want? Reply with exactly one of red, green, blue.", "red|green|blue"},
        {"Label the tweet: hate / offensive / neither", "hate|offensive|neither"},
        {"Pick the tone of the message. One of: formal | casual | rude", "formal|casual|rude"},
        {"You get a question with four options. Print A, B, C or D.", "A|B|C|D"},
        {"Print 0 or 1.", "0|1"},
        {"Route the request to SALES, SUPPORT, LEGAL or OTHER. Print the team in capitals.", "SALES|SUPPORT|LEGAL|OTHER"},
        {"Decide what the robot does next: move_left, move_right, stop or wait_here.",
         "move_left|move_right|stop|wait_here"},
        {"Reply with one of \"in stock\", \"sold out\" or \"unknown\".", "in stock|sold out|unknown"},
        {"Which meal is it? breakfast, lunch or dinner", "breakfast|lunch|dinner"},
        {"Does the text mention a price? yes/no", "yes|no"},
        {"Does the claim follow from the text? Print SUPPORTED, REFUTED or NOT STATED.", "SUPPORTED|REFUTED|NOT STATED"},
        {"Tell which garden tool is described. Choose from: rake, spade, hoe, watering can, shears.",
         "rake|spade|hoe|watering can|shears"},
    };
    check_readings(r, COUNT(r));
}

TEST(explained_labels_close)
{
    static const reading r[] = {
        {"Sort the letter into a tray.\n- billing: about money\n- legal: from a lawyer or a court\n- private: for one "
         "person\n"
         "- other: everything else\nPrint only the name of the tray.",
         "billing|legal|private|other"},
        {"Code the injury. H = head, A = arm, L = leg, T = trunk. Print the letter.", "H|A|L|T"},
        {"What kind of sentence is it? QUEST = asks something, ORDER = tells somebody to act, PLAIN = anything else. One "
         "word.",
         "QUEST|ORDER|PLAIN"},
        {"Give the priority of the ticket: P1 (urgent) / P2 (today) / P3 (whenever).", "P1|P2|P3"},
        {"Choose the shelf for the jar: top (jam), middle (pickles), bottom (oil).", "top|middle|bottom"},
        {"Phone menu: print the digit.\n1 opening hours\n2 lost property\n3 tickets\n9 anything else", "1|2|3|9"},
        {"Assign a diet code: VG = no animal products, VT = no meat or fish, PE = fish but no meat, OM = eats everything. "
         "Code only.",
         "VG|VT|PE|OM"},
        {"Label each chat line as question, request or statement. question = wants information. request = wants somebody "
         "to act. "
         "statement = all else.",
         "question|request|statement"},
    };
    check_readings(r, COUNT(r));
}

TEST(conditions_close)
{
    static const reading r[] = {
        {"Print PASS if the score is 60 or more, FAIL if it is below 60, and ABSENT if there is no score.",
         "PASS|FAIL|ABSENT"},
        {"Say yes if the parcel may be opened, otherwise no.", "yes|no"},
        {"Answer approve when the total is under 100, ask when it is 100 to 500, and refuse when it is more.",
         "approve|ask|refuse"},
        {"Reply keep if the post is on topic, else drop.", "keep|drop"},
        {"Print SAME if both addresses are of one house, DIFFERENT if they are not.", "SAME|DIFFERENT"},
    };
    check_readings(r, COUNT(r));
}

TEST(defaults_belong_to_the_set)
{
    static const reading r[] = {
        {"Which season does the diary entry describe? Print spring, summer, autumn or winter. If you cannot tell, print "
         "unknown.",
         "spring|summer|autumn|winter|unknown"},
        {"Name the instrument: one of violin, flute, drum. If none of them is meant, answer none.",
         "violin|flute|drum|none"},
        {"Print the airport code: LHR, CDG, FRA or AMS. If no airport is named print NONE.", "LHR|CDG|FRA|AMS|NONE"},
        {"Sort the mail into orders, returns or press; otherwise other.", "orders|returns|press|other"},
    };
    check_readings(r, COUNT(r));
}

TEST(ranges_close)
{
    static const reading r[] = {
        {"Rate the politeness of the message with a score from 1 to 5. Print only the score.", "1|2|3|4|5"},
        {"Rate the spiciness of the dish on a scale of 0 to 3.", "0|1|2|3"},
    };
    check_readings(r, COUNT(r));
}

TEST(worked_examples_are_held_against_the_set)
{
    static const reading r[] = {
        {"Answer hot or cold.\nInput: soup from the stove\nOutput: hot\nInput: ice\nOutput: cold", "hot|cold"},
        {"Answer hot or cold.\nInput: soup from the stove\nOutput: hot\nInput: bath\nOutput: lukewarm", ""},
        {"Answer hot or cold. \"tea of this morning\" -> lukewarm", ""},
    };
    check_readings(r, COUNT(r));
}

TEST(free_answers_stay_open)
{
    static const reading r[] = {
        {"Extract the name of the sender, or none if there is none.", ""},
        {"Extract the invoice number. If there is no invoice number, return none.", ""},
        {"Rewrite the sentence in the past tense.", ""},
        {"Translate the message into French.", ""},
        {"Fix the spelling and keep everything else unchanged.", ""},
        {"Summarise the article in one sentence.", ""},
        {"Return JSON {\"sentiment\":\"positive|negative|neutral\",\"score\":0.5}.", ""},
        {"Output JSON with the keys type (bug, feature or question) and title.", ""},
        {"List all allergens in the dish as a comma-separated list: gluten, milk, eggs, nuts, soy. Print none if there are "
         "none.",
         ""},
        {"Tag the article with all that apply, joined with commas: politics, sports, culture, science.", ""},
        {"Print refund:<amount> if the customer wants money back, otherwise exchange:<item>.", ""},
        {"Write two lines: label (spam or ham), then the reason in one sentence.", ""},
        {"Convert the date to YYYY-MM-DD. If there is no date print unknown.", ""},
        {"Print the phone number in international form with digits only, without spaces.", ""},
        {"Extract city and country separated by a semicolon; write ? for what is missing.", ""},
        {"Give the total of the receipt as a number with two decimals.", ""},
        {"Replace colours by their German names: red -> rot, blue -> blau, green -> grün. Leave the rest as it is.", ""},
        {"Write the title in title case; small words such as of, and, the stay in lower case.", ""},
        {"Expand the abbreviations: appt = appointment, mtg = meeting, dept = department. Change nothing else in the text.",
         ""},
        {"Print name=<name>;size=<S|M|L>;gift=<yes|no> for the order.", ""},
        {"Which of the two cities is larger? Print its name.", ""},
        {"Print the first word of the text in upper case.", ""},
        {"Pull out the order number. Ignore phone numbers, dates or postcodes. Upper case, no spaces.", ""},
        {"How many people are mentioned? Print the number.", ""},
        {"Answer the question in one word.", ""},
        {"Return the file extension in lower case, for example pdf or docx.", ""},
        {"Redact names: replace every person's name with [NAME] and every phone number with [PHONE].", ""},
        {"Hello", ""},
        {"", ""},
        {"   \n\n - ", ""},
    };
    check_readings(r, COUNT(r));
}

TEST(strange_specs_are_read_to_their_end)
{
    choice_list list;
    paw_error err;
    check_error(choices_find("Answer yes or \xC3no", &list, &err), &err, PAW_ERR_ARGUMENT, "spec",
                "not UTF-8 from byte 14 on");
    assert_int_equal(list.count, 0);

    char *big = malloc(CHOICES_MAX_SPEC + 2);
    assert_non_null(big);
    static const char *const fills[] = {"a,",   "(", "\"", "<",           "A = b, ", "or ",
                                        "\n- ", "/", "1 ", "print x if ", "Ä",       "a b c d e f, "};
    for (size_t i = 0; i < COUNT(fills); i++) {
        size_t n = strlen(fills[i]), size = CHOICES_MAX_SPEC / n * n;
        for (size_t k = 0; k < size; k += n) {
            memcpy(big + k, fills[i], n);
        }
        big[size] = '\0';
        check_ok(choices_find(big, &list, &err), &err);
        choices_free(&list);
    }
    memset(big, 'a', CHOICES_MAX_SPEC + 1);
    memcpy(big, "Answer yes or no. ", 18);
    big[CHOICES_MAX_SPEC + 1] = '\0';
    check_ok(choices_find(big, &list, &err), &err);
    assert_int_equal(list.count, 0); /* too long to be looked at */
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_cut_at_its_commas),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(long_and_many_choices_are_refused),
        cmocka_unit_test(enumerations_close),
        cmocka_unit_test(explained_labels_close),
        cmocka_unit_test(conditions_close),
        cmocka_unit_test(defaults_belong_to_the_set),
        cmocka_unit_test(ranges_close),
        cmocka_unit_test(worked_examples_are_held_against_the_set),
        cmocka_unit_test(free_answers_stay_open),
        cmocka_unit_test(strange_specs_are_read_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
