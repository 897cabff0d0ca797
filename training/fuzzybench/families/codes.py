"""Codes and identifiers in text, redaction, masks, maps of codes."""
import re
from ..registry import Task, family
from ..forms import Val, Lst, Rec, labels, yes_no, missing_rule, MISSING, either
from .. import pools as P

SHAPES = [("two letters, a hyphen and four digits", r"[A-Z]{2}-\d{4}", lambda r: f"{r.choice('KLMPQRT')}{r.choice('ABDEXZ')}-{r.randint(1000, 9999)}"), ("ORD- and five digits", r"ORD-\d{5}", lambda r: f"ORD-{r.randint(10000, 99999)}"),
          ("# and four digits", r"#\d{4}\b", lambda r: f"#{r.randint(1000, 9999)}"), ("INV, the year, a slash and three digits", r"INV20\d\d/\d{3}", lambda r: f"INV{r.randint(2020, 2026)}/{r.randint(100, 999)}"), ("three capital letters followed by three digits", r"\b[A-Z]{3}\d{3}\b", lambda r: "".join(r.choice("BCDFGHKLMNPRTVX") for _ in range(3)) + str(r.randint(100, 999))),
          ("a capital letter and six digits", r"\b[A-Z]\d{6}\b", lambda r: f"{r.choice('ABCDEFGHK')}{r.randint(100000, 999999)}"), ("TCK followed by a hyphen, two letters, a hyphen and two digits", r"TCK-[A-Z]{2}-\d\d", lambda r: f"TCK-{r.choice('ABCD')}{r.choice('WXYZ')}-{r.randint(10, 99)}"), ("eight digits", r"(?<!\d)\d{8}(?!\d)", lambda r: str(r.randint(10000000, 99999999)))]


def distract(r):
    return r.choice(["Room {}.", "It cost {} euros.", "We are {} people.", "Gate {}.", "Page {} says so.", "Waited {} minutes.", "Floor {}.", "Bus {} was late."]).format(r.randint(2, 99))


@family("code-extract", "extraction")
def code_extract(r):
    say, rx, mk = r.choice(SHAPES)
    noun = r.choice(["order number", "reference", "ticket id", "case code", "tracking code", "document number"])
    multi = r.choice(["first", "last", "list", "count"])
    v = Val(r, noun, noun.replace(" ", "_"))
    l = Lst(r, noun + "s")
    post = r.choice([None, None, "strip"]) if "-" in say or "hyphen" in say or "#" in say or "slash" in say else None
    fn = (lambda s: re.sub(r"[^A-Z0-9]", "", s)) if post else (lambda s: s)
    zero = "0"

    def case(r):
        n = r.choice([0, 1, 1, 1, 2, 2] if multi != "count" else [0, 1, 2, 3])
        cs = []
        while len(set(cs)) < n:
            cs = [mk(r) for _ in range(n)]
        s = P.fill(r, P.CODE_FRAMES, cs[0]) if n == 1 else r.choice(P.NO_CODE) if n == 0 else r.choice(["Both {} are late.", "Please merge {}.", "Compare {}.", "I ask about {}.", "{} belong together.", "Parcels {} are missing."]).format(" and ".join(cs) if n == 2 else ", ".join(cs))
        if r.random() < .5:
            s = f"{s} {distract(r)}" if s[-1] in ".?!" else f"{s}. {distract(r)}" if s[-1] != "}" else s
        s = P.around(r, s, .2)
        o = {"first": lambda: v.out(fn(cs[0]) if cs else None), "last": lambda: v.out(fn(cs[-1]) if cs else None), "list": lambda: l.out([fn(c) for c in cs]), "count": lambda: str(n)}[multi]()
        return s, o

    def check(i, o):
        cs = [fn(c) for c in re.findall(rx, i)]
        if multi == "count":
            return o == str(len(cs))
        if multi == "list":
            return l.parse(o) == cs
        return v.parse(o) == (cs[0 if multi == "first" else -1] if cs else None)
    w = {"first": f"the first {noun}", "last": f"the last {noun}", "list": f"all {noun}s in order of appearance", "count": f"how many {noun}s there are (a number)"}[multi]
    heads = [f"Print {w} in the message.", f"message -> {w}", f"Find {w} that the text mentions." if multi != "count" else f"Count the {noun}s in the text; print {w}.", f"From customer mails I need {w}.", f"Extract {w}.", f"Look through the text and give {w}. Nothing to add?"]
    heads[5] = f"Look through the text and give {w}."
    rules = [[f"A {noun} is {say}.".replace("A order", "An order"), f"Form of a {noun}: {say}.", f"It looks like this: {say} (such as {mk(r)})."], ["Other numbers in the text do not count.", "Ignore prices, rooms and other numbers."]]
    if post:
        rules.append(["Print it without hyphens, slashes and #.", "Only letters and digits in the output."]) if multi != "count" else None
    rules += {"list": l.rules(), "count": [["0 if there is none.", "None gives 0."]]}.get(multi, v.rules())
    return Task(heads, rules, case, check, rare=v.rare | {l.missing, "0"})


