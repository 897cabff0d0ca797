"""Dates: parse, print, shift, compare, place."""
import re
from datetime import date, timedelta
from ..registry import Task, family
from ..forms import Val, Rec, labels, yes_no, missing_rule, either, MISSING
from .. import pools as P

M3 = [m[:3] for m in P.MONTHS]
D3 = [d[:3] for d in P.WEEKDAYS]
FORMATS = {"YYYY-MM-DD": lambda d: d.isoformat(), "DD.MM.YYYY": lambda d: f"{d.day:02}.{d.month:02}.{d.year}", "DD/MM/YYYY": lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
           "MM/DD/YYYY": lambda d: f"{d.month:02}/{d.day:02}/{d.year}", "YYYYMMDD": lambda d: f"{d.year}{d.month:02}{d.day:02}", "YYYY/MM/DD": lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
           "D Mon YYYY": lambda d: f"{d.day} {M3[d.month-1]} {d.year}", "DD-MON-YYYY": lambda d: f"{d.day:02}-{M3[d.month-1].upper()}-{d.year}", "D Month YYYY": lambda d: f"{d.day} {P.MONTHS[d.month-1]} {d.year}",
           "Month D, YYYY": lambda d: f"{P.MONTHS[d.month-1]} {d.day}, {d.year}", "YYYY.MM.DD": lambda d: f"{d.year}.{d.month:02}.{d.day:02}", "DDMMYY": lambda d: f"{d.day:02}{d.month:02}{d.year%100:02}"}
NOTE = {"D Mon YYYY": " (3 Feb 2024)", "DD-MON-YYYY": " (03-FEB-2024)", "D Month YYYY": " (3 February 2024)", "Month D, YYYY": " (February 3, 2024)", "DDMMYY": " (030224)"}


def rdate(r, a=2018, b=2027):
    return date(a, 1, 1) + timedelta(r.randrange((date(b, 12, 31) - date(a, 1, 1)).days))


def suffix(n):
    return "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def written(r, d, first="day"):
    """A date as people write it; `first` says whether purely numeric dates with slashes start with the day or the month."""
    a, b = (d.day, d.month) if first == "day" else (d.month, d.day)
    m, s = P.MONTHS[d.month - 1], M3[d.month - 1]
    return r.choice([d.isoformat(), f"{d.day} {m} {d.year}", f"{m} {d.day}, {d.year}", f"{s} {d.day}, {d.year}", f"{d.day} {s} {d.year}", f"{m} {d.day}{suffix(d.day)}, {d.year}",
                     f"the {d.day}{suffix(d.day)} of {m} {d.year}", f"{a}/{b}/{d.year}", f"{a:02}/{b:02}/{d.year}", f"{d.day}-{s}-{d.year}", f"{d.year}/{d.month:02}/{d.day:02}", f"{m.lower()} {d.day} {d.year}"])


def unformat(s, f):
    """Read a date printed in one of FORMATS."""
    if "Mon" in f:
        d, m, y = re.match(r"(\d+) (\w+) (\d+)$", s).groups() if f.startswith("D ") else (lambda t: (t[2], t[1], t[3]))(re.match(r"(\w+) (\d+), (\d+)$", s))
        return date(int(y), [x[:3] for x in P.MONTHS].index(m[:3]) + 1, int(d))
    if f == "DD-MON-YYYY":
        return date(int(s[7:]), [x.upper() for x in M3].index(s[3:6]) + 1, int(s[:2]))
    if f == "DDMMYY":
        return date(2000 + int(s[4:]), int(s[2:4]), int(s[:2]))
    y, m, d = s[f.index("Y"):f.index("Y") + 4], s[f.index("MM"):f.index("MM") + 2], s[f.index("DD"):f.index("DD") + 2]
    return date(int(y), int(m), int(d))


def mentions(text, d):
    """The text names day, year and month of d in some writing."""
    return str(d.day) in text and str(d.year) in text and (P.MONTHS[d.month - 1][:3].lower() in text.lower() or str(d.month) in text)


@family("date-format", "repair")
def date_format(r):
    f = r.choice(list(FORMATS))
    first = r.choice(["day", "month"])
    v = Val(r, "date", "date")
    fn = f + NOTE.get(f, "")

    def case(r):
        if r.random() < .15:
            return P.around(r, P.fill(r, P.NO_DATE, "")), v.out(None)
        d = rdate(r)
        return P.around(r, P.fill(r, P.DATE_FRAMES, written(r, d, first))), v.out(FORMATS[f](d))

    def check(i, o):
        x = v.parse(o)
        return (not re.search(r"\d", i)) if x is None else mentions(i, unformat(x, f))
    heads = [f"Find the date in the message and print it as {fn}.", f"date in text -> {fn}", f"Which date does the note mention? Answer in the form {fn}.",
             f"Messages mention one day in all sorts of writing. I need it as {fn}.", f"Extract the calendar date and normalise it to {fn}.", f"Read the text, take the date, output it as {fn}.",
             f"Convert whatever date is written in the sentence into {fn}."]
    rules = [[f"Dates with slashes such as 4/5/2024 start with the {first}.", f"In dates like 4/5/2024 the first number is the {first}.", f"Slash dates are {first} first, except when they start with the year."]] + v.rules()
    return Task(heads, rules, case, check, rare=v.rare)


