"""SQL, commits, branches, configuration and other bits of code."""
import re
from ..registry import Task, family
from ..forms import Val, Lst, Rec, labels, yes_no, MISSING, either
from .. import pools as P

TABLES = "users orders items invoices products visits sessions payments tickets cities books members shipments returns prices teams".split()
COLS = "id name city price qty status created email total color level zip team paid".split()


def cond(r):
    return r.choice([f"city = '{r.choice(P.CITIES)}'", f"price > {r.randint(5, 90)}", f"status = '{r.choice(['open', 'done', 'new'])}'", f"qty < {r.randint(2, 40)}", f"id = {r.randint(1, 999)}", "paid = 1"])


def sql(r, kind=None):
    t, u = r.sample(TABLES, 2)
    k = kind or r.choice(["select", "select", "insert", "update", "delete", "join"])
    c = r.sample(COLS, r.choice([1, 2, 3]))
    s = {"select": f"SELECT {', '.join(c)} FROM {t}" + (f" WHERE {cond(r)}" if r.random() < .6 else "") + (f" ORDER BY {r.choice(c)}" if r.random() < .3 else ""), "join": f"SELECT a.{c[0]}, b.{r.choice(COLS)} FROM {t} a JOIN {u} b ON a.id = b.{t[:-1]}_id", "insert": f"INSERT INTO {t} ({', '.join(c)}) VALUES ({', '.join(['?'] * len(c))})",
         "update": f"UPDATE {t} SET {c[0]} = {r.randint(1, 99)}" + (f" WHERE {cond(r)}" if r.random() < .7 else ""), "delete": f"DELETE FROM {t}" + (f" WHERE {cond(r)}" if r.random() < .7 else "")}[k]
    if r.random() < .3:
        for w in ["SELECT", "FROM", "WHERE", "INSERT INTO", "VALUES", "UPDATE", "SET", "DELETE", "JOIN", " ON ", "ORDER BY"]:
            s = s.replace(w, w.lower())
    return s + (";" if r.random() < .3 else ""), k, t, u, c


@family("sql-inspect", "extraction")
def sql_inspect(r):
    w = r.choice(["verb", "table", "kind", "safe", "cols", "tables"])
    L = {"kind": labels(r, ["read", "write"]), "safe": list(yes_no(r, ("safe", "unsafe")))}.get(w)
    low = r.random() < .5
    l = Lst(r, "columns", can_miss=True, joins=[",", ", ", " "])

    def fn(s, k, t, u, c):
        if w == "verb":
            v = s.split()[0]
            return v.lower() if low else v.upper()
        if w == "table":
            return t
        if w == "tables":
            return f"{t},{u}" if k == "join" else t
        if w == "kind":
            return L[0] if k in ("select", "join") else L[1]
        if w == "safe":
            return L[1] if k in ("update", "delete") and " where " not in s.lower() else L[0]
        return l.out(c if k == "select" else [])

    def case(r):
        q = sql(r, r.choice(["select", "select", "select", "insert", "update"]) if w == "cols" else r.choice(["update", "delete"]) if w == "safe" and r.random() < .7 else None)
        return q[0], fn(*q)

    def check(i, o):
        x = i.rstrip(";")
        verb = x.split()[0].upper()
        ts = re.findall(r"(?:FROM|JOIN|INTO|UPDATE) (\w+)", x, re.I)
        if w == "verb":
            return o.upper() == verb
        if w in ("table", "tables"):
            return o == (ts[0] if w == "table" else ",".join(ts))
        if w == "kind":
            return o == L[verb != "SELECT"]
        if w == "safe":
            return o == L[verb in ("UPDATE", "DELETE") and not re.search(r"\bwhere\b", x, re.I)]
        m = re.match(r"select (.*?) from", x, re.I)
        return l.parse(o) == (m[1].split(", ") if m else [])
    say = {"verb": f"the SQL verb (its first word) in {'lower' if low else 'upper'} case", "table": "the name of the first table used", "tables": "the tables used, in order, joined by a comma without space", "kind": f"{L and L[0]} if the statement only reads (SELECT), {L and L[1]} if it changes data", "safe": f"{L and L[1]} for an UPDATE or DELETE without WHERE, {L and L[0]} for everything else", "cols": "the columns of the SELECT list"}[w]
    heads = [f"Read the SQL statement and print {say}.", f"SQL -> {say}", f"From one SQL statement give me {say}.", f"Look at the statement. Output {say}.", f"Query review: {say}.", f"For each statement print {say}."]
    rules = {"verb": [["Nothing else.", "Just the verb."]], "table": [["Without alias.", "No alias, no schema."]], "tables": [["Without aliases.", "Leave out aliases."]], "kind": [["INSERT, UPDATE and DELETE change data.", "INSERT, UPDATE, DELETE are changes."]], "safe": [["Keywords may be in small letters.", "Upper or lower case does not matter."]], "cols": [["Statements other than SELECT have none.", "Only a SELECT has such a list."]] + l.rules()}[w]
    return Task(heads, rules, case, check, choices=L, rare=l.rare)


