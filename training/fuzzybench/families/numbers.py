"""Numbers: read, write, round, band, convert, compare."""
import re
from ..registry import Task, family
from ..forms import Val, Rec, Lst, labels, yes_no, missing_rule, num, MISSING
from .. import pools as P

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def words(n, conj=False):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + ("-" + ONES[n % 10] if n % 10 else "")
    if n < 1000:
        return ONES[n // 100] + " hundred" + ((" and " if conj else " ") + words(n % 100) if n % 100 else "")
    return words(n // 1000) + " thousand" + (" " + words(n % 1000) if n % 1000 else "")


def unwords(s):
    s = s.lower().replace("-", " ").replace(" and ", " ")
    tot = cur = 0
    for w in s.split():
        if w in ONES:
            cur += ONES.index(w)
        elif w in TENS:
            cur += 10 * TENS.index(w)
        elif w == "hundred":
            cur *= 100
        elif w == "thousand":
            tot, cur = tot + cur * 1000, 0
        else:
            raise ValueError(w)
    return tot + cur


NUMWORD = re.compile(r"\b(?:(?:" + "|".join(sorted(ONES + TENS[2:] + ["hundred", "thousand"], key=len, reverse=True)) + r")(?:[- ]|\b)(?:and )?)+", re.I)


@family("num-words-to-digits", "repair")
def num_words_to_digits(r):
    top = r.choice([20, 99, 99, 999, 5000])
    whole = r.random() < .5
    v = Val(r, "number", "number", numeric=True)
    nonum = [s for s in P.PLAIN if not re.search(r"\bone\b|\bten\b", s)]

    def draw(r):
        return r.randint(2, 19) if r.random() < .2 else r.randint(0 if not whole else 2, top)

    def case(r):
        n = draw(r)
        w = words(n, r.random() < .4)
        if whole:
            f = r.choice([x for x in P.NUM_FRAMES if not x.startswith("{}")])
            x, y = f.replace("{}", w), f.replace("{}", str(n))
            if r.random() < .3:
                e = r.choice(nonum)
                x, y = f"{x} {e}" if x[-1] == "." else x, f"{y} {e}" if y[-1] == "." else y
            return x, y
        if r.random() < .1:
            return " ".join(r.sample(nonum, 2)), v.out(None)
        s = P.fill(r, P.NUM_FRAMES, w)
        return P.around(r, s[0].upper() + s[1:], .3, nonum), v.out(str(n))

    def check(i, o):
        m = NUMWORD.search(i)
        if whole:
            return unwords(m[0]) == int(re.search(r"\d+", o)[0]) and o.split(re.search(r"\d+", o)[0])[0] in i
        x = v.parse(o)
        return (m is None) if x is None else unwords(m[0]) == int(x)
    if whole:
        heads = ["Write the number that is spelled out in words as digits and keep the rest of the sentence.", "number words -> digits inside the sentence, rest unchanged", "Replace the number word(s) in the text by figures; copy everything else exactly.", "Our style wants figures. Print the same sentence with the number in digits.",
                 "Could you repeat the sentence with the spelled-out number as a numeral?", "Change forty-two to 42 and so on inside the sentence, nothing else."]
        return Task(heads, [["No thousands separator.", "Write thousands without a separator (1250)."]] if top > 999 else [], case, check)
    heads = ["Print the number that is written in words, as digits.", "spelled-out number -> digits", "How many? Read the number word in the text and answer in figures.", "Find the number in words in the message and return it as a plain numeral.", "Extract the spelled-out quantity as an integer.", "The text has a quantity in words. I want the figure only."]
    return Task(heads, v.rules(), case, check, rare=v.rare)


@family("num-digits-to-words", "rewrite")
def num_digits_to_words(r):
    top = r.choice([20, 99, 99, 999])
    conj = top > 99 and r.random() < .5
    st = r.choice(["lower", "Cap", "UP"])
    fn = {"lower": str.lower, "Cap": lambda s: s[0].upper() + s[1:], "UP": str.upper}[st]
    bare = r.random() < .4
    hy = r.choice(["-", " "])

    def w(n):
        return fn(words(n, conj).replace("-", hy))
    tail = r.choice(["", " only", " pieces"]) if bare else ""

    def case(r):
        n = r.randint(0, 20) if r.random() < .25 else r.randint(0, top)
        i = str(n) if bare and r.random() < .5 else f"{n} {r.choice(['chairs', 'boxes', 'tickets', 'cups', 'letters', 'eggs'])}" if bare else P.around(r, P.fill(r, P.NUM_FRAMES, n), .3)
        return i, w(n) + tail

    def check(i, o):
        return unwords(o[:len(o) - len(tail)] if tail else o) == int(re.search(r"\d+", i)[0])
    heads = ["Spell the number in English words.", "number -> words", "Write out the numeral from the input in words.", "How do you say this number? Print it in words.", "For cheques: give the figure as words.", "Take the number in the text and spell it out."]
    rules = [{"lower": ["All lower case.", "Small letters only."], "Cap": ["First letter upper case, rest lower case.", "Start with a capital, the rest in lower case."], "UP": ["All in capitals.", "Upper case throughout."]}[st],
             [f"Tens and ones are joined by {'a hyphen' if hy == '-' else 'a space'}: {fn('forty' + hy + 'two')}.", f"Write {fn('forty' + hy + 'two')} with {'a hyphen' if hy == '-' else 'a space'}."]]
    if top > 99:
        rules.append([f"{'Use' if conj else 'No'} 'and' after hundred: {w(205)}.", f"205 is {w(205)}."])
    if tail:
        rules.append([f"End with '{tail.strip()}'.", f"Append the word {tail.strip()}."])
    return Task(heads, rules, case, check)


@family("num-round", "structured")
def num_round(r):
    kind = r.choice([(1, "the nearest whole number"), (10, "the nearest multiple of 10"), (5, "the nearest multiple of 5"), (100, "the nearest hundred"), (.1, "one decimal"), (.5, "the nearest half (x.0 or x.5)"), (.01, "two decimals")])
    step, say = kind
    way = r.choice(["half up", "half up", "down", "up"])
    if way != "half up":
        say = {1: "a whole number", 10: "a multiple of 10", 5: "a multiple of 5", 100: "a full hundred", .1: "one decimal", .5: "a half (x.0 or x.5)", .01: "two decimals"}[step]
    dec = {1: 0, 10: 0, 5: 0, 100: 0, .1: 1, .5: 1, .01: 2}[step]
    sc = 1000
    s1 = round(step * sc)
    frames = ["{}", "value {}", "{} kg", "{} m", "reading: {}", "measured {} l", "sensor {} C", "average {}", "{} points", "result = {}", "score {}", "length {} cm", "total {}", "{} km driven"]

    def fn(k):
        q = k // s1 if way == "down" else -(-k // s1) if way == "up" else (2 * k + s1) // (2 * s1)
        return f"{q*s1/sc:.{dec}f}"

    def case(r):
        d = {1: r.choice([1, 2]), 10: r.choice([0, 0, 1]), 5: r.choice([0, 1]), 100: 0, .1: r.choice([2, 3]), .5: r.choice([1, 2]), .01: 3}[step]
        hi = {1: 200, 10: 999, 5: 300, 100: 9999, .1: 99, .5: 60, .01: 30}[step]
        k = r.randrange(1, hi * 10 ** d) * (sc // 10 ** d)
        if r.random() < .15:
            k = k // s1 * s1 + (s1 // 2 if way == "half up" and (s1 // 2) % (sc // 10 ** d) == 0 else 0) or k
        return r.choice(frames).format(f"{k/sc:.{d}f}"), fn(k)

    def check(i, o):
        x = round(float(re.search(r"\d+(\.\d+)?", i)[0]) * sc)
        y = round(float(o) * sc)
        return y % s1 == 0 and (x - s1 < y <= x if way == "down" else x <= y < x + s1 if way == "up" else -s1 < 2 * (y - x) <= s1)
    verb = {"half up": "Round the number to", "down": "Round the number down to", "up": "Round the number up to"}[way]
    v2 = verb[0].lower() + verb[1:]
    heads = [f"{verb} {say} and print only the number.", f"{v2.replace('round the number', 'number, rounded').replace('number, rounded to', 'number, rounded to')} {say}", f"Take the value in the input and {v2.replace('the number', 'it')} {say}; no unit.", f"What do you get if you {v2} {say}? Leave out the unit.", f"Please {v2} {say}. Drop words and units.", f"Readings come in with too many digits; {v2} {say} and give just that number."]
    rules = []
    if way == "half up":
        rules.append(["Halves go up.", "A value exactly in the middle is rounded up."])
    if dec:
        rules.append([f"Always show {dec} decimal{'s' if dec > 1 else ''}.", f"Print exactly {dec} digit{'s' if dec > 1 else ''} after the point."])
    if way != "half up" and not dec:
        rules.append(["A value that fits exactly stays.", "Exact values are not changed."])
    return Task(heads, rules, case, check)


THINGS = [("temperature", " C", ["fridge", "server room", "greenhouse", "oven", "cellar", "tank"], (-10, 90)), ("battery", " %", ["tablet", "scanner", "drone", "sensor", "laptop", "torch"], (0, 100)), ("score", " points", ["Anna", "Ben", "Farid", "Olga", "Yara", "Kenji"], (0, 100)),
          ("speed", " km/h", ["van", "tram", "lorry", "moped", "coach", "bike"], (0, 140)), ("stock", " pcs", ["desk lamp", "kettle", "backpack", "toaster", "rug", "vase"], (0, 500)), ("noise", " dB", ["hall", "yard", "street", "studio", "roof", "gate"], (20, 120)),
          ("disk use", " %", ["db-1", "web-2", "cache", "backup", "mail", "nas"], (0, 100)), ("waiting time", " h", ["billing", "network", "login", "printer", "payroll", "badge"], (0, 200)), ("weight", " kg", ["parcel A", "crate", "suitcase", "sack", "barrel", "pallet"], (0, 60)), ("water level", " cm", ["Mill", "Bridge", "Lock", "Weir", "Ferry", "Dam"], (10, 700))]


@family("num-band", "policy")
def num_band(r):
    name, unit, who, (lo, hi) = r.choice(THINGS)
    n = r.choice([2, 3, 3, 4])
    cuts = sorted(r.sample(range(lo + (hi - lo) // 8, hi - (hi - lo) // 8, 5 if hi - lo > 40 else 2), n - 1))
    L = labels(r, r.choice({2: [["ok", "alarm"], ["low", "high"], ["pass", "fail"]], 3: [["low", "medium", "high"], ["green", "amber", "red"], ["idle", "normal", "overload"]], 4: [["low", "fair", "good", "top"], ["none", "minor", "major", "critical"], ["blue", "green", "yellow", "red"]]}[n]))
    incl = r.random() < .5  # the boundary belongs to the upper band
    bad = r.choice([None, None, "no reading", "n/a", "sensor error"])
    ch = L + ([bad] if bad else [])

    def of(x):
        return L[sum(x >= c if incl else x > c for c in cuts)]

    def case(r):
        w = r.choice(who)
        if bad and r.random() < .14:
            x = r.choice(["--", "ERR", "NaN", "n.a.", "offline"])
        else:
            x = r.choice(cuts + [r.randint(lo, hi)] + [r.choice(cuts) + r.choice([-1, 1])] + [r.randint(lo, hi)] * 2)
        return r.choice(["{n} {w}: {x}{u}", "{w}, {n} {x}{u}", "{w} | {n} | {x}{u}", "{n} of {w} is {x}{u}", "{w} reports {x}{u} ({n})", "{n}={x}{u} at {w}", "{w} has {n} {x}{u}", "check {w}: {n} now {x}{u}"]).format(n=name, w=w, x=x, u=unit if isinstance(x, int) else ""), bad if isinstance(x, str) else of(x)

    def check(i, o):
        m = re.search(r"(-?\d+)" + re.escape(unit), i)
        return o == bad if not m else o == of(int(m[1]))
    u = unit.strip()
    if incl:
        parts = [f"{L[0]} below {cuts[0]}"] + [f"{L[k]} from {cuts[k-1]} to below {cuts[k]}" for k in range(1, n - 1)] + [f"{L[-1]} from {cuts[-1]} on"]
        alt = "; ".join(f">= {c} {l}" for c, l in zip(cuts[::-1], L[:0:-1])) + f"; less is {L[0]}"
        edge = "a value on the limit belongs to the higher group"
    else:
        parts = [f"{L[0]} up to {cuts[0]}"] + [f"{L[k]} above {cuts[k-1]} up to {cuts[k]}" for k in range(1, n - 1)] + [f"{L[-1]} above {cuts[-1]}"]
        alt = "; ".join(f"> {c} {l}" for c, l in zip(cuts[::-1], L[:0:-1])) + f"; the rest is {L[0]}"
        edge = "a value on the limit belongs to the lower group"
    heads = [f"Rate the {name} ({u}).", f"{name} in {u} -> label", f"Which group does the {name} fall into?", f"Look at the {name} in the line and print its label.", f"I get lines with a {name} in {u}; label each one.", f"Monitoring: classify the {name}."]
    rules = [["Groups: " + ", ".join(parts) + ".", "Print " + ", ".join(parts) + "; " + edge + ".", "Limits, checked in this order: " + alt + "."]]
    if bad:
        rules.append([f"If there is no number, print {bad}.", f"Anything but a number gives {bad}.", f"A line without a reading: {bad}."])
    return Task(heads, rules, case, check, choices=ch, rare={bad} if bad else set())


@family("num-unit-convert", "structured")
def num_unit_convert(r):
    a, b, k, say = r.choice([("km", "m", 1000, "1 km = 1000 m"), ("kg", "g", 1000, "1 kg = 1000 g"), ("m", "cm", 100, "1 m = 100 cm"), ("l", "ml", 1000, "1 l = 1000 ml"), ("cm", "mm", 10, "1 cm = 10 mm"), ("t", "kg", 1000, "1 t = 1000 kg"), ("GB", "MB", 1000, "1 GB = 1000 MB"), ("kW", "W", 1000, "1 kW = 1000 W"), ("dozen", "pieces", 12, "1 dozen = 12 pieces"), ("euro", "cent", 100, "1 euro = 100 cent")])
    mixed = r.random() < .6
    v = Val(r, "amount", "amount_" + b, numeric=True, can_miss=r.random() < .5)
    withu = v.form == "plain" and r.random() < .4
    frames = ["{} please", "need {} by Friday", "shelf A: {}", "{} left", "order of {}", "about the {} we discussed", "delivery note says {}", "{} used today", "limit {}", "sample: {}", "we got {} too much", "label reads {}", "{} in the blue box", "it is {} exactly", "remaining {}", "the plan says {}", "measured {}", "{} for Anna"]

    def case(r):
        if v.can_miss and r.random() < .12:
            return r.choice(["nothing left", "see the delivery note", "amount not given", "ask Anna for the amount", "the label is unreadable", "empty shelf", "as discussed"]), v.out(None)
        if mixed and r.random() < .4:
            n = r.choice([5, 20, 50, 75, 120, 250, 300, 450, 500, 750, 900])
            return r.choice(frames).format(f"{n} {b}"), v.out(str(n) + (" " + b if withu else ""))
        n = r.choice([1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 20]) if k == 12 or r.random() < .5 else r.choice([.5, 1.5, 2.5, 3.5, .25, .75, 1.2, 2.4, 3.6, 4.8, .3, 1.1])
        return r.choice(frames).format(f"{num(n)} {a}"), v.out(num(float(n * k)) + (" " + b if withu else ""))

    def check(i, o):
        x = v.parse(o)
        m = re.search(r"([\d.]+) (\w+)", i)
        return x is None and not m or abs(float(m[1]) * (k if m[2] == a else 1) - float(x.split()[0])) < 1e-6
    heads = [f"Convert the amount to {b} ({say}).", f"amount in {a}{' or ' + b if mixed else ''} -> {b} ({say})", f"How many {b} is that? {say}.", f"Give the quantity in {b}. Remember {say}.", f"All quantities have to be in {b}; {say}. Convert the one in the text.", f"Express the amount from the note in {b}, using {say}."]
    rules = []
    if mixed:
        rules.append([f"Amounts already in {b} stay as they are.", f"If it is given in {b}, just copy the number."])
    if v.form == "plain":
        rules.append([f"Print number, space, {b}.", f"Write the unit {b} after the number, with a space."] if withu else ["Number only, no unit.", "Leave out the unit."])
    rules.append(["No trailing zeros after the decimal point.", "Write decimals only where needed."])
    return Task(heads, rules + v.rules(), case, check, rare=v.rare if v.can_miss else set())


@family("num-percent", "repair")
def num_percent(r):
    kind = r.choice(["frac2pct", "pct2frac", "text", "word"])
    miss = r.choice(MISSING)
    frames = ["{} of the guests came.", "Battery at {}.", "Sales fell by {}.", "VAT is {} here.", "{} of the seats are taken.", "We give {} off today.", "Humidity {} in the cellar.", "About {} voted yes.", "Interest rate {}, fixed.", "Progress: {}", "The fund lost {}.", "Tip of {} included.", "{} of the apples were bad.", "Attendance was {} this week.", "CPU load {}", "Only {} answered the survey.", "Discount: {}", "Fat content {}.", "Disk is {} full.", "Turnout reached {}."]
    none = ["Sales fell.", "VAT not included.", "Progress is slow.", "Most guests came.", "The fund lost money.", "Battery nearly empty.", "No discount today.", "Interest rate to be fixed.", "Few answered the survey.", "Disk is full.", "Attendance was poor."]

    def case(r):
        n = r.choice([1, 2, 3, 4, 5, 8, 10, 12, 15, 19, 20, 25, 30, 33, 35, 40, 45, 50, 60, 66, 70, 75, 80, 85, 90, 95, 100, 110, 125, 150]) if r.random() < .8 else r.choice([2.5, 7.5, 12.5, .5, 1.5, 33.3, 99.9])
        if kind == "frac2pct":
            return r.choice(["{}", "ratio {}", "share={}", "p = {}", "rate: {}"]).format(num(round(n / 100, 5))), num(n) + "%"
        if kind == "pct2frac":
            return r.choice(["{}%", "{} %", "{} percent", "share {}%", "{}% of total"]).format(num(n)), num(round(n / 100, 5))
        if r.random() < .12:
            return P.around(r, r.choice(none), .4), miss
        return P.around(r, P.fill(r, frames, f"{num(n)}{r.choice(['%', ' %', ' percent', ' per cent', ' pct'])}"), .3), num(n) + ("%" if kind == "text" else " percent")

    def check(i, o):
        m = re.search(r"\d+(\.\d+)?", i)
        if not m:
            return o == miss
        x, y = float(m[0]), float(re.match(r"[\d.]+", o)[0])
        return abs(y - {"frac2pct": x * 100, "pct2frac": x / 100}.get(kind, x)) < 1e-6
    if kind == "frac2pct":
        heads = ["Turn the decimal fraction into a percentage such as 25%.", "0.25 -> 25%", "Print the ratio as a percentage, number and % without a space.", "What is this share in percent? Form: 12.5%.", "Multiply the fraction by 100 and add a percent sign directly after it.", "Our report shows ratios like 0.4; readers want 40%. Convert."]
        rules = [["No trailing zeros.", "Write only the decimals needed."]]
    elif kind == "pct2frac":
        heads = ["Turn the percentage into a decimal fraction (25% is 0.25).", "25% -> 0.25", "Print the percent value divided by 100.", "What is this percentage as a plain ratio? 7.5% would be 0.075.", "Divide by 100 and drop the percent sign.", "The model wants fractions, the sheet has percentages. Convert one value, e.g. 40% to 0.4."]
        rules = [["No trailing zeros (100% is 1).", "Write only the decimals needed; 100% becomes 1."]]
    else:
        f = "12%" if kind == "text" else "12 percent"
        heads = [f"Find the percentage in the text and print it in the form {f}.", f"percentage in text -> {f}", f"Which percentage is mentioned? Write it like {f}.", f"Extract the percent value, always in the form {f}.", f"People write %, pct or per cent. I want {f} only.", f"Normalise the percentage of the sentence to the form {f}."]
        rules = [missing_rule("percentage", miss)]
    return Task(heads, rules, case, check, rare={miss})


@family("num-range", "extraction")
def num_range(r):
    rec = Rec(r, {"min": "lower end", "max": "upper end"}, spaces=False, numeric=["min", "max"], can_miss=True, forms=["json", "json", "semi", "pipe", "array", "space", "comma"])
    single = r.choice(["both", "none"])
    frames = ["We expect {} guests.", "Cook it for {} minutes.", "Ages {}.", "Pack size: {} pieces", "Salary band {} thousand.", "The trip takes {} days.", "Please quote for {} chairs.", "Group of {} people.", "Store at {} degrees.", "Rooms for {} persons.", "They want {} volunteers.", "Use {} drops.", "Delivery within {} weeks.", "Between us, it's {} hours of work.", "Fits children of {} years.", "Repeat {} times.", "Order quantity {} units.", "It costs {} coins.", "Plant {} seeds per pot.", "Speed {} knots."]

    def case(r):
        a = r.randint(1, 60)
        b = a + r.choice([1, 2, 3, 5, 8, 10, 20, 30])
        k = r.random()
        if k < .6:
            s = r.choice([f"{a}-{b}", f"{a} to {b}", f"{a} - {b}", f"between {a} and {b}", f"from {a} to {b}", f"{a} or up to {b}", f"{a}..{b}", f"at least {a} and at most {b}"])
            d = {"min": str(a), "max": str(b)}
        elif k < .72:
            s, d = r.choice([f"at least {a}", f"{a} or more", f"a minimum of {a}"]), {"min": str(a), "max": None}
        elif k < .85:
            s, d = r.choice([f"up to {a}", f"at most {a}", f"a maximum of {a}"]), {"min": None, "max": str(a)}
        else:
            s, d = str(a), {"min": str(a), "max": str(a) if single == "both" else None}
        return P.around(r, P.fill(r, frames, s), .3), rec.out(d)

    def check(i, o):
        d = rec.parse(o)
        n = re.findall(r"\d+", i)
        return n == [x for x in (d["min"], d["max"]) if x] or (len(n) == 1 and d["min"] == d["max"] == n[0])
    heads = ["Parse the range of numbers in the text.", "range in words -> min and max", "Which lower and upper limits are given?", "Extract the limits: 'up to' gives only the upper one, 'at least' only the lower one.", "Requests come with ranges like 10-15 or 'at most 8'. Give me the two ends.", "Read off minimum and maximum."]
    rules = [["'At least' or 'or more' sets only the lower end, 'up to' and 'at most' only the upper end.", "at least N, N or more, minimum of N: lower end only; up to N, at most N, maximum of N: upper end only. 'A or up to B' has both ends."],
             ["A single number is both ends.", "If just one number is given without such words, use it for both ends."] if single == "both" else ["A plain single number is the lower end only.", "One number without such words is the lower end, the upper is absent."]]
    return Task(heads, rules + rec.rules("end"), case, check)


@family("num-thousands", "repair")
def num_thousands(r):
    forms = {"plain": lambda n, d: f"{n}" + (f".{d:02}" if d is not None else ""), "comma": lambda n, d: f"{n:,}" + (f".{d:02}" if d is not None else ""), "dot": lambda n, d: f"{n:,}".replace(",", ".") + (f",{d:02}" if d is not None else ""), "space": lambda n, d: f"{n:,}".replace(",", " ") + (f".{d:02}" if d is not None else ""),
             "apos": lambda n, d: f"{n:,}".replace(",", "'") + (f".{d:02}" if d is not None else "")}
    say = {"plain": "without any thousands separator, decimal point", "comma": "with commas between thousands and a decimal point (1,234.50)", "dot": "in the German way, dots between thousands and a decimal comma (1.234,50)", "space": "with spaces between thousands and a decimal point (1 234.50)", "apos": "in the Swiss way, apostrophes between thousands and a decimal point (1'234.50)"}
    a, b = r.sample(list(forms), 2)
    dec = r.random() < .5

    def case(r):
        n = r.choice([r.randint(1, 999), r.randint(1000, 9999), r.randint(10000, 999999), r.randint(1000000, 9999999), r.randint(1000, 99999)])
        d = r.randrange(100) if dec and r.random() < .7 else None
        return forms[a](n, d), forms[b](n, d)

    def check(i, o):
        return re.sub(r"\D", "", i) == re.sub(r"\D", "", o) and not (b == "plain" and re.search(r"[ ',]", o))
    heads = [f"Rewrite the number {say[b]}. The input is written {say[a]}.", f"number {say[a]} -> same number {say[b]}", f"Reformat numbers: input {say[a]}; output {say[b]}.", f"How is this number written {say[b]}? The input is written {say[a]}.", f"We import figures written {say[a]} and need them {say[b]}.", f"Change the separators of the number. Before: {say[a]}. After: {say[b]}."]
    rules = [["Keep decimals exactly as given; add none.", "Do not add or drop decimals."]] if dec else [["Digits stay the same.", "Numbers below 1000 have no separator anyway."]]
    return Task(heads, rules, case, check)


@family("num-ordinal", "repair")
def num_ordinal(r):
    o = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
    kind = r.choice(["n2th", "word2n", "word2th", "th2word"])
    sfx = lambda n: f"{n}" + ("th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th"))
    fr = ["She finished {}.", "Take the {} door on the left.", "It's our {} wedding day.", "He lives on the {} floor.", "The {} chapter is the best.", "My {} attempt worked.", "Row {}, at the {} seat.".replace("Row {}, at", "At"), "The {} item is broken.", "Open the {} drawer.", "That was the {} call today.", "We won in the {} round.", "Use the {} exit.", "The {} guest gets a prize.", "Her {} book sold well.", "Skip the {} page.", "Ring the {} bell.", "On the {} try it opened.", "The {} bus was full."]

    def case(r):
        if kind == "n2th":
            n = r.choice([1, 2, 3, 11, 12, 13, 21, 22, 23, 101, 111, 112] + [r.randint(1, 130)] * 12)
            return r.choice(["{}", "place {}", "floor {}", "position {}", "day {}", "rank {}", "no. {}"]).format(n), sfx(n)
        n = r.randint(1, 20)
        return P.around(r, P.fill(r, fr, sfx(n) if kind == "th2word" else o[n]), .3), {"word2n": str(n), "word2th": sfx(n), "th2word": o[n]}[kind]

    def check(i, x):
        if kind == "n2th":
            return x == sfx(int(re.search(r"\d+", i)[0]))
        if kind == "th2word":
            return o.index(x) == int(re.search(r"\d+", i)[0])
        return o[int(re.match(r"\d+", x)[0])] in re.findall(r"[a-z]+", i)
    t = {"n2th": ("Write the number as an English ordinal in figures: 1st, 2nd, 3rd, 4th.", "number -> 1st, 2nd, 3rd, 4th ...", "Which place is it? Print the number with st, nd, rd or th.", "Add the right ordinal ending to the number.", "Numbers come in plain; I need 21st, 22nd and so on.", "Turn the figure into its ordinal (figures plus ending)."),
         "word2n": ("Which position does the ordinal word name? Print the plain number.", "third -> 3", "Find the ordinal word (first, second, ...) and print it as a number.", "Give the rank named in the sentence as a plain integer.", "Ordinal in words in, figure out.", "Read the ordinal word in the text and return the number alone."),
         "word2th": ("Print the ordinal word in the sentence in figures: first is 1st.", "third -> 3rd", "Find the ordinal word and write it with figures and ending (2nd).", "Which rank is named? Answer like 4th.", "I need ordinals in short form, for example 12th. Take the one in the text.", "Shorten the ordinal of the sentence to figures plus st, nd, rd or th."),
         "th2word": ("Spell out the ordinal in the sentence as one lower-case word: 3rd is third.", "3rd -> third", "Find the ordinal in figures and print it as a word.", "What is the ordinal in the text in words? Lower case.", "Our style spells ordinals out; give the word for the one in the sentence.", "Read 1st, 2nd, ... and answer with first, second, ...")}[kind]
    return Task(list(t), [["Print nothing else.", "Only that, without the rest of the sentence."]] if kind != "n2th" else [["11, 12 and 13 take th (also 111, 112, 113).", "Mind 11th, 12th, 13th."]], case, check)


@family("num-extreme", "extraction")
def num_extreme(r):
    which = r.choice(["largest", "smallest", "sum2", "second"])
    if which == "sum2" and r.random() < .5:
        which = "largest"
    n = r.choice([3, 4, 4, 5])
    label = r.random() < .6 and which != "sum2"
    both = label and r.random() < .35
    names = r.choice([P.FIRST, P.CITIES, P.FRUIT, P.DEPARTMENTS, P.PRODUCTS])
    pair = r.choice(["{a}: {b}", "{a} {b}", "{a} = {b}", "{a} ({b})"])
    sep = r.choice([", ", "; ", " | "])
    hi = r.choice([30, 100, 1000])

    def case(r):
        k = 2 if which == "sum2" else n
        v = r.sample(range(1, hi), k)
        s = r.sample(names, k)
        i = sep.join(pair.format(a=a, b=b) for a, b in zip(s, v))
        if which == "sum2":
            return i, str(sum(v))
        t = sorted(range(k), key=lambda q: v[q], reverse=which != "smallest")[1 if which == "second" else 0]
        return i, f"{s[t]} {v[t]}" if both else s[t] if label else str(v[t])

    def check(i, o):
        v = sorted(int(x) for x in re.findall(r"\d+", i))
        w = {"sum2": v[0] + v[1], "largest": v[-1], "smallest": v[0], "second": v[-2]}[which]
        if label:
            q = [p for p in i.split(sep) if re.search(rf"\b{w}\b", p)][0]
            return q.startswith(o.removesuffix(f" {w}")) and (not both or o.endswith(f" {w}"))
        return o == str(w)
    w = {"largest": "largest", "smallest": "smallest", "second": "second largest", "sum2": ""}[which]
    if which == "sum2":
        heads = ["Add the two numbers and print the sum.", "two labelled numbers -> their sum", "What do the two amounts make together? Number only.", "Sum up both values of the line.", "Two counts in one line; I need the total.", "Print the total of both entries as a plain number."]
        return Task(heads, [["No labels in the output.", "Leave the names out."]], case, check)
    out = f"the name with the {w} number, then a space and the number" if both else f"the name with the {w} number" if label else f"the {w} number"
    heads = [f"Several entries with a number each. Print {out}.", f"entries with numbers -> {out}", f"Find {out} in the list.", f"Which entry has the {w} number? Answer with {out}.", f"Compare the numbers and output {out}.", f"From the line of counts I only want {out}."]
    rules = [["Copy the name as it is written.", "Names are copied unchanged."]] if label else [["Leave the name out.", "Just the number, no name."]]
    return Task(heads, rules, case, check)


@family("num-compare", "matching")
def num_compare(r):
    L = labels(r, r.choice([["up", "down", "same"], ["more", "less", "equal"], ["rise", "fall", "flat"], ["better", "worse", "unchanged"]]))
    tol = r.choice([0, 0, 2, 5])
    low_good = L[0].lower() == "better" and r.random() < .5
    A, B = r.choice([("old", "new"), ("before", "after"), ("last week", "this week"), ("2023", "2024"), ("plan", "actual"), ("A", "B"), ("yesterday", "today"), ("left", "right")])
    th = r.choice(["visitors", "tickets", "errors", "orders", "steps", "calls", "eggs", "points", "returns", "litres"])

    def case(r):
        a = r.randint(10, 400)
        k = r.randrange(3)
        d = 0 if k == 2 and not tol else r.randint(-tol, tol) if k == 2 else (r.choice([tol + 1, tol + 2, 9, 25, 60]) * (1 if k else -1))
        b = max(0, a + d)
        return r.choice(["{A}: {a} {t}, {B}: {b} {t}", "{t}: {A} {a}, {B} {b}", "{A} {a}; {B} {b}", "{A}={a} {B}={b}", "{t} {A} {a} -> {B} {b}", "{A} {a} {t} | {B} {b} {t}", "{t} at {p}: {A} {a}, {B} {b}"]).format(A=A, B=B, a=a, b=b, t=th, p=r.choice(P.CITIES)), word(b - a)

    def word(d):
        return L[2] if abs(d) <= tol else L[0] if (d > 0) != low_good else L[1]

    def check(i, o):
        x = i.replace(A, "<").replace(B, ">")
        a, b = [int(n) for n in re.findall(r"[<>]\D*(\d+)", x)]
        return o == word(b - a)
    more, less = (L[1], L[0]) if low_good else (L[0], L[1])
    heads = [f"Compare the value for {B} with the one for {A}.", f"{A} vs {B} -> {', '.join(L)}", f"How did the number of {th} change from {A} to {B}?", f"Two values, {A} and {B}: print how {B} relates to {A}.", f"Look whether {B} is higher than {A}.", f"For our report: what is the trend from {A} to {B}?"]
    eq = f"differ by {tol} or less" if tol else "are equal"
    rules = [[f"{more} if {B} is higher, {less} if it is lower, {L[2]} if they {eq}.", f"{L[2]}: the two {eq}. {more}: {B} is higher. {less}: {B} is lower.", f"Print {L[2]} when both {eq}; otherwise {more} for a higher and {less} for a lower {B}."]]
    return Task(heads, rules, case, check, choices=L)


@family("num-in-range", "decision")
def num_in_range(r):
    y, n = yes_no(r, ("ok", "out"), ("accept", "reject"), ("inside", "outside"))
    lo = r.choice([0, 1, 5, 10, 18, 20, 50, 100])
    hi = lo + r.choice([5, 9, 10, 20, 40, 80, 100])
    incl = r.random() < .65
    what = r.choice(["quantity", "age", "room number", "voltage", "page count", "pH times ten", "seat number", "weight in kg", "width in cm"])
    even = r.choice([None, None, "even", "multiple of 5"])

    def ok(x):
        return (lo <= x <= hi if incl else lo < x < hi) and (even is None or x % (2 if even == "even" else 5) == 0)

    def case(r):
        x = r.choice([lo, hi, lo - 1, hi + 1, r.randint(lo, hi), r.randint(lo, hi), r.randint(hi, hi * 2 + 4), max(0, lo - r.randint(1, 20))])
        if even and r.random() < .5:
            x = x // 10 * 10
        return r.choice(["{w}: {x}", "{w} {x} ({p})", "{p} entered {x} as {w}", "form field {w} = {x}", "{w}={x}; user={p}", "{x} is the {w} given by {p}", "{p}, {w} {x}"]).format(w=what, x=max(x, 0), p=r.choice(P.FIRST)), y if ok(max(x, 0)) else n

    def check(i, o):
        return (o == y) == ok(int(re.search(r"\d+", i)[0]))
    rng = f"from {lo} to {hi}, both included" if incl else f"strictly between {lo} and {hi}"
    heads = [f"Is the {what} {rng}?", f"{what} {rng}: {y}, otherwise {n}", f"Check that the {what} is {rng}.", f"A valid {what} is a number {rng}. Judge the entry.", f"Does the {what} lie in the allowed range ({rng})?", f"Validate the {what}; allowed is {rng}."]
    rules = [[f"Print {y} or {n}.", f"Answer {y} if it is fine and {n} if not.", f"Valid: {y}. Not valid: {n}."]]
    if even:
        e = {"even": "an even number", "multiple of 5": "a multiple of 5"}[even]
        rules.append([f"It must also be {e}, else {n}.", f"Only {e} is accepted; all others are {n}."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("num-suffix", "repair")
def num_suffix(r):
    exp = r.random() < .6
    frames = ["{} followers", "views: {}", "downloads {}", "{} users signed up", "about {} steps", "market of {}", "population {}", "budget {}", "{} rows imported", "sold {} copies", "{} requests a day", "we reached {} fans", "{} trees planted", "{} km in total", "likes: {}"]

    def case(r):
        k, s = r.choice([(1000, "k"), (1000, "K"), (1000000, "M"), (1000, " thousand"), (1000000, " million"), (1, "")]) if exp else r.choice([(1000, "k"), (1000000, "M"), (1, "")])
        if k == 1:
            n = r.randint(1, 999)
            return r.choice(frames).format(n), str(n)
        x = r.choice([1, 2, 3, 5, 7, 10, 12, 15, 20, 45, 80, 120, 250, 1.5, 2.5, 3.2, 4.7, 1.2, 7.8])
        full = round(x * k)
        return (r.choice(frames).format(num(x) + s), str(full)) if exp else (r.choice(frames).format(f"{full:,}" if r.random() < .5 else full), num(x) + s)

    def check(i, o):
        if exp:
            m = re.search(r"([\d.]+) ?(k\b|K\b|M\b|thousand|million)?", i)
            return int(o) == round(float(m[1]) * {"k": 1000, "K": 1000, "t": 1000, "M": 10**6, "m": 10**6}.get((m[2] or " ")[0], 1))
        return round(float(o.rstrip("kM")) * (1000 if o[-1] == "k" else 10**6 if o[-1] == "M" else 1)) == int(re.search(r"[\d,]+", i)[0].replace(",", ""))
    if exp:
        heads = ["Write the abbreviated number in full digits.", "12k -> 12000, 1.5M -> 1500000", "Expand numbers like 3.2k or 5 million to plain digits.", "How much is that in full? Digits only.", "Replace k, M, thousand or million by the right number of zeros and print the number.", "Statistics come as 4.7K; I want 4700."]
        rules = [["k or thousand is 1000, M or million is 1000000; no separators.", "k/K/thousand = 1000; M/million = 1000000. No commas."], ["Numbers without a suffix stay.", "Plain numbers are printed as they are."]]
    else:
        heads = ["Shorten the number with k or M.", "12000 -> 12k, 1500000 -> 1.5M", "Print large numbers in short form.", "How would a badge show this count?", "Abbreviate the figure for a small display.", "Give the compact form of the number."]
        rules = [["From 1000 on divide by 1000 and add k, from 1000000 on divide by 1000000 and add M; smaller numbers stay.", "Below 1000: unchanged. Thousands: k. Millions: M."], ["No space before the letter, decimals only where needed (1.5k).", "Form: 3k, 2.5M, 870."]]
    return Task(heads, rules, case, check)


@family("num-roman", "repair")
def num_roman(r):
    def roman(n):
        s = ""
        for v, c in [(50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]:
            while n >= v:
                s, n = s + c, n - v
        return s
    top = r.choice([12, 20, 39, 60])
    to = r.random() < .5
    fr = [("chapter", 0), ("volume", 0), ("act", 0), ("part", 0), ("section", 0), ("King Otto", 0), ("league", 0), ("phase", 0), ("Pope Felix", 0), ("Annex", 0), ("Super Cup", 0), ("figure", 0)]
    whole = r.random() < .5

    def case(r):
        n = r.randint(1, top)
        w = r.choice(fr)[0]
        a, b = (str(n), roman(n)) if to else (roman(n), str(n))
        t = r.choice(["{w} {n}", "{w} {n}, revised", "see {w} {n}", "{w} {n} (draft)", "end of {w} {n}", "in {w} {n}"])
        return t.format(w=w, n=a), t.format(w=w, n=b) if whole else b

    def check(i, o):
        n = int(re.search(r"\d+", i if to else o)[0])
        return re.search(rf"\b{roman(n)}\b", o if to else i) is not None
    d = "a Roman numeral" if to else "a normal number in digits"
    s = "number" if to else "Roman numeral"
    rest = "keep the other words" if whole else "print only that"
    heads = [f"Convert the {s} in the input to {d}; {rest}.", f"{s} -> {d} ({rest})", f"Write the {s} as {d}, and {rest}.", f"What is the {s} here as {d}? Please {rest}.", f"Replace the {s} by {d}; {rest}.", f"Titles with a {s}: give it as {d} and {rest}."]
    if to:
        rules = [["Capitals for Roman numerals.", "Roman numerals in upper case, subtractive form (IV, IX, XL)."]]
    else:
        rules = [["Mind the subtractive forms: IV is 4, IX is 9, XL is 40.", "A smaller letter before a larger one is subtracted (IX is 9)."]]
    return Task(heads, rules, case, check)


@family("num-parse-decimal", "extraction")
def num_parse_decimal(r):
    u = r.choice([("weight", "kg", P.FRUIT), ("length", "m", ["rope", "shelf", "cable", "fence", "curtain", "plank", "hose", "carpet"]), ("temperature", "degrees", ["soup", "pool", "room", "bath", "oven", "fridge"]), ("volume", "litres", ["paint", "water", "milk", "oil", "juice", "soup"])])
    v = Val(r, u[0], u[0], numeric=True)
    t = r.choice([P.PRODUCTS[:20], u[2]])

    def case(r):
        x = r.choice(u[2])
        if r.random() < .12:
            return r.choice(["The {x} is here, {n} unknown.", "Got {q} {x} labels, no {n} given.", "No {n} for the {x}.", "{x}: {n} missing"]).format(x=x, n=u[0], q=r.randint(2, 9)), v.out(None)
        n = r.choice([str(r.randint(1, 99)), f"{r.randint(0, 40)}.{r.choice([1, 2, 25, 4, 5, 75, 8])}"])
        w = n.replace(".", ",") if r.random() < .4 else n
        f = r.choice(["The {x} has {w} {u}.", "{x}: {w} {u}", "I measured {w} {u} for the {x}.", "{q} labels and {w} {u} of {x}.", "{w} {u}, that's the {x}.", "Box {q}: {x}, {w} {u}", "{x} ({w} {u}) for shelf {q}", "Shelf {q} holds {w} {u} {x}.", "ticket {q}: {x} at {w} {u}", "{x} now {w} {u}, was checked {q} times"])
        return f.format(x=x, w=w, u=u[1], q=r.randint(2, 99)), v.out(n)

    def check(i, o):
        m = re.search(rf"(\d+(?:[.,]\d+)?) {u[1]}", i)
        x = v.parse(o)
        return x is None if not m else m[1].replace(",", ".") == x
    heads = [f"Print the {u[0]} in {u[1]} that the note gives, number only.", f"note -> {u[0]} ({u[1]}), number only", f"What {u[0]} is stated? Answer with the number of {u[1]}.", f"Take the {u[0]} from the line; ignore all other numbers.", f"Lines carry several numbers. I need the {u[0]} in {u[1]}, without unit.", f"Extract the number that stands before '{u[1]}'."]
    return Task(heads, [["Decimal commas become points.", "Write a decimal point even if the text has a comma."]] + v.rules(), case, check, rare=v.rare)
