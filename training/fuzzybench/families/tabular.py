"""CSV, TSV, key=value, INI, YAML-like and table rows."""
import csv
import io
import json
import re
from ..registry import Task, family
from ..forms import compact, labels, yes_no, MISSING, Rec, either
from .. import pools as P
from .jsonx import KEYS

COLS = ["name", "city", "age", "team", "country", "qty", "color", "sku", "item", "email", "level", "id"]


def row(r, ks):
    return [str(KEYS[k](r)) for k in ks]


def ordinal(n):
    return ["first", "second", "third", "fourth", "fifth", "sixth"][n]


SEP = {",": "commas", ";": "semicolons", "|": "pipes", "\t": "tabs", ":": "colons"}


@family("csv-field", "extraction")
def csv_field(r):
    n = r.choice([3, 4, 5])
    ks = r.sample(COLS, n)
    sep = r.choice([",", ",", ";", "|", "\t"])
    k = r.randrange(n)
    by = r.choice(["name", "pos", "last"]) if k < n - 1 else r.choice(["name", "last"])
    if by == "last":
        k = n - 1
    miss = r.choice(MISSING)
    quoted = sep in ",;" and r.random() < .3
    post = r.choice([None, None, "upper", "lower"])

    def case(r):
        v = row(r, ks)
        if r.random() < .14:
            v[k] = ""
        o = v[k] or miss
        if post and v[k]:
            o = o.upper() if post == "upper" else o.lower()
        if quoted:
            cells = [f'"{x}"' if r.random() < .5 and x else x for x in v]
        else:
            cells = v
        s = sep.join(cells)
        if not v[k] and k in (0, n - 1):
            s = sep.join(cells)
        return s, o

    def check(i, o):
        c = next(csv.reader(io.StringIO(i), delimiter=sep))[k]
        return o == (miss if not c else c.upper() if post == "upper" else c.lower() if post == "lower" else c)
    w = {"name": f"the {ks[k]}", "pos": f"the {ordinal(k)} field", "last": "the last field"}[by]
    cols = ", ".join(ks)
    heads = [f"A line has the fields {cols}, separated by {SEP[sep]}. Print {w}.", f"{cols} ({SEP[sep]}) -> {w}", f"Get {w} of a record with the columns {cols}; the separator is {SEP[sep][:-1]}.", f"What is {w}? Columns: {cols}. Separated by {SEP[sep]}.", f"Our export has {n} columns ({cols}) split by {SEP[sep]}; I only want {w}.", f"Pick {w} out of the row ({cols}, {SEP[sep]} between them)."]
    rules = [[f"Empty field: {miss}.", f"If that field is empty, print {miss}.", f"Print {miss} for an empty one."]]
    if quoted:
        rules.append(["Remove quotation marks around it.", "Print it without quotes."])
    if post:
        rules.append([f"Print it in {post} case.", f"{post.capitalize()}-case the result."])
    return Task(heads, rules, case, check, rare={miss})


@family("csv-reorder", "structured")
def csv_reorder(r):
    n = r.choice([3, 4])
    ks = r.sample(COLS, n)
    take = r.sample(ks, r.choice([2, n, n]) if n == 3 else r.choice([2, 3, 4]))
    if take == ks:
        take = take[::-1]
    a, b = r.choice([",", ";", "|", "\t"]), r.choice([",", ";", "|", " - "])

    def case(r):
        v = row(r, ks)
        sp = r.random() < .3 and a in ",;|"
        return (a + (" " if sp else "")).join(v), b.join(v[ks.index(k)] for k in take)

    def check(i, o):
        v = [x.strip() for x in i.split(a)]
        return o.split(b) == [v[ks.index(k)] for k in take]
    c, t = ", ".join(ks), ", ".join(take)
    bs = {" - ": "space-dash-space"}.get(b, SEP.get(b, "")[:-1])
    heads = [f"Columns come as {c} (separated by {SEP[a]}). Print {t}, separated by {bs}.", f"{c} -> {t}; {SEP[a]} in, {bs} out", f"Reorder the row {c} to {t}. Input separator: {SEP[a][:-1]}. Output separator: {bs}.", f"I get {c} with {SEP[a]} between and need {t} with {bs} between.", f"Could you turn {c} (split by {SEP[a]}) into {t} (joined by {bs})?", f"Change the column order from {c} to {t}; read {SEP[a]}, write {bs}."]
    return Task(heads, [["No spaces around the output separator." if b != " - " else "Values are copied unchanged.", "Trim the values, change nothing else."]] if b != " - " else [["Trim the values, change nothing else.", "Values are copied without outer spaces."]], case, check)