@family("sql-build", "structured")
def sql_build(r):
    t = r.choice(TABLES)
    cs = r.choice(["*", "id", "id, name", "name, price"])
    op = r.choice(["select", "delete", "update"])
    up = r.random() < .6
    semi = r.random() < .5
    lim = r.choice([None, 10, 50, 100]) if op == "select" else None
    K = (lambda s: s) if up else str.lower
    st = r.choice(["done", "old", "hidden"])

    def case(r):
        c = r.choice(COLS)
        num = c in ("id", "price", "qty", "total", "level", "zip", "paid")
        v = str(r.randint(1, 500)) if num else r.choice(P.CITIES + P.COLORS + P.FIRST)
        q = v if num else f"'{v}'"
        s = {"select": f"{K('SELECT')} {cs} {K('FROM')} {t} {K('WHERE')} {c} = {q}" + (f" {K('LIMIT')} {lim}" if lim else ""), "delete": f"{K('DELETE FROM')} {t} {K('WHERE')} {c} = {q}", "update": f"{K('UPDATE')} {t} {K('SET')} status = '{st}' {K('WHERE')} {c} = {q}"}[op]
        return r.choice(["{c} is {v}", "{c}={v}", "{c}: {v}", "where {c} is {v}", "{c} equals {v}"]).format(c=c, v=v), s + (";" if semi else "")

    def check(i, o):
        c, v = re.match(r"(?:where )?(\w+)(?: is |=|: | equals )(.*)", i).groups()
        return f"{c} = " + (v if v.isdigit() else f"'{v}'") in o and o.endswith(";") == semi and f" {t} " in o
    w = {"select": f"selects {cs if cs != '*' else 'all columns (*)'} from {t}" + (f", at most {lim} rows (LIMIT)" if lim else ""), "delete": f"deletes from {t}", "update": f"sets status to '{st}' in {t}"}[op]
    heads = [f"Write a SQL statement that {w} where the condition of the input holds.", f"condition -> SQL that {w}", f"Build SQL: the statement {w} for the rows described in the input.", f"Which SQL statement {w} for this condition?", f"Query helper: make the statement that {w}, with the given condition in WHERE.", f"Turn the condition into a statement that {w}."]
    return Task(heads, [[f"Keywords in {'upper' if up else 'lower'} case, one line, {'a' if semi else 'no'} semicolon at the end.", f"{'Upper' if up else 'Lower'}-case keywords; {'end with' if semi else 'no'} semicolon; single line."], ["Numbers bare, other values in single quotes, spaces around =.", "Quote values with ' unless they are numbers; write column = value with spaces."]], case, check)


