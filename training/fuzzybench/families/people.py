"""Names, phone numbers, addresses."""
import re
from ..registry import Task, family
from ..forms import Val, Rec, labels, yes_no, missing_rule, MISSING, either
from .. import pools as P

TITLES = ["Dr.", "Prof.", "Mr.", "Ms.", "Mrs."]
PARTICLES = ["van", "de", "von", "da"]


def name_parts(r, middle=.3, particle=.15):
    f = r.choice(P.FIRST)
    m = r.choice(P.FIRST) if r.random() < middle else None
    l = r.choice(P.LAST)
    if r.random() < particle:
        l = r.choice(PARTICLES) + " " + l
    return f, m, l


@family("name-format", "rewrite")
def name_format(r):
    src = r.choice(["normal", "comma"])
    fm = r.choice(["last_first", "last_init", "init_last", "upper_last", "user", "initials", "mail", "first", "plain"])
    mid = r.choice(["drop", "init"]) if fm in ("last_first", "plain") else "drop"
    title = r.random() < .5

    def fn(f, m, l):
        mm = f" {m[0]}." if m and mid == "init" else ""
        low = lambda s: s.lower().replace(" ", "")
        return {"last_first": f"{l}, {f}{mm}", "last_init": f"{l} {f[0]}.", "init_last": f"{f[0]}. {l}", "upper_last": f"{l.upper()}, {f}", "user": low(f)[0] + low(l), "initials": f[0] + l.split()[-1][0], "mail": f"{low(f)}.{low(l)}", "first": f, "plain": f"{f}{mm} {l}"}[fm]

    def case(r):
        f, m, l = name_parts(r)
        i = f"{f} {m} {l}" if m else f"{f} {l}"
        if src == "comma":
            i = f"{l}, {f}" + (f" {m}" if m else "")
        if title and r.random() < .4:
            i = r.choice(TITLES) + " " + i
        k = r.random()
        if k < .2:
            i = "  ".join(i.split(" ")) if r.random() < .5 else i.upper()
        return i, fn(f, m, l)

    def check(i, o):
        t = re.sub(r"(?i)^(dr|prof|mr|ms|mrs)\. ", "", re.sub(" +", " ", i))
        if src == "comma":
            last, given = t.split(", ")
            given = given.split(" ")
        else:
            w = t.split(" ")
            k = next((n for n, x in enumerate(w) if x.lower() in PARTICLES), len(w) - 1)
            given, last = w[:k], " ".join(w[k:])
        last = " ".join(x.lower() if x.lower() in PARTICLES else x.capitalize() for x in last.split(" "))
        return o == fn(given[0].capitalize(), given[1].capitalize() if len(given) > 1 else None, last)
    ex = {"last_first": "Novak, Anna", "last_init": "Novak A.", "init_last": "A. Novak", "upper_last": "NOVAK, Anna", "user": "anovak", "initials": "AN", "mail": "anna.novak", "first": "Anna", "plain": "Anna Novak"}[fm]
    if mid == "init":
        ex = {"last_first": "Novak, Anna M.", "plain": "Anna M. Novak"}[fm]
    s = "'Last, First'" if src == "comma" else "first name first"
    heads = [f"Write the person's name in the form {ex}.", f"full name -> {ex}", f"Names come as {s}. Print them like {ex}.", f"How is this name written in the style {ex}?", f"Reformat the name (style: {ex}).", f"Our list needs names like {ex}; convert the one in the input."]
    rules = [[f"The input has the {'family name before the comma' if src == 'comma' else 'given name first and the family name last'}.", f"Input form: {s}."]]
    if mid == "init":
        rules.append(["Middle names become an initial with a point; without one, leave it out.", "A middle name is cut to its first letter plus a point (nothing if there is none)."])
    else:
        rules.append(["Middle names are dropped.", "Ignore middle names."])
    if title:
        rules.append(["Titles (Dr., Prof., Mr., Ms., Mrs.) are dropped.", "Leave out titles such as Dr. or Mrs."])
    if fm in ("user", "mail"):
        rules.append(["All lower case; van, de, von, da belong to the family name, written without the space.", "Lower case; particles (van, de, von, da) are joined to the family name."])
    elif fm == "initials":
        rules.append(["Particles (van, de, von, da) give no initial.", "Skip van, de, von and da."])
    elif fm == "upper_last":
        rules.append(["Particles (van, de, von, da) belong to the family name and are in capitals, too.", "van, de, von, da count as part of the family name (capitals)."])
    elif fm == "first":
        rules.append(["Nothing but the given name.", "Only the first given name."])
    else:
        rules.append(["Particles (van, de, von, da) stay with the family name, in lower case.", "van, de, von and da are part of the family name and stay small."])
    rules.append(["Names typed in capitals get normal spelling (first letter capital); extra spaces go.", "Normal capitals and single spaces, even if the input is shouted."] if fm not in ("user", "mail", "upper_last", "initials") else ["Extra spaces and capitals in the input do not matter.", "Capitals and double spaces in the input change nothing."])
    return Task(heads, rules, case, check)