@family("date-iso-to-form", "rewrite")
def date_iso_to_form(r):
    names = r.random() < .75
    src = r.choice(["YYYY-MM-DD", "YYYY-MM-DD", "DD.MM.YYYY", "YYYYMMDD", "MM/DD/YYYY"])
    kinds = [("weekday-less long form such as 3 May 2024", lambda d: f"{d.day} {P.MONTHS[d.month-1]} {d.year}"), ("American long form such as May 3, 2024", lambda d: f"{P.MONTHS[d.month-1]} {d.day}, {d.year}"),
             ("short form such as 3 May 24 with a three-letter month", lambda d: f"{d.day} {M3[d.month-1]} {d.year%100:02}"), ("month and year only, such as May 2024", lambda d: f"{P.MONTHS[d.month-1]} {d.year}"),
             ("day and month with ordinal, such as 3rd of May, without the year", lambda d: f"{d.day}{suffix(d.day)} of {P.MONTHS[d.month-1]}"), ("quarter form such as Q2 2024", lambda d: f"Q{(d.month+2)//3} {d.year}"),
             ("month number / year, such as 05/2024", lambda d: f"{d.month:02}/{d.year}"), ("upper-case form such as 03MAY24", lambda d: f"{d.day:02}{M3[d.month-1].upper()}{d.year%100:02}"),
             ("dotted form such as 3.5.2024 without leading zeros", lambda d: f"{d.day}.{d.month}.{d.year}")]
    text, fn = r.choice([k for k in kinds if k[0].split()[0] != src])
    bad = r.choice(["invalid", "bad date", "error", "?", "INVALID"])

    def case(r):
        d = rdate(r, 2000, 2035)
        s = FORMATS[src](d)
        if r.random() < .12:
            y = str(d.year)
            dd, mm = (d.day, r.randint(13, 29)) if r.random() < .5 else (r.randint(32, 45), d.month)
            s = {"YYYY-MM-DD": f"{y}-{mm:02}-{dd:02}", "DD.MM.YYYY": f"{dd:02}.{mm:02}.{y}", "YYYYMMDD": f"{y}{mm:02}{dd:02}", "MM/DD/YYYY": f"{mm:02}/{dd:02}/{y}"}[src]
            return s, bad
        return s, fn(d)

    def check(i, o):
        try:
            d = unformat(i, src)
        except ValueError:
            return o == bad
        return o == fn(d)
    heads = [f"Rewrite a {src} date in {text}.", f"{src} -> {text}", f"The input is one date, {src}. Print it in {text}.", f"How would this {src} date look in {text}? Print that.",
             f"Our export writes {src}; readers want the {text}. Convert one value.", f"Turn the date ({src}) into the {text}.", f"Convert: input {src}, output {text}."]
    rules = [[f"If month or day is out of range, print {bad}.", f"A month above 12 or a day above 31 gives {bad}.", f"Print {bad} for dates with an impossible month or day (above 12 or 31)."]]
    return Task(heads, rules, case, check, rare={bad})


@family("date-weekday-shift", "structured")
def date_weekday_shift(r):
    t = r.randrange(7)
    form = r.choice(["full", "short", "upper", "lower", "number"])
    show = {"full": lambda n: P.WEEKDAYS[n], "short": lambda n: D3[n], "upper": lambda n: D3[n].upper(), "lower": lambda n: P.WEEKDAYS[n].lower(), "number": lambda n: str(n + 1)}[form]
    say = {"full": "Write the full English name, capitalised.", "short": "Three letters, capitalised: Mon, Tue, ...", "upper": "Three capital letters: MON, TUE, ...", "lower": "Full name in lower case.",
           "number": "Print the number, 1 for Monday to 7 for Sunday."}[form]
    words = {0: ["today", "this evening", "later today"], 1: ["tomorrow", "in one day"], 2: ["the day after tomorrow", "in two days"], -1: ["yesterday", "one day ago"], -2: ["the day before yesterday", "two days ago"], 7: ["in a week", "a week from now", "today next week"],
             3: ["in three days", "in 3 days"], 4: ["in four days", "in 4 days"], 5: ["in five days"], 6: ["in 6 days"], 8: ["in 8 days", "tomorrow in a week"], -3: ["three days ago", "3 days ago"], -4: ["4 days ago"], 10: ["in ten days"], 14: ["in two weeks", "in a fortnight"]}
    frames = ("The plumber comes {}.|Exam {}.|I ordered it {}.|They arrived {}.|Party at Ben's place {}.|The parcel should be here {}.|Meeting with Rosa {} at noon.|We painted the fence {}.|The lease ends {}.|"
              "Her flight is {}.|I lost my keys {}.|Recycling is collected {}.|The course starts {}.|He called {} about the bike.|Dentist {}, don't forget.|The shop had a sale {}.|Deadline: {}|Swimming lesson {}.|We met {} at the harbour.|The concert takes place {}.").split("|")
    past = {"I ordered it {}.", "They arrived {}.", "We painted the fence {}.", "I lost my keys {}.", "He called {} about the bike.", "The shop had a sale {}.", "We met {} at the harbour."}
    miss = r.choice(MISSING)
    T = P.WEEKDAYS[t]

    def case(r):
        if r.random() < .12:
            return P.around(r, P.fill(r, P.NO_DATE, ""), .3), miss
        k = r.choice(list(words))
        f = [x for x in frames if (x in past) == (k < 0)]
        return P.around(r, r.choice(f).replace("{}", r.choice(words[k])), .4), show((t + k) % 7)

    def check(i, o):
        hit = [k for k, ws in words.items() for w in ws if w in i]
        return o == miss if not hit else o in {show((t + k) % 7) for k in hit}
    heads = [f"Today is {T}. Which weekday does the message talk about?", f"today = {T}; relative day in the text -> weekday", f"Assume that it is {T} today. Print the day of the week that the phrase in the message points to.",
             f"Work out the weekday meant by words like tomorrow or in three days, counting from {T}.", f"All notes were written on a {T}. Tell me the weekday of the event.",
             f"Resolve the relative day in the sentence to a weekday name; the day of writing is {T}.", f"It's {T}. What weekday is meant?"]
    rules = [[say], [f"If no such time is given, print {miss}.", f"{miss} if the text does not say when.", f"No relative day in the text: {miss}."]]
    ch = [show(n) for n in range(7)] + [miss]
    return Task(heads, rules, case, check, choices=ch, rare={miss})