@family("branch-name", "structured")
def branch_name(r):
    d = r.choice(["parse", "make", "ticket"])
    types = r.sample(["feature", "fix", "hotfix", "docs", "chore", "refactor"], 4)
    pre = r.choice(["ABC", "WEB", "OPS", "PAY", "APP"])
    sep = r.choice(["/", "-", "_"])
    miss = r.choice(["none", "-", "no ticket"])

    def case(r):
        t, n, b = r.choice(types), r.randint(10, 999), r.choice(P.ISSUE_BITS)
        s = "-".join(b.split())
        if d == "ticket":
            if r.random() < .18:
                return r.choice([f"{t}/{s}", "main", f"release-{r.randint(1, 9)}", f"{t}/{n}-{s}"]), miss
            return r.choice([f"{t}/{pre}-{n}-{s}", f"{t}/{pre.lower()}-{n}-{s}", f"{pre}-{n}", f"{s}-{pre}-{n}", f"{r.choice(P.FIRST).lower()}/{pre}-{n}/{s}"]), f"{pre}-{n}"
        if d == "parse":
            return f"{t}/{pre}-{n}-{s}", f"{t}: {b} ({pre}-{n})"
        return r.choice([f"{t} {pre}-{n}: {b}", f"{pre}-{n} ({t}) {b}", f"[{pre}-{n}] {t} - {b}"]), f"{t}{sep}{pre}-{n}{sep}{s}"

    def check(i, o):
        m = re.search(rf"{pre}-\d+", i, re.I)
        if d == "ticket":
            return o == (m[0].upper() if m else miss)
        return m[0] in o and any(x in i and x in o for x in types)
    heads = {"ticket": [f"Print the ticket ({pre}-number) in the branch name.", f"branch -> {pre}-number", f"Which {pre} ticket does the branch belong to?", f"Extract the {pre} ticket from a git branch name.", f"CI step: find {pre}-123 in the branch name.", f"Read the branch and give its {pre} ticket."],
             "parse": [f"Turn the branch name type/{pre}-12-some-words into 'type: some words ({pre}-12)'.", f"type/{pre}-12-some-words -> type: some words ({pre}-12)", f"Make a title from the branch: type, colon, words, ticket in parentheses. Branch: type/{pre}-12-some-words, title: type: some words ({pre}-12).", f"How would the pull request be titled? fix/{pre}-12-some-words gives 'fix: some words ({pre}-12)'.", f"Pull request titles come from branches: 'docs/{pre}-12-some-words' is 'docs: some words ({pre}-12)'.", f"Rewrite type/{pre}-12-some-words as type: some words ({pre}-12)."],
             "make": [f"Make a branch name: type{sep}{pre}-12{sep}some-words.", f"task -> type{sep}{pre}-12{sep}some-words", f"Build the git branch for the task, in the form type{sep}{pre}-12{sep}some-words.", f"What is the branch name? Form: type{sep}{pre}-12{sep}some-words.", f"From a task line (type, ticket, text) make type{sep}{pre}-12{sep}some-words.", f"Name the branch type{sep}{pre}-12{sep}some-words."]}[d]
    rules = {"ticket": [["Print it in capitals.", "Always in upper case."], [f"Without one: {miss}.", f"If there is none, print {miss}."]], "parse": [["Hyphens between the words become spaces.", "Replace the hyphens of the words by spaces."]], "make": [["Spaces of the text become hyphens; the text is not changed otherwise.", "Join the words of the text with hyphens."], [f"Types are {', '.join(types)}.", f"The type is one of {', '.join(types)}."]]}[d]
    return Task(heads, rules, case, check, rare={miss})


@family("commit-type", "classification")
def commit_type(r):
    full = {"feat": "feature", "fix": "bugfix", "docs": "documentation", "perf": "speed", "test": "tests", "chore": "upkeep", "refactor": "clean-up"}
    ks = r.sample(list(full), r.choice([3, 4, 5]))
    L = dict(zip(ks, labels(r, [full[k] for k in ks])))
    other = r.choice(["other", "misc", "unclear"])
    brk = r.choice([None, "BREAKING", "major"])

    def v(s):
        m = re.match(r"(\w+)(\([\w-]+\))?(!)?: ", s)
        if not m:
            return other
        if brk and m[3]:
            return brk
        return L.get(m[1].lower(), other)

    def case(r):
        k = r.choice(ks * 3 + [x for x in full if x not in ks] + ["update"])
        b = r.choice(P.ISSUE_BITS)
        sc = f"({r.choice(P.SERVICES)})" if r.random() < .45 else ""
        s = f"{k}{sc}{'!' if brk and r.random() < .2 else ''}: {b}"
        if r.random() < .12:
            s = r.choice([f"{k} {b}", b, f"Merge branch {r.choice(P.SERVICES)}", f"wip {b}"])
        if r.random() < .12:
            s = s[0].upper() + s[1:]
        return s, v(s)

    def check(i, o):
        h = i.split(": ")[0] if ": " in i else ""
        if not re.fullmatch(r"\w+(\([\w-]+\))?!?", h):
            return o == other
        return o == (brk if brk and h.endswith("!") else L.get(re.match(r"\w+", h)[0].lower(), other))
    t = ", ".join(f"{k} {L[k]}" for k in ks)
    heads = ["Classify a commit message by its type prefix.", "commit message -> class", "Which class does the commit belong to?", "Changelog: label the commit by the word before the colon.", "Look at the type at the start of the commit message.", "Sort commits by their prefix."]
    rules = [[f"Types: {t}; other types or no 'type: ' prefix: {other}.", f"{t}. Anything else, also a message without 'type: ', is {other}."], ["A scope in parentheses after the type does not matter, nor does letter case.", "Ignore a scope such as (api) and upper or lower case of the type."]]
    if brk:
        rules.append([f"A ! before the colon makes it {brk}, whatever the type.", f"type!: is always {brk}."])
    return Task(heads, rules, case, check, choices=list(L.values()) + [other] + ([brk] if brk else []))


