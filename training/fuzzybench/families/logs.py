"""Log lines."""
import json
import re
from ..registry import Task, family
from ..forms import Val, Rec, labels, yes_no, MISSING, compact, either
from .. import pools as P

LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
MSG = {"DEBUG": ["cache miss for key {n}", "retry {n} scheduled", "parsed {n} rows", "token refreshed"], "INFO": ["started in {n} ms", "user {u} logged in", "{n} messages sent", "job finished", "listening on port {n}"], "WARN": ["slow query, {n} ms", "queue has {n} entries", "disk at {p} percent", "deprecated call by {u}"],
       "ERROR": ["timeout after {n} ms", "cannot reach {s}", "user {u} denied", "write failed, error code {n}", "bad payload from {s}"], "FATAL": ["out of memory", "config missing, giving up", "lost connection to {s}, exit {p}"]}


def stamp(r):
    return f"{r.randint(2022, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}", f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"


def line(r, lv=None, svc=None, msg=None):
    lv = lv or r.choice(LEVELS)
    svc = svc or r.choice(P.SERVICES)
    d, t = stamp(r)
    m = msg or r.choice(MSG[lv]).format(n=r.randint(10, 9000), u=r.choice(P.FIRST).lower(), p=r.randint(71, 99), s=r.choice(P.SERVICES))
    f = r.choice(["{d} {t} {l} [{s}] {m}", "{d}T{t}Z {l} {s}: {m}", "[{t}] {s} {l} - {m}", "{l} {d} {t} ({s}) {m}", "{t} | {l} | {s} | {m}", "ts={d}T{t} level={l} svc={s} msg=\"{m}\"", "{s}[{p}]: {l}: {m}"])
    return f.format(d=d, t=t, l=lv, s=svc, m=m, p=r.randint(100, 9999)), dict(d=d, t=t, l=lv, s=svc, m=m, date="{d}" in f, time="{t}" in f)


@family("log-level", "logs")
def log_level(r):
    k = r.choice(["level", "num", "alert", "group"])
    L = {"level": [f(x) for f in [r.choice([str.lower, str.upper, str.capitalize])] for x in LEVELS], "num": ["0", "1", "2", "3", "4"], "alert": None, "group": None}[k]
    cut = r.choice([2, 3])
    y, n = yes_no(r, ("alert", "quiet"), ("page", "skip"))
    g = labels(r, ["noise", "watch", "act"])
    miss = r.choice(["none", "unknown", "-"])
    mute = r.choice([None, r.choice(P.SERVICES)])

    def fn(l, s):
        i = LEVELS.index(l)
        if mute and s == mute and k in ("alert", "group"):
            return n if k == "alert" else g[0]
        return L[i] if L else (y if i >= cut else n) if k == "alert" else g[0 if i < 2 else 1 if i == 2 else 2]

    def case(r):
        svc = mute if mute and r.random() < .2 else r.choice([s for s in P.SERVICES if s != mute])
        if k in ("level", "num") and r.random() < .1:
            return r.choice([f"{svc} restarted by {r.choice(P.FIRST)}", f"--- log of {svc} rotated ---", f"{stamp(r)[1]} {svc} heartbeat", f"{svc}: uptime {r.randint(2, 99)} days"]), miss
        s, q = line(r, None, svc, )
        if s.count(mute or "\0") > 1 or (mute and mute in q["m"]):
            return case(r)
        return s, fn(q["l"], svc)

    def check(i, o):
        m = re.search(r"\b(DEBUG|INFO|WARN|ERROR|FATAL)\b", i)
        return o == (fn(m[1], mute if mute and mute in i else "") if m else miss)
    if k in ("level", "num"):
        w = f"the level, written {L[3]} style" if k == "level" else "the level as a number"
        heads = [f"Print {w}.", f"log line -> {w}", f"Which level does the log line have? Give {w}.", f"Extract {w} from the line.", f"For our statistics I need {w} of each line.", f"Read the log line and output {w}."]
        rules = [[f"Levels: {', '.join(f'{a} = {b}' for a, b in zip(LEVELS, L))}.", f"Print " + ", ".join(f"{b} for {a}" for a, b in zip(LEVELS, L)) + "."], [f"No level in the line: {miss}.", f"Lines without a level give {miss}."]]
        return Task(heads, rules, case, check, choices=L + [miss], rare={miss})
    heads = ["Decide what to do with the log line by its level.", "log line -> label by level", "Is this line important? Use the level.", "Triage log lines by level.", "Sort each log line by its severity.", "Judge the line by the level that it states."]
    if k == "alert":
        rules = [[f"{y} for {either(LEVELS[cut:], 'and')}, {n} for {either(LEVELS[:cut], 'and')}.", f"{either(LEVELS[cut:], 'and')}: {y}; the lower levels {either(LEVELS[:cut], 'and')}: {n}."]]
    else:
        rules = [[f"DEBUG and INFO: {g[0]}. WARN: {g[1]}. ERROR and FATAL: {g[2]}.", f"{g[2]} for ERROR and FATAL, {g[1]} for WARN, {g[0]} for INFO and DEBUG."]]
    if mute:
        rules.append([f"Lines of the service {mute} are always {n if k == 'alert' else g[0]}.", f"Exception: {mute} is always {n if k == 'alert' else g[0]}, whatever the level."])
    return Task(heads, rules, case, check, choices=[y, n] if k == "alert" else g)


