"""Clock times and durations."""
import re
from ..registry import Task, family
from ..forms import Val, Rec, labels, yes_no, missing_rule, MISSING
from .. import pools as P


def t24(m):
    return f"{m//60%24:02}:{m%60:02}"


def t12(m, sp=" ", up=False):
    h = m // 60 % 24
    s = "am" if h < 12 else "pm"
    return f"{h%12 or 12}:{m%60:02}{sp}{s.upper() if up else s}"


def clock(r, step=5):
    return r.randrange(0, 1440, step)


def say12(r, m):
    h, x = m // 60 % 24, m % 60
    s = r.choice(["am", "am", "AM", "a.m."]) if h < 12 else r.choice(["pm", "pm", "PM", "p.m."])
    return f"{h%12 or 12}{s if r.random() < .5 else ' ' + s}" if x == 0 and r.random() < .7 else f"{h%12 or 12}:{x:02}{r.choice(['', ' '])}{s}"


def read12(t):
    m = re.search(r"(\d{1,2})(?::(\d\d))? ?([ap])\.?m", t, re.I)
    return None if not m else int(m[1]) % 12 * 60 + (12 * 60 if m[3].lower() == "p" else 0) + int(m[2] or 0)


NO_TIME = ("The bus leaves from platform B.|Doors open soon, bring your ticket.|Lunch is in the canteen.|I called but nobody answered.|Set the alarm please.|Her train is delayed, more later.|Sold out.|The shop is closed.|Power went out.|Call to be scheduled.|"
           "Delivery came, nobody home.|The shift plan is missing.|Time not fixed yet.|Yoga class in the small studio.|Pick up the kids.").split("|")


@family("time-to-24h", "repair")
def time_to_24h(r):
    pr, form = r.choice([(t24, "HH:MM"), (lambda m: t24(m).replace(":", ""), "HHMM (four digits, no colon)"), (lambda m: t24(m).replace(":", "h"), "HHhMM (such as 07h30)"), (lambda m: t24(m) + ":00", "HH:MM:SS with 00 seconds"), (lambda m: t24(m).replace(":", "."), "HH.MM with a dot"), (lambda m: f"{m//60%24}:{m%60:02}", "H:MM without a leading zero")])
    v = Val(r, "time", "time")
    named = r.random() < .5

    def case(r):
        k = r.random()
        if k < .13:
            return P.around(r, r.choice(NO_TIME), .4), v.out(None)
        if named and k < .3:
            w, m = r.choice([("noon", 720), ("midnight", 0)])
            return P.around(r, P.fill(r, P.TIME_FRAMES, w), .3), v.out(pr(m))
        m = clock(r) if r.random() < .8 else r.choice([0, 15, 720, 725, 30, 750])
        return P.around(r, P.fill(r, P.TIME_FRAMES, say12(r, m)), .3), v.out(pr(m))

    def check(i, o):
        x = v.parse(o)
        m = read12(i)
        if m is None:
            m = 720 if "noon" in i else 0 if "midnight" in i else None
        return x is None and m is None or x == pr(m)
    heads = [f"Find the time of day in the text and print it in 24-hour form, {form}.", f"am/pm time -> 24 h, {form}", f"What time is mentioned? Use the 24-hour clock, {form}.", f"People write am and pm, our system wants {form} (24 hours). Convert the time in the message.", f"Extract the clock time and rewrite it as {form} on the 24-hour clock.",
             f"Normalise the time in the sentence to 24-hour {form}."]
    rules = [["12 am is midnight (hour 0), 12 pm is noon.", "Mind that 12:15 am is a quarter past midnight and 12:15 pm a quarter past noon."]]
    if named:
        rules.append(["The words noon and midnight count as 12 pm and 12 am.", "noon is 12 pm, midnight is 12 am."])
    return Task(heads, rules + v.rules(), case, check, rare=v.rare)