@family("name-extract", "extraction")
def name_extract(r):
    v = Val(r, "person's name", "name")
    w = r.choice(["full", "last", "first", "init"])
    fn = {"full": lambda n: n, "last": lambda n: n.split(" ", 1)[1], "first": lambda n: n.split(" ")[0], "init": lambda n: ".".join(x[0] for x in n.split()) + "."}[w]
    none = ["Please talk to the caretaker about the keys.", "Nobody signed the form.", "The parcel has no name on it.", "Appointment confirmed.", "The room is free.", "Contact person: not set", "Complaint filed by a guest.", "The seat is reserved.", "The winner will be drawn later.", "It was handed over to a neighbour.", "Someone lost a blue scarf.", "A customer asks for a refund."]
    pool = [s for s in P.PLAIN]

    def case(r):
        if r.random() < .14:
            return P.around(r, r.choice(none), .4, pool), v.out(None)
        n = P.person(r)
        return P.around(r, P.fill(r, P.NAME_FRAMES, n if r.random() < .8 else r.choice(TITLES) + " " + n), .3, pool), v.out(fn(n))

    def check(i, o):
        x = v.parse(o)
        m = re.findall(rf"\b({'|'.join(P.FIRST)}) ({'|'.join(P.LAST)})\b", i)
        return x is None if not m else x == fn(" ".join(m[0]))
    say = {"full": "the full name of the person", "last": "the family name of the person", "first": "the first name of the person", "init": "the initials of the person, each with a point (A.N.)"}[w]
    heads = [f"Print {say} in the note.", f"note -> {say}", f"Who is meant? Give {say}.", f"Find {say} that is mentioned.", f"Extract {say} from the text.", f"Each note names at most one person. Output {say}."]
    return Task(heads, [["Titles such as Dr. or Ms. do not belong to it.", "Without titles."]] + v.rules(), case, check, rare=v.rare)


def phone(r):
    cc = r.choice(["+49", "+44", "+48", "+1", "+39", "+33", "0049", "0044", "0048", "0"])
    a = str(r.choice([30, 40, 89, 151, 170, 20, 22, 512, 612, 71, 161]))
    b = "".join(str(r.randint(0, 9)) for _ in range(r.choice([6, 7])))
    return cc, a, b


@family("phone-normalise", "repair")
def phone_normalise(r):
    cc = r.choice(["49", "44", "48", "39", "33", "41"])
    form = r.choice(["e164", "00", "digits", "dash", "national"])
    intext = r.random() < .6
    miss = r.choice(MISSING)
    if intext:
        frames, none = P.PHONE_FRAMES, ["Call me tomorrow.", "My number has changed, more later.", "Please ring before you come.", "Phone is broken.", "No number given.", "Reach the caretaker by mail.", "The hotline is always busy.", "Ask at the desk.", "SMS is fine.", "Missed call, no number shown.", "I have no phone."]
    else:
        frames, none = ["{}"], ["none", "-", "see above", "by mail only", "no phone", "unlisted", "ask Anna"]

    def fn(a, b):
        return {"e164": f"+{cc}{a}{b}", "00": f"00{cc}{a}{b}", "digits": f"{cc}{a}{b}", "dash": f"+{cc}-{a}-{b}", "national": f"0{a}{b}"}[form]
    seps = ["/", "-", " "] if form == "dash" else ["/", "-", " ", ""]

    def case(r):
        if r.random() < .12:
            return r.choice(none), miss
        a = r.choice(["30", "40", "89", "151", "170", "20", "221", "512", "612", "71", "161"])
        b = "".join(str(r.randint(0, 9)) for _ in range(6))
        pre = r.choice([f"+{cc} {a}", f"00{cc} {a}", f"0{a}", f"(0{a})", f"+{cc}-{a}", f"+{cc} (0){a}"])
        s = r.choice(seps) if not pre.startswith("(") else " "
        bb = r.choice([b, b[:3] + " " + b[3:], b[:2] + " " + b[2:4] + " " + b[4:], b[:3] + "-" + b[3:]]) if form != "dash" else r.choice([b, b[:3] + " " + b[3:]])
        x = pre + s + bb
        if form == "dash" and s == " " and " " in bb and not pre.startswith("("):
            x = pre + "/" + bb
        return P.around(r, P.fill(r, frames, x), .25) if intext else x, fn(a, b)

    def check(i, o):
        d = re.sub(r"\D", "", i.replace("(0)", ""))
        if not d:
            return o == miss
        n = d[2 + len(cc):] if d.startswith("00" + cc) else d[1:] if d.startswith("0") else d[len(cc):]
        q = re.sub(r"\D", "", o)
        return q.endswith(n) and len(q) == {"00": 2 + len(cc), "national": 1}.get(form, len(cc)) + len(n)
    ex = {"e164": f"+{cc}30123456, a plus, country code, digits without any separators", "00": f"00{cc}30123456, with 00 and the country code, no separators", "digits": f"{cc}30123456, digits only with the country code and without + or 00", "dash": f"+{cc}-30-123456, hyphens between country code, area code and number", "national": "030123456, the national form with a leading 0, digits only"}[form]
    heads = [f"Print the phone number in the form {ex}.", f"phone number -> {ex}", f"Normalise the telephone number: {ex}.", f"Which phone number is given? Write it as {ex}.", f"Numbers come in every style. Bring them to {ex}.", f"Clean up the phone number to {ex}."]
    rules = [[f"Numbers starting with a single 0 are from country +{cc}.", f"The home country is +{cc}; a single leading 0 means a number from there."], ["A (0) after the country code is dropped.", "Ignore the optional (0)."], [f"No number: {miss}.", f"If there is no phone number, print {miss}."]]
    if form == "dash":
        rules.append(["The area code ends at the first separator after it.", "The first group after the prefix is the area code."])
    return Task(heads, rules, case, check, rare={miss})