@family("code-normalise", "repair")
def code_normalise(r):
    pre = r.choice(["KX", "ORD", "T", "INV", "AB", "P"])
    n = r.choice([4, 5, 6])
    sep = r.choice(["-", "", "/", "_"])
    pad = r.random() < .6
    bad = r.choice(["invalid", "none", "?", "BAD", "n/a"])

    def case(r):
        k = r.randint(1, 10 ** n - 1) if not pad else r.choice([r.randint(1, 99), r.randint(100, 10 ** n - 1), r.randint(10 ** (n - 1), 10 ** n - 1)])
        if not pad:
            k = r.randint(10 ** (n - 1), 10 ** n - 1)
        o = f"{pre}{sep}{k:0{n}}"
        if r.random() < .12:
            return r.choice([f"{pre}", f"{k}{pre}", f"Z{pre}-{k}", f"{pre.lower()}-{k}x", f"{pre} {10 ** n + k}", "no code", "see mail"]), bad
        p = r.choice([pre, pre.lower(), pre.capitalize()])
        i = r.choice(["{p}{s}{k}", "{p} {k}", "{p}-{k}", "{p}.{k}", "{p}: {k}", "{p}#{k}", " {p}{k}", "{p} - {k}", "{p}/{k}", "{p}_{k}"]).format(p=p, s=sep, k=k).strip()
        return i, o

    def check(i, o):
        m = re.fullmatch(rf"{pre}[^A-Za-z0-9]*(\d+)", i, re.I)
        return o == bad if not m or len(m[1]) > n else o == f"{pre}{sep}{int(m[1]):0{n}}"
    sepname = {"-": "a hyphen, then", "/": "a slash, then", "_": "an underscore, then", "": "directly"}[sep]
    f = f"{pre}{sep}{'0' * (n - 2) + '42' if pad else '123456'[:n]}"
    heads = [f"Bring the code to the form {f}.", f"hand-typed code -> {f}", f"Normalise codes: {f} is the right form.", f"What is the proper form of this code? Model: {f}.", f"People type our codes in many ways. Print them like {f}.", f"Fix the code so that it looks like {f}."]
    rules = [[f"Capitals {pre}, then {sepname} {'exactly' if pad else 'the'} {n} digits" + (", filled up with zeros on the left." if pad else "."), f"{pre} in upper case, {'the separator ' + sep if sep else 'no separator'}, {n} digits" + (" (add leading zeros)." if pad else ".")],
             [f"Anything that is not {pre} plus {'at most ' if pad else ''}{n} digits gives {bad}.", f"Print {bad} for other prefixes, extra letters, too many digits or no digits."]]
    return Task(heads, rules, case, check, rare={bad})