@family("time-to-12h", "rewrite")
def time_to_12h(r):
    sp, up = r.choice(["", " "]), r.random() < .5
    short = r.random() < .5
    ex = ("9 AM" if up else "9 am").replace(" ", sp)
    ex2 = t12(13 * 60 + 5, sp, up)

    def pr(m):
        s = t12(m, sp, up)
        return s.replace(":00", "") if short else s
    inside = r.random() < .6

    def case(r):
        m = clock(r, 5) if r.random() < .7 else 60 * r.randrange(24)
        if r.random() < .15:
            m = r.choice([0, 5, 30, 720, 735])
        if not inside:
            return r.choice(["{}", "{} h", "at {}", "{} Uhr", "{} hrs"]).format(t24(m) if r.random() < .7 else f"{m//60}:{m%60:02}"), pr(m)
        f = r.choice(P.TIME_FRAMES)
        return f.replace("{}", t24(m)), f.replace("{}", pr(m))

    def check(i, o):
        m = re.search(r"(\d\d?):(\d\d)", i)
        k = int(m[1]) * 60 + int(m[2])
        return read12(o) == k and pr(k) in o and (not inside or o == i.replace(m[0], pr(k)))
    if inside:
        heads = ["Rewrite the 24-hour time in the sentence as a 12-hour time and leave the rest as it is.", "sentence with 24h time -> same sentence with am/pm time", "Change only the clock time, from 24 hours to 12 hours; repeat the rest unchanged.", "Our American readers want am and pm. Copy the message with the time converted.",
                 "Replace the 24-hour time by its am/pm form inside the text. Keep every other character.", "Could you print the same text, only with the time on the 12-hour clock?"]
    else:
        heads = ["Convert a 24-hour time to the 12-hour clock.", "24h -> 12h time", "What is this time with am or pm?", "Print the time in the am/pm form, nothing else.", "I type a time like 17:40 and want it on the twelve-hour clock.", "Take the 24-hour time in the input and write it with am or pm."]
    rules = [[f"Form: {ex2}.", f"Write it like {ex2}{', with a space before the suffix' if sp else ', no space before the suffix'}.", f"{'Upper' if up else 'Lower'}-case suffix, {'one space' if sp else 'no space'} before it, no leading zero: {ex2}."],
             [f"Hour 0 becomes 12{sp}{'AM' if up else 'am'} and noon 12{sp}{'PM' if up else 'pm'}.", f"00:30 is 12:30{sp}{'AM' if up else 'am'}, 12:30 is 12:30{sp}{'PM' if up else 'pm'}."]]
    rules.append([f"Full hours lose the minutes: {ex}.", f"Drop :00, so 09:00 is {ex}."] if short else ["Always show the minutes, even 00.", "Keep :00 for full hours."])
    return Task(heads, rules, case, check)


def dur(r, m):
    h, x = divmod(m, 60)
    if h == 0:
        return r.choice([f"{x} min", f"{x} minutes", f"{x}m", f"{x} mins"])
    if x == 0:
        return r.choice([f"{h} h", f"{h} hour" + "s" * (h > 1), f"{h}h", f"{h} hrs" if h > 1 else "one hour"])
    return r.choice([f"{h} h {x} min", f"{h}h{x:02}m", f"{h} hour{'s' if h > 1 else ''} and {x} minutes", f"{h}:{x:02} h", f"{h}h {x}m", f"{h} hr {x} min", f"{h} hours {x} min" if h > 1 else f"1 hour {x} min"])


def read_dur(t):
    t = t.replace("one hour", "1 hour")
    m = re.search(r"(\d+):(\d\d) h", t)
    if m:
        return int(m[1]) * 60 + int(m[2])
    h = re.search(r"(\d+) ?h", t)
    x = re.search(r"(\d+) ?m(?:in|\b)", t) or re.search(r"h(\d\d)m", t)
    return None if not h and not x else (int(h[1]) * 60 if h else 0) + (int(x[1]) if x else 0)


DUR_FRAMES = ("The flight took {}.|Cooking time {}.|We waited {} at the desk.|Repair logged: {}|The film runs {}.|I slept {} on the train.|Commute {} each way.|The call lasted {}.|Battery lasted {} this time.|Session length {}, no breaks.|Ran the lake loop in {}.|"
              "The outage went on for {}.|Homework took her {}.|Bake for {}.|Time spent on ticket: {}|Drive to the coast: {}|He practised {} today.|The exam is {} long.|Upload finished after {}.|Walking tour, {}").split("|")
NO_DUR = ("The flight was long.|We waited forever at the desk.|The film is great.|Repair logged, time not given.|The call was short.|Homework done.|Battery died again.|Walking tour with a guide|The exam was hard.|Upload finished.|He practised today.|Bake until golden.").split("|")


