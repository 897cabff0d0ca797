#!/usr/bin/env python3
"""choices_check.py FIND FILE...: how well closed sets are found in the specs of these files (JSON lines).

FIND is the program tests/tools/find_choices of a build. A spec is closed where its field `choices` says so. A set that was found is
right only when it equals that field; without the field, when it holds every output of the spec's cases. The specs are split by a
hash of their id: two thirds to develop the rules on, a third held back. --show KIND [--part dev|held] [--alt] prints specs of a
kind: wrong, missed, closed.
"""
import argparse
import collections
import hashlib
import json
import subprocess


def part(name):
    return 'held' if int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 3 == 0 else 'dev'


def find(program, texts):
    out = subprocess.run([program], input=''.join(json.dumps(t) + '\n' for t in texts), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def judge(spec, found):
    """right, wrong, missed (of closed specs); open, closed (wrongly), right (of the others)."""
    truth = spec.get('choices')
    outside = any(c['output'] not in found for c in spec['cases'])
    if truth:
        return 'closed', 'missed' if not found else 'right' if set(found) == set(truth) and not outside else 'wrong'
    return ('closed', 'right') if found and not outside else ('open', 'closed' if found else 'open')


def table(counts, wording):
    for p in ('dev', 'held', 'all'):
        c = collections.Counter()
        for (q, kind, verdict), n in counts.items():
            if p in (q, 'all'):
                c[kind, verdict] += n
        closed = sum(n for (k, _), n in c.items() if k == 'closed')
        opened = sum(n for (k, _), n in c.items() if k == 'open')
        if closed + opened:
            print('%-5s %-5s closed %5d: right %5.1f %%  wrong set %4.1f %%  left open %4.1f %%   open %5d: wrongly closed %d (%.2f %%)' % (
                wording, p, closed, 100 * c['closed', 'right'] / max(1, closed), 100 * c['closed', 'wrong'] / max(1, closed),
                100 * c['closed', 'missed'] / max(1, closed), opened, c['open', 'closed'], 100 * c['open', 'closed'] / max(1, opened)))


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument('find')
    a.add_argument('files', nargs='+')
    a.add_argument('--show', choices=['wrong', 'missed', 'closed'])
    a.add_argument('--part', default='dev')
    a.add_argument('--alt', action='store_true')
    o = a.parse_args()
    specs = [json.loads(line) for f in o.files for line in open(f, encoding='utf-8') if line.strip()]
    for wording in ('spec', 'alt'):
        rows = [(s, t) for s in specs for t in ([s['spec']] if wording == 'spec' else s.get('spec_alt', []))]
        counts = collections.Counter()
        for (s, text), found in zip(rows, find(o.find, [t for _, t in rows])):
            kind, verdict = judge(s, found)
            counts[part(s['id']), kind, verdict] += 1
            if o.show == verdict and part(s['id']) == o.part and o.alt == (wording == 'alt'):
                truth = s.get('choices') or sorted({c['output'] for c in s['cases']})[:6]
                missing, extra = [x for x in truth if x not in found], [x for x in found if x not in truth]
                print(f'# {s["id"]}  -{missing} +{extra if found else []}\n{text}')
        if not o.show:
            table(counts, wording)


if __name__ == '__main__':
    main()