@family("env-line", "repair")
def env_line(r):
    out = r.choice(["env", "value", "export", "yaml", "json"])
    miss = r.choice(["empty", "none", "-"])
    ks = ["HOST", "PORT", "DB_NAME", "LOG_LEVEL", "API_URL", "CACHE_TTL", "MODE", "REGION", "MAX_JOBS", "MAIL_FROM"]

    def fn(k, v):
        if out == "value":
            return v or miss
        if out == "json":
            return '{"' + k + '":"' + v + '"}'
        return {"env": f"{k}={v}", "export": f'export {k}="{v}"', "yaml": f"{k.lower()}: {v}" if v else f"{k.lower()}: \"\""}[out]

    def case(r):
        k = r.choice(ks)
        v = r.choice([r.choice(P.SERVICES), str(r.randint(1, 9999)), r.choice(["debug", "info", "prod", "dev", "eu-1", "us-2"]), P.email(r), "https://" + r.choice(P.DOMAINS)])
        if r.random() < .08 and out in ("value", "yaml", "json"):
            v = ""
        q = r.choice(["", '"', "'"])
        i = r.choice(["{k}={q}{v}{q}", "export {k}={q}{v}{q}", "{k} = {q}{v}{q}", "set {k}={v}", "{k}: {q}{v}{q}", "  {k}={v} # from ops" if v else "{k}=", "{l}={v}"]).format(k=k, v=v, q=q, l=k.lower()).strip()
        return i, fn(k, v)

    def check(i, o):
        m = re.match(r"(?:export |set )?(\w+) ?[=:] ?(.*?)(?: # from ops)?$", i)
        return o == fn(m[1].upper(), m[2].strip("\"' "))
    f = {"env": "KEY=value", "value": "only the value", "export": 'export KEY="value"', "yaml": "key: value (key in lower case)", "json": '{"KEY":"value"}'}[out]
    heads = [f"Bring a settings line into the form {f}.", f"messy env line -> {f}", f"Normalise environment variables: {f}.", f"What does this setting look like as {f}?", f"Config files of all kinds are merged; print each line as {f}.", f"Rewrite the variable line, form: {f}."]
    rules = [["Remove export, set, spaces around the sign, quotes around the value and comments after #.", "Quotes, a leading export or set, blanks and # comments of the input are dropped."]]
    if out != "value" and out != "yaml":
        rules.append(["Key in upper case.", "The key is always upper case."])
    if out == "value":
        rules.append([f"An empty value gives {miss}.", f"No value: {miss}."])
    if out == "yaml":
        rules.append(['An empty value is "".', 'Nothing after the sign gives "".'])
    return Task(heads, rules, case, check, rare={miss})