@family("duration-to-minutes", "extraction")
def duration_to_minutes(r):
    kind = r.choice(["min", "hhmm", "hm", "sec", "dec", "iso"])
    pr, say = {"min": (str, "total minutes, a plain number"), "hhmm": (t24, "HH:MM with two digits each"), "hm": (lambda m: (f"{m//60}h" if m >= 60 else "") + (f"{m%60}m" if m % 60 else ""), "the short form 1h5m, leaving out a part that is zero (45m, 2h)"), "sec": (lambda m: str(m * 60), "total seconds, a plain number"),
               "dec": (lambda m: f"{m/60:.2f}".rstrip("0").rstrip("."), "decimal hours without trailing zeros (90 minutes is 1.5)"), "iso": (lambda m: "PT" + (f"{m//60}H" if m >= 60 else "") + (f"{m%60}M" if m % 60 else ""), "an ISO 8601 duration such as PT1H5M or PT45M, leaving out zero parts")}[kind]
    v = Val(r, "duration", "duration", numeric=kind in ("min", "sec", "dec"))
    cap = r.choice([None, None, 30, 60])

    def case(r):
        if r.random() < .12:
            return P.around(r, r.choice(NO_DUR), .4), v.out(None)
        m = r.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 95, 100, 105, 110, 120, 130, 135, 150, 165, 180, 200, 210, 240, 270])
        if kind == "dec":
            m = r.choice([15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 180, 210, 225, 240, 270, 300, 330])
        return P.around(r, P.fill(r, DUR_FRAMES, dur(r, m)), .35), v.out(pr(m))

    def check(i, o):
        x, m = v.parse(o), read_dur(i)
        return x is None if m is None else x == pr(m)
    heads = [f"How long did it take? Print the duration as {say}.", f"duration in text -> {say}", f"Find the length of time in the message and give it as {say}.", f"I need durations in one form: {say}. Take the one in the sentence.", f"Extract the time span and convert it to {say}.", f"Normalise the duration. Output: {say}."]
    return Task(heads, v.rules(), case, check, rare=v.rare)