@family("code-validate", "classification")
def code_validate(r):
    say, rx, mk = r.choice(SHAPES[:7])
    rx = rx.replace(r"\b", "")
    y, n = yes_no(r, ("valid", "invalid"), ("ok", "wrong"))
    extra = r.choice([None, None, "digit_even", "no_zero"])

    def good(s):
        return re.fullmatch(rx, s) is not None and (extra is None or (int(s[-1]) % 2 == 0 if extra == "digit_even" else "0" not in s))

    def case(r):
        c = mk(r)
        if r.random() < .5:
            for _ in range(20):
                if good(c):
                    break
                c = mk(r)
            return c, y if good(c) else n
        k = r.randrange(6)
        j = r.randrange(len(c))
        c = [c.lower(), c + str(r.randint(0, 9)), c[:-1], c.replace("-", " ").replace("#", "").replace("/", "-"), c[:-1] + "O", c[:j] + " " + c[j:]][k] if r.random() < .8 or not extra else c
        return c.strip(), y if good(c.strip()) else n

    def check(i, o):
        return (o == y) == good(i)
    heads = [f"Is the input exactly {say}?", f"{say}: {y} or {n}", f"Check a code: it has to be {say}.", f"Does the code have the right form ({say})?", f"Our codes are {say}. Validate the one given.", f"Test the form of the code; correct is {say}."]
    rules = [[f"Print {y} if it is, {n} if not.", f"{y} for correct codes, {n} for all others.", f"Answer {y} or {n}."], ["Letters must be capitals and nothing may be missing or added.", "Small letters, spaces, missing or additional characters make it wrong."]]
    if extra:
        rules.append({"digit_even": [f"The last digit must also be even, else {n}.", f"A code that ends in an odd digit is {n}."], "no_zero": [f"Codes that contain the digit 0 are {n}.", f"No zero is allowed anywhere; with a 0 it is {n}."]}[extra])
    return Task(heads, rules, case, check, choices=[y, n])


@family("sku-parse", "structured")
def sku_parse(r):
    sizes = {"S": "small", "M": "medium", "L": "large", "X": "extra large"}
    cols = dict(zip(r.sample(["BK", "WH", "RD", "BL", "GN", "YL", "GR"], 4), ["x"] * 4))
    full = {"BK": "black", "WH": "white", "RD": "red", "BL": "blue", "GN": "green", "YL": "yellow", "GR": "grey"}
    kinds = dict(zip(["SH", "PA", "HT", "BG"], r.sample(["shirt", "trousers", "hat", "bag", "jacket", "scarf", "socks", "shoes"], 4)))
    order = r.sample(["kind", "color", "size"], 3)
    sep = r.choice(["-", "_", "/"])
    rec = Rec(r, {"kind": "article", "color": "colour in words", "size": "size in words"}, forms=["json", "semi", "pipe", "colon"], can_miss=False)
    unk = r.choice(["unknown", "other", "?"])
    phrase = r.random() < .3

    def case(r):
        d = {"kind": r.choice(list(kinds)), "color": r.choice(list(cols)), "size": r.choice(list(sizes))}
        out = {"kind": kinds[d["kind"]], "color": full[d["color"]], "size": sizes[d["size"]]}
        if r.random() < .2:
            d["color"], out["color"] = r.choice([c for c in full if c not in cols]), unk
        s = sep.join(d[k] for k in order) + sep + str(r.randint(10, 99))
        return s, (f"{out['size']} {out['color']} {out['kind']}" if phrase else rec.out(out))

    def check(i, o):
        d = dict(zip(order, i.split(sep)))
        w = [kinds[d["kind"]], full[d["color"]] if d["color"] in cols else unk, sizes[d["size"]]]
        return o == f"{w[2]} {w[1]} {w[0]}" if phrase else list(map(rec.parse(o).get, ["kind", "color", "size"])) == w
    lay = sep.join(k.upper() for k in order) + sep + "NN"
    tab = "; ".join([", ".join(f"{a} {b}" for a, b in kinds.items()), ", ".join(f"{c} {full[c]}" for c in cols), ", ".join(f"{a} {b}" for a, b in sizes.items())])
    heads = [f"Decode an article code of the form {lay}.", f"{lay} -> article in words", f"Article codes are built {lay}. Spell out the parts.", f"What does the code stand for? It is built {lay}.", f"Our labels carry codes such as {lay}; turn one into words.", f"Translate the article code ({lay})."]
    return Task(heads, [[f"Codes: {tab}.", f"Meaning of the letters: {tab}."], [f"Other colours: {unk}; the number at the end is ignored.", f"A colour code not listed is {unk}. Ignore NN."]] + ([["Print size, colour, article, separated by spaces.", "Output: size colour article."]] if phrase else rec.rules()), case, check)