@family("csv-repair", "repair")
def csv_repair(r):
    n = r.choice([3, 4, 5])
    out = r.choice([",", ";", "|"])
    faults = r.sample(["mixed separators (comma, semicolon, tab or pipe)", "spaces around values", "quotes around values", "a separator at the end of the line", "repeated separators"], r.choice([2, 3]))
    low = r.random() < .3
    ks = [k for k in r.sample(COLS, n)]

    def case(r):
        v = row(r, ks)
        f = r.choice(faults)
        g = r.choice(faults)
        w = [f'"{x}"' if "quotes" in f and r.random() < .7 else x for x in v]
        w = [(" " * r.choice([1, 2]) + x if r.random() < .6 else x) + (" " if r.random() < .5 else "") if "spaces" in f + g and "mixed" not in f else x for x in w]
        base = r.choice(",;")
        seps = [r.choice(",;|\t") if "mixed" in f else base for _ in v]
        if "repeated" in f:
            seps[r.randrange(n - 1)] *= 2
        s = "".join(x + t for x, t in zip(w, seps))
        s = s if "end of the line" in f else s.rstrip(",;|\t")
        o = out.join(v)
        return s, o.lower() if low else o

    def check(i, o):
        v = [x for x in (y.strip().strip('"').strip() for y in re.split(r"[,;|\t]", i)) if x]
        return o == out.join(v).lower() if low else o == out.join(v)
    fs = either(faults, "and")
    heads = [f"Repair a delimited line of {n} values. It may have {fs}. Print the values with {SEP[out]} between, no spaces around.", f"messy row ({fs}) -> clean row, {SEP[out]} without spaces", f"Clean the record: known faults are {fs}. Output {n} values separated by {SEP[out]}, no blanks.", f"Rows were typed by hand and show {fs}. Normalise to {SEP[out]} without surrounding spaces.", f"Can you tidy this row? Faults: {fs}. Separator in the output: {SEP[out][:-1]} alone.", f"Fix {fs} and join the {n} values by {SEP[out]} (no spaces)."]
    rules = [["Values have no separators inside and are never empty.", "There are no empty values."], ["All lower case in the output.", "Lower-case everything."] if low else ["Values themselves stay unchanged.", "Do not touch the values."]]
    return Task(heads, rules, case, check)


@family("csv-quote", "repair")
def csv_quote(r):
    sep = r.choice([",", ";"])
    allq = r.random() < .35
    ks = r.sample(["name", "city", "note", "item", "team", "age", "qty"], r.choice([2, 3]))
    notes = ["call first, then ring", "big; heavy", "5\" screen", "left, next to the door", 'the "old" one', "plain", "fragile", "no reply", "blue; matt", "rain, wind", 'say "hi"', "two parts, one box"]

    def q(x):
        return '"' + x.replace('"', '""') + '"' if allq or sep in x or '"' in x else x

    def case(r):
        v = [r.choice(notes) if k == "note" or r.random() < .35 else str(KEYS[k](r)) for k in ks]
        return " | ".join(v), sep.join(q(x) for x in v)

    def check(i, o):
        return next(csv.reader(io.StringIO(o), delimiter=sep)) == i.split(" | ")
    nm = SEP[sep][:-1]
    heads = [f"Values are separated by ' | '. Print them as one CSV row with {nm} as separator.", f"a | b | c -> CSV row ({nm})", f"Write the values (split by ' | ') as a CSV line, separator {nm}.", f"How do these values look as a CSV row with {SEP[sep]}? They come with ' | ' between.", f"Convert ' | ' separated values to CSV ({nm}), quoting properly.", f"Make a CSV record, separator {nm}, from the ' | ' list."]
    rules = [["Put every value in double quotes.", "All values are quoted."] if allq else [f"Quote a value with double quotes only if it holds a {nm} or a double quote.", f"Only values that contain a {nm} or a double quote get double quotes around them."], ["Double quotes inside a value are doubled.", 'A " inside becomes "".']]
    return Task(heads, rules, case, check)