@family("log-fields", "logs")
def log_fields(r):
    ks = r.sample(["time", "level", "service", "message"], r.choice([1, 2, 3]))
    low = r.random() < .5
    rec = Rec(r, {k: {"time": "HH:MM:SS", "level": "the level" + (" in lower case" if low else ""), "service": "the service name", "message": "the text of the message"}[k] for k in ks}, can_miss="time" in ks, forms=["json", "json", "semi", "pipe", "array"]) if len(ks) > 1 else None
    miss = r.choice(["none", "-", "n/a"])

    def case(r):
        s, q = line(r)
        d = {"time": q["t"] if q["time"] else None, "level": q["l"].lower() if low else q["l"], "service": q["s"], "message": q["m"]}
        return s, rec.out({k: d[k] for k in ks}) if rec else d[ks[0]] or miss

    def check(i, o):
        d = rec.parse(o) if rec else {ks[0]: None if o == miss else o}
        t = re.search(r"\d\d:\d\d:\d\d", i)
        return ("time" not in d or d["time"] == (t[0] if t else None)) and ("level" not in d or d["level"].upper() == re.search("|".join(LEVELS), i)[0]) and ("service" not in d or d["service"] in P.SERVICES and d["service"] in i) and ("message" not in d or d["message"] in i)
    names = {"time": "the time (HH:MM:SS)", "level": "the level" + (" in lower case" if low else ""), "service": "the service name", "message": "the message text"}
    w = either([names[k] for k in ks], "and")
    heads = [f"From a log line extract {w}.", f"log line -> {w}", f"Parse the log line and print {w}.", f"What are {w} of this line?" if len(ks) > 1 else f"What is {w} of this line?", f"Different loggers write different layouts. Give me {w}.", f"Read the line and output {w}."]
    rules = rec.rules("field") if rec else ([[f"Without a time: {miss}.", f"If the line has no time, print {miss}."]] if ks == ["time"] else [["Nothing else from the line.", "Only that, without brackets or quotes around it."]])
    return Task(heads, rules, case, check, rare={miss})