@family("redact", "rewrite")
def redact(r):
    kinds = r.sample(["email", "phone", "card", "iban", "ip"], r.choice([1, 2, 2, 3]))
    tok = {k: t for k, t in zip(kinds, [{"email": "EMAIL", "phone": "PHONE", "card": "CARD", "iban": "IBAN", "ip": "IP"}[k] for k in kinds])}
    st = r.choice(["[{}]", "<{}>", "{{{}}}", "***", "XXXX"])
    w = {k: st.format(tok[k]) if "{" in st else st for k in kinds}
    mk = {"email": lambda r: P.email(r), "phone": lambda r: f"+{r.choice([44, 49, 48])} {r.randint(20, 99)} {r.randint(100000, 999999)}", "card": lambda r: " ".join(str(r.randint(1000, 9999)) for _ in range(4)), "iban": lambda r: f"{r.choice(['DE', 'PL', 'NO'])}{r.randint(10, 99)}{r.randint(10**11, 10**12-1)}", "ip": lambda r: ".".join(str(r.randint(1, 254)) for _ in range(4))}
    rx = {"email": r"[\w.-]+@[\w.-]+\w", "phone": r"\+\d\d \d\d \d{6}", "card": r"\d{4} \d{4} \d{4} \d{4}", "iban": r"\b[A-Z]{2}\d{14}\b", "ip": r"\b\d+\.\d+\.\d+\.\d+\b"}
    fr = {"email": P.MAIL_FRAMES, "phone": P.PHONE_FRAMES, "card": ["Card {} was charged twice.", "My card number is {}.", "Pay with {} please.", "Old card {} expired.", "Declined: {}"], "iban": ["Please transfer to {}.", "My account is {}.", "Refund goes to {}.", "IBAN {} bounced."], "ip": ["Login from {} at night.", "Blocked {} after three tries.", "Host {} is down.", "Request came from {}."]}
    other = [k for k in mk if k not in kinds]
    clean = r.choice([None, None, "clean"])

    def case(r):
        ks = [r.choice(kinds)] + ([r.choice(kinds + other[:1])] if r.random() < .5 else [])
        if r.random() < .1:
            ks = []
        i = o = ""
        for k in ks:
            v = mk[k](r)
            f = r.choice(fr[k])
            f = f if f[-1] in ".?!" or k == ks[-1] else f + "."
            i += " " + f.replace("{}", v)
            o += " " + f.replace("{}", w.get(k, v))
        if not ks or r.random() < .3:
            s = r.choice(P.PLAIN)
            if i and i[-1] not in ".?!":
                i, o = i + ".", o + "."
            i, o = i + " " + s, o + " " + s
        i, o = i.strip(), o.strip()
        return i, clean if clean and i == o else o

    def check(i, o):
        x = i
        for k in ["card", "iban", "phone", "email", "ip"]:
            if k in kinds:
                x = re.sub(rx[k], w[k].replace("\\", ""), x)
        return o == (clean if clean and x == i else x)
    names = {"email": "e-mail addresses", "phone": "phone numbers", "card": "card numbers (16 digits)", "iban": "IBANs", "ip": "IP addresses"}
    same = len(set(w.values())) == 1
    t = f"{either([names[k] for k in kinds], 'and')} by {w[kinds[0]]}" if same else ", ".join(f"{names[k]} by {w[k]}" for k in kinds)
    heads = [f"Redact the text: replace {t}.", f"text with {t.replace(' by ', ' replaced by ')}", f"Mask private data. Replace {t}, keep the rest.", f"Before we store messages, replace {t}.", f"Can you anonymise the message? Replace {t}.", f"Hide personal data by replacing {t}."]
    rules = [["Everything else stays letter by letter.", "Copy the rest unchanged."]]
    if other:
        rules.append([f"Do not touch {names[other[0]]}.", f"Leave {names[other[0]]} readable."])
    if clean:
        rules.append([f"If nothing has to be replaced, print {clean}.", f"Nothing to hide: {clean}."])
    return Task(heads, rules, case, check, rare={clean} if clean else set())