@family("date-add", "structured")
def date_add(r):
    f = r.choice(["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "D Mon YYYY"])
    g = r.choice(list(FORMATS)) if r.random() < .4 else f
    inc = r.random() < .2
    unit = r.choice(["days", "both"])
    frames = ["{d} + {n}", "{d} plus {n}", "start {d}, {n} later", "{n} after {d}", "add {n} to {d}", "begins {d}, lasts {n}", "{d}, term {n}", "due {n} after {d}", "received {d}; reply within {n}", "hired {d}, trial period {n}",
              "sold {d}, return window {n}", "loan from {d} for {n}", "{d} and then {n}", "order date {d}, delivery after {n}", "opened on {d}, keeps for {n}", "deadline is {n} from {d}", "parcel sent {d}, needs {n}", "{d} (+{n})", "count {n} from {d}", "ticket valid {n} from {d}"]

    def case(r):
        d = rdate(r)
        n = r.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 20, 21, 28, 30])
        s = f"{n} day" + "s" * (n != 1)
        if unit == "both" and r.random() < .4:
            w = r.randint(1, 4)
            n, s = 7 * w, f"{w} week" + "s" * (w != 1)
        return r.choice(frames).format(d=FORMATS[f](d), n=s), FORMATS[g](d + timedelta(n - (1 if inc else 0)))

    def check(i, o):
        k = re.search(r"(\d+) (day|week)", i)
        step = int(k[1]) * (7 if k[2] == "week" else 1) - (1 if inc else 0)
        return FORMATS[f](unformat(o, g) - timedelta(step)) in i
    heads = [f"Add the period to the date and print the resulting date as {g}{NOTE.get(g, '')}.", f"date + period -> end date, {g}{NOTE.get(g, '')}", f"A date ({f}) and a number of days{' or weeks' if unit == 'both' else ''} are given. What date is reached? Form: {g}{NOTE.get(g, '')}.",
             f"Compute the day on which the period ends. Output {g}{NOTE.get(g, '')}.", f"I need the end date for each line: start date {f}, then so many days{' or weeks' if unit == 'both' else ''} later, written as {g}{NOTE.get(g, '')}.",
             f"Find the date that lies the given time after the start date; write it as {g}{NOTE.get(g, '')}."]
    rules = [[f"Input dates are written {f}.", f"The date in the input has the form {f}."],
             ["The start day counts as the first day, so 1 day ends on the start date itself.", "Count the start date as day 1 (a 1 day period ends on the same date)."] if inc else
             ["The start day itself is not counted, so + 1 day is the next date.", "Day one is the day after the start date."]]
    if unit == "both":
        rules.append(["A week is 7 days.", "Weeks count as seven days each."])
    return Task(heads, rules, case, check)


@family("date-compare", "matching")
def date_compare(r):
    L = labels(r, r.choice([["earlier", "later", "same"], ["before", "after", "equal"], ["first", "second", "same"], ["left", "right", "tie"]]))
    form = r.choice(["iso", "mixed", "mixed"])
    tol = r.choice([0, 0, 1])
    flip = r.random() < .5  # which comes first -> L[0]
    topics = [("shipped", "delivered"), ("opened", "closed"), ("ordered", "paid"), ("planned", "actual"), ("A", "B"), ("start", "end"), ("invoice", "payment"), ("old", "new"), ("created", "updated"), ("left", "right"), ("due", "handed in"), ("booked", "cancelled")]

    def pr(r, d):
        return d.isoformat() if form == "iso" else r.choice([d.isoformat(), f"{d.day} {P.MONTHS[d.month-1]} {d.year}", f"{M3[d.month-1]} {d.day}, {d.year}", f"{d.day} {M3[d.month-1]} {d.year}"])

    def case(r):
        a = rdate(r)
        k = r.random()
        b = a + timedelta(r.choice([0, tol]) * r.choice([1, -1])) if k < .33 else a + timedelta(r.choice([1, -1]) * r.choice([tol + 1, tol + 2, 5, 10, 28, 31, 40, 90, 200, 366, 700]))
        x, y = r.choice(topics)
        sep = r.choice([", ", "; ", " | ", " / "])
        diff = (b - a).days
        o = L[2] if abs(diff) <= tol else (L[0] if (diff > 0) == flip else L[1])
        return f"{x}: {pr(r, a)}{sep}{y}: {pr(r, b)}", o

    def check(i, o):
        ds = []
        for m in re.finditer(r"(\d{4})-(\d\d)-(\d\d)|(\d{1,2}) ([A-Z][a-z]+) (\d{4})|([A-Z][a-z]+) (\d{1,2}), (\d{4})", i):
            g = m.groups()
            ds.append(date(int(g[0]), int(g[1]), int(g[2])) if g[0] else date(int(g[5] or g[8]), M3.index((g[4] or g[6])[:3]) + 1, int(g[3] or g[7])))
        n = ds[1].toordinal() - ds[0].toordinal()
        return len(ds) == 2 and o == (L[2] if abs(n) <= tol else L[0 if (n > 0) == flip else 1])
    A, B = (L[0], L[1]) if flip else (L[1], L[0])
    eq = f"at most one day apart" if tol else "the same day"
    heads = ["Compare the two dates in the line.", "Two labelled dates are given. How do they relate?", "two dates -> which order", "Look at the first and the second date and tell me their order.", "For each record decide how its two dates compare.",
             "Check whether the first date lies before or after the second."]
    rules = [[f"{A}: the first date is before the second. {B}: it is after the second. {L[2]}: they are {eq}.", f"Print {A} if the first date is earlier, {B} if it is later, {L[2]} if they are {eq}.",
              f"Answer {L[2]} when the dates are {eq}, else {A} (first one is the earlier) or {B} (first one is the later)."]]
    return Task(heads, rules, case, check, choices=L)


