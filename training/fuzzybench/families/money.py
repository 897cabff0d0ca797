"""Money: read, print, split, price rules."""
import re
from ..registry import Task, family
from ..forms import Val, Rec, labels, yes_no, missing_rule, MISSING, either
from .. import pools as P

CUR = {"EUR": ["€", "EUR", "euros"], "USD": ["$", "USD", "dollars"], "GBP": ["£", "GBP", "pounds"], "PLN": ["PLN", "zloty"], "CHF": ["CHF", "francs"], "SEK": ["SEK", "kronor"]}


def amount(r, hi=400):
    return r.choice([r.randint(1, hi) * 100, r.randint(1, hi) * 100 + r.choice([50, 99, 95, 20, 5]), r.randint(100, hi * 100)])


def two(c):
    return f"{c//100}.{c%100:02}"


def write(r, c, cur):
    s = r.choice(CUR[cur])
    a = two(c) if c % 100 or r.random() < .4 else str(c // 100)
    if c >= 100000 and r.random() < .6:
        a = f"{c//100:,}" + ("." + two(c).split(".")[1] if "." in a else "")
    if s in "€$£":
        return s + a if r.random() < .75 else f"{a} {s}"
    return f"{a} {s}" if s.islower() or r.random() < .6 else f"{s} {a}"


def read(t):
    m = re.search(r"(?:[€$£]|EUR|USD|GBP|PLN|CHF|SEK) ?(\d[\d,]*(?:\.\d\d)?)|(\d[\d,]*(?:\.\d\d)?) ?(?:[€$£]|EUR|USD|GBP|PLN|CHF|SEK|euros|dollars|pounds|zloty|francs|kronor)", t)
    if not m:
        return None
    cur = next(k for k, v in CUR.items() if any(s in m[0] for s in v))
    return round(float((m[1] or m[2]).replace(",", "")) * 100), cur


@family("money-extract", "extraction")
def money_extract(r):
    curs = r.sample(list(CUR), r.choice([2, 3, 4]))
    form = r.choice(["code", "codefirst", "rec", "number", "cents", "sym"])
    syms = {"EUR": "€", "USD": "$", "GBP": "£", "PLN": "zł", "CHF": "Fr.", "SEK": "kr"}
    miss = r.choice(MISSING)
    rec = Rec(r, {"amount": "number with two decimals, as a string", "currency": "three-letter code"}, spaces=False, can_miss=True, forms=["json", "semi", "pipe", "array"])
    fn = {"code": lambda c, k: f"{two(c)} {k}", "codefirst": lambda c, k: f"{k} {two(c)}", "rec": lambda c, k: rec.out({"amount": two(c), "currency": k}), "number": lambda c, k: two(c), "cents": lambda c, k: str(c), "sym": lambda c, k: f"{syms[k]}{two(c)}"}[form]

    def case(r):
        if r.random() < .13:
            return P.around(r, r.choice(P.NO_MONEY), .4), rec.out({"amount": None, "currency": None}) if form == "rec" else miss
        c, k = amount(r, r.choice([90, 400, 4000])), r.choice(curs)
        return P.around(r, P.fill(r, P.MONEY_FRAMES, write(r, c, k)), .3), fn(c, k)

    def check(i, o):
        g = read(i)
        return o == fn(*g) if g else o in (miss, rec.out({"amount": None, "currency": None}))
    say = {"code": "amount with two decimals, space, currency code (12.50 EUR)", "codefirst": "currency code, space, amount with two decimals (EUR 12.50)", "rec": "amount and currency", "number": "the bare amount with two decimals, without currency", "cents": "the amount in the smallest unit (cents, pence...), a whole number without currency", "sym": "currency sign directly followed by the amount with two decimals"}[form]
    ks = ", ".join(f"{k} ({'/'.join(CUR[k])})" for k in curs)
    heads = [f"Find the amount of money in the text. Print {say}.", f"money in text -> {say}", f"How much money is mentioned? Output {say}.", f"Extract the sum from the message as {say}.", f"Normalise the price in the note: {say}.", f"I collect amounts from mails. Give me {say}."]
    rules = [["No thousands separators in the output.", "Drop thousands commas."]]
    if form not in ("number", "cents"):
        rules.append([f"Currencies: {ks}.", f"Map currencies so: {ks}."] if form != "sym" else ["Signs: " + ", ".join(f"{k} {syms[k]}" for k in curs) + ".", "Use the signs " + ", ".join(f"{syms[k]} for {k}" for k in curs) + "."])
    rules += rec.rules("part") if form == "rec" else [missing_rule("amount of money", miss)]
    return Task(heads, rules, case, check, rare={miss, rec.out({"amount": None, "currency": None})})


@family("money-format", "repair")
def money_format(r):
    out = r.choice(["$1,234.50", "1.234,50 EUR", "€1234.50", "1 234.50 PLN", "GBP 1,234.50", "123450"])
    fn = {"$1,234.50": lambda c: f"${c//100:,}.{c%100:02}", "1.234,50 EUR": lambda c: f"{c//100:,}".replace(",", ".") + f",{c%100:02} EUR", "€1234.50": lambda c: "€" + two(c), "1 234.50 PLN": lambda c: f"{c//100:,}".replace(",", " ") + f".{c%100:02} PLN", "GBP 1,234.50": lambda c: f"GBP {c//100:,}.{c%100:02}", "123450": str}[out]
    bad = r.choice(["invalid", "?", "n/a", "error"])

    def case(r):
        if r.random() < .1:
            return r.choice(["free", "tbd", "n/a", "on request", "see invoice", "--"]), bad
        c = amount(r, r.choice([90, 900, 5000, 60000]))
        a = two(c) if c % 100 or r.random() < .4 else str(c // 100)
        if c >= 100000 and r.random() < .3:
            a = f"{c//100:,}" + ("." + a.split(".")[1] if "." in a else "")
        return r.choice(["{}", "{}", "price {}", "total: {}", " {} ", "amount={}", "about {}"]).format(a).strip(), fn(c)

    def check(i, o):
        m = re.search(r"\d[\d,]*(\.\d\d)?", i)
        return o == bad if not m else o == fn(round(float(m[0].replace(",", "")) * 100))
    ex = {"123450": "cents, so 1234.50 is 123450"}.get(out, f"{out} (that would be for 1234.5)")
    heads = [f"Format the amount as {ex}.", f"amount -> {ex}", f"Write the price in our house form: {ex}.", f"How is this amount written in the form {ex}?", f"Turn the number into {ex}.", f"Price column: bring each value into the form {ex}."]
    return Task(heads, [["Input has a decimal point; commas in it separate thousands.", "In the input, commas are thousands separators and the point is decimal."], ["Always two decimals." if out != "123450" else "No separators.", "Show cents even if they are 00." if out != "123450" else "Digits only."], [f"No number: {bad}.", f"If there is no number, print {bad}."]], case, check, rare={bad})


@family("price-shipping", "policy")
def price_shipping(r):
    zones = dict(zip(r.sample(P.COUNTRIES, 3), [r.choice([3, 4, 5]), r.choice([6, 7, 8, 9]), r.choice([11, 12, 15])]))
    other = r.choice([18, 20, 25])
    free = r.choice([50, 60, 80, 100])
    home = list(zones)[0]
    scope = r.choice(["home", "all"])
    heavy = r.choice([None, 10, 20])
    extra = r.choice([4, 5, 10])

    def fee(c, total, kg):
        f = zones.get(c, other)
        if total >= free and (scope == "all" or c == home):
            f = 0
        if heavy and kg > heavy:
            f += extra
        return str(f)

    def case(r):
        c = r.choice(list(zones) * 2 + [r.choice([x for x in P.COUNTRIES if x not in zones])])
        t = r.choice([free, free - 1, free + 5, r.randint(5, free), r.randint(5, free - 2), r.randint(free, free * 2)])
        kg = r.choice([1, 2, 3, 5, 8] + ([heavy, heavy + 1, heavy + 5] if heavy else []))
        return r.choice(["order {t} EUR to {c}, {k} kg", "{c}, {k} kg, goods {t} EUR", "{p}: basket {t} EUR, ship to {c} ({k} kg)", "parcel for {c}, weight {k} kg, value {t} EUR", "{c} | {t} EUR | {k} kg", "to {c}: {i} and more, {t} EUR, {k} kg"]).format(t=t, c=c, k=kg, p=r.choice(P.FIRST), i=r.choice(P.PRODUCTS)), fee(c, t, kg)

    def check(i, o):
        c = next(x for x in P.COUNTRIES if x in i)
        t, k = int(re.search(r"(\d+) EUR", i)[1]), int(re.search(r"(\d+) kg", i)[1])
        x = 0 if t >= free and (scope == "all" or c == home) else zones.get(c, other)
        return int(o) == x + (extra if heavy and k > heavy else 0)
    tab = ", ".join(f"{c} {v}" for c, v in zones.items()) + f", other countries {other}"
    heads = ["Shipping fee for an order, in EUR, number only.", "order -> shipping fee (number)", "What does the delivery cost? Just the number.", "Work out the delivery charge of the parcel and print the number.", "Checkout helper: print the shipping price in whole euros.", "Compute the postage (a plain number)."]
    rules = [[f"Fees: {tab}.", f"By country: {tab} (EUR)."], [f"From {free} EUR goods value shipping is free" + (f", but only to {home}." if scope == "home" else "."), f"Orders of {free} EUR or more {'to ' + home + ' ' if scope == 'home' else ''}ship free" + ("; other countries always pay." if scope == "home" else ".")]]
    if heavy:
        rules.append([f"Above {heavy} kg add {extra}, also to a free one.", f"Parcels of more than {heavy} kg cost {extra} extra, even when shipping is free."])
    return Task(heads, rules, case, check)


@family("price-discount", "policy")
def price_discount(r):
    codes = dict(zip(r.sample(["SPRING", "WELCOME", "VIP", "STAFF", "LOYAL", "FLASH", "MAIL", "EARLY"], 3), r.sample([5, 10, 20, 25, 50], 3)))
    mn = r.choice([None, 20, 50])
    out = r.choice(["price", "percent"])
    dead = r.choice([None, "SUMMER", "XMAS"])
    none = "0" if out == "percent" else None

    def fn(c, p):
        d = codes.get(c, 0) if c and (mn is None or p >= mn) else 0
        x = p * (100 - d)
        return str(d) if out == "percent" else (str(x // 100) if x % 100 == 0 else f"{x/100:.2f}")

    def case(r):
        c = r.choice(list(codes) * 2 + [None, "HELLO"] + ([dead] if dead else []))
        p = r.choice([10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 200] if mn is None else [mn, mn, mn * 2, mn - 10, mn - 5, mn + 20, 100, 40, 200])
        it = r.choice(P.PRODUCTS)
        if c:
            if r.random() < .2:
                return r.choice(["{i}, {p} EUR, code {c}"]).format(i=it, p=p, c=c.lower()), fn(c, p)
            return r.choice(["{i} {p} EUR with code {c}", "{p} EUR, code {c}", "{c} on {i} for {p} EUR", "{i}: {p} EUR / voucher {c}", "cart {p} EUR; coupon: {c}"]).format(i=it, p=p, c=c), fn(c, p)
        return r.choice(["{i} {p} EUR, no code", "{p} EUR, {i}", "cart {p} EUR; coupon: -", "{i} for {p} EUR"]).format(i=it, p=p), fn(None, p)

    def check(i, o):
        p = int(re.search(r"(\d+) EUR", i)[1])
        c = [x for x in codes if re.search(rf"\b{x}\b", i, re.I)]
        d = codes[c[0]] if c and (mn is None or p >= mn) else 0
        return int(o) == d if out == "percent" else abs(float(o) - p * (1 - d / 100)) < .001
    tab = ", ".join(f"{k} {v} %" for k, v in codes.items())
    w = "the price after discount" if out == "price" else "the discount in percent"
    heads = [f"Print {w} (number only).", f"price + code -> {w}, number only", f"Apply the voucher code. Output {w}, just the number.", f"What is {w}? Number only.", f"Checkout: read price and code, print {w} without currency or sign.", f"Compute {w}; no unit in the output."]
    rules = [[f"Codes: {tab}.", f"Valid codes: {tab}; upper or lower case does not matter."], ["No code or an unknown one: no discount" + (" (0)." if out == "percent" else "."), "Anything else gives no discount" + (", print 0." if out == "percent" else ".")], ["Letter case of a code is ignored.", "Codes may be in small letters."]]
    if mn:
        rules.append([f"Codes only work from {mn} EUR on.", f"Below {mn} EUR no code counts."])
    if out == "price":
        rules.append(["Whole euros without decimals, otherwise two decimals.", "Print 45, not 45.00; but 13.50 with two decimals."])
    return Task(heads, rules, case, check)


@family("price-total", "structured")
def price_total(r):
    k = r.choice(["qty", "qty", "sum", "change", "vat_incl"])
    if k == "vat_incl":
        k = "half"
    cur = r.choice(["EUR", "USD", "GBP"])
    unit = r.random() < .4

    def f(c):
        return two(c) + (f" {cur}" if unit else "")

    def case(r):
        a = r.choice([150, 200, 250, 300, 400, 450, 500, 650, 800, 1000, 1200, 1250, 1500, 2000])
        i1, i2 = r.sample(P.FRUIT + P.PRODUCTS, 2)
        p = r.choice(P.FIRST)
        if k == "qty":
            n = r.randint(2, 6)
            return r.choice(["{n} x {i} at {a} {c}", "{n} {i}, {a} {c} each", "{i}: {n} pcs, unit price {a} {c}", "{p} buys {n} {i} for {a} {c} apiece", "{a} {c} per {i}, quantity {n}"]).format(n=n, i=i1, a=two(a), c=cur, p=p), f(n * a)
        b = r.choice([100, 150, 200, 350, 400, 500, 600, 750, 900])
        if k == "sum":
            return r.choice(["{i} {a} {c}, {j} {b} {c}", "{i}: {a} {c} + {j}: {b} {c}", "{p}: {i} ({a} {c}) and {j} ({b} {c})", "goods {a} {c}, shipping {b} {c}"]).format(i=i1, j=i2, a=two(a), b=two(b), c=cur, p=p), f(a + b)
        if k == "half":
            n = r.choice([2, 4, 5])
            a = n * r.choice([100, 150, 200, 250, 300, 425, 550])
            return r.choice(["bill {a} {c}, {n} people", "{a} {c} split by {n}", "{n} friends share {a} {c}", "dinner {a} {c} for {n}", "{i} for {a} {c}, {n} of us"]).format(a=two(a), c=cur, n=n, i=i1), f(a // n)
        g = next(x for x in (500, 1000, 2000, 5000) if x >= a)
        return r.choice(["price {a} {c}, paid {g} {c}", "{p} pays {g} {c} for {i} at {a} {c}".replace("{g} {c} for {i} at {a}", "{i}, price {a} {c}, with"), "price {a} {c}, given {g} {c}", "{i}, price {a} {c}, cash {g} {c}"]).replace("with {c}", "note {g} {c}").format(a=two(a), g=two(g), c=cur, i=i1, p=p), f(g - a)

    def check(i, o):
        m = [round(float(x) * 100) for x in re.findall(r"(\d+\.\d\d)", i)]
        n = [int(x) for x in re.findall(r"(?<![.\d])(\d+)(?![.\d])", i)]
        x = round(float(o.split()[0]) * 100)
        return x == {"qty": lambda: m[0] * n[0], "sum": lambda: m[0] + m[1], "half": lambda: m[0] // n[0], "change": lambda: m[1] - m[0]}[k]()
    say = {"qty": "the total: quantity times unit price", "sum": "the sum of both amounts", "half": "the share per person: amount divided by the number of people", "change": "the change: amount paid minus price"}[k]
    fm = f"with two decimals, then a space and {cur}" if unit else "with two decimals and no currency"
    heads = [f"Print {say}; {fm}.", f"line -> {say.split(':')[0]}, {fm}", f"Compute {say}. Write it {fm}.", f"How much is {say}? Answer {fm}.", f"Cash desk: give {say}, {fm}.", f"Work out {say} ({fm})."]
    if ":" in say:
        heads[1] = f"line -> {say.split(': ')[1]} ({fm})"
    return Task(heads, [["Just that amount.", "One amount, nothing else."]], case, check)


@family("expense-policy", "policy")
def expense_policy(r):
    cats = r.sample(["meal", "taxi", "hotel", "train", "phone", "gift", "parking", "books"], 4)
    lim = {c: r.choice([15, 20, 30, 40, 60, 90, 120, 150]) for c in cats[:3]}
    never = cats[3]
    L = labels(r, r.choice([["approve", "review", "reject"], ["ok", "ask manager", "refuse"], ["green", "yellow", "red"]]))
    dbl = r.random() < .6
    rec_rule = r.random() < .5

    def verdict(c, a, rc):
        if c == never:
            return L[2]
        if rec_rule and not rc:
            return L[2]
        if a <= lim[c]:
            return L[0]
        return L[1] if not dbl or a <= 2 * lim[c] else L[2]

    def case(r):
        c = r.choice(cats[:3] * 3 + [never])
        m = lim.get(c, 40)
        a = r.choice([m, m + 1, m - 3, m // 2, m * 2, m * 2 + 5, m + m // 2])
        rc = r.random() < .75 or not rec_rule
        s = r.choice(["{c} {a} EUR, {p}, {d}", "{p}: {c} for {a} EUR ({d})", "{a} EUR {c}, {p}", "{c} - {a} EUR - {d} - {p}", "claim by {p}: {a} EUR, {c}", "{c} in {t}, {a} EUR, {p}"]).format(c=c, a=a, p=P.person(r), d=r.choice(P.DEPARTMENTS), t=r.choice(P.CITIES))
        if rec_rule:
            s += r.choice([", receipt attached", ", with receipt"]) if rc else r.choice([", no receipt", ", receipt lost"])
        return s, verdict(c, a, rc)

    def check(i, o):
        c = next(x for x in cats if re.search(rf"\b{x}\b", i))
        return o == verdict(c, int(re.search(r"(\d+) EUR", i)[1]), not re.search("no receipt|lost", i))
    tab = ", ".join(f"{c} {v} EUR" for c, v in lim.items())
    heads = ["Judge an expense claim.", "expense -> verdict", "Is the claim within our rules?", "Decide each claim by the limits.", "I check travel costs; tell me the verdict for a line.", "Apply the expense policy to the claim."]
    rules = [[f"Limits: {tab}. Up to the limit {L[0]}, above it {L[1]}" + (f", above twice the limit {L[2]}." if dbl else "."), f"{L[0]}: at or below the limit. {L[1]}: more" + (f", but at most double. {L[2]}: more than double." if dbl else ".") + f" Limits: {tab}."],
             [f"{never} is always {L[2]}.", f"Claims for {never}: {L[2]}, whatever the sum."]]
    if rec_rule:
        rules.append([f"Without a receipt: {L[2]}.", f"A missing or lost receipt gives {L[2]}."])
    return Task(heads, rules, case, check, choices=L)