@family("duration-format", "rewrite")
def duration_format(r):
    unit = r.choice(["minutes", "seconds"])
    kinds = [("1 h 5 min", lambda a, b: " ".join(([f"{a} {U[0]}"] if a else []) + ([f"{b} {U[1]}"] if b or not a else [])), "leave out a part that is zero"), ("1:05", lambda a, b: f"{a}:{b:02}", "two digits after the colon, none needed before it"), ("01:05", lambda a, b: f"{a:02}:{b:02}", "two digits on both sides"),
             ("1h05", lambda a, b: f"{a}{U[0][0]}{b:02}", "two digits at the end")]
    U = ("h", "min") if unit == "minutes" else ("min", "s")
    k = r.randrange(4)
    ex, fn, note = kinds[k]
    if unit == "seconds":
        ex = {0: "1 min 5 s", 3: "1m05"}.get(k, ex)
    zero = r.choice(["invalid", "error", "n/a"])

    def case(r):
        n = r.choice([r.randint(1, 59), 60, r.randint(61, 119), 120, r.randint(121, 300), 65, 90, 75])
        if r.random() < .1:
            return str(-n) if r.random() < .5 else r.choice(["abc", "??", "n/a", "ten", "1o5", ""]) or "-", zero
        return r.choice(["{}", "{} " + unit, "{} " + unit[:3], "total: {}", "took {} " + unit, "{}" + unit[0]]).format(n), fn(*divmod(n, 60))

    def check(i, o):
        m = re.search(r"(-?\d+)", i)
        if i == "1o5" or not m or int(m[1]) < 0:
            return o == zero
        d = [int(x) for x in re.findall(r"\d+", o)]
        n = int(m[1])
        return (d[0] * 60 + d[1] == n) if len(d) == 2 else d[0] in (n, n // 60) and (n < 60 or n % 60 == 0)
    big, small = ("hours", "minutes") if unit == "minutes" else ("minutes", "seconds")
    heads = [f"Turn a number of {unit} into {big} and {small}, written like {ex}.", f"{unit} -> {ex} form", f"The input is a duration in {unit}; print it as {big} and {small} in the form {ex}.", f"How much is that in {big} and {small}? Use the form {ex}.", f"Show {unit} the way people read them: {ex}.", f"Format the count of {unit} as in {ex} ({big} first)."]
    rules = [[f"For the form: {note}.", note[0].upper() + note[1:] + "."], [f"Negative or unreadable input gives {zero}.", f"If it is not a whole positive number, print {zero}."]]
    return Task(heads, rules, case, check, rare={zero})


@family("time-add", "structured")
def time_add(r):
    back = r.random() < .3
    f12 = r.random() < .3
    pr = (lambda m: t12(m)) if f12 else t24
    frames = (["Train leaves {t}, ride takes {n}.", "start {t}, length {n}", "{t} + {n}", "Meeting from {t}, planned for {n}", "Cake in the oven at {t}, bakes {n}", "Film starts {t}, runs {n}", "parked at {t}, ticket for {n}", "Shift begins {t} and lasts {n}", "Pill at {t}, next one {n} later", "departure {t}; duration {n}", "lesson {t} ({n})", "download began {t}, needs {n}", "{t}, then {n} of waiting", "boat out at {t} for {n}"] if not back else
              ["must arrive {t}, drive takes {n}", "{t} minus {n}", "guests at {t}, cooking needs {n}", "flight {t}, be there {n} before", "deadline {t}, work takes {n}", "dinner {t}; preparation {n}", "doors {t}, set-up {n} earlier", "exam ends {t}, it lasts {n}", "arrival {t} after {n}", "finish {t}, run time {n}", "bus {t}, walk to the stop {n}", "show {t}, sound check {n} before", "closing {t}, clean-up starts {n} before", "{t}, leave {n} before"])
    nxt = r.choice([None, "+1", "next day"]) if not back else None

    def case(r):
        a = clock(r)
        n = r.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 80, 90, 100, 120, 135, 150, 180])
        if nxt and r.random() < .3:
            a = r.randrange(1440 - n, 1440, 5) if n < 1440 else a
        e = a + (-n if back else n)
        return r.choice(frames).format(t=pr(a), n=dur(r, n)), pr(e % 1440) + (f" {nxt}" if nxt and e >= 1440 else "")

    def check(i, o):
        def rd(t):
            return read12(t) if f12 else (lambda m: int(m[1]) * 60 + int(m[2]))(re.search(r"(\d\d):(\d\d)", t))
        rest = re.sub(r"\d{1,2}:\d\d [ap]m" if f12 else r"\d\d:\d\d(?! h)", "", i, count=1)
        d = (rd(o) - rd(i)) % 1440
        return d == (read_dur(rest) * (-1 if back else 1)) % 1440
    w = "starting time: the given time minus the duration" if back else "end time: the given time plus the duration"
    fm = "12-hour form such as 4:05 pm" if f12 else "24-hour form HH:MM"
    heads = [f"Print the {w}. Use the {fm}.", f"time and duration -> {w.split(':')[0]} ({w.split(': ')[1]}), {fm}", f"{'When does one have to start' if back else 'When is it over'}? Work out the {w}; {fm}.", f"I give a clock time and how long something takes. Return the {w}, in {fm}.", f"Compute the {w}. Output: {fm}.", f"Calculate the {w}, printed in {fm}."]
    rules = [["Past midnight the clock starts again at " + ("12:00 am." if f12 else "00:00."), "Times wrap around midnight."]]
    if nxt:
        rules.append([f"If the end is on the next day (midnight or later), add a space and {nxt}.", f"Append ' {nxt}' when midnight is reached or passed."])
    return Task(heads, rules, case, check)


