"""Lists of things: order, repeats, counts, members."""
import re
from ..registry import Task, family
from ..forms import Lst, Val, labels, yes_no, MISSING, JOINS, either
from .. import pools as P

POOLS = {"fruit and groceries": P.FRUIT, "first names": P.FIRST, "towns": P.CITIES, "products": P.PRODUCTS, "colours": P.COLORS, "departments": P.DEPARTMENTS, "animals": P.ANIMALS, "tasks": P.TASKS, "companies": P.COMPANIES, "services": P.SERVICES}
INSEP = {", ": "commas", "; ": "semicolons", " | ": "pipes", " / ": "slashes", "\n": "line breaks"}


def inlist(r, sep, items):
    return sep.join(items)


@family("list-order", "structured")
def list_order(r):
    name = r.choice(list(POOLS))
    pool = POOLS[name]
    a = r.choice(list(INSEP))
    op = r.choice(["az", "za", "rev", "len", "rot", "firstlast"])
    ded = r.random() < .35
    drop = r.choice([None, None, "empty", "item"])
    bad = r.choice(pool)
    l = Lst(r, "items", can_miss=False)
    fn = {"az": lambda x: sorted(x, key=str.lower), "za": lambda x: sorted(x, key=str.lower, reverse=True), "rev": lambda x: x[::-1], "len": lambda x: sorted(x, key=lambda y: (len(y), y.lower())), "rot": lambda x: x[1:] + x[:1], "firstlast": lambda x: [x[-1]] + x[1:-1] + [x[0]] if len(x) > 1 else x}[op]

    def case(r):
        x = r.sample([p for p in pool if p != bad], r.choice([3, 3, 4, 5]))
        if ded and r.random() < .5:
            x.insert(r.randrange(len(x)), r.choice(x))
        y = list(dict.fromkeys(x)) if ded else list(x)
        if drop == "item" and r.random() < .6:
            x.insert(r.randrange(len(x) + 1), bad)
        if drop == "empty" and r.random() < .6:
            x.insert(r.randrange(1, len(x)), "")
        return a.join(x), l.out(fn(y))

    def check(i, o):
        x = [y for y in i.split(a) if y.strip() and not (drop == "item" and y == bad)]
        p = l.parse(o)
        return sorted(set(x)) == sorted(set(p)) and (not ded or len(p) == len(set(p))) and (op not in ("az", "za") or all((b.lower() >= c.lower()) == (op == "za") or b == c for b, c in zip(p, p[1:])))
    say = {"az": "sorted alphabetically", "za": "sorted from Z to A", "rev": "in reverse order", "len": "sorted by length, shortest first, equal lengths alphabetically", "rot": "with the first one moved to the end", "firstlast": "with the first and the last one swapped"}[op]
    heads = [f"The input is a list of {name} separated by {INSEP[a]}. Print it {say}.", f"list of {name} ({INSEP[a]}) -> {say}", f"Print the list {say}; items are separated by {INSEP[a]}.", f"How does the list look {say}? Input separator: {INSEP[a]}.", f"I paste {name}, split by {INSEP[a]}, and want them {say}.", f"Reorder a list ({INSEP[a]} between items): give it {say}."]
    rules = []
    if ded:
        rules.append(["Repeated items are kept only once (first place).", "Drop repeats first; the first occurrence stays."])
    if drop:
        rules.append(["Empty items are dropped.", "Skip empty entries."] if drop == "empty" else [f"Leave out {bad}.", f"Never print {bad}."])
    return Task(heads, rules + l.rules(), case, check)