@family("cron-field", "extraction")
def cron_field(r):
    w = r.choice(["time", "words", "kind", "field"])
    f = r.choice([("minute", 0), ("hour", 1), ("day of the month", 2), ("month", 3), ("weekday", 4)])
    bad = r.choice(["varies", "n/a", "-"])
    L = labels(r, ["daily", "weekly", "monthly", "other"])
    D = P.WEEKDAYS[-1:] + P.WEEKDAYS[:-1]

    def fn(c):
        m, h, d, mo, wd = c
        if w == "field":
            return c[f[1]]
        if w == "time":
            return f"{int(h):02}:{int(m):02}" if m.isdigit() and h.isdigit() else bad
        fixed = m.isdigit() and h.isdigit() and mo == "*"
        kind = 3 if not fixed else 0 if d == wd == "*" else 1 if d == "*" and wd.isdigit() else 2 if wd == "*" and d.isdigit() else 3
        if w == "kind":
            return L[kind]
        t = f"{int(h):02}:{int(m):02}" if fixed else ""
        return [f"every day at {t}", f"every {D[int(wd)] if wd.isdigit() and kind == 1 else ''} at {t}", f"on day {d} of the month at {t}", bad][kind]

    def case(r):
        k = r.randrange(4)
        m, h = str(r.choice([0, 5, 15, 30, 45])), str(r.randrange(24))
        c = [[m, h, "*", "*", "*"], [m, h, "*", "*", str(r.randrange(7))], [m, h, str(r.randint(1, 28)), "*", "*"], r.choice([["*/5", "*", "*", "*", "*"], [m, "*", "*", "*", "*"], ["*/10", h, "*", "*", "*"], [m, "*/2", "*", "*", "*"]])][k]
        if w == "field":
            c = [m, h, r.choice(["*", str(r.randint(1, 28))]), r.choice(["*", str(r.randint(1, 12))]), r.choice(["*", str(r.randrange(7))])]
        j = r.choice(["backup.sh", "sync", "report.py", "cleanup", "/usr/bin/mailq", "rotate-logs"])
        return " ".join(c) + (" " + j if r.random() < .7 else ""), fn(c)

    def check(i, o):
        return o == fn(i.split()[:5])
    say = {"field": f"the {f[0]} field", "time": "the time of day as HH:MM", "words": "when it runs, in words", "kind": "how often it runs"}[w]
    heads = [f"A crontab line is given. Print {say}.", f"cron line -> {say}", f"Read the cron schedule and give {say}.", f"What is {say} of this cron line?" if w != "words" else "When does this cron job run? Say it in words.", f"Server notes: from each cron line print {say}.", f"Decode the cron line: {say}."]
    rules = [["Order of fields: minute, hour, day of the month, month, weekday (0 is Sunday), then the command.", "The five fields are minute, hour, day of month, month and weekday, Sunday being 0; a command may follow."]]
    rules += {"field": [["Copy the field as it is.", "Print it unchanged."]], "time": [[f"If minute or hour is not a plain number, print {bad}.", f"Minute or hour with * or /: {bad}."]], "words": [[f"Forms: 'every day at HH:MM', 'every Monday at HH:MM', 'on day 5 of the month at HH:MM'; everything else: {bad}.", f"Write 'every day at HH:MM', 'every <weekday> at HH:MM' or 'on day N of the month at HH:MM'. Anything else gives {bad}."]], "kind": [[f"Fixed time with day and weekday *: {L[0]}; fixed time with a weekday number: {L[1]}; fixed time with a day number: {L[2]}; all else {L[3]}.", f"{L[0]} if only minute and hour are numbers, {L[1]} if also the weekday, {L[2]} if also the day of the month, {L[3]} in all other cases."]]}[w]
    return Task(heads, rules, case, check, choices=L if w == "kind" else None, rare={bad})


@family("comment-strip", "repair")
def comment_strip(r):
    mark, lang = r.choice([("#", "Python"), ("//", "JavaScript"), ("--", "SQL"), (";", "INI"), ("//", "C")])
    mode = r.choice(["strip", "strip", "get"])
    miss = r.choice(["none", "-", "no comment"])
    codes = {"Python": ["x = {n}", "total += price", "return {n}", "for i in range({n}):", "name = 'Anna'", "import json", "print(total)", "if n > {n}:", "items.append(x)"], "JavaScript": ["let x = {n};", "total += price;", "return {n};", "save(item);", "const name = 'Anna';", "i++;", "show(total);"], "SQL": ["SELECT id FROM users", "LIMIT {n}", "WHERE price > {n}", "ORDER BY name", "DROP TABLE old_items", "UPDATE items SET qty = {n}"],
             "INI": ["port={n}", "host=cache-01", "level=debug", "user=anna", "size={n}MB", "theme=dark"], "C": ["int x = {n};", "return {n};", "i++;", "free(buf);", "total += price;", "char c = 'a';"]}[lang]
    com = ["todo", "remove later", "was {m} before", "see ticket {m}", "do not touch", "from the manual", "in seconds", "default", "checked by Ben", "temporary", "old value", "needs a test", "copied from docs", "ask ops first"]

    def case(r):
        c = r.choice(codes).format(n=r.randint(2, 90))
        if r.random() < .25:
            c2 = r.choice(codes).format(n=r.randint(2, 90))
            c = c + " " + c2 if lang in ("SQL",) else c
        if r.random() < (.2 if mode == "strip" else .15):
            return c, c if mode == "strip" else miss
        t = r.choice(com).format(m=r.randint(2, 90))
        return f"{c}{r.choice([' ', '  ', ' '])}{mark}{r.choice([' ', ' ', ''])}{t}", c if mode == "strip" else t

    def check(i, o):
        a = i.split(mark, 1)
        return o == (a[0].rstrip() if mode == "strip" else a[1].strip() if len(a) > 1 else miss)
    w = "the code without its comment" if mode == "strip" else "only the comment, without its marker"
    heads = [f"A line of {lang} may end with a comment ({mark}). Print {w}.", f"{lang} line -> {w} ({mark} starts a comment)", f"Comments start with {mark} in {lang}. Give me {w}.", f"What is left if I want {w}? Marker: {mark}.", f"Code listing ({lang}, {mark}): print {w}.", f"Split the {lang} line at {mark} and print {w}."]
    return Task(heads, [["No spaces at the end or start of the result.", "Trim the result."], ["A line without a comment stays as it is." if mode == "strip" else f"Without a comment print {miss}.", "If there is no comment, print the line." if mode == "strip" else f"No comment: {miss}."]], case, check, rare={miss})