@family("csv-to-json", "structured")
def csv_to_json(r):
    ks = r.sample(COLS, r.choice([2, 3, 3]))
    sep = r.choice([",", ";", "\t", "|"])
    head = r.random() < .5
    nums = [k for k in ks if k in ("age", "qty", "id")]
    asnum = r.random() < .7
    arr = r.random() < .2

    def case(r):
        v = row(r, ks)
        if r.random() < .15:
            v[r.randrange(len(ks))] = ""
        ks2 = list(ks)
        if head:
            z = list(zip(ks2, v))
            r.shuffle(z)
            ks2, v = [a for a, _ in z], [b for _, b in z]
        e = [None if not x else int(x) if asnum and k in nums else x for k, x in zip(ks2, v)]
        s = sep.join(v)
        if head:
            s = sep.join(ks2) + "\n" + s
        return s, compact(e if arr else dict(zip(ks2, e)))

    def check(i, o):
        e = json.loads(o)
        last = i.split("\n")[-1].split(sep)
        vals = e if arr else list(e.values())
        return [("" if x is None else str(x)) for x in vals] == last and (arr or not head or list(e) == i.split("\n")[0].split(sep))
    src = f"a header line and one data line, separated by {SEP[sep]}" if head else f"one line with {', '.join(ks)}, separated by {SEP[sep]}"
    t = "a compact JSON array of the data values" if arr else "a compact JSON object"
    heads = [f"Input: {src}. Print {t}.", f"{src} -> {t}", f"Convert {src} to {t}.", f"What is {t.replace('a compact', 'the compact')} for {src}?", f"I paste {src}; give me {t} without spaces.", f"Make {t} out of {src}."]
    rules = [["Keys are the column names, in column order.", "Use the column names as keys, order as in the table."]] if not arr else [["Order as in the row.", "Keep the column order."]]
    if asnum and nums:
        rules.append([f"{either(nums, 'and')} as number, all else as strings.", f"Values of {either(nums, 'and')} are numbers without quotes; the others are strings."])
    else:
        rules.append(["All values are strings.", "Numbers are strings, too."])
    rules.append(["An empty cell is null.", "Use null for empty cells."])
    return Task(heads, rules, case, check)


@family("table-lookup", "extraction")
def table_lookup(r):
    names = r.choice([P.FRUIT, P.CITIES, P.FIRST, P.PRODUCTS])
    col, other = r.choice([("price", "stock"), ("stock", "price"), ("zone", "code"), ("code", "zone")])
    mk = {"price": lambda r: f"{r.randint(1, 40)}.{r.choice(['00', '50', '95', '20'])}", "stock": lambda r: str(r.randint(0, 90)), "zone": lambda r: r.choice("ABCD"), "code": lambda r: f"{r.choice('KLMPQ')}{r.randint(10, 99)}"}
    miss = r.choice(MISSING)
    sep = r.choice([" | ", ", ", "; "])
    first = r.random() < .5

    def case(r):
        ns = r.sample(names, 5)
        rows = [f"{x} {mk[col](r)} {mk[other](r)}" if first else f"{x} {mk[other](r)} {mk[col](r)}" for x in ns[:r.choice([3, 4])]]
        if r.random() < .15:
            q, o = ns[4], miss
        else:
            w = r.choice(rows)
            q = w.rsplit(" ", 2)[0]
            o = w.rsplit(" ", 2)[1 if first else 2]
        return f"{sep.join(rows)} >> {q}", o

    def check(i, o):
        t, q = i.split(" >> ")
        hit = [x.rsplit(" ", 2) for x in t.split(sep)]
        hit = [x for x in hit if x[0] == q]
        return o == (hit[0][1 if first else 2] if hit else miss)
    cols = f"name, {col}, {other}" if first else f"name, {other}, {col}"
    heads = [f"Look up the {col} of the name after '>>'. Each entry of the table is {cols}.", f"table ({cols}) >> name -> {col}", f"Find the entry for the name that follows '>>' and print its {col}; entries are {cols}.", f"What is the {col} of the thing asked for after '>>'? Entry layout: {cols}.", f"Small look-up: entries ({cols}), then '>>' and a name. I want the {col}.", f"Search the list for the name given behind >> and return the {col} (layout {cols})."]
    return Task(heads, [[f"If the name is not in the table, print {miss}.", f"Unknown name: {miss}.", f"Not listed: {miss}."]], case, check, rare={miss})