@family("time-window", "policy")
def time_window(r):
    o1, c1 = r.choice([(8, 17), (9, 18), (7, 15), (10, 20), (6, 22), (9, 17)])
    half = r.choice([0, 30])
    sat = r.choice([None, (10, 14), (9, 13)])
    L = labels(r, r.choice([["open", "closed"], ["accept", "refuse"], ["on time", "too late"], ["allowed", "blocked"]]))
    lunch = r.random() < .35
    lab3 = r.choice(["break", "lunch", "pause"]) if lunch else None
    ch = L + ([lab3] if lunch else [])
    a, b = o1 * 60 + half, c1 * 60

    def verdict(d, m):
        if d == 6 or (d == 5 and not sat):
            return L[1]
        if d == 5:
            return L[0] if sat[0] * 60 <= m < sat[1] * 60 else L[1]
        if lunch and 720 <= m < 780:
            return lab3
        return L[0] if a <= m < b else L[1]

    def case(r):
        d = r.randrange(7) if r.random() < .5 else r.randrange(5)
        m = r.choice([a, b, a - 5, b - 5, b + 10, clock(r), clock(r), r.randrange(a, b, 5), r.randrange(a, b, 15), 725, 755, 715, 780])
        w = P.WEEKDAYS[d]
        s = r.choice(["{w} {t}", "{t} on {w}", "{w}, {t}, caller {p}", "request from {p}: {w} at {t}", "{w} | {t} | {p}", "{p} wants to come {w} {t}", "call received {w} {t}", "visit {w} {t}, {n} people"]).format(w=w, t=t24(m), p=P.person(r), n=r.randint(2, 9))
        return s, verdict(d, m)

    def check(i, o):
        m = re.search(r"(\d\d):(\d\d)", i)
        d = next(n for n, w in enumerate(P.WEEKDAYS) if w in i)
        return o == verdict(d, int(m[1]) * 60 + int(m[2]))
    hrs = f"Monday to Friday {t24(a)} to {t24(b)}" + (f", Saturday {sat[0]:02}:00 to {sat[1]:02}:00" if sat else "")
    heads = [f"Hours: {hrs}. Is the given moment inside?", f"weekday + time vs. hours ({hrs})", f"We work {hrs}. Decide about each request by its day and time.", f"Check the day and time against these hours: {hrs}.", f"Our desk is staffed {hrs}. What applies at the moment in the input?", f"Given the opening hours ({hrs}), judge the entry."]
    rules = [[f"Inside: {L[0]}, outside: {L[1]}.", f"Print {L[0]} within the hours and {L[1]} otherwise.", f"Answer {L[0]} or {L[1]} ({L[0]} = within the hours)."],
             ["The opening minute is inside, the closing minute is already outside.", "The start counts as inside; at the end time itself it is over."],
             ["Days not named are always outside.", "There are no hours on other days."]]
    if lunch:
        rules.append([f"From 12:00 to 12:59 on Monday to Friday print {lab3} instead.", f"Monday to Friday, 12:00 up to but not including 13:00: {lab3}."])
    return Task(heads, rules, case, check, choices=ch)


@family("time-shift-table", "policy")
def time_shift_table(r):
    cuts = r.choice([[6, 14, 22], [7, 15, 23], [5, 13, 21], [6, 12, 18], [8, 16, 20]])
    L = labels(r, r.choice([["early", "late", "night"], ["morning", "evening", "night"], ["day crew", "swing crew", "night crew"], ["S1", "S2", "S3"], ["Amber", "Blue", "Coral"]]))

    def of(m):
        h = m // 60
        return L[0] if cuts[0] <= h < cuts[1] else L[1] if cuts[1] <= h < cuts[2] else L[2]
    f12 = r.random() < .35
    ev = ("Door alarm at gate B|Line stopped|Coolant leak|Visitor badge printed|Forklift battery swapped|Sensor reset|Truck unloaded|Pallet dropped|Fire drill|Camera offline|Fridge too warm|Nurse call room two|Lift stuck|Pump restarted|Key handed over|Label printer jam|Belt cleaned|Package found|Guard round done|Lights out in hall").split("|")

    def case(r):
        k = r.randrange(3)
        h = [x for x in range(24) if of(x * 60) == L[k]]
        m = r.choice(h + [cuts[k]]) * 60 + r.choice([0, 0, 1, 5, 20, 30, 45, 59])
        t = t12(m) if f12 else t24(m)
        return r.choice(["{t} {e}", "{e} at {t}", "{e} ({t})", "{t} - {e}, reported by {p}", "{e}, {t}, {p}", "[{t}] {e}"]).format(t=t, e=r.choice(ev), p=P.person(r)), of(m)

    def check(i, o):
        m = read12(i) if f12 else (lambda m: int(m[1]) * 60 + int(m[2]))(re.search(r"(\d\d):(\d\d)", i))
        return o == L[2 if m < cuts[0] * 60 or m >= cuts[2] * 60 else 0 if m < cuts[1] * 60 else 1]
    c = [t12(x * 60) if f12 else t24(x * 60) for x in cuts]
    heads = ["Which shift does the event belong to?", "event with a time -> shift", "Assign each log entry to a shift by its time.", "Tell me the shift on duty when this happened.", "By the clock time in the entry, name the shift.", "Route the entry to the shift that was working at that time."]
    rules = [[f"{L[0]} starts at {c[0]}, {L[1]} at {c[1]}, {L[2]} at {c[2]}; each lasts until the next one starts.", f"{L[0]}: {c[0]} up to {c[1]}. {L[1]}: {c[1]} up to {c[2]}. {L[2]}: {c[2]} up to {c[0]} of the next day. A shift owns its starting minute, not its end.",
              f"Shifts: {L[0]} from {c[0]}, {L[1]} from {c[1]}, {L[2]} from {c[2]} until {c[0]}. The exact starting time already belongs to the new shift."]]
    return Task(heads, rules, case, check, choices=L)