@family("phone-country", "classification")
def phone_country(r):
    codes = dict(r.sample([("+49", "Germany"), ("+44", "UK"), ("+48", "Poland"), ("+39", "Italy"), ("+33", "France"), ("+34", "Spain"), ("+41", "Switzerland"), ("+46", "Sweden"), ("+47", "Norway")], r.choice([3, 4])))
    L = dict(zip(codes, labels(r, list(codes.values()))))
    home = r.choice(list(codes))
    other = r.choice(["other", "unknown", "foreign"])

    def case(r):
        k = r.choice(list(codes) + [home, "x"])
        rest = f"{r.randint(20, 99)} {r.randint(100000, 999999)}"
        if k == "x":
            c = r.choice([x for x in ["+420", "+351", "+353", "+90", "+86", "+55", "+61"]])
            p, o = c, other
        else:
            p, o = k, L[k]
        n = r.choice([f"{p} {rest}", f"{p}{rest.replace(' ', '')}", f"00{p[1:]} {rest}"])
        if k == home and r.random() < .6:
            n = f"0{rest}"
        return (P.fill(r, P.PHONE_FRAMES, n) if r.random() < .6 else n), o

    def check(i, o):
        m = re.search(r"(\+|00|0)\d[\d ]+", i)[0].replace(" ", "")
        m = "+" + m[2:] if m.startswith("00") else m
        if not m.startswith("+"):
            return o == L[home]
        hit = [L[c] for c in codes if m.startswith(c)]
        return o == (hit[0] if hit else other)
    tab = ", ".join(f"{c} {L[c]}" for c in codes)
    heads = ["Which country does the phone number belong to?", "phone number -> country label", "Name the country by the dialling code.", "Route the call: label the number by its country code.", "Look at the prefix of the number and give the country.", "Tell me where the number is from."]
    return Task(heads, [[f"Codes: {tab}; all others {other}.", f"{tab}. Any other code: {other}."], ["00 is the same as +.", "A leading 00 counts as +."], [f"Numbers with a single leading 0 are {L[home]}.", f"Without a country code (one leading 0) it is {L[home]}."]], case, check, choices=list(L.values()) + [other])