@family("log-duration", "logs")
def log_duration(r):
    lim = r.choice([100, 200, 250, 500, 1000, 2000])
    L = labels(r, r.choice([["fast", "slow"], ["ok", "slow"], ["pass", "breach"]]))
    mid = r.random() < .4
    g = labels(r, ["fast", "slow", "very slow"]) if mid else L
    miss = r.choice([None, "no time", "n/a"])
    unit = r.choice(["ms", "both"])

    def lab(ms):
        return (g[0] if ms <= lim else g[1] if ms <= 4 * lim else g[2]) if mid else (g[0] if ms <= lim else g[1])

    def case(r):
        s = r.choice(P.SERVICES)
        if miss and r.random() < .12:
            return r.choice([f"{s} started", f"GET /{s} aborted", f"{s}: job queued", f"{s} has {r.randint(2, 99)} open jobs", f"request to {s} refused"]), miss
        ms = r.choice([lim, lim + 1, lim // 2, lim * 2, lim * 3, lim * 5, lim * 6, lim - 10, lim + 30, lim * 4, 40, 80])
        t = f"{ms}ms" if unit == "ms" or ms % 100 or r.random() < .5 else f"{ms/1000:g}s"
        t = r.choice([t, t.replace("ms", " ms")]) if t.endswith("ms") else t
        return r.choice(["{s} GET /items 200 {t}", "{s}: query took {t}", "{h}:{m:02} {s} done in {t}", "job {n} on {s} finished after {t}", "{s} latency={t} status=200", "[{s}] render {t} ({n} items)", "POST /pay via {s} 201 in {t}", "{s} call {n} dur={t}"]).format(s=s, t=t, n=r.randint(10, 999), h=r.randint(0, 23), m=r.randint(0, 59)), lab(ms)

    def check(i, o):
        m = re.search(r"(?<![\w.-])([\d.]+) ?(ms|s)\b", i.replace("=", " "))
        return o == miss if not m else o == lab(round(float(m[1]) * (1 if m[2] == "ms" else 1000)))
    heads = ["Label the log line by the duration it reports.", "duration in the line -> label", "Was the request slow?", "Check the time the job took and print the label.", "Performance log: rate every line by its duration.", "Compare the reported duration with our limit."]
    rules = [[f"Up to {lim} ms {g[0]}, above that {g[1]}" + (f", above {4*lim} ms {g[2]}." if mid else "."), (f"{g[2]} if more than {4*lim} ms, else {g[1]} if more than {lim} ms, else {g[0]}." if mid else f"{g[1]} if it took more than {lim} ms, {g[0]} otherwise.")]]
    if unit == "both":
        rules.append(["Durations may be in ms or s (1 s = 1000 ms).", "Mind the unit: s is 1000 ms."])
    if miss:
        rules.append([f"No duration: {miss}.", f"If the line has no duration, print {miss}."])
    return Task(heads, rules, case, check, choices=g + ([miss] if miss else []), rare={miss} if miss else set())


@family("log-template", "logs")
def log_template(r):
    what = r.sample([("numbers", r"\d+(?:\.\d+)*", "<n>"), ("IP addresses", r"\b\d+\.\d+\.\d+\.\d+\b", "<ip>"), ("hex ids (8 characters after 0x)", r"0x[0-9a-f]{8}", "<id>"), ("paths that start with /", r"(?<!\S)/[\w/.-]+", "<path>"), ("quoted text", r'"[^"]*"', "<str>")], r.choice([1, 2, 3]))
    what = sorted(what, key=lambda w: ["quoted text", "hex ids (8 characters after 0x)", "paths that start with /", "IP addresses", "numbers"].index(w[0]))
    st = r.choice(["{}", "{}", "*"])
    toks = {w[0]: w[2] if st == "{}" else "*" for w in what}

    def fn(s):
        holes = []
        for n, rx, _ in what:
            def put(m, n=n):
                holes.append(toks[n])
                return chr(0xE000 + len(holes) - 1)
            s = re.sub(rx, put, s)
        return re.sub("[\ue000-\uf8ff]", lambda m: holes[ord(m[0]) - 0xE000], s)

    def case(r):
        ip = ".".join(str(r.randint(1, 254)) for _ in range(4))
        hx = "0x" + "".join(r.choice("abcdef") + r.choice("0123456789") for _ in range(4))
        p = "/" + "/".join(r.sample(["var", "tmp", "data", "srv", "log"], 2))
        q = r.choice(['"no route"', '"bad token"', '"disk full"', '"try later"'])
        s = r.choice(["connection from {ip} closed after {n} s", "wrote {n} rows to {p}", "object {h} freed", "client {ip} said {q}", "cannot open {p}: {q}", "retry {n} of {m} for {h}", "{ip} -> {p} took {n} ms", "task {h} failed with {q}", "{n} files under {p}", "lock {h} held by {ip} for {n} s", "reply {q} sent to {ip}", "worker {n} picked {h}"]).format(ip=ip, n=r.randint(2, 900), m=r.randint(3, 9), h=hx, p=p, q=q)
        return s, fn(s)

    def check(i, o):
        x = o
        for t in set(toks.values()):
            x = x.replace(t, "\0")
        return re.fullmatch(".+?".join(re.escape(y) for y in x.split("\0")) if "\0" in x else re.escape(x), i) is not None and not ("numbers" in toks and "IP addresses" in toks and st != "*" and re.search(r"\d", re.sub(r"0x\w+|/\S+|\"[^\"]*\"", "", o)))
    w = ", ".join(f"{n} by {t}" for n, t in toks.items())
    heads = [f"Make a template of the log line: replace {w}.", f"log line -> template; {w}", f"Replace the variable parts of the line: {w}.", f"What is the pattern of this line? Replace {w}.", f"To group log lines, replace {w}.", f"Mask the line by replacing {w}."]
    notes = [["Everything else stays.", "Copy the rest unchanged."]]
    if "numbers" in toks:
        others = [n for n in ("IP addresses", "hex ids (8 characters after 0x)") if n not in toks]
        if "IP addresses" in others:
            notes.append(["A number with points in it (also an IP address) is one number.", "Dotted numbers count as one number."])
        if "hex ids (8 characters after 0x)" in others:
            notes.append(["Digits inside a hex id (0x...) are numbers, too.", "Runs of digits are replaced even inside words such as 0xa1."])
    return Task(heads, notes, case, check)


@family("log-count", "logs")
def log_count(r):
    k = r.choice(["level", "service", "worst", "firsterr"])
    lv = r.choice(["ERROR", "WARN", "INFO"])
    miss = r.choice(["none", "-", "clean"])

    def case(r):
        n = r.choice([2, 3, 3, 4])
        svs = r.sample(P.SERVICES, 3)
        rows = [(r.choice(["INFO", "WARN", "ERROR", "INFO", lv] if k != "firsterr" else ["INFO", "WARN", "INFO", "ERROR"]), r.choice(svs)) for _ in range(n)]
        ts = sorted(stamp(r)[1] for _ in rows)
        i = "\n".join(f"{ts.pop(0)} {l} {s} {r.choice(['ok', 'retry', 'timeout', 'done', 'busy'])}" for l, s in rows)
        if k == "level":
            o = str(sum(l == lv for l, _ in rows))
        elif k == "service":
            o = ", ".join(dict.fromkeys(s for l, s in rows if l == lv)) or miss
        elif k == "worst":
            o = max((l for l, _ in rows), key=LEVELS.index)
        else:
            e = [s for l, s in rows if l == "ERROR"]
            o = e[0] if e else miss
        return i, o

    def check(i, o):
        rows = [x.split()[1:3] for x in i.split("\n")]
        return o == {"level": str([l for l, _ in rows].count(lv)), "service": ", ".join(dict.fromkeys(s for l, s in rows if l == lv)) or miss, "worst": next(l for l in ["ERROR", "WARN", "INFO"] if l in [x for x, _ in rows]), "firsterr": next((s for l, s in rows if l == "ERROR"), miss)}[k]
    w = {"level": f"how many lines have the level {lv}", "service": f"the services with at least one {lv} line, each once, in order of appearance, joined by ', '", "worst": "the most severe level that occurs (ERROR before WARN before INFO)", "firsterr": "the service of the first ERROR line"}[k]
    heads = [f"Several log lines (time, level, service, text). Print {w}.", f"log excerpt -> {w}", f"Look at the log excerpt and give {w}.", f"Each line has time, level, service and text. Can you tell {w}?", f"On-call summary of a few log lines: {w}.", f"Read the lines and output {w}."]
    return Task(heads, [[f"If there is none, print {miss}.", f"No such line: {miss}."]] if k in ("service", "firsterr") else [["0 if there is none.", "No such line: 0."]] if k == "level" else [["Print the level in capitals.", "As written in the log."]], case, check, rare={miss})


@family("exit-code", "logs")
def exit_code(r):
    t = r.choice([{0: "success", 1: "general error", 2: "bad usage", 126: "not executable", 127: "not found", 137: "killed", 143: "terminated"}, {0: "done", 10: "no input", 20: "bad config", 30: "no network", 40: "disk full"}, {0: "clean", 1: "warnings", 2: "errors", 3: "crash"}])
    ks = [0] + r.sample([k for k in t if k], 3)
    w = {k: t[k] for k in ks}
    L = dict(zip(ks, labels(r, list(w.values()))))
    other = r.choice(["other", "unknown", "check"])
    none = r.choice(["running", "no exit"])

    def case(r):
        j = r.choice(["nightly", "import", "backup", "lint", "deploy", "report", "cleanup", "sync"])
        if r.random() < .1:
            return r.choice(["{j} still running after {n} min", "{j} started at {h}:{m:02}", "{j} is at step {n}"]).format(j=j, n=r.randint(2, 50), h=r.randint(0, 23), m=r.randint(0, 59)), none
        k = r.choice(ks) if r.random() < .85 else r.choice([x for x in (5, 7, 64, 99, 130, 255) if x not in ks])
        return r.choice(["{j} exited with code {k}", "job {j} (pid {n}) exit={k}", "{j}: exit status {k} after {n} s", "{h}:{m:02} {j} finished, code {k}", "process {n} {j} returned {k}", "{j} -> {k}, {n} lines of output"]).format(j=j, k=k, n=r.randint(4, 900), h=r.randint(0, 23), m=r.randint(0, 59)), L.get(k, other)

    def check(i, o):
        m = re.search(r"(?:code |exit=|status |returned |-> )(\d+)", i)
        return o == (L.get(int(m[1]), other) if m else none)
    tab = ", ".join(f"{k} {L[k]}" for k in ks)
    heads = ["Translate the exit code of the job.", "job line -> meaning of the exit code", "How did the job end? Use the code table.", "Read the exit code in the line and print its label.", "Label each job by its exit code.", "What does the exit code say?"]
    return Task(heads, [[f"Codes: {tab}; any other code {other}.", f"{tab}. All other codes: {other}."], [f"If the job has not ended, print {none}.", f"No exit code yet: {none}."]], case, check, choices=list(L.values()) + [other, none], rare={none})


@family("log-route", "routing")
def log_route(r):
    sv = r.sample(P.SERVICES, 4)
    teams = labels(r, r.sample(P.DEPARTMENTS, 3))
    own = {sv[0]: teams[0], sv[1]: teams[0], sv[2]: teams[1], sv[3]: teams[2]}
    dflt = r.choice(["ops", "on-call", "triage"])
    fatal = r.choice([None, "duty manager", "bridge"])

    def case(r):
        s = r.choice(sv) if r.random() < .82 else r.choice([x for x in P.SERVICES if x not in sv])
        lv = r.choice(["INFO", "WARN", "ERROR", "ERROR"] + (["FATAL"] if fatal else []))
        i, q = line(r, lv, s, r.choice(["timeout", "slow reply", "restart", "bad payload", "queue is full", "config reloaded", "connection lost", "out of memory", "retrying", "certificate expires soon"]))
        return i, fatal if lv == "FATAL" else own.get(s, dflt)

    def check(i, o):
        s = max((x for x in P.SERVICES if re.search(rf"(?<![\w-]){x}(?![\w-])", i)), key=len)
        return o == (fatal if "FATAL" in i else own.get(s, dflt))
    tab = ", ".join(f"{s} {t}" for s, t in own.items())
    heads = ["Route the log line to a team by its service.", "log line -> team", "Which team gets this log line?", "Assign the line to the owner of the service.", "Alert routing: print the team for the line.", "Find the service in the line and name the team."]
    rules = [[f"Owners: {tab}; all other services {dflt}.", f"{tab}. Services not listed go to {dflt}."]]
    if fatal:
        rules.append([f"FATAL lines always go to {fatal}.", f"But if the level is FATAL print {fatal}."])
    return Task(heads, rules, case, check, choices=list(dict.fromkeys(teams)) + [dflt] + ([fatal] if fatal else []))
