"""Two things side by side, and templates to fill."""
import json
import re
from ..registry import Task, family
from ..forms import Lst, labels, yes_no, MISSING, compact, either
from .. import pools as P


def rec(r, ks):
    mk = {"name": P.person, "city": lambda r: r.choice(P.CITIES), "qty": lambda r: str(r.randint(1, 30)), "color": lambda r: r.choice(P.COLORS), "item": lambda r: r.choice(P.PRODUCTS), "team": lambda r: r.choice(P.DEPARTMENTS), "price": lambda r: f"{r.randint(2, 80)}.{r.choice(['00', '50', '95'])}", "day": lambda r: r.choice(P.WEEKDAYS), "mail": lambda r: P.email(r)}
    return {k: mk[k](r) for k in ks}


@family("record-diff", "matching")
def record_diff(r):
    ks = r.sample(["name", "city", "qty", "color", "item", "team", "price", "day"], r.choice([3, 4]))
    A, B = r.choice([("old", "new"), ("A", "B"), ("order", "delivery"), ("crm", "shop"), ("before", "after")])
    out = r.choice(["fields", "first", "count", "arrow", "same"])
    ci = r.random() < .4
    l = Lst(r, "fields", joins=[", ", ",", "; "])
    eq = r.choice(["same", "equal", "no change", "none"])
    y, n = yes_no(r, ("same", "different"))

    def norm(s):
        return s.lower() if ci else s

    def fn(a, b):
        d = [k for k in ks if norm(a[k]) != norm(b[k])]
        return {"fields": lambda: l.out(d), "first": lambda: d[0] if d else eq, "count": lambda: str(len(d)), "arrow": lambda: "; ".join(f"{k}: {a[k]} -> {b[k]}" for k in d) or eq, "same": lambda: n if d else y}[out]()

    def case(r):
        a = rec(r, ks)
        b = dict(a)
        m = r.choice([0, 1, 1, 2]) if out != "same" else r.choice([0, 0, 1])
        for k in r.sample(ks, m):
            b[k] = rec(r, [k])[k]
        if ci:
            k = r.choice(ks)
            b[k] = b[k].upper() if norm(a[k]) == norm(b[k]) else b[k]
        sh = lambda d: ", ".join(f"{k}={d[k]}" for k in ks)
        return f"{A}: {sh(a)}\n{B}: {sh(b)}", fn(a, b)

    def check(i, o):
        a, b = [dict(p.split("=", 1) for p in x.split(": ", 1)[1].split(", ")) for x in i.split("\n")]
        return o == fn(a, b)
    w = {"fields": "the names of the fields that differ, in the order of the record", "first": f"the first field that differs, or {eq} if none does", "count": "the number of fields that differ", "arrow": f"each change as 'field: {A} value -> {B} value', joined by '; ', or {eq} if nothing differs", "same": f"{y} if all fields agree, {n} if any differs"}[out]
    heads = [f"Compare the records '{A}' and '{B}' field by field. Print {w}.", f"{A} vs {B} record -> {w}", f"Two records ({A}, {B}) with the fields {', '.join(ks)}. Output {w}.", f"What differs between {A} and {B}? Print {w}.", f"Data check: for the pair of records give {w}.", f"Look at both lines and print {w}."]
    if out == "same":
        heads[3] = f"Do {A} and {B} agree? Print {w}."
    rules = [["Upper and lower case do not matter.", "Ignore letter case when comparing."] if ci else ["Values must be written exactly alike.", "Compare exactly, letter by letter."]]
    if out == "fields":
        rules += l.rules()
    return Task(heads, rules, case, check, choices=[y, n] if out == "same" else None, rare={eq, "0"} | l.rare)