@family("kv-get", "extraction")
def kv_get(r):
    ks = ["user", "level", "host", "port", "city", "qty", "status", "team", "sku", "color", "zone", "plan"]
    mk = {"user": lambda r: r.choice(P.FIRST).lower(), "level": lambda r: r.choice(["low", "mid", "high"]), "host": lambda r: r.choice(P.SERVICES), "port": lambda r: str(r.randint(1000, 9999)), "city": lambda r: r.choice(P.CITIES), "qty": lambda r: str(r.randint(1, 99)), "status": lambda r: r.choice(["open", "done", "hold", "new"]),
          "team": lambda r: r.choice(P.DEPARTMENTS), "sku": P.sku, "color": lambda r: r.choice(P.COLORS), "zone": lambda r: r.choice("ABCDEF") + str(r.randint(1, 9)), "plan": lambda r: r.choice(["free", "basic", "pro", "team"])}
    k = r.choice(ks)
    sep, eq = r.choice([("; ", "="), (" ", "="), ("&", "="), (", ", ": "), ("|", ":"), ("\n", " = "), (",", "=")])
    miss = r.choice(MISSING)
    dup = r.choice(["first", "last", None])
    nocase = r.random() < .3

    def case(r):
        o = r.sample([x for x in ks if x != k], r.choice([2, 3, 4]))
        ps = [[x, mk[x](r)] for x in o]
        t = r.random()
        if t < .15:
            ans = miss
        else:
            vals = [mk[k](r) for _ in range(2 if dup and t < .4 else 1)]
            for v in vals:
                ps.insert(r.randint(0, len(ps)), [r.choice([k, k.upper(), k.capitalize()]) if nocase else k, v])
            hits = [v for a, v in ps if a.lower() == k]
            ans = hits[-1] if dup == "last" else hits[0]
        return sep.join(a + eq + v for a, v in ps), ans

    def check(i, o):
        hits = [p.split(eq, 1)[1] for p in i.split(sep) if (p.split(eq, 1)[0].lower() if nocase else p.split(eq, 1)[0]) == k]
        return o == (miss if not hits else hits[-1 if dup == "last" else 0])
    f = {"\n": "one pair a line"}.get(sep, f"pairs joined by '{sep}'")
    heads = [f"The input is a list of settings ({f}, '{eq.strip()}' between key and value). Print the value of {k}.", f"key{eq}value list -> value of {k}", f"Get {k} from the pairs ({f}).", f"Which value does {k} have? The input has {f}.", f"I need {k} out of lines like a{eq}1{sep if sep != chr(10) else ' (new line) '}b{eq}2.", f"Find the key {k} and print what stands behind it."]
    rules = [[f"No {k}: {miss}.", f"If {k} is not there, print {miss}."]]
    if dup:
        rules.append([f"If it occurs twice, the {dup} one counts.", f"With duplicates take the {dup} value."])
    if nocase:
        rules.append(["Upper and lower case of the key do not matter.", "Key names are compared without regard to case."])
    return Task(heads, rules, case, check, rare={miss})