@family("date-range", "structured")
def date_range(r):
    days = r.random() < .6
    fields = {"start": "first day", "end": "last day"}
    incl = r.random() < .5
    if days:
        fields["days" if incl else "nights"] = "number of days, both ends counted" if incl else "number of nights, end minus start"
    k3 = "days" if incl else "nights"
    f = r.choice(["YYYY-MM-DD", "DD.MM.YYYY", "YYYY/MM/DD", "DD/MM/YYYY"])
    rec = Rec(r, fields, spaces=False, can_miss=False, numeric=[k3] if days else [], forms=["json", "json", "semi", "pipe", "array", "space", "comma"])
    frames = ("We are away {}.|Room booked {} for two people.|The fair runs {}.|Holiday request: {}|Office closed {}.|Exhibition {} in the town hall.|Rent the van {}.|Training camp {} near the lake.|Roadworks {} on the main street.|"
              "Summer school {}.|Sale {} in all shops.|She is on sick leave {}.|Cabin free {}.|Festival {}, tickets online.|Parking permit {}.|The pool is closed {}.|Guests stay {}.|Conference {} at the harbour.|Substitute teacher {}.|Boat hire {}").split("|")

    def case(r):
        a = rdate(r)
        n = r.choice([1, 2, 3, 4, 5, 6, 7, 9, 10, 13])
        b = a + timedelta(n)
        ma, mb = P.MONTHS[a.month - 1], P.MONTHS[b.month - 1]
        if a.month == b.month:
            s = r.choice([f"from {a.day} to {b.day} {ma} {a.year}", f"{a.day}-{b.day} {ma} {a.year}", f"{ma} {a.day} to {b.day}, {a.year}", f"from {ma} {a.day} until {ma} {b.day}, {a.year}", f"{a.isoformat()} to {b.isoformat()}"])
        elif a.year == b.year:
            s = r.choice([f"from {a.day} {ma} to {b.day} {mb} {a.year}", f"{a.day} {ma[:3]} - {b.day} {mb[:3]} {a.year}", f"from {ma} {a.day} until {mb} {b.day}, {a.year}", f"{a.isoformat()} to {b.isoformat()}"])
        else:
            s = f"from {a.day} {ma} {a.year} to {b.day} {mb} {b.year}"
        return P.around(r, P.fill(r, frames, s), .3), rec.out({"start": FORMATS[f](a), "end": FORMATS[f](b), k3: str(n + (1 if incl else 0))})

    def check(i, o):
        d = rec.parse(o)
        a, b = unformat(d["start"], f), unformat(d["end"], f)
        return a < b and str(a.day) in i and str(b.day) in i and str(b.year) in i and (not days or int(d[k3]) == (b - a).days + incl)
    heads = [f"Parse the period in the text. Dates as {f}.", f"period in words -> start and end, dates written {f}", f"Which days does the booking cover? Write dates as {f}.", f"Read a message with a date range and give its ends as {f} dates.",
             f"Extract first and last day of the stay or event; use {f}.", f"Turn the date span of the sentence into structured data (dates {f})."]
    rules = [["If the year or month is written once, it holds for both dates.", "A month or year given only at one end applies to both ends."]] + rec.rules()
    return Task(heads, rules, case, check)


@family("date-status", "policy")
def date_status(r):
    today = rdate(r, 2022, 2026)
    near = r.choice([3, 5, 7, 10, 14])
    L = labels(r, r.choice([["overdue", "today", "soon", "later"], ["late", "due", "near", "far"], ["expired", "last day", "urgent", "fine"], ["missed", "now", "next", "planned"]]))
    none = r.choice([None, None, "closed"])
    items = r.choice([["invoice", "permit", "contract", "licence", "subscription", "insurance"], ["milk", "yoghurt", "ham", "cheese", "cream", "salad"], ["report", "essay", "task", "ticket", "form", "quiz"], ["library book", "film", "rental car", "drill", "projector", "key"]])
    done = ["paid", "done", "returned", "settled"]
    T = f"{today.day} {P.MONTHS[today.month-1]} {today.year}"
    lab = L + ([none] if none else [])

    def case(r):
        k = r.choice([-1, 0, 1, 2])
        off = {-1: -r.choice([1, 2, 5, 12, 30, 100, 364]), 0: 0, 1: r.randint(1, near), 2: near + r.choice([1, 2, 4, 9, 30, 80, 300])}[k]
        d = today + timedelta(off)
        w = r.choice([d.isoformat(), f"{d.day} {P.MONTHS[d.month-1]} {d.year}", f"{M3[d.month-1]} {d.day}, {d.year}"])
        st = ""
        if none and r.random() < .3:
            st = r.choice([", {}", " ({})", " - {}"]).format(r.choice(done))
        name = r.choice(items)
        return r.choice(["{n}, due {d}", "{n} due on {d}", "{d}: {n}", "{n} | {d}", "{n} - valid until {d}", "{n} for {p}, {d}", "{p}: {n}, due {d}", "{n} no. {q}, due {d}"]).format(n=name, d=w, p=person(r), q=r.randint(11, 99)) + st, (none if st else L[k + 1])
    person = P.person

    def check(i, o):
        if none and any(i.rstrip(")").endswith(x) for x in done):
            return o == none
        m = re.search(r"(\d{4})-(\d\d)-(\d\d)", i)
        if m:
            d = date(*map(int, m.groups()))
        else:
            m = re.search(r"(\d{1,2}) ([A-Z][a-z]{2,}) (\d{4})", i)
            g = (m[1], m[2], m[3]) if m and m[2][:3] in M3 else (lambda m: (m[2], m[1], m[3]))(re.search(r"\b([A-Z][a-z]{2}) (\d{1,2}), (\d{4})", i))
            d = date(int(g[2]), M3.index(g[1][:3]) + 1, int(g[0]))
        n = d.toordinal() - today.toordinal()
        return o == (L[0] if n < 0 else L[1] if n == 0 else L[2] if n <= near else L[3])
    heads = [f"Today is {T}. Give the status of an item by its due date.", f"due date vs. today ({T}) -> status", f"Taking {T} as today, how urgent is this entry?", f"Sort entries by their date. Reference day: {T}.", f"I go through my list on {T}. Which group does the line belong to?",
             f"Decide the status of each line as of {T}.", f"Compare the date in the line with {T} and print the status."]
    rules = [[f"{L[0]}: before today. {L[1]}: exactly today. {L[2]}: within the next {near} days (day {near} included). {L[3]}: further away.",
              f"Print {L[0]} if the date has passed, {L[1]} if it is today, {L[2]} if it is 1 to {near} days ahead, and {L[3]} if it is more than {near} days ahead.",
              f"Past dates are {L[0]}, today is {L[1]}, up to and including {near} days from now is {L[2]}, everything after that is {L[3]}."]]
    if none:
        rules.append([f"Lines marked {either(done)} are always {none}.", f"But if the line says {either(done)}, print {none} whatever the date.", f"{none} beats everything when the entry is already {either(done)}."])
    return Task(heads, rules, case, check, choices=lab)