@family("match-normalised", "matching")
def match_norm(r):
    ign = r.sample(["case", "spaces", "punct", "title", "order"], r.choice([1, 2, 2, 3]))
    if "case" not in ign and r.random() < .5:
        ign.append("case")
    y, n = yes_no(r, ("match", "differ"), ("same", "different"))
    say = {"case": "upper and lower case", "spaces": "the number and place of spaces", "punct": "points, commas and hyphens", "title": "titles (Dr., Ms., Mr.) in front", "order": "the order of the words"}

    def norm(s):
        if "title" in ign:
            s = re.sub(r"^(dr|ms|mr)\.? ", "", s, flags=re.I)
        if "case" in ign:
            s = s.lower()
        if "punct" in ign:
            s = re.sub(r"[.,-]", "" , s)
        if "order" in ign:
            s = " ".join(sorted(s.split()))
        if "spaces" in ign:
            s = s.replace(" ", "")
        return s

    def vary(r, s):
        k = r.choice(["case", "spaces", "punct", "title", "order"] + ign * 3)
        if k == "case":
            return r.choice([s.upper(), s.lower()])
        if k == "spaces":
            return r.choice([s.replace(" ", "  ", 1), s.replace(" ", "", 1)])
        if k == "punct":
            return r.choice([s + ".", s.replace(" ", ", ", 1), s.replace(" ", " - ", 1) if "spaces" in ign or "order" in ign else s + "."])
        if k == "title":
            return r.choice(["Dr. ", "Ms. ", "Mr. "]) + s
        w = s.split(" ")
        return " ".join(w[::-1])

    def case(r):
        a = P.person(r) if r.random() < .6 else r.choice(P.COMPANIES)
        q = r.random()
        if q < .25:
            f, l = a.split(" ", 1) if " " in a else (a, a)
            b = r.choice([f"{f} {r.choice(P.LAST)}", f"{r.choice(P.FIRST)} {l}", f[0] + ". " + l, a[:-1]])
        else:
            b = vary(r, a)
            if r.random() < .3:
                b = vary(r, b)
        return f"{a} | {b}", y if norm(a) == norm(b) else n

    def check(i, o):
        a, b = i.split(" | ")
        return (o == y) == (norm(a) == norm(b))
    t = either([say[x] for x in ign], "and")
    heads = [f"Two names, separated by ' | '. Are they the same if we ignore {t}?", f"a | b same, ignoring {t}? {y}/{n}", f"Compare both sides of ' | '; differences in {t} do not count.", f"Do the two names match, apart from {t}?", f"Duplicate check: names on both sides of '|' are equal if only {t} differ.", f"Decide whether the entries agree when {t} are ignored."]
    rules = [[f"Print {y} or {n}.", f"{y} if they agree, {n} if not.", f"Same: {y}. Not the same: {n}."], ["Every other difference counts.", "Anything else that differs makes them different."]]
    return Task(heads, rules, case, check, choices=[y, n])


@family("order-delivery-check", "matching")
def order_check(r):
    L = labels(r, ["complete", "short", "over", "wrong"])
    tol = r.choice([0, 0, 1])
    what = r.choice(["label", "label", "diff"])

    def v(a, n, b, m):
        if a != b:
            return L[3]
        if what == "diff":
            return str(n - m)
        return L[0] if abs(m - n) <= tol else L[1] if m < n else L[2]

    def case(r):
        a = r.choice(P.PRODUCTS)
        n = r.randint(3, 40)
        b = a if r.random() < .8 else r.choice([p for p in P.PRODUCTS if p != a])
        m = max(0, n + r.choice([0, 0, 1, -1, 2, -2, -5, 6]))
        return r.choice(["ordered {n} x {a}, delivered {m} x {b}", "order: {n} x {a} / delivery: {m} x {b}", "{n} x {a} ordered; {m} x {b} arrived", "PO says {n} x {a}, box holds {m} x {b}", "delivery {m} x {b} for order {n} x {a}"]).format(a=a, b=b, n=n, m=m), v(a, n, b, m)

    def check(i, o):
        p = re.findall(r"(\d+) x ([a-zA-Z ]+?)(?=,| /| ordered| arrived| for|$)", i)
        p = p[::-1] if i.startswith("delivery") else p
        return o == v(p[0][1], int(p[0][0]), p[1][1], int(p[1][0]))
    heads = ["Compare order and delivery.", "order + delivery -> result", "Goods in: does the delivery fit the order?", "Check what arrived against what was ordered.", "Is the delivery right?", "Match the delivered goods with the order."]
    if what == "label":
        t = f" (a difference of {tol} is still fine)" if tol else ""
        rules = [[f"{L[0]}: right article and quantity{t}. {L[1]}: fewer. {L[2]}: more. {L[3]}: another article.", f"Another article: {L[3]}. Otherwise {L[1]} if too few, {L[2]} if too many, {L[0]} if right{t}."]]
        return Task(heads, rules, case, check, choices=L)
    return Task(heads, [["Print the number of missing pieces (ordered minus delivered); it is negative if too many came, e.g. -2.", "Output ordered minus delivered as a number, with a minus sign if there are too many."], [f"Another article: {L[3]}.", f"If the article is a different one, print {L[3]}."]], case, check, rare={"0", L[3]})