@family("time-zone-offset", "structured")
def time_zone(r):
    real = {"Oslo": 1, "Lima": -5, "Osaka": 9, "Dubai": 4, "Perth": 8, "Boston": -5, "Cairo": 2, "Denver": -7, "Hanoi": 7, "Manila": 8, "Nairobi": 3, "Santiago": -4, "Vienna": 1, "Amman": 3, "Seattle": -8}
    made = {s: r.choice([-8, -6, -5, -3, 1, 2, 3, 4, 5, 7, 8, 9]) for s in ["site Alpha", "site Bravo", "hub North", "hub East", "station K", "station M"]}
    table = real if r.random() < .6 else made
    zones = {c: table[c] for c in r.sample(list(table), r.choice([2, 3, 4]))}
    direction = r.choice(["to", "from"])
    frames = ["{c} {t}", "{t} for {c}", "call at {t}, {c}", "{c}: {t}", "meeting {t} with {c}", "release {t} ({c} office)", "{t} | {c}", "handover {c}, {t}"]
    other = r.choice(["unknown", "n/a", "?", "none"])

    def case(r):
        m = clock(r, 15)
        if r.random() < .1:
            return r.choice(frames).format(c=r.choice([x for x in (P.CITIES if table is real else list(made)) if x not in zones]), t=t24(m)), other
        c = r.choice(list(zones))
        return r.choice(frames).format(c=c, t=t24(m)), t24((m + zones[c] * 60 * (1 if direction == "to" else -1)) % 1440)

    def check(i, o):
        c = [x for x in zones if x in i]
        if not c:
            return o == other
        a, b = [(lambda m: int(m[1]) * 60 + int(m[2]))(re.search(r"(\d\d):(\d\d)", s)) for s in (i, o)]
        return ((b - a) if direction == "to" else (a - b)) % 1440 == zones[c[0]] * 60 % 1440
    tab = ", ".join(f"{c} {v:+d} h" for c, v in zones.items())
    if direction == "to":
        heads = ["Convert our time to the local time of the named place.", "UTC time + place -> local time", "The time is UTC. What is it at that place?", "Give the local time at the place in the line; the input time is UTC.", "Add the place's offset to the UTC time.", "I plan in UTC and need the clock time over there."]
    else:
        heads = ["Convert the local time of the named place to UTC.", "local time + place -> UTC", "The time is local to the place. What is it in UTC?", "Give the UTC time for a place's local time.", "Take the place's offset off the local time to get UTC.", "They send local times; I need UTC."]
    rules = [[f"Offsets from UTC: {tab}.", f"Local time minus UTC: {tab}.", f"The places are ahead of (+) or behind (-) UTC by: {tab}."], ["Print HH:MM, 24 hours, wrapping at midnight.", "Output HH:MM (24 h), day changes are not shown."], [f"Other places: {other}.", f"Print {other} for a place that is not listed."]]
    return Task(heads, rules, case, check, rare={other})