@family("import-module", "extraction")
def import_module(r):
    w = r.choice(["module", "top", "names", "kind"])
    std = ["json", "re", "os", "sys", "math", "csv", "random"]
    L = labels(r, ["standard", "third-party", "local"])
    third = ["numpy", "requests", "flask", "pandas"]
    l = Lst(r, "names", joins=[",", ", ", " "])

    def case(r):
        k = r.randrange(3)
        m = r.choice([r.choice(std), r.choice(third), "." + r.choice(["utils", "models", "forms"]) if w == "kind" or r.random() < .3 else r.choice(third)])
        sub = "" if m.startswith(".") or r.random() < .6 else "." + r.choice(["core", "path", "io", "util"])
        ns = r.sample(["load", "dump", "Parser", "sleep", "Table", "clean", "walk", "Config"], r.choice([1, 2, 3]))
        if (k == 0 or w == "names") and (w == "names" and r.random() < .8 or m.startswith(".") or r.random() < .5):
            s, names = f"from {m}{sub} import {', '.join(ns)}", ns
        elif m.startswith("."):
            s, names = f"from {m} import {ns[0]}", ns[:1]
        else:
            s, names = f"import {m}{sub}" + (f" as {m[:2]}" if r.random() < .35 else ""), []
        full = m + sub
        o = {"module": full, "top": full.lstrip(".").split(".")[0], "names": l.out(names), "kind": L[2] if m.startswith(".") else L[0] if m in std else L[1]}[w]
        return s, o

    def check(i, o):
        m = re.match(r"(?:from|import) (\S+)", i)[1]
        n = re.search(r" import (.*)$", i)
        if w == "names":
            return l.parse(o) == (n[1].split(", ") if n and i.startswith("from") else [])
        return {"module": o == m, "top": o == m.lstrip(".").split(".")[0], "kind": o == (L[2] if m[0] == "." else L[0] if m.split(".")[0] in std else L[1])}[w]
    say = {"module": "the full name of the module that is imported from", "top": "the top-level module (up to the first point; leading points dropped)", "names": "the names that are imported with 'from ... import'", "kind": "the kind of module"}[w]
    heads = [f"Python import line: print {say}.", f"import line -> {say}", f"Read the Python import and give {say}.", f"What is imported? Print {say}.", f"Dependency scan: {say}.", f"From the import statement take {say}."]
    rules = {"module": [["As written, with points.", "Keep points, drop 'as ...' and imported names."]], "top": [["Ignore 'as' and imported names.", "Nothing after import names or as counts."]], "names": [["A plain 'import x' has none.", "Without 'from' there are no names."]] + l.rules(), "kind": [[f"Names with a leading point: {L[2]}; {', '.join(std)}: {L[0]}; everything else {L[1]}.", f"{L[0]} for {', '.join(std)}, {L[2]} if it starts with a point, otherwise {L[1]}."]]}[w]
    return Task(heads, rules, case, check, choices=L if w == "kind" else None, rare=l.rare)