@family("mask-partial", "rewrite")
def mask_partial(r):
    k = r.choice(["card", "iban", "email", "phone", "name", "plate"])
    c = r.choice("*xX#")
    keep = r.choice([2, 3, 4])
    mk = {"card": lambda r: r.choice([" ", "", "-"]).join(str(r.randint(1000, 9999)) for _ in range(4)), "iban": lambda r: f"{r.choice(['DE', 'PL', 'NO', 'CH'])}{r.randint(10, 99)}{r.randint(10**9, 10**10-1)}", "email": lambda r: P.email(r), "phone": lambda r: f"0{r.randint(100, 999)}{r.randint(100000, 999999)}", "name": P.person, "plate": lambda r: f"{r.choice('BKLMW')}{r.choice('ABCDE')}{r.randint(1000, 99999)}"}

    def fn(s):
        if k == "email":
            a, b = s.split("@")
            return a[0] + c * 3 + "@" + b
        if k == "name":
            a, b = s.split(" ", 1)
            return f"{a} {b[0]}{c * 3}"
        s = re.sub(r"[ -]", "", s)
        return c * 4 + s[-keep:]

    def case(r):
        s = mk[k](r)
        return s, fn(s)

    def check(i, o):
        return c in o and o.replace(c, "")[-1] == {"name": o.replace(c, "")[-1]}.get(k, i[-1]) and (k not in ("card", "iban", "phone", "plate") or re.sub(r"[ -]", "", i).endswith(o[4:]) and len(o) == 4 + keep)
    say = {"email": f"keep the first letter of the user part, then {c*3}, then @ and the domain", "name": f"keep the first name, then the first letter of the family name followed by {c*3}"}.get(k, f"print {c*4} followed by the last {keep} characters")
    n = {"card": "card number", "iban": "IBAN", "email": "e-mail address", "phone": "phone number", "name": "full name", "plate": "number plate"}[k]
    heads = [f"Mask the {n}: {say}.", f"{n} -> masked ({say})", f"Hide most of the {n}; {say}.", f"How do we show this {n} on a receipt? We {say}.", f"For the call log, shorten the {n}: {say}.", f"Print the {n} in masked form, that is, {say}."]
    return Task(heads, [["Spaces and hyphens of the input do not count." if k == "card" else "Always the same number of mask characters, however long the input is.", "Spaces or hyphens are removed first." if k == "card" else f"The mask has a fixed length."]], case, check)