@family("kv-convert", "structured")
def kv_convert(r):
    a, b = r.sample([("; ", "="), (" ", "="), ("&", "="), (", ", ": "), ("|", ":"), ("\n", " = "), (",", "=>"), (" / ", " ")], 2)
    if b[0] == "\n":
        a, b = b, a
    sort = r.random() < .4
    drop = r.random() < .4
    ks = ["user", "level", "city", "qty", "status", "team", "color", "zone", "plan", "size", "code", "mode"]

    def val(r):
        return r.choice([str(r.randint(1, 99)), r.choice(P.COLORS), r.choice(P.CITIES), r.choice(["on", "off", "high", "new"]), r.choice(P.DEPARTMENTS)])

    def case(r):
        ps = [(k, val(r) if not (drop and r.random() < .25) else "") for k in r.sample(ks, r.choice([2, 3, 4]))]
        i = a[0].join(k + a[1] + v for k, v in ps)
        q = [(k, v) for k, v in ps if v or not drop]
        if not q or i != i.strip():
            return case(r)
        if sort:
            q = sorted(q)
        return i, b[0].join(k + b[1] + v for k, v in q)

    def check(i, o):
        p = [x.split(a[1].rstrip() if 0 else a[1], 1) for x in i.split(a[0])]
        p = [x for x in p if len(x) == 2 and (x[1] or not drop)]
        return sorted(b[1].join(x) for x in p) == sorted(o.split(b[0])) and (not sort or o.split(b[0]) == sorted(o.split(b[0])))

    def f(s):
        return ("one pair a line" if s[0] == "\n" else f"pairs joined by '{s[0]}'") + f", '{s[1]}' between key and value"
    ea = a[1].join(["k1", "v1"]) + (a[0] if a[0] != "\n" else " <newline> ") + a[1].join(["k2", "v2"])
    eb = b[1].join(["k1", "v1"]) + b[0] + b[1].join(["k2", "v2"])
    heads = [f"Change the notation of key-value pairs. Input: {f(a)}. Output: {f(b)}.", f"{ea} -> {eb}", f"Rewrite pairs from the form {ea} to the form {eb}.", f"How do these pairs look as {eb}? They come as {ea}.", f"One tool writes {ea}, another reads {eb}. Convert.", f"Convert the settings: in, {f(a)}; out, {f(b)}."]
    rules = [["Sort the pairs by key.", "Keys in alphabetical order."] if sort else ["Keep the order.", "Order unchanged."]]
    if drop:
        rules.append(["Leave out pairs with an empty value.", "Drop keys that have no value."])
    return Task(heads, rules, case, check)


@family("ini-get", "extraction")
def ini_get(r):
    secs = r.sample(["server", "mail", "cache", "log", "backup", "ui", "db"], 2)
    keys = ["host", "port", "level", "path", "user", "theme", "size"]
    mk = {"host": lambda r: r.choice(P.SERVICES), "port": lambda r: str(r.randint(1000, 9999)), "level": lambda r: r.choice(["info", "debug", "warn"]), "path": lambda r: r.choice(["/var/log", "/srv/data", "/tmp", "/home/app"]), "user": lambda r: r.choice(P.FIRST).lower(), "theme": lambda r: r.choice(["dark", "light", "blue"]), "size": lambda r: r.choice(["10MB", "200MB", "1GB"])}
    s, k = secs[0], r.choice(keys)
    miss = r.choice(MISSING)
    com = r.random() < .5

    def case(r):
        t = r.random()
        blocks = []
        ans = miss
        for sec in r.sample(secs, 2) if r.random() < .8 else [secs[1]]:
            ls = [f"[{sec}]"]
            for x in r.sample([y for y in keys if y != k], r.choice([1, 2])):
                ls.append(f"{x}={mk[x](r)}")
            if sec == s and t < .75:
                v = mk[k](r)
                ans = v
                ls.insert(r.randint(1, len(ls)), f"{k}={v}")
            elif com and sec == s:
                ls.append(f"{r.choice('#;')}{k}={mk[k](r)}")
            elif sec != s and r.random() < .6:
                ls.append(f"{k}={mk[k](r)}")
            blocks += ls
        return "\n".join(blocks), ans

    def check(i, o):
        cur = val = None
        for l in i.split("\n"):
            if l.startswith("["):
                cur = l[1:-1]
            elif cur == s and l.startswith(k + "="):
                val = l[len(k) + 1:]
        return o == (miss if val is None else val)
    heads = [f"Print the value of {k} in section [{s}] of the INI text.", f"ini -> {s}.{k}", f"Read the config and give me {k} from the section {s}.", f"What is {k} under [{s}]?", f"Our settings are INI files; I need [{s}] {k}.", f"Look into section [{s}] and return its {k}."]
    rules = [[f"If that section has no such key, print {miss}.", f"Not set there: {miss}."], ["The same key in another section does not count.", "Ignore other sections."]]
    if com:
        rules.append(["Lines starting with # or ; are comments.", "A commented-out line (# or ;) is not a setting."])
    return Task(heads, rules, case, check, rare={miss})