@family("template-fill", "structured")
def template_fill(r):
    ts = [("Hi {name}, your {item} ships on {day}.", ["name", "item", "day"]), ("{qty} x {item} for {name}", ["qty", "item", "name"]), ("Dear {name}, the {team} team in {city} will call you.", ["name", "team", "city"]), ("{item} ({color}) - {price} EUR", ["item", "color", "price"]), ("On {day} we visit {city}.", ["day", "city"]), ("[{team}] {name} needs {qty} {item}", ["team", "name", "qty", "item"]), ("{name} <{mail}>", ["name", "mail"]), ("Order: {qty} {color} {item}, deliver to {city}", ["qty", "color", "item", "city"]), ("{city}/{team}/{name}", ["city", "team", "name"]), ("Reminder for {name}: {item} due {day}", ["name", "item", "day"])]
    t, ks = r.choice(ts)
    o1, o2 = r.choice([("{", "}"), ("<", ">"), ("[[", "]]"), ("%", "%"), ("$", "")])
    if "<{" in t or "[{" in t:
        o1, o2 = "{", "}"
    shown = re.sub(r"\{(\w+)\}", lambda m: o1 + m[1] + o2, t)
    src = r.choice(["json", "kv", "semi"])
    fb = r.choice(["???", "n/a", "(missing)", "TBD", "___"])
    first = "name" in ks and r.random() < .4
    up = None if first else r.choice([None, None, r.choice(ks)])

    def fn(d):
        def f(m):
            v = d.get(m[1])
            if v is None:
                return fb
            if first and m[1] == "name":
                v = v.split(" ")[0]
            return v.upper() if up == m[1] else v
        return re.sub(r"\{(\w+)\}", f, t)

    def case(r):
        d = rec(r, ks)
        if r.random() < .2:
            del d[r.choice(ks)]
        e = dict(d)
        if r.random() < .3:
            x = r.choice([k for k in ["name", "city", "qty", "color", "item", "team", "day"] if k not in ks])
            e[x] = rec(r, [x])[x]
        it = list(e.items())
        r.shuffle(it)
        i = json.dumps(dict(it)) if src == "json" else "; ".join(f"{k}={v}" for k, v in it) if src == "kv" else ", ".join(f"{k}: {v}" for k, v in it)
        return i, fn(d)

    def check(i, o):
        d = json.loads(i) if src == "json" else dict(p.split("=" if src == "kv" else ": ", 1) for p in i.split("; " if src == "kv" else ", "))
        return o == fn({k: v for k, v in d.items() if k in ks})
    sn = {"json": "a JSON object", "kv": "key=value pairs", "semi": "'key: value' pairs"}[src]
    heads = [f"Fill the template '{shown}' from {sn}.", f"{sn} -> '{shown}'", f"Template: '{shown}'. Put in the values of the record ({sn}).", f"What does the text say? Pattern: '{shown}'; values come as {sn}.", f"Mail merge with the line '{shown}'; input is {sn}.", f"Replace the placeholders in '{shown}' by the values from {sn}."]
    rules = [[f"Missing values: {fb}.", f"Put {fb} where a value is missing."], ["Other keys are ignored.", "Ignore keys that the template does not use."]]
    if first:
        rules.append(["Of the name use only the first word.", "name: first name only."])
    if up:
        rules.append([f"{up} in capitals.", f"Write the {up} in upper case."])
    return Task(heads, rules, case, check)