@family("code-map", "routing")
def code_map(r):
    tabs = r.choice([[("E01", "no paper"), ("E02", "paper jam"), ("E07", "door open"), ("E11", "ink low"), ("E15", "too hot")], [("F1", "pump fault"), ("F2", "drain blocked"), ("F5", "door not shut"), ("F8", "water too cold")], [("4001", "card expired"), ("4002", "limit reached"), ("4005", "wrong PIN"), ("4010", "card blocked")], [("W-3", "low oil"), ("W-4", "low pressure"), ("W-9", "belt worn"), ("W-12", "filter full")], [("D", "damaged"), ("R", "refused"), ("N", "not at home"), ("A", "address wrong")]])
    t = dict(tabs)
    team = r.random() < .5
    if team:
        teams = r.sample(P.DEPARTMENTS, 3)
        val = {k: r.choice(teams) for k in t}
    else:
        val = t
    L = sorted(set(val.values()))
    lab = dict(zip(L, labels(r, L))) if team else {x: x for x in L}
    out = {k: lab[v] for k, v in val.items()}
    unk = r.choice(["unknown", "other", "manual check", "?"])
    unkc = {"E": ["E03", "E20", "E99"], "F": ["F3", "F9", "F4"], "4": ["4099", "4003", "4444"], "W": ["W-1", "W-7", "W-20"], "D": ["X", "Q", "Z"]}[list(t)[0][0]]
    dev = r.choice(["printer", "machine", "terminal", "unit", "lift", "scanner"])

    def case(r):
        c = r.choice(list(t)) if r.random() < .85 else r.choice(unkc)
        i = r.choice(["{d} {n}: code {c}", "code {c} on {d} {n}", "{d} {n} shows code {c} since {h}:{m:02}", "error code {c} ({d} in room {n})", "{p}: the {d} says code {c}", "status=code {c}; {d}={n}", "again code {c}, {d} {n}, reset did not help", "{h}:{m:02} {d} {n} code {c}"]).format(d=dev, n=r.randint(2, 60), c=c, h=r.randint(6, 22), m=r.randint(0, 59), p=r.choice(P.FIRST))
        return i, out.get(c, unk)

    def check(i, o):
        return o == out.get(re.search(r"code ([A-Z0-9-]+)", i)[1], unk)
    tab = ", ".join(f"{k} {v}" for k, v in out.items())
    w = "the team in charge" if team else "what the code means"
    heads = [f"Read the code in the message and print {w}.", f"message with a code -> {w}", f"Look up the code: print {w}.", f"Which code is reported? Answer with {w}.", f"Help desk: translate the code into {w}.", f"Find the code and return {w}."]
    return Task(heads, [[f"Table: {tab}.", f"Codes: {tab}."], [f"Any other code: {unk}.", f"Codes that are not listed give {unk}."]], case, check, choices=sorted(set(out.values())) + [unk])


@family("ticket-hash-list", "extraction")
def ticket_list(r):
    pre = r.choice(["#", "BUG-", "PR ", "T", "GH-"])
    l = Lst(r, "tickets", joins=[", ", ",", "; ", " | "])
    order = r.choice(["text", "num", "numdesc"])
    ded = r.random() < .6
    bare = r.random() < .5

    def fn(ns):
        ns = list(dict.fromkeys(ns)) if ded else list(ns)
        ns = ns if order == "text" else sorted(ns, reverse=order == "numdesc")
        return [str(n) if bare else f"{pre}{n}" for n in ns]
    verbs = ["Fixes {}", "Closes {}", "See {}", "Reverts part of {}", "Follow-up to {}", "Blocked by {}", "Same cause as {}", "Merge after {}", "Duplicate of {}", "Needs {}"]

    def case(r):
        n = r.choice([0, 1, 2, 2, 3])
        ns = r.sample(range(10, 999), n)
        if ded and n and r.random() < .4:
            ns.append(ns[0])
        s = ". ".join(r.choice(verbs).format(f"{pre}{x}") for x in ns)
        b = r.choice(P.ISSUE_BITS)
        s = r.choice([f"{b[0].upper()+b[1:]}. {s}", f"{s}, {b}", s]) if s else r.choice([b[0].upper() + b[1:] + ".", r.choice(P.PLAIN), f"{b}, seen {r.randint(2, 40)} times"])
        return s, l.out(fn(ns))

    def check(i, o):
        ns = [int(x) for x in re.findall(re.escape(pre) + r"(\d+)", i)]
        return l.parse(o) == fn(ns)
    o = {"text": "in order of appearance", "num": "in ascending order of the number", "numdesc": "with the highest number first"}[order]
    w = f"the numbers of all tickets ({pre}123 style), without '{pre.strip()}'" if bare else f"all ticket references of the form {pre}123"
    heads = [f"List {w}, {o}.", f"commit text -> {w}, {o}", f"Which tickets are named? Print {w}, {o}.", f"Collect {w} from the message, {o}.", f"For the release notes I need {w}; {o} please.", f"Extract {w}; print them {o}."]
    return Task(heads, [["Each only once.", "Drop repeats."] if ded else ["Repeats stay.", "Print repeated ones again."]] + l.rules(), case, check, rare=l.rare)