@family("list-pick", "extraction")
def list_pick(r):
    name = r.choice(list(POOLS))
    pool = POOLS[name]
    a = r.choice(list(INSEP))
    k = r.choice(["1", "2", "3", "last", "last2", "middle", "firstlast", "longest"])
    miss = r.choice(MISSING)
    num = r.random() < .25 and a == "\n"
    sw = {"1": "the first item", "2": "the second item", "3": "the third item", "last": "the last item", "last2": "the item before the last", "middle": "the middle item (lists have an odd length)", "firstlast": "the first and the last item, joined by ' - '", "longest": "the longest item"}[k]

    def fn(x):
        if k in "123":
            return x[int(k) - 1] if len(x) >= int(k) else miss
        if k == "last2":
            return x[-2] if len(x) > 1 else miss
        return {"last": lambda: x[-1], "middle": lambda: x[len(x) // 2], "firstlast": lambda: f"{x[0]} - {x[-1]}", "longest": lambda: max(x, key=len)}[k]()

    def case(r):
        n = r.choice([3, 5]) if k == "middle" else r.choice([1, 2, 3, 4, 5, 6])
        if k == "longest":
            while True:
                x = r.sample(pool, r.choice([3, 4]))
                ls = sorted(map(len, x))
                if ls[-1] > ls[-2]:
                    break
        else:
            x = r.sample(pool, n)
        i = a.join(f"{j}. {y}" if num else y for j, y in enumerate(x, 1))
        return i, fn(x)

    def check(i, o):
        x = [re.sub(r"^\d+\. ", "", y) for y in i.split(a)]
        return o == miss or all(p in x for p in (o.split(" - ") if k == "firstlast" else [o])) and (k not in "123" or x.index(o) == int(k) - 1) and (k != "last" or x[-1] == o)
    heads = [f"From a list of {name} separated by {INSEP[a]} print {sw}.", f"list ({INSEP[a]}) -> {sw}", f"Take {sw} of the list; separator: {INSEP[a]}.", f"What is {sw}? Items are split by {INSEP[a]}.", f"I paste {name} with {INSEP[a]} between and only want {sw}.", f"Return {sw} ({INSEP[a]} separate the items)."]
    rules = []
    if k in ("2", "3", "last2"):
        rules.append([f"If the list is too short, print {miss}.", f"Too few items: {miss}."])
    else:
        rules.append(["Copy it exactly.", "Print it as written."])
    if num:
        rules.append(["Leave out the numbers at the start of lines.", "Without the leading number."])
    return Task(heads, rules, case, check, rare={miss})


@family("list-dedupe", "repair")
def list_dedupe(r):
    pool = POOLS[r.choice(["fruit and groceries", "first names", "towns", "colours", "animals", "departments"])]
    a = r.choice([", ", "; ", " | ", " ", ","])
    ci = r.random() < .5
    keep = r.choice(["first", "last"])
    what = r.choice(["list", "list", "dups", "count"])
    l = Lst(r, "repeated items" if what == "dups" else "items", joins=[a])
    if what == "list":
        l.can_miss = False
        l.form = a if l.form != "json" else "json"

    def fn(x):
        key = (lambda s: s.lower()) if ci else (lambda s: s)
        ks = [key(y) for y in x]
        if what == "count":
            return str(len(set(ks)))
        if what == "dups":
            return l.out([k for n, k in enumerate(ks) if ks.count(k) > 1 and ks.index(k) == n])
        src = x if keep == "first" else x[::-1]
        seen, out = set(), []
        for y in src:
            if key(y) not in seen:
                seen.add(key(y))
                out.append(y)
        return l.out(out if keep == "first" else out[::-1])

    def case(r):
        x = [y.lower() if not ci or r.random() < .6 else y.capitalize() for y in r.sample([p for p in pool if " " not in p], r.choice([3, 4, 5]))]
        for _ in range(r.choice([0, 1, 1, 2, 2])):
            y = r.choice(x)
            x.insert(r.randrange(len(x) + 1), r.choice([y, y.upper(), y.capitalize(), y.lower()]) if ci else y)
        return a.join(x), fn(x)

    def check(i, o):
        ks = [y.lower() if ci else y for y in i.split(a)]
        if what == "count":
            return int(o) == len(set(ks))
        p = [y.lower() if ci else y for y in l.parse(o)]
        return len(p) == len(set(p)) and set(p) == ({k for k in ks if ks.count(k) > 1} if what == "dups" else set(ks))
    an = {", ": "commas and spaces", "; ": "semicolons and spaces", " | ": "' | '", " ": "spaces", ",": "commas without spaces"}[a]
    t = {"list": "Remove repeated items from the list.", "dups": "Print the items that occur more than once.", "count": "Count the different items."}[what]
    t2 = {"list": "list without repeats", "dups": "the repeated items, each once", "count": "number of different items"}[what]
    heads = [f"{t} Items are separated by {an}.", f"items ({an} between) -> {t2}", f"Input: items with {an} between. Output: {t2}.", f"Which is the {t2 if what != 'dups' else 'set of repeated items'}? The input has {an} between items.".replace("Which is the", "What is the"), f"My lists have doubles ({an} as separator). I want the {t2.removeprefix('the ')}.", f"Find the {t2.removeprefix('the ')}; items are split by {an}."]
    rules = [["Upper and lower case do not matter when comparing.", "Compare without regard to case, so Rome and rome are the same."] if ci else ["Compare exactly.", "Items are the same only if written exactly alike."]]
    if what == "list":
        rules.append([f"Keep the {keep} occurrence, as it is written there.", f"Of equal items the {keep} one stays, in its place and spelling."])
    if what == "dups":
        rules.append(["In order of first appearance" + (", in lower case." if ci else "."), "Order: as they first occur" + (", written in small letters." if ci else ".")])
    return Task(heads, rules + (l.rules() if what != "count" else [["Just the number.", "Number only."]]), case, check, rare=l.rare)


@family("list-count", "structured")
def list_count(r):
    name = r.choice(["fruit and groceries", "towns", "colours", "animals", "departments", "first names"])
    pool = POOLS[name]
    k = r.choice(["all", "item", "most", "tally", "starts", "longer"])
    it = r.choice(pool)
    ch = r.choice("abcmps")
    a = r.choice([", ", "; ", " "]) if " " not in it else ", "
    n0 = r.choice([4, 5, 6])
    few = [p for p in pool if " " not in p]

    def fn(x):
        if k == "all":
            return str(len(x))
        if k == "item":
            return str(x.count(it))
        if k == "starts":
            return str(sum(y.lower().startswith(ch) for y in x))
        if k == "longer":
            return str(sum(len(y) > n0 for y in x))
        if k == "most":
            return max(x, key=x.count)
        return ", ".join(f"{y} {x.count(y)}" for y in dict.fromkeys(x))

    def case(r):
        if k == "all":
            x = r.sample(few, r.randint(1, min(9, len(few))))
        elif k == "item":
            x = [r.choice(few) if r.random() < .6 else it for _ in range(r.randint(2, 7))]
        elif k in ("starts", "longer"):
            x = r.sample(few + [p for p in few if p.lower().startswith(ch)] * (2 if k == "starts" else 1), r.randint(3, 6))
            x = list(dict.fromkeys(x))
        else:
            u = r.sample(few, r.choice([2, 3]))
            c = r.sample([1, 2, 3], len(u))
            x = [y for y, m in zip(u, c) for _ in range(m)]
            r.shuffle(x)
        return a.join(x), fn(x)

    def check(i, o):
        return o == fn(i.split(a))
    w = {"all": "how many items the list has", "item": f"how often {it} occurs", "most": "the item that occurs most often", "tally": "every different item with its count, like 'x 2, y 1', in order of first appearance", "starts": f"how many items start with the letter {ch} (any case)", "longer": f"how many items have more than {n0} letters"}[k]
    sp = {", ": "commas", "; ": "semicolons", " ": "spaces"}[a]
    heads = [f"Print {w}. Items are separated by {sp}.", f"list ({sp}) -> {w}", f"Given {name} separated by {sp}, output {w}.", f"Can you tell me {w}? The list uses {sp}.", f"I have lists with {sp} between the items and need {w}.", f"Work out {w}; {sp} separate the items."]
    return Task(heads, [["Repeated items count each time.", "Count repeats as well."]] if k in ("all", "starts", "longer") else [["No other words.", "Nothing else."]], case, check)


@family("list-member", "decision")
def list_member(r):
    name = r.choice(["fruit and groceries", "towns", "first names", "colours", "animals", "products", "departments"])
    pool = POOLS[name]
    s = r.sample(pool, r.choice([4, 5, 6]))
    y, n = yes_no(r, ("in", "out"), ("allowed", "blocked"), ("keep", "drop"))
    mode = r.choice(["any", "all", "which", "none"])
    out3 = r.choice(["none", "-", "nothing"])
    ci = r.random() < .4

    def case(r):
        m = r.choice([1, 2, 3])
        x = [r.choice(s) if r.random() < .5 else r.choice([p for p in pool if p not in s]) for _ in range(m)]
        if mode == "all" and r.random() < .4:
            x = r.sample(s, m)
        x = list(dict.fromkeys(x))
        h = [q for q in x if q in s]
        i = ", ".join(q.upper() if ci and r.random() < .3 else q for q in x)
        o = {"any": y if h else n, "all": y if len(h) == len(x) else n, "none": n if h else y, "which": ", ".join(h) or out3}[mode]
        return r.choice(["{}", "request: {}", "wanted: {}", "{p}: {}", "list of {p}: {}"]).format(i, p=r.choice(["Mr Holt", "the buyer", "shop 4", "desk B"])), o

    def check(i, o):
        t = i.split(": ")[-1].split(", ")
        low = [q.lower() for q in s]
        h = [q.lower() for q in t if q.lower() in low]
        return o.lower() == {"any": y if h else n, "all": y if len(h) == len(t) else n, "none": n if h else y, "which": ", ".join(h) or out3}[mode].lower()
    st = ", ".join(s)
    w = {"any": f"{y} if at least one of the items is in the set, otherwise {n}", "all": f"{y} if all items are in the set, otherwise {n}", "none": f"{y} if no item is in the set, otherwise {n}", "which": f"those items that are in the set, joined by ', ', or {out3} if there are none"}[mode]
    heads = [f"The set is: {st}. Print {w}.", f"set {{{st}}}; input items -> {w}", f"Compare the items with this set: {st}. Output {w}.", f"Which answer fits: {w}? Set: {st}.", f"We have {st}. For a comma-separated request print {w}.", f"Membership test against {st}: {w}."]
    rules = [["Letter case does not matter" + ("; print items as in the set." if mode == "which" else "."), "Ignore upper and lower case" + (" and print the spelling of the set." if mode == "which" else ".")]] if ci else [["Words before a colon are not items.", "Ignore what stands before a colon."]]
    if ci:
        rules.append(["Words before a colon are not items.", "Ignore what stands before a colon."])
    return Task(heads, rules, case, check, choices=None if mode == "which" else [y, n], rare={out3})


@family("list-setops", "structured")
def list_setops(r):
    pool = POOLS[r.choice(["fruit and groceries", "towns", "first names", "colours", "animals"])]
    op = r.choice(["minus", "minus2", "common", "union", "sym"])
    l = Lst(r, "items", can_miss=op != "union")
    A, B = r.choice([("have", "need"), ("A", "B"), ("old", "new"), ("invited", "came"), ("ordered", "delivered"), ("left", "right")])
    fn = {"minus": lambda a, b: [x for x in a if x not in b], "minus2": lambda a, b: [x for x in b if x not in a], "common": lambda a, b: [x for x in a if x in b], "union": lambda a, b: a + [x for x in b if x not in a], "sym": lambda a, b: [x for x in a if x not in b] + [x for x in b if x not in a]}[op]
    sep = r.choice(["; ", " | ", "\n"])

    def case(r):
        u = r.sample(pool, 6)
        a = r.sample(u, r.choice([2, 3, 4]))
        b = r.sample(u, r.choice([2, 3, 4]))
        if r.random() < .12:
            b = r.sample(a, len(a))
        return f"{A}: {', '.join(a)}{sep}{B}: {', '.join(b)}", l.out(fn(a, b))

    def check(i, o):
        a, b = [set(x.split(": ")[1].split(", ")) for x in i.split(sep)]
        return set(l.parse(o)) == {"minus": a - b, "minus2": b - a, "common": a & b, "union": a | b, "sym": a ^ b}[op]
    w = {"minus": f"the items of {A} that are not in {B}", "minus2": f"the items of {B} that are not in {A}", "common": f"the items that are in both {A} and {B}", "union": f"all items of {A} and {B}, each once", "sym": f"the items that are in exactly one of {A} and {B}"}[op]
    od = {"minus": f"in the order of {A}", "minus2": f"in the order of {B}", "common": f"in the order of {A}", "union": f"first those of {A}, then the new ones of {B}", "sym": f"first those of {A}, then those of {B}"}[op]
    heads = [f"Two lists, {A} and {B}. Print {w}, {od}.", f"{A} + {B} -> {w} ({od})", f"Compare the lists {A} and {B} and give {w}, {od}.", f"What are {w}? Print them {od}.", f"I compare two lists ({A}, {B}) and need {w}; {od}.", f"From both lists work out {w}, printed {od}."]
    return Task(heads, l.rules(), case, check, rare=l.rare)


@family("list-join-and", "rewrite")
def list_join_and(r):
    conj = r.choice(["and", "or", "and", "plus", "&"])
    ox = r.random() < .5
    pool = POOLS[r.choice(["fruit and groceries", "towns", "first names", "colours", "animals", "products", "tasks"])]
    pre, post = r.choice([("", ""), ("", "."), ("We need ", "."), ("Choose ", "."), ("Thanks to ", "!")])
    back = r.random() < .3 and not pre and not post
    a = r.choice([", ", "; ", "\n", " | ", ","])
    l = a
    mx = r.choice([None, None, 3])

    def fn(x):
        y = list(x)
        if mx and len(y) > mx:
            y = y[:mx] + [f"{len(x) - mx} more"]
        if len(y) == 1:
            return y[0]
        if len(y) == 2:
            return f"{y[0]} {conj} {y[1]}"
        return ", ".join(y[:-1]) + ("," if ox else "") + f" {conj} " + y[-1]

    def case(r):
        x = r.sample([p for p in pool if f" {conj} " not in p], r.choice([1, 2, 3, 3, 4, 5]))
        if back:
            return fn(x) if not mx else (", ".join(x[:-1]) + ("," if ox and len(x) > 2 else "") + f" {conj} " + x[-1] if len(x) > 1 else x[0]), l.join(x)
        return a.join(x), pre + fn(x) + post

    def check(i, o):
        if back:
            i, o = o, i
        x = i.split(a)
        return all(y in o for y in (x if not mx or back else x[:mx])) and (len(x) < 2 or f" {conj} " in o)
    an = {", ": "comma and space", "; ": "semicolon and space", "\n": "line breaks", " | ": "' | '", ",": "comma without space"}[a]
    ex = f"a, b{',' if ox else ''} {conj} c"
    if back:
        heads = [f"Take an enumeration like '{ex}' apart: items separated by {an}.", f"'{ex}' -> items with {an} between", f"Split the enumeration ('{ex}') and join the items by {an}.", f"Which items does the phrase list? Print them with {an} between; phrases look like '{ex}'.", f"Turn running text such as '{ex}' into a plain list; separator: {an}.", f"Print the items of the phrase '{ex}' with {an} between them."]
        return Task(heads, [[f"The word {conj} is not printed.", f"Drop {conj}."], [f"Two items come as 'a {conj} b', one item alone.", f"Shorter ones: 'a {conj} b', or just one item."]], case, check)
    heads = [f"Write the list (items separated by {an}) as running text like '{ex}'.", f"items ({an}) -> '{ex}'", f"Join the items to a phrase of the form '{ex}'; in the input they have {an} between.", f"How would one write this list in a sentence, as in '{ex}'? Input separator: {an}.", f"For our mails: items with {an} between become '{ex}'.", f"Turn the list into words like '{ex}' (input uses {an})."]
    rules = [[f"Two items: 'a {conj} b'. One item stays alone.", f"With two items no comma ('a {conj} b'); a single item is just printed."]]
    if mx:
        rules.append([f"From the fourth item on, print only how many are left, as in 'a, b, c{',' if ox else ''} {conj} 2 more'.", f"Show at most {mx} items; the rest is counted: 'a, b, c{',' if ox else ''} {conj} 2 more'."])
    if pre or post:
        rules.append([f"Put '{pre.strip()}' in front and '{post}' at the end." if pre else f"End with '{post}'.", f"The output {'begins with %r and ' % pre.strip() if pre else ''}ends with '{post}'."])
    return Task(heads, rules, case, check)


@family("list-bullets", "repair")
def list_bullets(r):
    d = r.choice(["in", "in", "out", "check"])
    sep = r.choice([", ", "; ", " | ", " / "])
    mark = r.choice(["- ", "* ", "1. "])
    done = r.random() < .5

    def case(r):
        x = r.sample(r.choice([P.TASKS, P.FRUIT, P.PRODUCTS]), r.choice([2, 3, 4]))
        if d == "out":
            return sep.join(x), "\n".join((f"{n}. " if mark == "1. " else mark) + y for n, y in enumerate(x, 1))
        if d == "check":
            b = [r.random() < .5 for _ in x]
            i = "\n".join(f"- [{r.choice('xX') if q else ' '}] {y}" for q, y in zip(b, x))
            h = [y for q, y in zip(b, x) if q == done]
            return i, sep.join(h) or "none"
        m = r.choice(["- ", "* ", "• ", "#", "+ "])
        return "\n".join((f"{n}. " if m == "#" else m) + y + r.choice(["", "", " ", ","]) for n, y in enumerate(x, 1)).rstrip(), sep.join(x)

    def check(i, o):
        if d == "out":
            return [re.sub(r"^(\d\. |[-*] )", "", y) for y in o.split("\n")] == i.split(sep)
        if d == "check":
            h = [y[6:] for y in i.split("\n") if (y[3] in "xX") == done]
            return o == (sep.join(h) or "none")
        return o.split(sep) == [re.sub(r"^(\d\. |[-*•+] )", "", y).strip(" ,") for y in i.split("\n")]
    sn = f"'{sep}'"
    if d == "in":
        heads = [f"Turn a bulleted or numbered list into one line, items joined by {sn}.", f"bullets -> one line, {sn}", f"Strip bullets and numbers and join the items by {sn}.", f"What are the items of the list? One line, {sn} between.", f"People paste bullet lists; I need a single line with {sn}.", f"Flatten the list to one line (separator {sn})."]
        rules = [["Drop spaces and commas at the end of items.", "Trailing commas and spaces go."]]
    elif d == "out":
        mk = "1., 2., 3. ..." if mark == "1. " else f"'{mark}'"
        heads = [f"Items are separated by {sn}. Print one a line, each starting with {mk}.", f"items ({sn}) -> lines with {mk}", f"Make a list with {mk} out of the items ({sn} between them).", f"How do the items ({sn}) look as a list with {mk}?", f"For the minutes: put each item (split by {sn}) on its own line with {mk}.", f"Break the line at {sn} and mark every item with {mk}."]
        rules = [["One space after the mark, nothing else.", "No other text or blank lines."]]
    else:
        w = "ticked (x)" if done else "not ticked"
        heads = [f"From a Markdown check list print the items that are {w}, joined by {sn}.", f"check list -> items {w}, {sn}", f"Which items of the check list are {w}? Join by {sn}.", f"List the {'done' if done else 'open'} items: those {w}; separator {sn}.", f"I need the entries that are {w} on one line with {sn}.", f"Read the boxes and print what is {w} ({sn} between)."]
        rules = [["If there are none, print none.", "No such item: none."], ["[x] and [X] are ticked, [ ] is not.", "An x or X in the brackets means ticked."]]
    return Task(heads, rules, case, check, rare={"none"})


@family("list-quantity", "extraction")
def list_quantity(r):
    it = r.choice(P.FRUIT[:23])
    mode = r.choice(["one", "pairs", "total", "most"])
    miss = r.choice(["0", "none", "-"])
    from .numbers import ONES
    form = r.choice(["x", "eq", "colon"])
    sh = {"x": lambda n, y: f"{n}x {y}", "eq": lambda n, y: f"{y}={n}", "colon": lambda n, y: f"{y}: {n}"}[form]
    sep = r.choice([", ", "; ", " | "])

    def case(r):
        ys = r.sample([f for f in P.FRUIT[:23] if f != it], r.choice([1, 2, 3]) if mode == "one" else r.choice([2, 3]))
        if mode == "one" and r.random() < .8:
            ys.insert(r.randrange(len(ys) + 1), it)
        ns = r.sample(range(2, 13), len(ys))
        w = [ONES[n] if r.random() < .4 and n > 1 else str(n) for n in ns]
        parts = [r.choice(["{n} {y}", "{n} {y}", "{n} x {y}"]).format(n=a, y=y) for a, y in zip(w, ys)]
        s = ", ".join(parts[:-1]) + r.choice([" and ", ", "]) + parts[-1] if len(parts) > 1 else parts[0]
        i = r.choice(["Please bring {}.", "{} please", "Shopping: {}", "We need {} for Sunday.", "{}", "Buy {} today.", "Order {}, thanks.", "On the list: {}"]).format(s)
        o = {"one": lambda: str(dict(zip(ys, ns)).get(it, miss)), "pairs": lambda: sep.join(sh(n, y) for n, y in zip(ns, ys)), "total": lambda: str(sum(ns)), "most": lambda: ys[ns.index(max(ns))]}[mode]()
        return i, o

    def check(i, o):
        d = {y: (int(a) if a.isdigit() else ONES.index(a.lower())) for a, y in re.findall(r"\b(\d+|" + "|".join(ONES) + r") (?:x )?(\w+)", i, re.I) if y in P.FRUIT}
        return o == {"one": str(d.get(it, miss)), "pairs": sep.join(sh(n, y) for y, n in d.items()), "total": str(sum(d.values())), "most": max(d, key=d.get)}[mode]
    w = {"one": f"how many {it} are wanted, in digits", "pairs": f"all items with their quantities in digits, written like {sh(2, 'pears')}, joined by '{sep}'", "total": "the sum of all quantities, in digits", "most": "the item with the largest quantity (name only)"}[mode]
    heads = [f"Read the shopping note and print {w}.", f"shopping note -> {w}", f"From the order text give {w}.", f"Notes say things like '3 pears and two limes'. Print {w}.", f"Quantities may be words or figures. Output {w}.", f"Work out {w} from the note."]
    return Task(heads, [[f"If {it} is not on the list, print {miss}.", f"No {it}: {miss}."]] if mode == "one" else [["Number words count like figures.", "Quantities in words (two, three) are numbers, too."]], case, check, rare={miss})


@family("list-group", "classification")
def list_group(r):
    g = r.choice([{"fruit": "apples pears plums cherries grapes lemons limes oranges bananas".split(), "vegetables": "onions carrots potatoes leeks beans peas spinach kale".split(), "dairy": "butter milk cheese yoghurt".split(), "dry": "flour sugar rice pasta salt oats".split()},
                  {"kitchen": ["kettle", "toaster", "coffee grinder", "baking tray", "cutting board"], "office": ["stapler", "whiteboard", "printer", "toner cartridge", "desk lamp"], "outdoor": ["tent", "sleeping bag", "hiking boots", "camping stove"], "garden": ["garden hose", "plant pot", "bird feeder"]},
                  {"north": ["Oslo", "Bergen", "Tampere", "Aarhus"], "south": ["Seville", "Porto", "Lisbon", "Girona"], "east": ["Krakow", "Riga", "Bucharest", "Gdansk"], "west": ["Dublin", "Leeds", "Nantes", "Cardiff"]}])
    ks = r.sample(list(g), r.choice([3, 4]))
    L = dict(zip(ks, labels(r, ks)))
    items = {k: g[k][:r.choice([3, 4, 5])] for k in ks}
    other = r.choice(["other", "misc", "unknown"])
    fr = ["{}", "2 x {}", "{} (new)", "shelf for {}", "where do {} go?", "box with {}", "{}, 3 pieces", "order {} again", "ask about {}", "{} - urgent", "note: {}", "delivery: {}"]

    def case(r):
        k = r.choice(ks + ["x"] if r.random() < .7 else ks)
        x = r.choice(items[k]) if k != "x" else r.choice([y for h in g for y in g[h] if h not in ks or y not in items[h]] or ["pebbles"])
        return r.choice(fr).format(x), L.get(k, other)

    def check(i, o):
        h = [L[k] for k in ks if any(re.search(rf"\b{y}\b", i) for y in items[k])]
        return o == (h[0] if h else other)
    tab = "; ".join(f"{L[k]}: {', '.join(items[k])}" for k in ks)
    heads = ["Put the item named in the line into its group.", "item -> group (by the table)", "Which group does the item belong to, by our table?", "Use the table to sort the item.", "Label each entry by the table, strictly.", "Look the item up in the groups and print the group."]
    return Task(heads, [[f"{tab}; everything not listed: {other}.", f"Groups: {tab}. Not in the table: {other}."]], case, check, choices=list(L.values()) + [other])