@family("date-valid", "classification")
def date_valid(r):
    f = r.choice(["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY"])
    y, n = yes_no(r, ("valid", "invalid"), ("ok", "bad"))
    strict = r.random() < .5
    s = {"YYYY-MM-DD": "{y}-{m:02}-{d:02}", "DD.MM.YYYY": "{d:02}.{m:02}.{y}", "MM/DD/YYYY": "{m:02}/{d:02}/{y}", "DD/MM/YYYY": "{d:02}/{m:02}/{y}"}[f]

    def case(r):
        d = rdate(r, 1990, 2040)
        k = r.random()
        if k < .5:
            if r.random() < .25:
                d = date(r.choice([2000, 2004, 2016, 2020, 2024]), 2, 29)
            return s.format(y=d.year, m=d.month, d=d.day), y
        if k < .6 and strict:
            return r.choice([s.replace("{y}", "{z}").format(z=d.year % 100, m=d.month, d=d.day), s.replace(":02", "").format(y=d.year, m=r.randint(1, 9), d=r.randint(1, 9)), s.format(y=d.year, m=d.month, d=d.day).translate(str.maketrans("-./", "   "))]), n
        return s.format(y=d.year, **r.choice([{"m": 2, "d": r.choice([30, 31])}, {"m": r.choice([4, 6, 9, 11]), "d": 31}, {"m": r.randint(13, 24), "d": r.randint(1, 28)}, {"m": d.month, "d": r.randint(32, 60)}, {"m": 0, "d": d.day}, {"m": d.month, "d": 0}])), n

    def check(i, o):
        w = re.fullmatch(re.escape(f).replace("YYYY", r"(?P<y>\d{4})").replace("MM", r"(?P<m>\d\d)").replace("DD", r"(?P<d>\d\d)").replace(r"\-", "-"), i)
        if not w:
            return o == n
        try:
            date(int(w["y"]), int(w["m"]), int(w["d"]))
            return o == y
        except ValueError:
            return o == n
    heads = [f"Is the input a date that exists, written {f}?", f"check date ({f}): {y} or {n}", f"Validate a date field. The form is {f}.", f"Tell me whether this {f} date is on the calendar.", f"Our form takes dates as {f}. Accept or refuse the entry.",
             f"Does this {f} string name a real calendar day?"]
    rules = [[f"Print {y} if it does, {n} otherwise.", f"{y} for a real date, {n} for anything else.", f"Answer {y} when it is right and {n} when it is wrong."],
             ["Months run from 01 to 12, and days must exist in that month (no 31 in April, June, September, November; February has 28, or 29 in leap years).",
              "April, June, September and November have 30 days; February has 28, in leap years (such as 2020 or 2024) 29; the month must be 01 to 12."]]
    if strict:
        rules.append([f"Other notations (two-digit years, missing zeros, other separators) are {n}.", f"The notation must be exactly {f}, with leading zeros; else {n}."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("date-pick", "extraction")
def date_pick(r):
    which = r.choice(["latest", "earliest", "first", "last"])
    f = r.choice(["YYYY-MM-DD", "YYYY-MM-DD", "DD.MM.YYYY", "D Mon YYYY", "YYYYMMDD"])
    v = Val(r, "date", "date")
    desc = {"latest": "the latest (most recent) of them", "earliest": "the earliest of them", "first": "the one mentioned first", "last": "the one mentioned last"}[which]
    frames = ["Ordered {0}, shipped {1}, delivered {2}.", "Visits on {0}, {1} and {2}.", "Moved from {0} to {1}.", "First letter {0}, reminder {1}.", "The lease ran from {0}; it was renewed {1} and ends {2}.", "Inspection {0}; repair {1}; second inspection {2}.",
              "Paid {1} although it was due {0}.", "Not {0} but {1}!", "Created {0}, changed {1}.", "Seen on {0} and again on {1}.", "Flight {0}, back {1}, hotel until {2}.", "Application {0}, interview {1}, answer expected {2}.", "Rescheduled: {0} -> {1}", "Exams: {0}, {1}, {2}",
              "Last service {0}, next one {1}.", "He joined {0} and left {1}.", "Version of {0} replaces that of {1}.", "Sample taken {0}, result {1}.", "Due {0}.", "Written on {0}.", "Closed {0}, reopened {1}, closed again {2}."]

    def case(r):
        if r.random() < .1:
            return P.around(r, P.fill(r, P.NO_DATE, "")), v.out(None)
        ds = []
        while len(set(ds)) < 3:
            b = rdate(r, 2020, 2026)
            ds = [b, b + timedelta(r.randint(1, 60)), b + timedelta(r.randint(61, 200))]
        if r.random() < .45:
            r.shuffle(ds)
        fr = r.choice(frames)
        n = len(set(re.findall(r"\{\d\}", fr)))
        order = [int(x) for x in re.findall(r"\{(\d)\}", fr)]
        used = [ds[k] for k in order]
        d = {"latest": max(used), "earliest": min(used), "first": used[0], "last": used[-1]}[which]
        return P.around(r, fr.format(*[r.choice([x.isoformat(), f"{x.day} {P.MONTHS[x.month-1]} {x.year}", f"{M3[x.month-1]} {x.day}, {x.year}"]) for x in ds]), .3), v.out(FORMATS[f](d))

    def check(i, o):
        x = v.parse(o)
        return not re.search(r"\d{4}", i) if x is None else mentions(i, unformat(x, f))
    fn = f + NOTE.get(f, "")
    heads = [f"The note holds one or more dates. Print {desc} as {fn}.", f"dates in text -> {desc}, as {fn}", f"Out of all dates in the message I want {desc}, in the form {fn}.", f"Which date is {desc}? Write it {fn}.", f"Extract the dates, then output only {desc}. Form {fn}.",
             f"From a text with several dates give me {desc}; write it as {fn}."]
    return Task(heads, [["With only one date in the text, print that one.", "A single date is the answer by itself."]] + v.rules(), case, check, rare=v.rare)


@family("date-relative", "extraction")
def date_relative(r):
    t = rdate(r, 2023, 2026)
    f = r.choice(["YYYY-MM-DD", "YYYY-MM-DD", "DD.MM.YYYY", "D Mon YYYY"])
    miss = r.choice(MISSING)
    T = f"{P.WEEKDAYS[t.weekday()]}, {t.day} {P.MONTHS[t.month-1]} {t.year}"
    frames = ("Can we meet {}?|Please book a table {}.|The report is due {}.|I'd like to come {}.|Remind me {} to call Rosa.|The delivery is planned {}.|We leave {} at dawn.|Switch the heating off {}.|The trial ends {}.|Dinner with the Kims {}.|"
              "Move my lesson: {} works.|Handover {} with the landlord.|Her parents visit {}.|Please publish the post {}.|Car to the garage {}.|School trip {}.|Let's decide {}.|Backup the server {}.|Interview {} by video.|Water the plants {}.").split("|")

    def case(r):
        if r.random() < .12:
            return P.around(r, r.choice(P.NO_DATE), .3), miss
        k = r.random()
        if k < .4:
            n, s = r.choice([(0, "today"), (1, "tomorrow"), (2, "the day after tomorrow"), (1, "tomorrow morning"), (0, "this afternoon, today")])
        elif k < .65:
            n = r.choice([2, 3, 4, 5, 6, 10])
            s = f"in {n} days"
        elif k < .75:
            w = r.choice([1, 2, 3])
            n, s = 7 * w, ("in a week" if w == 1 else f"in {w} weeks")
        else:
            n = r.randint(1, 7)
            s = f"on {P.WEEKDAYS[(t.weekday() + n) % 7]}"
            if n == 7:
                s = f"on {P.WEEKDAYS[t.weekday()]}"
        return P.around(r, P.fill(r, frames, s), .3), FORMATS[f](t + timedelta(n))

    def check(i, o):
        if o == miss:
            return not re.search(r"today|tomorrow|in \d|in a week|on [A-Z]\w+day", i)
        d = unformat(o, f)
        n = (d - t).days
        wd = re.search("|".join("on " + x for x in P.WEEKDAYS), i)
        return 0 <= n <= 21 and (not wd or P.WEEKDAYS[d.weekday()] == wd[0][3:] and 1 <= n <= 7)
    heads = [f"Today is {T}. Turn the day named in the message into a date ({f}).", f"reference day {T}; relative day -> date {f}", f"Which calendar date is meant, if the message was written on {T}? Print {f}.", f"Resolve tomorrow, in 3 days, on Friday and so on to a date, counting from {T}. Form {f}.",
             f"Every request came in on {T}. Give the wanted date as {f}.", f"Assume today = {T} and print the date (form {f}) the user talks about."]
    rules = [["A bare weekday means the next such day after today (if it is today's weekday, one week from now).", "'On Monday' and the like means the first such weekday after today, never today itself."],
             [f"If no day is named, print {miss}.", f"No day mentioned: {miss}.", f"Print {miss} when the message names no day."]]
    if f == "D Mon YYYY":
        rules.append(["D Mon YYYY looks like 3 Feb 2024."])
    return Task(heads, rules, case, check, rare={miss})


@family("date-part", "extraction")
def date_part(r):
    part = r.choice(["month", "quarter", "year", "season", "half", "decade", "day", "mm"])
    v = Val(r, "date", {"mm": "month"}.get(part, part))
    S = ["winter", "winter", "spring", "spring", "spring", "summer", "summer", "summer", "autumn", "autumn", "autumn", "winter"]
    fn, what = {"month": (lambda d: P.MONTHS[d.month - 1], "the month, as a full English name"), "mm": (lambda d: f"{d.month:02}", "the month as two digits"), "quarter": (lambda d: f"Q{(d.month+2)//3}", "the calendar quarter, Q1 to Q4"),
                "year": (lambda d: str(d.year), "the year in four digits"), "season": (lambda d: S[d.month - 1], "the season"), "half": (lambda d: "H1" if d.month < 7 else "H2", "the half-year: H1 for January to June, H2 for July to December"),
                "decade": (lambda d: f"{d.year//10*10}s", "the decade, such as 1990s or 2020s"), "day": (lambda d: str(d.day), "the day of the month, without a leading zero")}[part]

    def case(r):
        if r.random() < .12:
            return P.around(r, r.choice(P.NO_DATE), .4), v.out(None)
        d = rdate(r, 1978, 2027) if part in ("decade", "year") else rdate(r)
        return P.around(r, P.fill(r, P.DATE_FRAMES, r.choice([d.isoformat(), f"{d.day} {P.MONTHS[d.month-1]} {d.year}", f"{P.MONTHS[d.month-1]} {d.day}, {d.year}", f"{d.day} {M3[d.month-1]} {d.year}", f"{d.year}/{d.month:02}/{d.day:02}"])), .4), v.out(fn(d))

    def check(i, o):
        x = v.parse(o)
        if x is None:
            return not re.search(r"\d", i)
        if part in ("year", "decade"):
            return x[:3] in i
        return bool(re.fullmatch(r"[A-Za-z]+|Q[1-4]|H[12]|\d\d?", x)) and (part != "day" or re.search(rf"(?<!\d)0?{x}(?!\d)", i))
    heads = [f"Take the date in the text and print {what}.", f"text with a date -> {what}", f"From the date in the message I only need {what}.", f"Which date is mentioned? Answer only with {what}.", f"Reduce the date to {what}.", f"Find the date and give {what}."]
    rules = []
    if part == "season":
        rules.append(["winter is December to February, spring March to May, summer June to August, autumn September to November.", "Seasons: Dec-Feb winter, Mar-May spring, Jun-Aug summer, Sep-Nov autumn."])
    return Task(heads, rules + v.rules(), case, check, rare=v.rare)


@family("date-age-band", "policy")
def date_age_band(r):
    y0 = r.randint(2022, 2027)
    cuts = r.choice([[6, 15, 65], [3, 12, 18], [18, 30, 65], [14, 21, 60], [5, 16, 67], [16, 25, 50]])
    L = labels(r, r.choice([["infant", "child", "adult", "senior"], ["free", "reduced", "full", "silver"], ["mini", "junior", "open", "masters"], ["group one", "group two", "group three", "group four"]]))
    miss = r.choice(["unknown", "n/a", "none", "ask"])

    def case(r):
        k = r.randrange(4)
        a = r.choice({0: [0, 1, cuts[0] - 1], 1: [cuts[0], cuts[1] - 1, (cuts[0] + cuts[1]) // 2], 2: [cuts[1], cuts[2] - 1, (cuts[1] + cuts[2]) // 2, cuts[1] + 3], 3: [cuts[2], cuts[2] + 1, cuts[2] + 9, cuts[2] + 18]}[k])
        n = P.person(r)
        if r.random() < .1:
            return r.choice(["{n}, birth date missing", "{n} (no date of birth)", "Member {n}, born: not stated"]).format(n=n), miss
        d = rdate(r, y0 - a, y0 - a)
        w = r.choice([d.isoformat(), f"{d.day} {P.MONTHS[d.month-1]} {d.year}", f"{M3[d.month-1]} {d.day}, {d.year}", str(d.year)])
        return r.choice(["{n}, born {d}", "{n} (*{d})", "Member {n}, born: {d}", "born {d}: {n}", "{n} | {d}", "ticket for {n}, date of birth {d}"]).format(n=n, d=w), L[k]

    def check(i, o):
        m = re.search(r"\d{4}", i)
        if not m:
            return o == miss
        a = y0 - int(m[0])
        return o == L[sum(a >= c for c in cuts)]
    heads = [f"Age group by birth year. Age is {y0} minus the year of birth.", f"birth date -> group; age = {y0} - birth year", f"Which group does the person belong to in {y0}? Use only the year: age = {y0} minus birth year.", f"Members are grouped by the age they reach in {y0} ({y0} minus year of birth).",
             f"Compute {y0} minus the birth year and print the group.", f"Put each person into an age group, age being {y0} minus the year of birth (month and day do not matter)."]
    rules = [[f"{L[0]}: under {cuts[0]}. {L[1]}: {cuts[0]} to {cuts[1]-1}. {L[2]}: {cuts[1]} to {cuts[2]-1}. {L[3]}: {cuts[2]} and older.", f"Below {cuts[0]} is {L[0]}, below {cuts[1]} is {L[1]}, below {cuts[2]} is {L[2]}, all others {L[3]}.",
              f"{L[3]} from {cuts[2]} on, {L[2]} from {cuts[1]} on, {L[1]} from {cuts[0]} on, and {L[0]} for the younger ones."], missing_rule("year of birth", miss)]
    return Task(heads, rules, case, check, choices=L + [miss], rare={miss})


@family("date-weekday-name", "extraction")
def date_weekday_name(r):
    forms = {"full": (lambda n: P.WEEKDAYS[n], "its full English name"), "short": (lambda n: D3[n], "three letters such as Mon"), "UP": (lambda n: D3[n].upper(), "three capitals such as MON"), "num0": (lambda n: str(n), "a number, Monday = 0 ... Sunday = 6"),
             "num1": (lambda n: str(n + 1), "a number, Monday = 1 ... Sunday = 7"), "sun0": (lambda n: str((n + 1) % 7), "a number, Sunday = 0 ... Saturday = 6"), "two": (lambda n: P.WEEKDAYS[n][:2], "two letters such as Mo"),
             "wk": (lambda n: "weekend" if n > 4 else "weekday", "weekday for Monday to Friday and weekend for Saturday and Sunday")}
    k = r.choice(list(forms))
    fn, say = forms[k]
    miss = r.choice(MISSING)
    frames = [f for f in P.DATE_FRAMES if "{}" in f]
    multi = r.choice(["first", "last"])

    def case(r):
        q = r.random()
        if q < .12:
            return P.around(r, r.choice(P.NO_DATE), .4), miss
        a, b = r.sample(range(7), 2)
        if k == "wk" and r.random() < .4:
            a = r.choice([5, 6])
            b = r.choice([x for x in range(7) if x != a])
        w = r.choice([P.WEEKDAYS[a], P.WEEKDAYS[a], D3[a], f"{P.WEEKDAYS[a]} morning", P.WEEKDAYS[a].lower(), f"{D3[a]} {r.randint(1, 28)} {r.choice(M3)}"])
        if q < .4:
            x, y = (a, b) if multi == "first" else (b, a)
            return r.choice(["Not {} but {} is free.", "Open {} and {}.", "Moved from {} to {}.", "{} was full, so we take {}.", "Either {} or {}, you choose.", "{} didn't work, {} is fine.", "Trains run {} to {} only."]).format(P.WEEKDAYS[x], P.WEEKDAYS[y]), fn(a)
        return P.around(r, P.fill(r, frames, w), .3, [p for p in P.PLAIN if "weekend" not in p]), fn(a)

    def check(i, o):
        hits = re.findall(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?\b", i, re.I)
        if not hits:
            return o == miss
        return o == fn([d.lower() for d in D3].index((hits[0] if multi == "first" else hits[-1]).lower()))
    heads = [f"Which day of the week is named in the text? Print it as {say}.", f"weekday in the message -> {say}", f"Find the weekday that is mentioned and write it as {say}.", f"I need the weekday of each note, given as {say}.", f"Extract the day of the week. Output: {say}.",
             f"Read the text and report the weekday ({say})."]
    if k == "wk":
        heads = ["Is the day named in the text a weekday or on the weekend? Print weekday for Monday to Friday and weekend for Saturday and Sunday.", "day named in text -> weekday (Mon-Fri) or weekend (Sat, Sun)", "Print weekend if the note is about a Saturday or Sunday, weekday for any other named day.",
                 "Classify the named day: Monday to Friday is weekday, Saturday and Sunday are weekend.", "Our rota needs to know whether a request falls on a weekday (Mon to Fri) or the weekend (Sat or Sun).", "Look for the day of the week: Sat/Sun give weekend, the others weekday."]
    rules = [[f"If two are named, take the {multi} one.", f"Several weekdays: the {multi} one counts."], [f"No weekday named: {miss}.", f"Print {miss} if the text names no day of the week."]]
    ch = sorted({fn(n) for n in range(7)}) + [miss]
    return Task(heads, rules, case, check, choices=ch, rare={miss})


@family("date-sort", "structured")
def date_sort(r):
    n = r.choice([3, 3, 4])
    desc = r.random() < .5
    f = r.choice(["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "D Mon YYYY"])
    sep_in = r.choice([", ", "; ", " | ", "\n"])
    what = r.choice(["sorted", "sorted", "names", "median" if n == 3 else "names"])
    sep = r.choice([", ", "; ", " < " if not desc else " > ", " | "])
    nouns = r.choice([P.TASKS, P.PRODUCTS, P.COMPANIES, P.FIRST, P.CITIES])

    def case(r):
        b = rdate(r)
        ds = [b]
        while len(set(ds)) < n:
            ds = [b + timedelta(r.choice([0, 3, 9, 25, 40, 70, 150, 300, 400, 800])) for _ in range(n)]
        names = r.sample(nouns, n)
        o = sorted(range(n), key=lambda k: ds[k], reverse=desc)
        if what == "sorted":
            return sep_in.join(FORMATS[f](d) for d in ds), sep.join(FORMATS[f](ds[k]) for k in o)
        i = sep_in.join(f"{a} {FORMATS[f](d)}" for a, d in zip(names, ds))
        return i, (names[o[1]] if what == "median" else sep.join(names[k] for k in o))

    def check(i, o):
        parts = i.split(sep_in)
        if what == "sorted":
            return sorted(parts) == sorted(o.split(sep)) and all((unformat(a, f) > unformat(b, f)) == desc for a, b in zip(o.split(sep), o.split(sep)[1:]))
        at = {p[:-len(FORMATS[f](date(2000, 1, 1)))]: p for p in parts}
        return all(any(p.startswith(x + " ") for p in parts) for x in (o.split(sep) if what == "names" else [o]))
    way = "newest first" if desc else "oldest first"
    obj = {"sorted": f"the dates, {way}", "names": f"only the names, without dates, ordered by date, {way}", "median": "only the name whose date is the middle one"}[what]
    inp = {", ": "separated by commas", "; ": "separated by semicolons", " | ": "separated by pipes", "\n": "one per line"}[sep_in]
    heads = [f"The input lists {n} {'dates' if what == 'sorted' else 'entries with a date'} ({f}), {inp}. Print {obj}.", f"{n} {'dates' if what == 'sorted' else 'dated entries'}, {f} -> {obj}", f"Put {n} {'dates' if what == 'sorted' else 'entries'} in order of time ({f}, {inp}) and print {obj}.",
             f"What is the order in time? Dates are written {f}. Output {obj}.", f"Sort by date ({f}): output {obj}.", f"I have {n} {'dates' if what == 'sorted' else 'things with dates'}, {inp}, written {f}. Give me {obj}."]
    rules = [] if what == "median" else [[f"Join them with '{sep}'.", f"Put '{sep}' between them.", f"Separator in the output: '{sep}'."]]
    return Task(heads, rules, case, check)