@family("hex-color", "repair")
def hex_color(r):
    k = r.choice(["norm", "torgb", "fromrgb"])
    up = r.random() < .5
    f = str.upper if up else str.lower
    bad = r.choice(["invalid", "none", "error"])
    vals = [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]

    def case(r):
        v = [r.choice(vals) for _ in range(3)]
        h = "".join(f"{x:02x}" for x in v)
        if r.random() < .12:
            if k == "fromrgb":
                return f"rgb({r.randint(256, 400)}, {v[1]}, {v[2]})", bad
            return r.choice(["#12", "#ggg", "#12345z", "red-ish", "#1234567", "0x"]), bad
        if k == "fromrgb":
            return r.choice(["rgb({},{},{})", "rgb({}, {}, {})", "{}, {}, {}", "{} {} {}"]).format(*v), "#" + f(h)
        s = r.choice(["#" + h, h, "#" + h.upper(), h.upper(), "#" + h[::2], h[::2].upper(), "0x" + h])
        return s, "#" + f(h) if k == "norm" else "{},{},{}".format(*v)

    def check(i, o):
        if o == bad:
            return True
        if k == "fromrgb":
            return o.lower() == "#%02x%02x%02x" % tuple(map(int, re.findall(r"\d+", i)))
        h = i.lower().replace("0x", "").lstrip("#")
        h = "".join(x * 2 for x in h) if len(h) == 3 else h
        return o.lower() == "#" + h if k == "norm" else o == ",".join(str(int(h[j:j+2], 16)) for j in (0, 2, 4))
    c = "upper" if up else "lower"
    heads = {"norm": [f"Print the colour as # and six hex digits in {c} case.", f"hex colour -> #rrggbb, {c} case", f"Normalise a hex colour to six {c}-case digits with #.", f"What is this colour in the long form, # plus six digits, {c} case?", f"Style sheet clean-up: colours as # plus six {c}-case digits.", f"Bring the colour code to #{f('aabbcc')} form ({c} case)."],
             "torgb": ["Print the hex colour as three decimal numbers r,g,b.", "hex colour -> r,g,b", "Convert #rrggbb to decimal red, green and blue, joined by commas.", "What are the RGB values (0-255, comma between, no spaces)?", "The paint tool wants decimal values: r,g,b without spaces.", "Split the hex colour into r,g,b in decimal."],
             "fromrgb": [f"Print the RGB colour as # and six hex digits in {c} case.", f"r, g, b -> #rrggbb, {c} case", f"Convert decimal RGB to a hex colour, {c} case.", f"What is the hex code ({c} case, with #) of this colour?", f"Give the colour as #rrggbb; hex letters in {c} case.", f"Turn red, green, blue numbers into a hex colour ({c} case)."]}[k]
    rules = [["Three-digit codes are short for doubled digits (#f0a is #ff00aa); # or 0x may be missing or present.", "A code may come without #, with 0x, or with three digits, each of which is then doubled."]] if k != "fromrgb" else [["Two hex digits a channel.", "Each value gives two hex digits."]]
    return Task(heads, rules + [[f"Anything else gives {bad}.", f"If it is no such colour, print {bad}."]], case, check, rare={bad})
