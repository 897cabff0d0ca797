#!/usr/bin/env python3
"""choices_fit.py FIND FILE... > src/compiler/choices_weights.c: the points by which a spec counts as closed.

FIND is the program tests/tools/find_choices of a build. A logistic regression over two thirds of the specs (choices_check.part),
in all wordings: is the best candidate exactly the spec's set? Signs come from the finder; words are those that stand in many
specs of many files, so that no topic gets points. Weights are tenths, rounded. Needs NumPy and scikit-learn.
"""
import argparse
import collections
import json
import subprocess
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

from choices_check import judge, part

MANY, FILES = 60, 15  # specs and files that hold a word
RARE = 10  # specs that hold one of these, which tell of formats, rewriting and copying
KEPT = set("""append appended abbreviations abbreviation alphabetical add added article articles ascending bare base blank blanks
    brackets capital colon comma commas compute convert copied copy correct correction csv date decimal decimals
    delete descending digit digits dot dots drop dropped each extract extracted field fields fix followed form format
    full fully hyphen hyphens initials integer iso json key keys kept lines list listed lowercase minus missing mm
    multiply name normalise numbers numeric omit order original pipe placeholder plural plus prefix punctuation quotes
    range reformat remains remove removed repeats replace replaced rest rewrite round rounded row semicolon semicolons
    sentence separated separator shorten singular slash slashes sorted space spaces spelling split string style suffix
    sum swap symbol template title total trailing translate trim unchanged underscore unit units untouched uppercase
    value values verb whole words year yaml zeros letter letters code label category class classify decide judge
    verdict rate grade whether route sort tag exactly single claim rule rules""".split()) | {
    'as written', 'as is', 'as it', 'comma separated', 'in order', 'one line', 'per line', 'followed by', 'list of', 'list the', 'list all',
    'all that', 'title case', 'lower case', 'upper case', 'the name', 'name of', 'the number', 'number of', 'the date', 'the time',
    'the amount', 'no spaces', 'one of', 'exactly one', 'one word', 'only the', 'just the', 'the letter', 'the code', 'the label',
    'the word', 'which of', 'how many', 'how much', 'the first', 'else stays', 'rest stays', 'in words', 'text after', 'if missing'}
SIGNED = {v + ' the' for v in ('print', 'output', 'return', 'give', 'write', 'answer', 'reply', 'name')}  # told apart by signs


def read(program, files):
    """(spec, is it the main wording, found, signs, words) for each wording."""
    rows = []
    for f in files:
        for line in open(f, encoding='utf-8'):
            s = json.loads(line)
            rows += [(s, k == 0, t) for k, t in enumerate([s['spec']] + s['spec_alt'])]
    out = subprocess.run([program, '--signs'], input=''.join(json.dumps(t) + '\n' for _, _, t in rows), capture_output=True, text=True,
                         check=True).stdout.split('\n')
    for (s, main, _), line in zip(rows, out):
        found, signs, words = (line.split('\t') + ['', ''])[:3]
        yield s, main, json.loads(found), [int(c) for c in signs], words.split(' ')


def phrases(words):
    one = {w for w in words if w.isalpha() and len(w) > 1}
    return one | {a + ' ' + b for a, b in zip(words, words[1:]) if a.isalpha() and b.isalpha()}


def vocabulary(rows):
    count, files = collections.Counter(), collections.defaultdict(set)
    for s, _, _, _, words in rows:
        if part(s['id']) == 'dev':
            for w in phrases(words):
                count[w] += 1
                files[w].add(s['id'].split('-')[0])
    return sorted(w for w, n in count.items() if w not in SIGNED and ((n >= MANY and len(files[w]) >= FILES) or (n >= RARE and w in KEPT)))


def report(rows, points, limit):
    for p in ('dev', 'held'):
        for main in (True, False):
            c = collections.Counter()
            for (s, m, found, _, _), x in zip(rows, points):
                if part(s['id']) == p and m == main:
                    c[judge(s, found if x > limit else [])] += 1
            closed, opened = (sum(n for (k, _), n in c.items() if k == kind) for kind in ('closed', 'open'))
            print('%-4s %-4s limit %3d: right %.1f %%  wrong set %.1f %%   wrongly closed %.2f %%' % (
                p, 'main' if main else 'alt', limit, 100 * c['closed', 'right'] / closed, 100 * c['closed', 'wrong'] / closed,
                100 * c['open', 'closed'] / opened), file=sys.stderr)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument('find')
    a.add_argument('files', nargs='+')
    a.add_argument('--strength', type=float, default=0.3, help='of the fit: higher keeps more words')
    a.add_argument('--limit', type=int, default=4, help='points from which on a spec is closed')
    o = a.parse_args()
    rows = list(read(o.find, o.files))
    words = vocabulary(rows)
    place = {w: k for k, w in enumerate(words)}
    used = [k for k, r in enumerate(rows) if r[3]]
    n = len(rows[used[0]][3])
    x, y, w = np.zeros((len(used), n + len(words))), np.zeros(len(used), bool), np.ones(len(used))
    for j, k in enumerate(used):
        s, is_main, found, signs, text = rows[k]
        x[j, :n] = signs
        for word in phrases(text) & place.keys():
            x[j, n + place[word]] = 1
        kind, verdict = judge(s, found)
        y[j] = verdict == 'right'
        w[j] = (1.5 if is_main else 1) * (1.6 if kind == 'open' else 1)
    dev = np.array([part(rows[k][0]['id']) == 'dev' for k in used])
    fit = LogisticRegression(penalty='l1', C=o.strength, solver='liblinear', max_iter=500, random_state=1)
    fit.fit(x[dev], y[dev], sample_weight=w[dev])
    weight = np.round(10 * fit.coef_[0]).astype(int)
    base = int(round(10 * fit.intercept_[0]))
    points = np.full(len(rows), -10**6)
    points[used] = x @ weight + base
    for limit in sorted({0, 4, 8, 12, 16, o.limit}):
        report(rows, points, limit)
    kept = [(words[k], weight[n + k]) for k in range(len(words)) if weight[n + k]]
    print('/* choices_weights.c: points for signs and words. Written by training/corpus/choices_fit.py; not by hand. */')
    print('#include "compiler/choices_rules.h"\n')
    print(f'const int base_weight = {base - o.limit};\n')
    print('/* In the order of finder_signs. */\nconst int sign_weights[SIGNS] = {')
    for k in range(0, n, 20):
        print('    ' + ' '.join(f'{v},' for v in weight[k:min(n, k + 20)]))
    print('};\n\nconst word_weight word_weights[] = {')
    line = '   '
    for word, v in kept:
        item = f' {{"{word}", {v}}},'
        if len(line) + len(item) > 120:
            print(line)
            line = '   '
        line += item
    print(line + '\n};\n\nconst size_t n_word_weights = sizeof word_weights / sizeof *word_weights;')


if __name__ == '__main__':
    main()
