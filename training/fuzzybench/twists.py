"""Extra rules that can be laid over any task: a wrapper around the output, something to ignore at the start of the input, and an
exception by a mark in the input.

Families with few parameters of their own get them often, the others now and then.
"""
import random
import re
from dataclasses import replace
from . import pools as P

FEW = set("json-set num-suffix csv-quote num-ordinal num-roman size-human yaml-json query-json env-line html-strip http-request-line json-flatten time-add json-merge path-part num-extreme json-sort-keys hex-color "
          "line-ops log-count price-total time-to-12h cron-field url-path acronym order-delivery-check title-case comment-strip json-valid path-convert num-round sentence-word duration-format list-bullets money-format "
          "json-key-case version-bump version-compare time-round punctuation-fix http-status json-array-ops sentence-kind num-percent num-thousands name-format time-between num-digits-to-words import-module log-template "
          "sql-inspect md-link mask-partial list-quantity date-compare num-words-to-digits quiet-hours case-mix json-clean date-valid".split())

WRAPS = [("=> {}", "'=> ' in front of it"), ("<<{}>>", "<< in front of it and >> behind it"), ("[{}]", "square brackets around it"), ("({})", "round brackets around it"), ("out={}", "'out=' directly in front of it"), ("Result: {}", "'Result: ' in front of it"),
         ("{};", "a semicolon directly behind it"), ("|{}|", "a pipe on either side, no spaces"), ("* {}", "'* ' in front of it"), ("answer: {}", "'answer: ' in front of it"), ("{} #", "a space and # behind it"), ('"{}"', "double quotes around it"), ("_{}_", "an underscore on either side")]
WORDS = ["skip", "ignored", "void", "SKIP", "none", "-", "x", "n/a", "hold", "no output", "IGNORE", "pass", "0", "later", "test", "comment", "blank", "done"]


# what may stand before an input and has to be ignored: (make, pattern, how to say it)
FRONTS = [(lambda r: f"row {r.randint(1, 400)}: ", r"row \d+: ", "'row N: '"), (lambda r: f"{r.choice(P.FIRST)}> ", r"[A-Z][a-z]+> ", "the sender's name and '> '"), (lambda r: f"({r.randint(1, 99)}) ", r"\(\d+\) ", "the number in parentheses"),
          (lambda r: f"{r.choice(P.DEPARTMENTS)} desk: ", r"[a-z]+ desk: ", "the name of the desk and its colon"), (lambda r: f"id{r.randint(100, 999)} / ", r"id\d+ / ", "the id and the slash"), (lambda r: f"{r.choice(P.PLAIN)} >>> ", r"[^>]+ >>> ", "everything up to and including '>>> '"),
          (lambda r: f"From {P.person(r)}, {r.choice(P.DEPARTMENTS)}: ", r"From \w+ \w+, [a-z]+: ", "the 'From NAME, DEPARTMENT: '"), (lambda r: f"{r.choice(P.PLAIN)} :: ", r"[^:]+ :: ", "everything up to and including ':: '")]


def marks(r):
    """(apply, is marked, how to say it) for one mark."""
    a = r.choice(["TEST ", "draft: ", "!! ", "~ ", "old: ", "DO NOT USE ", ">> ", "[void] ", "x) ", "copy: "])
    b = r.choice([" (test)", " [draft]", " !void", " -- ignore", " (copy)", " ~", " [old]", " (done)", " //skip", " <closed>"])
    if r.random() < .5:
        return (lambda s: a + s), (lambda s: s.startswith(a)), f"starts with '{a.strip()}'", f"begins with '{a.strip()}'"
    return (lambda s: s + b), (lambda s: s.endswith(b)), f"ends with '{b.strip()}'", f"has '{b.strip()}' at the end"


def twist(r, family, task):
    """The task, or the task with one or two more rules."""
    few = family.name in FEW
    want_mark, want_wrap, want_front = r.random() < (.4 if few else .1), r.random() < (.3 if few else .05), r.random() < (.25 if few else .1)
    probe = random.Random(r.random())
    seen = [task.case(probe) for _ in range(12)] if want_mark or want_wrap or want_front else []
    rules, case, check, choices, rare = list(task.rules), task.case, task.check, task.choices, set(task.rare)
    if want_wrap and not choices and not any(o[0] in "{[<('\"*|_" or o[-1] in ">;" or "\n" in o or "=" in o for _, o in seen):
        form, say = r.choice(WRAPS)
        case0, check0 = case, check
        head, tail = form.split("{}")

        def case(r):
            i, o = case0(r)
            return i, head + o + tail

        def check(i, o):
            return o.startswith(head) and o.endswith(tail) and len(o) > len(head + tail) and check0(i, o[len(head):len(o) - len(tail)])
        rare = {head + x + tail for x in rare}
        rules.append([f"The output always has {say}.", f"Whatever the result is, print it with {say}.", f"Print the result with {say}."])
    if want_front:
        make, rx, say = r.choice(FRONTS)
        tell = re.compile(rx)
        if not any(tell.match(i) or ">>>" in i or "::" in i or i[0] == " " for i, _ in seen):
            case2, check2 = case, check

            def case(r):
                i, o = case2(r)
                return make(r) + i, o

            def check(i, o):
                m = tell.match(i)
                return m is not None and check2(i[m.end():], o)
            rules.insert(0, [f"Ignore {say} at the start; the input proper comes after it.", f"The input begins with something to ignore: {say}.", f"At the start drop {say}; the rest is what counts."])
    if want_mark:
        put, has, say, say2 = marks(r)
        word = r.choice([w for w in WORDS if w not in (choices or []) and not any(w == o for _, o in seen)])
        if not any(has(i) for i, _ in seen):
            case1, check1 = case, check

            def case(r):
                i, o = case1(r)
                return (put(i), word) if r.random() < .17 else (i, o)

            def check(i, o):
                return o == word if has(i) else check1(i, o)
            rare.add(word)
            choices = choices + [word] if choices else None
            rules.append([f"Input that {say} gives {word} and nothing else.", f"But if the input {say}, print just {word}.", f"Exception: when the input {say2}, the whole output is {word}."])
    return replace(task, rules=rules, case=case, check=check, choices=choices, rare=rare)