@family("yaml-json", "structured")
def yaml_json(r):
    to = r.random() < .5
    sort = r.random() < .3

    def case(r):
        ks = r.sample(["name", "city", "age", "team", "qty", "color", "level", "active", "country", "port"], r.choice([2, 3]))
        d = {k: KEYS[k](r) for k in ks}
        if r.random() < .4:
            d["tags"] = r.sample(["new", "sale", "eco", "vip", "test"], 2)
        y = "\n".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" if not isinstance(v, list) else f"{k}:\n" + "\n".join(f"  - {x}" for x in v) for k, v in d.items())
        e = dict(sorted(d.items())) if sort else d
        y2 = "\n".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" if not isinstance(v, list) else f"{k}: [{', '.join(v)}]" for k, v in e.items())
        return (y, compact(e)) if to else (json.dumps(d, ensure_ascii=False), y2)

    def check(i, o):
        j, y = (json.loads(o), i) if to else (json.loads(i), o)
        return all(re.search(rf"^{k}:", y, re.M) for k in j) and (not sort or list(j) == sorted(j) if to else True) and all(str(v).lower() in y.lower() for v in j.values() if not isinstance(v, list))
    if to:
        heads = ["Convert the simple YAML to compact JSON.", "yaml -> compact json", "Print the YAML lines as a JSON object without spaces.", "What is this YAML in minified JSON?", "Configs come in YAML, the API wants minified JSON. Convert.", "Read 'key: value' lines and '- item' lists and output minified JSON."]
        rules = [["Numbers and true/false are not quoted, all else is a string.", "Unquoted numbers and booleans, strings in double quotes."]]
    else:
        heads = ["Convert the JSON object to YAML, one 'key: value' line each.", "json -> yaml lines", "Print the object as YAML, a line per key.", "How does this object look in YAML?", "Make the JSON readable: 'key: value', one per line.", "Rewrite the JSON as simple YAML lines."]
        rules = [["No quotes around strings.", "Strings without quotes."], ["Arrays as [a, b].", "An array stays on one line: [a, b]."]]
    rules.append(["Sort the keys.", "Keys in alphabetical order."] if sort else ["Keep the order of keys.", "Order as in the input."])
    return Task(heads, rules, case, check)