@family("time-between", "structured")
def time_between(r):
    kind = r.choice(["min", "hm", "colon", "over"])
    lim = r.choice([30, 45, 60, 90, 120])
    L = labels(r, ["over", "within"]) if kind == "over" else None
    wrap = r.random() < .5
    frames = ["{a} - {b}", "from {a} to {b}", "in {a}, out {b}", "{p}: {a} to {b}", "started {a}, ended {b}", "{a} until {b}, {p}", "check-in {a} / check-out {b}", "call {a}-{b}", "begin={a} end={b}", "arrived {a} and left {b}", "oven on {a}, off {b}", "{a} -> {b}"]
    fn, say = {"min": (str, "the minutes between them, a plain number"), "hm": (lambda n: f"{n//60}h {n%60}m", "the time between them in the form 1h 5m (both parts always, 0h 30m)"), "colon": (lambda n: f"{n//60}:{n%60:02}", "the time between them as H:MM"),
               "over": (lambda n: L[0] if n > lim else L[1], f"{L[0] if L else ''} if they are more than {lim} minutes apart, otherwise {L[1] if L else ''}")}[kind]

    def case(r):
        n = r.choice([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 75, 80, 90, 95, 105, 120, 125, 150, 180, 200, 240])
        if kind == "over":
            n = r.choice([lim, lim - 5, lim + 5, lim + 1, lim + 30, max(5, lim - 20), lim + 60, lim + 20])
        a = r.randrange(360, 1435 - n, 5)
        if wrap and r.random() < .25:
            a = 1440 - r.choice([x for x in (5, 10, 20, 30, 60) if x < n] or [1])
        return r.choice(frames).format(a=t24(a), b=t24((a + n) % 1440), p=r.choice(P.FIRST)), fn(n)

    def check(i, o):
        a, b = [int(h) * 60 + int(m) for h, m in re.findall(r"(\d\d):(\d\d)", i)]
        return o == fn((b - a) % 1440)
    heads = [f"Two times are given. Print {say}.", f"start and end time -> {say}", f"Compute {say} from the start and end time.", f"How long is it from the first to the second time? Answer with {say}.", f"Time sheet line: take start and end, output {say}.", f"Look at the two clock times and print {say}."]
    rules = [["If the end is earlier than the start, it is on the next day.", "An end before the start means that midnight lies between."]] if wrap else [["Both times are on the same day.", "Start and end lie on the same day."]]
    return Task(heads, rules, case, check, choices=L)


@family("time-round", "structured")
def time_round(r):
    step = r.choice([5, 10, 15, 30, 60])
    way = r.choice(["down", "up", "nearest"])
    sfx = r.choice(["", "", " h"])
    bill = r.random() < .3

    def fn(m):
        x = m // step * step if way == "down" else -(-m // step) * step if way == "up" else (2 * m + step) // (2 * step) * step
        return t24(x % 1440) + sfx

    def case(r):
        m = r.randrange(1380)
        return P.around(r, P.fill(r, P.TIME_FRAMES, t24(m)), .2) if not bill else r.choice(["{t} stamp in", "stamp out {t}", "{t} {p}", "card {q} read at {t}", "{p} clocked in {t}", "terminal B {t}", "{t} | badge {q}"]).format(t=t24(m), p=r.choice(P.FIRST), q=r.randint(100, 999)), fn(m)

    def check(i, o):
        h, m = map(int, re.search(r"(\d\d):(\d\d)", i).groups())
        x = int(o[:2]) * 60 + int(o[3:5])
        d = (x - h * 60 - m + 720) % 1440 - 720
        return x % step == 0 and (-step < d <= 0 if way == "down" else 0 <= d < step if way == "up" else -step < 2 * d <= step)
    st = "full hour" if step == 60 else "half hour" if step == 30 else "quarter of an hour" if step == 15 else f"{step} minutes"
    w = {"down": f"down to the {'last ' if step < 15 else ''}{st}", "up": f"up to the {'next ' if step < 15 else ''}{st}", "nearest": f"to the nearest {st}"}[way]
    heads = [f"Round the time {w} and print HH:MM{sfx}.", f"time in text, rounded {w} -> HH:MM{sfx}", f"Take the clock time of the entry, round it {w}. Output HH:MM{sfx}.", f"What is the time when rounded {w}? Form HH:MM{sfx}.", f"We book in steps, so round {w}; print HH:MM{sfx} only.", f"Find the time, then round {w} (HH:MM{sfx}, 24 hours)."]
    rules = [["Exactly in the middle goes up.", "A tie is rounded up."]] if way == "nearest" and step % 2 == 0 else [["Times already on such a step stay as they are.", "A time that fits already is not changed."]]
    return Task(heads, rules, case, check)