@family("address-parts", "extraction")
def address_parts(r):
    style = r.choice(["uk", "de", "us"])
    want = r.sample(["street", "number", "zip", "city"], r.choice([1, 2, 3, 4]))
    flat = r.random() < .4
    miss = r.choice(MISSING)
    rec = Rec(r, {k: {"street": "street name", "number": "house number", "zip": "postal code", "city": "town"}[k] for k in want}, can_miss=True) if len(want) > 1 else None

    def case(r):
        d = {"street": r.choice(P.STREETS), "number": str(r.randint(1, 199)) + (r.choice("abc") if r.random() < .2 else ""), "zip": str(r.randint(10000, 99999)), "city": r.choice(P.CITIES)}
        if r.random() < .25:
            d[r.choice(["number", "zip"])] = None
        z = (d["zip"] + " ") if d["zip"] else ""
        st = f"{d['number']} {d['street']}" if d["number"] and style != "de" else f"{d['street']} {d['number']}" if d["number"] else d["street"]
        i = f"{st}, {d['city']}{' ' + d['zip'] if d['zip'] else ''}" if style == "us" else f"{st}, {z}{d['city']}"
        if flat and r.random() < .5:
            i = r.choice([f"Flat {r.randint(1, 30)}, {i}", f"{P.person(r)}, {i}", f"c/o {P.person(r)}, {i}"])
        if r.random() < .2:
            i = i.replace(", ", "\n")
        return i, rec.out({k: d[k] for k in want}) if rec else d[want[0]] or miss

    def check(i, o):
        d = rec.parse(o) if rec else {want[0]: None if o == miss else o}
        return all((v in i) if v else True for v in d.values()) and (not d.get("zip") or re.fullmatch(r"\d{5}", d["zip"])) and (d.get("street") in P.STREETS + [None]) and (d.get("city") in P.CITIES + [None])
    names = {"street": "street name (without the house number)", "number": "house number", "zip": "five-digit postal code", "city": "town"}
    w = either([names[x] for x in want], "and")
    heads = [f"From a postal address extract the {w}.", f"address -> {w}", f"Read the address and give me the {w}.", f"What is the {w} of this address?", f"Split addresses for our database; needed: {w}.", f"Parse the address, output the {w}."]
    rules = rec.rules("part") if rec else [missing_rule(want[0].replace("zip", "postal code").replace("number", "house number"), miss)]
    if flat:
        rules.append(["A person's name or a flat number in front is ignored.", "Ignore names, c/o and flat numbers."])
    return Task(heads, rules, case, check, rare={miss})


@family("greeting-line", "rewrite")
def greeting_line(r):
    by = r.choice(["time", "lang", "tone"])
    end = r.choice([",", "!", ":"])
    unk = r.choice(["Dear customer", "Hello", "Dear guest", "Good day"])
    use = r.choice(["first", "full", "last"])
    if by == "time":
        opts = [("morning", "Good morning"), ("afternoon", "Good afternoon"), ("evening", "Good evening")]
        rule = ["Before 12:00 Good morning, from 12:00 Good afternoon, from 18:00 Good evening.", "Good morning until 11:59, Good afternoon until 17:59, then Good evening."]
    elif by == "lang":
        opts = r.sample([("en", "Hello"), ("de", "Guten Tag"), ("fr", "Bonjour"), ("es", "Hola"), ("it", "Buongiorno"), ("pl", "Dzień dobry")], 3)
        rule = ["Greeting by language: " + ", ".join(f"{a} {b}" for a, b in opts) + ".", "Use " + ", ".join(f"{b} for {a}" for a, b in opts) + "."]
    else:
        opts = r.sample([("friend", "Hi"), ("client", "Dear"), ("team", "Hello"), ("press", "Good day"), ("family", "Hey")], 3)
        rule = ["Opening by group: " + ", ".join(f"{a} {b}" for a, b in opts) + ".", "Use " + ", ".join(f"{b} for {a}" for a, b in opts) + "."]

    def case(r):
        k, g = r.choice(opts)
        n = P.person(r) if r.random() < .85 else None
        t = {"time": lambda: {"morning": r.choice([360, 480, 719]), "afternoon": r.choice([720, 800, 1079]), "evening": r.choice([1080, 1200, 1300])}[k], "lang": lambda: 0, "tone": lambda: 0}[by]()
        tag = f"{t//60:02}:{t%60:02}" if by == "time" else k
        i = r.choice(["{t}; {n}", "name={n}, {b}={t}", "{n} ({t})", "{b}: {t} | name: {n}", "{t} - {n}", "to {n}, {t}"]).format(t=tag, n=n or "-", b=by if by != "tone" else "group")
        nm = None if not n else n.split(" ")[0] if use == "first" else n if use == "full" else n.split(" ", 1)[1]
        return i, (f"{g} {nm}{end}" if nm else f"{unk}{end}")

    def check(i, o):
        return o.endswith(end) and (o == unk + end or o[:-1].split()[-1] in i)
    u = {"first": "first name only", "full": "full name", "last": "family name only"}[use]
    heads = ["Write the greeting line of a letter.", "recipient -> greeting line", "Make the opening line for the mail.", "How do we greet this person?", "Mail merge: build the first line of the letter.", "Compose the salutation for the record."]
    return Task(heads, [rule, [f"After the greeting a space, the {u}, and '{end}' at the end.", f"Form: greeting, space, {u}, then '{end}'."], [f"If the name is '-', print '{unk}{end}' instead.", f"No name (a dash): '{unk}{end}'"]], case, check, rare={unk + end})