@family("md-table-row", "structured")
def md_table_row(r):
    ks = r.sample(COLS, r.choice([3, 4]))
    to = r.choice(["csv", "cell", "mdrow"])
    k = r.randrange(len(ks))
    miss = r.choice(MISSING)

    def case(r):
        v = row(r, ks)
        if r.random() < .15:
            v[k] = ""
        md = "| " + " | ".join(v) + " |" if r.random() < .6 else "|" + "|".join(f" {x}" + " " * r.randint(1, 4) for x in v) + "|"
        return (md, ",".join(v)) if to == "csv" else (md, v[k] or miss) if to == "cell" else (",".join(v), "| " + " | ".join(x or miss for x in v) + " |")

    def check(i, o):
        v = [x.strip() for x in (i.strip("|").split("|") if to != "mdrow" else i.split(","))]
        return o == (",".join(v) if to == "csv" else v[k] or miss if to == "cell" else "| " + " | ".join(x or miss for x in v) + " |")
    c = ", ".join(ks)
    if to == "csv":
        heads = ["Turn the Markdown table row into a CSV line.", "| a | b | -> a,b", "Print the cells of the Markdown row separated by commas.", "What is this table row as comma-separated values?", "Copy the row out of the Markdown table as CSV.", "Strip the pipes and give plain CSV."]
        rules = [["Trim every cell; no spaces around commas.", "Cells without outer spaces."], ["Empty cells stay empty.", "An empty cell gives nothing between the commas."]]
    elif to == "cell":
        heads = [f"From a Markdown table row ({c}) print the {ks[k]}.", f"md row ({c}) -> {ks[k]}", f"The columns are {c}. Which {ks[k]} does the row have?", f"Read cell number {k+1} ({ks[k]}) of the table row.", f"Wiki tables have {c}; I need the {ks[k]}.", f"Extract the {ks[k]} cell; columns: {c}."]
        rules = [[f"Empty cell: {miss}.", f"Print {miss} if the cell is empty."], ["Without spaces around it.", "Trim it."]]
    else:
        heads = ["Turn the CSV line into a Markdown table row.", "a,b -> | a | b |", "Print the comma-separated values as a row of a Markdown table.", "How does this line look as a Markdown table row?", "For the wiki: make a table row from CSV.", "Wrap the values in pipes as Markdown wants it."]
        rules = [["Form: | a | b |, one space on each side of a value.", "Start and end with a pipe, one space around values."], [f"Empty values become {miss}.", f"Put {miss} where a value is empty."]]
    return Task(heads, rules, case, check, rare={miss})


@family("record-complete", "decision")
def record_complete(r):
    ks = r.sample(COLS, 4)
    req = r.sample(ks, r.choice([2, 3]))
    sep = r.choice([";", ",", "|"])
    out = r.choice(["yn", "first", "count"])
    y, n = yes_no(r, ("complete", "incomplete"), ("ok", "incomplete"))
    blank = r.choice(["n/a", "-", "?", "TBD"])

    def empty(x):
        return x in ("", blank)

    def case(r):
        v = row(r, ks)
        for k in r.sample(ks, r.choice([0, 0, 1, 1, 2])):
            v[ks.index(k)] = r.choice(["", blank])
        m = [k for k in req if empty(v[ks.index(k)])]
        return sep.join(v), (n if m else y) if out == "yn" else str(len(m)) if out == "count" else (m[0] if m else y)

    def check(i, o):
        d = dict(zip(ks, i.split(sep)))
        m = [k for k in req if d[k] in ("", blank)]
        return o == ((n if m else y) if out == "yn" else str(len(m)) if out == "count" else (m[0] if m else y))
    c, q = ", ".join(ks), either(req, "and")
    what = {"yn": f"{y} if all required fields are filled, {n} if one is missing", "first": f"the name of the first missing required field (in the order {', '.join(req)}), or {y} if none is missing", "count": "how many required fields are missing"}[out]
    heads = [f"Records have {c}, separated by {SEP[sep]}. Required: {q}. Print {what}.", f"row ({c}; {SEP[sep]}), required {q} -> {what}", f"Check a row {c} (split by {SEP[sep]}): {q} must be filled. Output {what}.", f"Is the record usable? Columns {c}, {SEP[sep]} between. We need {q}. Answer with {what}.", f"Before import: fields are {c} with {SEP[sep]}, and {q} are mandatory. Tell me {what}.", f"Test the mandatory fields ({q}) of a line with {c}, separated by {SEP[sep]}; print {what}."]
    ch = [y, n] if out == "yn" else req + [y] if out == "first" else [str(x) for x in range(len(req) + 1)]
    return Task(heads, [[f"Empty fields and '{blank}' count as missing.", f"A field is missing if it is empty or just {blank}."]], case, check, choices=ch)