@family("sms-confirm", "rewrite")
def sms_confirm(r):
    place = r.choice(["Dr. Keller", "Salon Rosa", "Garage Falk", "the clinic", "Studio North"])
    f12 = r.random() < .4
    order = r.choice(["Appointment: {d} {t}, {p}", "{n}, see you {d} at {t}!", "{d} {t} - {n} - confirmed", "Confirmed for {n}: {d}, {t}"])
    p = place
    short = r.random() < .5
    canc = r.choice(["Cancelled.", "Appointment cancelled.", "Slot is free again."])
    need_first = r.random() < .5

    def case(r):
        n, m, d = P.person(r), r.randrange(480, 1140, 15), r.choice(P.WEEKDAYS)
        t = f"{m//60:02}:{m%60:02}"
        c = r.random() < .15
        i = r.choice(["{n} | {d} | {t}", "{d} {t} {n}", "name={n}; day={d}; time={t}", "{n}, {d}, {t}", "{t} on {d} for {n}"]).format(n=n, d=d, t=t) + (r.choice([" (cancelled)", ", cancelled"]) if c else "")
        tt = f"{m//60 % 12 or 12}:{m%60:02} {'am' if m < 720 else 'pm'}" if f12 else t
        return i, canc if c else order.format(d=d[:3] if short else d, t=tt, n=n.split(" ")[0] if need_first else n, p=p)

    def check(i, o):
        if "cancelled" in i:
            return o == canc
        return any(w[:3] in i and w[:3] in o for w in P.WEEKDAYS) and re.search(r"\d\d?:\d\d", i)[0][-2:] in o and ("am" in o or "pm" in o if f12 else re.search(r"\d\d:\d\d", i)[0] in o)
    ex = order.format(d="Mon" if short else "Monday", t="2:30 pm" if f12 else "14:30", n="Anna" if need_first else "Anna Novak", p=p)
    heads = [f"Write the confirmation text for an appointment, in the form '{ex}'", f"appointment -> '{ex}'", f"Turn the booking into a text message like '{ex}'.", f"What do we send to the client? Model: '{ex}'", f"Text messages for our calendar, e.g. '{ex}'. Make one from the entry.", f"Build the message after the model '{ex}'."]
    rules = [[f"Weekday {'in three letters' if short else 'in full'}, time on the {'12-hour clock with am or pm' if f12 else '24-hour clock'}.", f"{'Mon, Tue, ...' if short else 'Full weekday names'}; {'12-hour times such as 2:30 pm' if f12 else '24-hour times'}."]]
    if "{n}" in order:
        rules.append([f"{'First name only' if need_first else 'Full name'}.", f"Use the {'first' if need_first else 'full'} name."])
    rules.append([f"If the entry is cancelled, print only '{canc}'", f"Cancelled entries give '{canc}'"])
    return Task(heads, rules, case, check, rare={canc})


@family("closest-option", "matching")
def closest_option(r):
    opts = sorted(r.sample([10, 20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 200, 250, 500], r.choice([4, 5])))
    way = r.choice(["atleast", "atmost", "nearest"])
    thing = r.choice([("box", "items"), ("room", "people"), ("plan", "GB"), ("bus", "seats"), ("pack", "sheets"), ("tank", "litres")])
    names = r.random() < .5
    L = dict(zip(opts, ["XS", "S", "M", "L", "XL"])) if names else {o: str(o) for o in opts}
    none = r.choice(["none", "too big", "ask us"]) if way == "atleast" else r.choice(["none", "too small", "nothing"])

    def v(x):
        if way == "atleast":
            q = [o for o in opts if o >= x]
            return L[q[0]] if q else none
        if way == "atmost":
            q = [o for o in opts if o <= x]
            return L[q[-1]] if q else none
        return L[min(opts, key=lambda o: (abs(o - x), -o))]

    def case(r):
        o = r.choice(opts)
        x = r.choice([o, o + 1, o - 1, o + 4, o - 4, o + r.randint(1, 20)])
        if way != "nearest" and r.random() < .12:
            x = opts[-1] + r.randint(1, 80) if way == "atleast" else max(1, opts[0] - r.randint(1, 9))
        return r.choice(["we need {x} {u}", "{x} {u} for {p}", "{p}: {x} {u}", "{u}: {x}", "request from {c}, {x} {u}", "about {x} {u} please", "{p} asks for {x} {u} on {d}"]).format(x=max(1, x), u=thing[1], p=P.person(r), c=r.choice(P.CITIES), d=r.choice(P.WEEKDAYS)), v(max(1, x))

    def check(i, o):
        return o == v(int(re.search(r"\d+", i)[0]))
    tab = ", ".join(f"{L[o]} ({o} {thing[1]})" for o in opts) if names else ", ".join(map(str, opts)) + f" {thing[1]}"
    w = {"atleast": "the smallest one that is large enough", "atmost": "the largest one that is not more than that", "nearest": "the one nearest to it (of two equally near ones the larger)"}[way]
    pr = "its letter code" if names else "its number"
    art = "a" if thing[0] != "items" else ""
    heads = [f"Which {thing[0]} fits the request? Take {w} and print {pr}.", f"request -> {thing[0]}: {w} ({pr})", f"Pick {art} {thing[0]} for the number of {thing[1]}: {w}. Print {pr}.", f"Choose {w} and print {pr}.", f"Sales help: from the {thing[1]} needed find the {thing[0]}, that is, {w}; print {pr}.", f"Find the right {thing[0]} ({w}); output {pr}."]
    rules = [[f"Sizes: {tab}.", f"There are: {tab}."]]
    if way != "nearest":
        rules.append([f"If no {thing[0]} qualifies, print {none}.", f"None qualifies: {none}."])
    return Task(heads, rules, case, check, choices=list(L.values()) + ([none] if way != "nearest" else []), rare={none})
