"""JSON: repair, build, select, reshape."""
import json
import re
from ..registry import Task, family
from ..forms import compact, yes_no, MISSING, labels, either
from .. import pools as P

KEYS = {"name": lambda r: P.person(r), "city": lambda r: r.choice(P.CITIES), "age": lambda r: r.randint(18, 80), "active": lambda r: r.random() < .5, "email": lambda r: P.email(r), "color": lambda r: r.choice(P.COLORS), "qty": lambda r: r.randint(1, 40),
        "price": lambda r: r.choice([4.5, 9.99, 12.0, 20, 35, 7.25, 120]), "sku": P.sku, "paid": lambda r: r.random() < .5, "note": lambda r: r.choice(["call first", "fragile", "left at door", "urgent", "gift wrap", "2nd floor"]), "item": lambda r: r.choice(P.PRODUCTS),
        "id": lambda r: r.randint(100, 9999), "team": lambda r: r.choice(P.DEPARTMENTS), "country": lambda r: r.choice(P.COUNTRIES), "tags": lambda r: r.sample(["new", "sale", "eco", "old", "vip", "test"], r.randint(1, 3)), "level": lambda r: r.choice(["low", "mid", "high"]),
        "first_name": lambda r: r.choice(P.FIRST), "last_name": lambda r: r.choice(P.LAST), "zip_code": lambda r: str(r.randint(10000, 99999)), "is_open": lambda r: r.random() < .5, "order_id": lambda r: r.randint(1000, 9999), "host": lambda r: r.choice(P.SERVICES), "port": lambda r: r.choice([80, 443, 5432, 8080, 6379])}
SNAKE = ["first_name", "last_name", "zip_code", "is_open", "order_id"]


def obj(r, n=None, avoid=(), need=()):
    ks = [k for k in KEYS if k not in avoid and k not in need]
    pick = list(need) + r.sample(ks, max(0, (n or r.randint(2, 4)) - len(need)))
    r.shuffle(pick)
    return {k: KEYS[k](r) for k in pick}


def spaced(r, x):
    return r.choice([compact(x), json.dumps(x, ensure_ascii=False), json.dumps(x, ensure_ascii=False)])


def pyrepr(x):
    return repr(x)


def brk_single(r, d):
    return json.dumps(d, ensure_ascii=False).replace('"', "'")


def brk_trailing(r, d):
    return re.sub(r"([}\]])", r",\1", json.dumps(d, ensure_ascii=False)) if r.random() < .4 else json.dumps(d, ensure_ascii=False)[:-1] + r.choice([",}", ", }"])


def brk_close(r, d):
    s = json.dumps(d, ensure_ascii=False)
    return s[:-1] if r.random() < .6 or not s.endswith("]}") else s[:-2]


def brk_keys(r, d):
    return re.sub(r'"(\w+)":', r"\1:", json.dumps(d, ensure_ascii=False))


def brk_python(r, d):
    return pyrepr(d)


def brk_comma(r, d):
    s = json.dumps(d, ensure_ascii=False)
    i = s.find(', "')
    return s[:i] + s[i + 1:] if i > 0 else s[:-1]


def brk_equals(r, d):
    return re.sub(r'"(\w+)": ', r'"\1" = ', json.dumps(d, ensure_ascii=False))


def brk_comment(r, d):
    s = json.dumps(d, ensure_ascii=False)
    return s[:-1] + r.choice(["} // from the form", "} // draft", "} # todo", "} // v2", "} # checked by hand"])


BREAKS = {"single": (brk_single, "single quotes instead of double quotes"), "trailing": (brk_trailing, "trailing commas"), "close": (brk_close, "missing closing brackets at the end"), "keys": (brk_keys, "keys without quotes"), "python": (brk_python, "Python literals (True, False, None, single quotes)"),
          "comma": (brk_comma, "a missing comma between two members"), "equals": (brk_equals, "= instead of : after a key"), "comment": (brk_comment, "a comment after the object")}


def deep_values(x):
    if isinstance(x, dict):
        return [v for y in x.values() for v in deep_values(y)]
    if isinstance(x, list):
        return [v for y in x for v in deep_values(y)]
    return [x]


def same_data(i, o):
    """o is JSON whose keys and plain values all occur in the broken text i."""
    d = json.loads(o)
    flat = deep_values(d)
    return all(k in i for k in d) and all((str(v) in i) or (str(v).lower() in i.lower()) for v in flat if v is not None)


@family("json-repair", "repair")
def json_repair(r):
    kinds = r.sample(list(BREAKS), r.choice([1, 2, 2, 3, 4]))
    out = r.choice(["compact", "spaced"])
    dump = compact if out == "compact" else (lambda d: json.dumps(d, ensure_ascii=False))
    bad = r.choice([None, None, "invalid", "not json", "ERROR", "null"])
    nul = "python" in kinds

    def case(r):
        if bad and r.random() < .1:
            return r.choice(P.PLAIN + P.SENTENCES), bad
        d = obj(r, r.choice([1, 2, 3, 3, 4]) if "comma" not in kinds else r.choice([2, 3, 4]))
        if nul and r.random() < .3:
            d[r.choice(list(d))] = None
        k = r.choice(kinds)
        if r.random() < .12:
            return json.dumps(d, ensure_ascii=False), dump(d)
        return BREAKS[k][0](r, d), dump(d)

    def check(i, o):
        return "{" not in i if o == bad else same_data(i, o) and dump(json.loads(o)) == o
    b = either([BREAKS[k][1] for k in kinds], "and")
    form = "compact JSON without spaces after colons and commas" if out == "compact" else "one line of JSON with one space after each colon and comma"
    heads = [f"Repair broken JSON. Faults that occur: {b}. Print {form}.", f"broken json ({b}) -> {form}", f"The input should be a JSON object but may have {b}. Fix it and print {form}.", f"Can you make this valid JSON? Known problems: {b}. Output {form}.", f"Our partner sends almost-JSON with {b}; I need {form}.", f"Fix the syntax only and output {form}. Typical faults: {b}."]
    rules = [["Keep the order of keys and all values.", "Do not change names, values or their order.", "Data stays the same, in the same order."]]
    if nul:
        rules.append(["True, False and None become true, false and null.", "None is null, True is true, False is false."])
    rules.append(["Correct JSON is only reformatted.", "If it is valid already, print it in that form."])
    if bad:
        rules.append([f"If the text is no object at all, print {bad}.", f"Plain prose gives {bad}."])
    return Task(heads, rules, case, check, rare={bad} if bad else set())


@family("json-get", "extraction")
def json_get(r):
    nested = r.random() < .5
    k = r.choice([x for x in KEYS if x not in ("tags", "active", "paid", "is_open")])
    outer = r.choice(["user", "order", "data", "meta", "ship_to", "owner"])
    path = f"{outer}.{k}" if nested else k
    miss = r.choice(MISSING)
    low = r.random() < .25 and k in ("name", "city", "team", "color", "country", "item", "last_name")
    null_too = r.random() < .5

    def case(r):
        d = obj(r, 2, avoid=(k,))
        inner = obj(r, 2, avoid=(k,))
        v = KEYS[k](r)
        t = r.random()
        if t < .16:
            v = None
        elif null_too and t < .24:
            (inner if nested else d)[k] = None
            v = None
        else:
            (inner if nested else d)[k] = v
        tgt = inner if nested else d
        items = list(tgt.items())
        r.shuffle(items)
        tgt = dict(items)
        if nested:
            d = dict([(outer, tgt)] + list(d.items())) if r.random() < .5 else dict(list(d.items()) + [(outer, tgt)])
            if r.random() < .4 and k not in d:
                d[k] = KEYS[k](r)
        else:
            d = tgt
            if r.random() < .3:
                d[outer] = {k: KEYS[k](r), "id": r.randint(1, 99)} if k != "id" else {"id": KEYS[k](r)}
        o = miss if v is None else str(v)
        return spaced(r, d), o.lower() if low and v is not None else o

    def check(i, o):
        d = json.loads(i)
        v = d.get(outer, {}).get(k) if nested else d.get(k)
        return o == miss if v is None else o == (str(v).lower() if low else str(v))
    w = f'"{k}" inside "{outer}"' if nested else f'the top-level "{k}"'
    heads = [f"Print the value of {w} from the JSON object.", f"json -> {path}", f"What is the value of {w}? Only the value, without quotes.", f"Read the JSON and give me {path}.", f"From each JSON record I need {w}.", f"Extract {path} and print it bare."]
    rules = [["No quotes around strings.", "Strings without their quotes.", "Print the bare value, no quotes."]]
    rules.append([f"If it is absent{' or null' if null_too else ''}, print {miss}.", f"Missing{' or null' if null_too else ''}: {miss}.", f"Print {miss} when the key does not exist{' or is null' if null_too else ''}."])
    rules.append([f'A "{k}" at another level does not count.', f"Only that level counts, not a {k} elsewhere."])
    if low:
        rules.append(["Print it in lower case.", "Lower-case the value."])
    return Task(heads, rules, case, check, rare={miss})


@family("json-pick", "structured")
def json_pick(r):
    n = r.choice([1, 2, 2, 3])
    ks = r.sample([k for k in KEYS if k != "tags"], n)
    mode = r.choice(["keep", "keep", "drop"])
    order = r.choice(["spec", "input"])
    fill = r.choice(["null", "skip"]) if mode == "keep" else "skip"

    def fn(d):
        if mode == "drop":
            return {k: v for k, v in d.items() if k not in ks}
        if order == "spec" or fill == "null":
            return {k: d.get(k) for k in ks if k in d or fill == "null"}
        return {k: v for k, v in d.items() if k in ks}

    def case(r):
        need = [k for k in ks if r.random() < .8]
        d = obj(r, len(need) + r.randint(1, 3), need=need, avoid=[k for k in ks if k not in need])
        return spaced(r, d), compact(fn(d))

    def check(i, o):
        d, e = json.loads(i), json.loads(o)
        if mode == "drop":
            return not set(e) & set(ks) and set(d) - set(ks) == set(e) and all(d[k] == e[k] for k in e)
        return set(e) <= set(ks) and all(d.get(k) == e[k] for k in e) and set(d) & set(ks) <= set(e)
    l = either(ks, "and")
    if mode == "keep":
        heads = [f"Keep only {l} of the JSON object and print compact JSON.", f"json -> only {l}, compact", f"Reduce the record to the keys {l}; output JSON without spaces.", f"What is left if you keep just {l}? Compact JSON.", f"I need a smaller object with {l} and nothing else, minified.", f"Select the members {l} from the object (minified output)."]
        o = "in the order named here" if order == "spec" or fill == "null" else "in the order of the input"
        rules = [[f"Keys {o}.", f"Print them {o}."], [f"An absent key {'gets the value null' if fill == 'null' else 'is left out'}.", f"Keys that the input does not have {'become null' if fill == 'null' else 'are skipped'}."]]
        if fill == "skip":
            rules.append(["None of them: {}.", "If nothing is left print {}."])
    else:
        heads = [f"Remove {l} from the JSON object and print the rest as compact JSON.", f"json without {l}, compact", f"Drop the keys {l}; output the remaining object without spaces.", f"How does the object look without {l}? Minified.", f"Before sharing a record we delete {l}. Print what remains, minified.", f"Delete the members {l} and print minified JSON."]
        rules = [["Everything else stays in its order.", "Keep the order of the other keys."], ["Keys that are not there are ignored.", "No problem if one of them is absent."], ["If nothing is left print {}.", "Empty result: {}."]]
    return Task(heads, rules, case, check, rare={"{}"})


@family("json-rename", "structured")
def json_rename(r):
    alias = {"name": ["full_name", "customer"], "city": ["town", "place"], "qty": ["quantity", "count"], "price": ["unit_price", "cost"], "item": ["product", "article"], "id": ["uid", "ref"], "email": ["mail", "contact"], "team": ["dept", "group"], "color": ["colour", "shade"], "country": ["nation", "land"], "note": ["comment", "remark"], "age": ["years", "age_years"]}
    ks = r.sample(list(alias), r.choice([2, 2, 3]))
    mp = {k: r.choice(alias[k]) for k in ks}
    strict = r.random() < .4
    extra = r.choice([None, "sort"])

    def fn(d):
        e = {mp.get(k, k): v for k, v in d.items() if not strict or k in mp}
        return dict(sorted(e.items())) if extra else e

    def case(r):
        need = [k for k in ks if r.random() < .85] or [ks[0]]
        d = obj(r, len(need) + r.randint(0, 2), need=need, avoid=[k for k in ks if k not in need] + ["tags"])
        return spaced(r, d), compact(fn(d))

    def check(i, o):
        d, e = json.loads(i), json.loads(o)
        return all(e.get(mp[k]) == v and k not in e for k, v in d.items() if k in mp) and (not extra or list(e) == sorted(e)) and (strict or len(d) == len(e))
    m = ", ".join(f"{a} -> {b}" for a, b in mp.items())
    heads = [f"Rename keys of the JSON object: {m}. Print compact JSON.", f"json keys {m}; compact output", f"Change the names {m} and output the object without spaces.", f"The other system calls things differently ({m}). Translate the keys; minified JSON.", f"How does the record look after renaming {m}? Minified.", f"Map the keys ({m}) and print minified JSON."]
    rules = [["Other keys are dropped.", "Leave out all keys that are not renamed."] if strict else ["Other keys stay as they are.", "Keys not listed are kept unchanged."]]
    rules.append(["Sort the new keys alphabetically.", "Order of the output keys: alphabetical."] if extra else ["Keep the order.", "The order of members stays."])
    return Task(heads, rules, case, check)


@family("json-sort-keys", "structured")
def json_sort_keys(r):
    mode = r.choice(["az", "az", "za", "len", "first"])
    first = r.choice(["id", "name", "email", "sku"])
    fn = {"az": lambda d: sorted(d), "za": lambda d: sorted(d, reverse=True), "len": lambda d: sorted(d, key=lambda k: (len(k), k)), "first": lambda d: sorted(d, key=lambda k: (k != first, k))}[mode]
    names = r.random() < .3

    def case(r):
        d = obj(r, r.choice([3, 4, 5]), need=[first] if mode == "first" and r.random() < .8 else [])
        ks = fn(d)
        return spaced(r, d), ",".join(ks) if names else compact({k: d[k] for k in ks})

    def check(i, o):
        d = json.loads(i)
        ks = o.split(",") if names else list(json.loads(o))
        return sorted(ks) == sorted(d) and (names or json.loads(o) == d) and ks == fn(d)
    w = {"az": "alphabetically", "za": "in reverse alphabetical order", "len": "by length of the key, shortest first, equal lengths alphabetically", "first": f"alphabetically, but {first} first if present"}[mode]
    o = "only the key names joined by commas without spaces" if names else "the object as compact JSON"
    heads = [f"Sort the keys of the JSON object {w} and print {o}.", f"json, keys sorted {w} -> {o}", f"Put the members in order, {w}. Output {o}.", f"What does it look like with keys ordered {w}? Print {o}.", f"For stable diffs we order keys {w}. Print {o}.", f"Reorder the members {w}; output {o}."]
    return Task(heads, [["Values are not changed.", "Leave values as they are."]] if not names else [["No values, no quotes.", "Names only, without quotes or values."]], case, check)


@family("json-clean", "repair")
def json_clean(r):
    drop = r.sample(["null", "empty string", "empty array", "false"], r.choice([1, 2, 2, 3]))
    trim = r.random() < .5
    test = {"null": lambda v: v is None, "empty string": lambda v: v == "", "empty array": lambda v: v == [], "false": lambda v: v is False}

    def fn(d):
        e = {k: (v.strip() if trim and isinstance(v, str) else v) for k, v in d.items()}
        return {k: v for k, v in e.items() if not any(test[x](v) for x in drop)}

    def case(r):
        d = obj(r, r.choice([3, 4]))
        for k in r.sample(list(d), r.choice([0, 1, 1, 2])):
            d[k] = r.choice([None, "", [], False, None])
        if trim:
            for k, v in d.items():
                if isinstance(v, str) and v and r.random() < .5:
                    d[k] = r.choice([" " + v, v + " ", "  " + v + " "])
        return json.dumps(d, ensure_ascii=False), compact(fn(d))

    def check(i, o):
        d, e = json.loads(i), json.loads(o)
        return set(e) == {k for k, v in d.items() if not any(test[x](v.strip() if trim and isinstance(v, str) else v) for x in drop)} and not any(isinstance(v, str) and v != v.strip() for v in e.values() if trim)
    l = {"null": "null", "empty string": 'the empty string ""', "empty array": "[]", "false": "false"}
    w = either([l[x] for x in drop], "or")
    heads = [f"Remove members whose value is {w}; print compact JSON.", f"json minus members that are {w}, compact", f"Clean the object: drop every key with the value {w}. Output without spaces.", f"What remains if members that are {w} go? Minified JSON.", f"Our API rejects values that are {w}. Strip such keys and minify.", f"Delete keys holding {w} and print minified JSON."]
    keep = [l[x] for x in l if x not in drop]
    rules = [[f"Other values stay, {either(keep, 'and')} too.", f"Keep {either(keep, 'and')}."]] if keep else []
    if trim:
        rules.append(["Also cut spaces at both ends of strings (before the check).", "Strings are trimmed first."])
    rules.append(["The order stays.", "Keep the order of keys."])
    return Task(heads, rules, case, check)


@family("json-key-case", "structured")
def json_key_case(r):
    def parts(k):
        return [p.lower() for p in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", k.replace("-", "_"))]
    st = {"snake_case": lambda p: "_".join(p), "camelCase": lambda p: p[0] + "".join(x.capitalize() for x in p[1:]), "PascalCase": lambda p: "".join(x.capitalize() for x in p), "kebab-case": lambda p: "-".join(p), "UPPER_SNAKE": lambda p: "_".join(p).upper()}
    a, b = r.sample(list(st), 2)
    mixed = r.random() < .3
    pool = [("order", "id"), ("first", "name"), ("last", "name"), ("zip", "code"), ("is", "open"), ("unit", "price"), ("created", "at"), ("user", "agent"), ("item", "count"), ("max", "load"), ("home", "town"), ("tax", "rate", "pct"), ("city",), ("qty",), ("due", "date"), ("ship", "to", "name"), ("phone",), ("net", "weight")]

    def case(r):
        ps = r.sample(pool, r.choice([2, 2, 3]))
        vals = [r.choice([r.randint(1, 500), r.choice(P.CITIES), r.choice(P.FIRST), True, None, r.choice(P.COLORS)]) for _ in ps]
        src = [st[r.choice(list(st)) if mixed else a](p) for p in ps]
        return spaced(r, dict(zip(src, vals))), compact({st[b](p): v for p, v in zip(ps, vals)})

    def check(i, o):
        d, e = json.loads(i), json.loads(o)
        return list(d.values()) == list(e.values()) and [parts(k) for k in d] == [parts(k) for k in e] and all(st[b](parts(k)) == k for k in e)
    f = "any style" if mixed else a
    ex = st[b](["order", "id"])
    heads = [f"Change the JSON keys from {f} to {b} and print compact JSON.", f"json keys {f} -> {b}, compact", f"Rewrite all keys in {b}; the input has {f}. No spaces in the output.", f"How does the object look with {b} keys? Minified.", f"Backend uses {f}, client wants {b}. Convert the keys, minify.", f"Convert key style: {f} to {b}. Output minified JSON."]
    return Task(heads, [["Values and order stay.", "Only keys change, values do not."], [f"An order id key would be {ex}.", f'For example "{ex}".']], case, check)


@family("json-types", "repair")
def json_types(r):
    do = r.sample(["num", "bool", "null"], r.choice([1, 2, 3]))
    yes = r.choice([("true", "false"), ("yes", "no"), ("Y", "N")])
    nul = r.choice(["", "null", "N/A", "-"])
    keep = r.choice([None, "id", "zip_code"])

    def fn(d):
        e = {}
        for k, v in d.items():
            if keep == k:
                pass
            elif "num" in do and isinstance(v, str) and re.fullmatch(r"-?\d+(\.\d+)?", v):
                v = json.loads(v)
            elif "bool" in do and v in yes:
                v = v == yes[0]
            elif "null" in do and v == nul:
                v = None
            e[k] = v
        return e

    def case(r):
        d = obj(r, r.choice([2, 3, 4]), need=[keep] if keep and r.random() < .6 else [], avoid=["tags", "note"])
        for k, v in d.items():
            if isinstance(v, bool):
                d[k] = yes[0 if v else 1] if "bool" in do else v
            elif isinstance(v, (int, float)):
                d[k] = num_str(v) if "num" in do and r.random() < .8 else v
            elif "null" in do and r.random() < .2 and k != keep:
                d[k] = nul
            elif k == "zip_code" and keep != "zip_code" and "num" in do:
                pass
        return spaced(r, d), compact(fn(d))

    def num_str(v):
        return str(v)

    def check(i, o):
        d, e = json.loads(i), json.loads(o)
        return list(d) == list(e) and all(str(d[k]) == str(e[k]) or (e[k] is None and d[k] == nul) or (isinstance(e[k], bool) and d[k] == yes[0 if e[k] else 1]) or (isinstance(e[k], (int, float)) and float(d[k]) == e[k]) for k in d)
    parts = []
    if "num" in do:
        parts.append('strings that hold only a number ("12", "4.5") become numbers')
    if "bool" in do:
        parts.append(f'"{yes[0]}" and "{yes[1]}" become true and false')
    if "null" in do:
        parts.append(f'"{nul}" becomes null')
    p = either(parts, "and")
    heads = [f"Correct the value types in the JSON: {p}. Print compact JSON.", f"json types: {p}; compact", f"Everything came as strings. Fix it so that {p}. Output without spaces.", f"Convert values so that {p}; minified output.", f"After a CSV import the types are wrong: {p}. Minify the result.", f"Give values their proper type, that is, {p}. Output minified JSON."]
    rules = [["All other values stay as they are.", "Leave other strings alone."]]
    if keep:
        rules.append([f"But {keep} is never changed.", f"Exception: the value of {keep} stays as it is."])
    return Task(heads, rules, case, check)


@family("json-flatten", "structured")
def json_flatten(r):
    sep = r.choice([".", "_", "/", "-"])
    back = r.random() < .4
    outer = ["user", "order", "address", "server", "meta", "ship", "limits", "owner", "db"]
    ks = ["name", "city", "age", "qty", "price", "color", "team", "port", "host", "country", "level"]

    def case(r):
        d = {}
        for o in r.sample(outer, r.choice([1, 2, 2])):
            d[o] = {k: KEYS[k](r) for k in r.sample(ks, r.choice([1, 2]))}
        if r.random() < .6:
            k = r.choice(ks)
            d[k] = KEYS[k](r)
        flat = {}
        for a, v in d.items():
            if isinstance(v, dict):
                flat.update({a + sep + b: x for b, x in v.items()})
            else:
                flat[a] = v
        return (spaced(r, flat), compact(d)) if back else (spaced(r, d), compact(flat))

    def check(i, o):
        a, b = json.loads(i), json.loads(o)
        d, f = (b, a) if back else (a, b)
        return all((d[k.split(sep)[0]][k.split(sep)[1]] if sep in k else d[k]) == v for k, v in f.items()) and len(f) == len(deep_values(d))
    if back:
        heads = [f"Turn keys with '{sep}' into nested objects and print compact JSON.", f"flat json ('{sep}' in keys) -> nested json, compact", f"Unflatten the object: the part before '{sep}' is the outer key. No spaces.", f"How does the record look when 'a{sep}b' means b inside a? Minified.", f"Our form posts flat names like user{sep}name. Build the nested object, minified.", f"Rebuild nesting from keys joined with '{sep}'; output minified JSON."]
        rules = [["Keys with the same first part go into one object, at the place of the first.", "Group equal prefixes into one object."], [f"Keys without '{sep}' stay at the top.", f"Leave keys that have no '{sep}' alone."]]
    else:
        heads = [f"Flatten the nested JSON: join outer and inner key with '{sep}'. Print compact JSON.", f"nested json -> flat, keys joined by '{sep}', compact", f"Make the object flat; an inner key becomes outer{sep}inner. No spaces.", f"What are the flat keys ('{sep}' between levels) and values? Minified object.", f"The spreadsheet needs one level only: use '{sep}' between the key names and minify.", f"Collapse inner objects, naming keys outer{sep}inner; minified JSON."]
        rules = [["Top-level plain values keep their key.", "Values that are not objects stay as they are."], ["Keep the order.", "Order as in the input."]]
    return Task(heads, rules, case, check)


@family("json-from-record", "structured")
def json_from_record(r):
    ks = r.sample([k for k in KEYS if k not in ("tags", "note", "item", "name")], r.choice([2, 3, 3, 4]))
    style = r.choice(["colon lines", "key=value", "pipe", "sentence"])
    order = r.choice(["input", "spec"])
    numbers = [k for k in ks if isinstance(KEYS[k](r), (int, float)) and not isinstance(KEYS[k](r), bool)]
    bools = [k for k in ks if isinstance(KEYS[k](r), bool)]
    yn = r.choice([("yes", "no"), ("true", "false")])
    if style == "pipe":
        order = "spec"

    def show(v):
        return yn[0 if v else 1] if isinstance(v, bool) else str(v)

    def case(r):
        d = {k: KEYS[k](r) for k in ks}
        o = list(ks)
        if order == "spec" and style != "pipe" or order == "input":
            r.shuffle(o)
        miss = r.choice(ks) if r.random() < .25 and len(ks) > 2 else None
        lines = [(k, d[k]) for k in o if k != miss]
        if style == "pipe":
            i = " | ".join("" if k == miss else show(d[k]) for k in ks)
        elif style == "key=value":
            i = r.choice(["; ", ", ", " ; "]).join(f"{k}={show(v)}" for k, v in lines)
        elif style == "sentence":
            i = ", ".join(f"{k.replace('_', ' ')} is {show(v)}" for k, v in lines)
            i = i[0].upper() + i[1:] + "."
        else:
            i = r.choice(["\n", ", "]).join(f"{k.replace('_', ' ').capitalize()}: {show(v)}" for k, v in lines)
        e = {k: d.get(k) if k != miss else None for k in (ks if order == "spec" else [k for k in o if k != miss] )}
        return i, compact(e)

    def check(i, o):
        e = json.loads(o)
        return set(e) <= set(ks) and all(v is None or show(v) in i for v in e.values()) and (order == "input" or list(e) == ks)
    src = {"colon lines": "'Label: value' pairs", "key=value": "key=value pairs", "pipe": "a line with values between pipes, in the order " + ", ".join(ks), "sentence": "a sentence such as 'Age is 30, city is Oslo.'"}[style]
    l = ", ".join(ks)
    heads = [f"Turn {src} into compact JSON with the keys {l}.", f"{src} -> compact json, keys {l}", f"Build a JSON object without spaces from {src}. Keys: {l}.", f"Input: {src}. Output: minified JSON object ({l}).", f"We import {src} and need minified JSON objects with {l}.", f"Could you convert {src} to a one-line JSON object, no blanks? Keys are {l}."]
    rules = []
    if order == "spec":
        rules.append(["Keys always in this order; a missing value is null.", "All keys are always there, in the order given; what is missing or empty is null."])
    else:
        rules.append(["Keys in the order of the input; leave out what is not given.", "Only keys that occur, in their order of appearance."])
    if numbers:
        rules.append([f"{either(numbers, 'and')} {'are numbers' if len(numbers) > 1 else 'is a number'} without quotes.", f"Write {either(numbers, 'and')} as number{'s' if len(numbers) > 1 else ''}."])
    if bools:
        rules.append([f"{either(bools, 'and')}: {yn[0]} is true, {yn[1]} is false.", f"For {either(bools, 'and')} print true or false (input {yn[0]}/{yn[1]}), no quotes."])
    rules.append(["Everything else is a string.", "All other values are strings in double quotes."])
    return Task(heads, rules, case, check)


@family("json-filter-array", "structured")
def json_filter_array(r):
    kind = r.choice(["flag", "value", "over"])
    nm = r.choice(["name", "item", "city", "sku"])
    out = r.choice(["names", "array", "count", "names"])
    miss = r.choice(["none", "-", "[]", "n/a", "nothing"])
    if kind == "flag":
        f = r.choice(["active", "paid", "in_stock", "admin", "open"])
        want = r.random() < .7
        ok, say = (lambda x: x[f] is want), f'"{f}" is {str(want).lower()}'
        mk = lambda r: r.random() < .5
    elif kind == "value":
        f, vals = r.choice([("status", ["open", "done", "hold"]), ("color", ["red", "blue", "green"]), ("level", ["low", "mid", "high"]), ("team", ["sales", "legal", "design"])])
        w = r.choice(vals)
        ok, say = (lambda x: x[f] == w), f'"{f}" is "{w}"'
        mk = lambda r: r.choice(vals + [w])
    else:
        f, hi = r.choice([("qty", 40), ("age", 80), ("score", 100), ("stock", 60)])
        t = r.choice([hi // 4, hi // 2])
        op = r.choice(["over", "under"])
        ok, say = (lambda x: x[f] > t if op == "over" else x[f] < t), f'"{f}" is {"greater" if op == "over" else "less"} than {t}'
        mk = lambda r: r.choice([t, t + 1, t - 1, r.randint(0, hi), r.randint(0, hi)])

    def case(r):
        a = [{nm: n, f: mk(r)} for n in {"name": r.sample(P.FIRST, 4), "item": r.sample(P.PRODUCTS, 4), "city": r.sample(P.CITIES, 4), "sku": [f"A{r.randint(10, 99)}", f"B{r.randint(10, 99)}", f"C{r.randint(10, 99)}", f"D{r.randint(10, 99)}"]}[nm][:r.choice([2, 3, 3, 4])]]
        h = [x[nm] for x in a if ok(x)]
        return spaced(r, a), str(len(h)) if out == "count" else compact(h) if out == "array" else ",".join(h) or miss

    def check(i, o):
        h = [x[nm] for x in json.loads(i) if ok(x)]
        return (int(o) == len(h)) if out == "count" else json.loads(o) == h if out == "array" else (o == miss if not h else o.split(",") == h)
    what = {"count": "how many elements have it (a number)", "array": f"their {nm} values as a compact JSON array", "names": f"their {nm} values joined by commas without spaces"}[out]
    heads = [f"From the JSON array take the elements whose {say} and print {what}.", f"json array, where {say} -> {what}", f"For which elements does it hold that {say}? Print {what}.", f"Filter the list of objects: keep those whose {say}. Output {what}.", f"I have a JSON list; for the objects whose {say} I need {what}.", f"Look for objects in which {say}; print {what}."]
    rules = {"count": [["0 if there are none.", "None gives 0."]], "array": [["[] if there are none.", "Nothing found: []."]], "names": [[f"If there are none, print {miss}.", f"No such element: {miss}."], ["No quotes.", "Print without quotes."]]}[out]
    return Task(heads, rules, case, check, rare={miss, "[]", "0"})


@family("json-valid", "classification")
def json_valid(r):
    y, n = yes_no(r, ("valid", "invalid"), ("ok", "broken"))
    kinds = r.sample(list(BREAKS), 4)
    objonly = r.random() < .4

    def case(r):
        d = obj(r, r.choice([2, 3]))
        if r.random() < .5:
            if r.random() < .2:
                x = r.choice([[1, 2, 3], r.sample(P.FIRST, 2), r.randint(1, 99), True, None])
                return compact(x) if not isinstance(x, list) else json.dumps(x), n if objonly else y
            return spaced(r, d), y
        while True:
            s = BREAKS[r.choice(kinds)][0](r, d)
            try:
                json.loads(s)
                d = obj(r, 3)
            except ValueError:
                return s, n

    def check(i, o):
        try:
            x = json.loads(i)
            return (o == y) == (not objonly or isinstance(x, dict))
        except ValueError:
            return o == n
    what = "a valid JSON object" if objonly else "valid JSON"
    heads = [f"Is the text {what}?", f"{what}: {y} or {n}", f"Check whether the input parses as {what}.", f"Before we store a line we test if it is {what}.", f"Tell me if a strict parser would accept this as {what}.", f"Validate: the input has to be {what}."]
    rules = [[f"Print {y} if it is, else {n}.", f"{y} for correct input, {n} for anything a strict parser refuses.", f"Answer {y} or {n}."], ["Single quotes, unquoted keys, comments, trailing or missing commas and unclosed brackets are errors.", "Strict JSON only: double quotes, lower-case literals, no comments, no trailing commas, all brackets closed."]]
    if objonly:
        rules.append([f"Arrays, numbers and plain literals are {n}.", f"A top level that is not an object counts as {n}."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("json-merge", "structured")
def json_merge(r):
    win = r.choice(["second", "first"])
    nullrule = r.random() < .4 and win == "second"
    sep = r.choice(["\n", " + ", " | "])

    def fn(a, b):
        if win == "second":
            e = {**a, **b}
            return {k: v for k, v in e.items() if v is not None} if nullrule else e
        return {**a, **{k: v for k, v in b.items() if k not in a}}

    def case(r):
        a = obj(r, r.choice([2, 3]), avoid=["tags"])
        sh = r.sample(list(a), r.choice([0, 1, 1]))
        b = {k: KEYS[k](r) for k in sh}
        b.update(obj(r, 1, avoid=list(a) + ["tags"]))
        if nullrule and r.random() < .5:
            b[r.choice(list(a))] = None
        return json.dumps(a, ensure_ascii=False) + sep + json.dumps(b, ensure_ascii=False), compact(fn(a, b))

    def check(i, o):
        a, b = [json.loads(x) for x in i.split(sep)]
        e = json.loads(o)
        return all(e.get(k) == ((b if win == "second" else a).get(k) if k in a and k in b else {**a, **b}[k]) for k in {**a, **b}) and (None not in e.values() or not nullrule)
    s = {"\n": "on two lines", " + ": "joined by ' + '", " | ": "separated by ' | '"}[sep]
    heads = [f"Merge two JSON objects ({s}) into one; the {win} wins where both have a key. Compact output.", f"two json objects {s} -> merged, {win} wins, compact", f"Combine both objects ({s}). On conflict take the {win} one's value. No spaces.", f"Input: two JSON objects {s}. What is their union if the {win} has priority? Minified.", f"Defaults and overrides come {s}; merge them so that the {win} object wins, minified.", f"Join the two objects ({s}), preferring the {win}; print minified JSON."]
    rules = [["Keys of the first object come first, then new keys of the second.", "Order: keys of the first, then those only in the second."]]
    if nullrule:
        rules.append(["A null in the second object deletes the key.", "If the second object sets a key to null, drop that key."])
    return Task(heads, rules, case, check)


@family("json-set", "structured")
def json_set(r):
    act = r.sample(["set", "remove", "rename", "double"], r.choice([2, 3]))
    if act == ["double"]:
        act.append("set")
    mid = r.choice(["::", "=>", "|", "##"])
    dump, form = r.choice([(compact, "without spaces"), (lambda x: json.dumps(x, ensure_ascii=False), "on one line with a space after each colon and comma")])
    strict = r.choice([None, None, "error", "unchanged", "no such key"])
    place = r.choice(["end", "front"])
    avoid = ["tags", "active", "paid", "is_open"]
    say = {"set": "set KEY to VALUE", "remove": "remove KEY", "rename": "rename KEY to NEWKEY", "double": "double KEY (a number)"}

    def fn(d, c):
        w = c.split(" ")
        if w[0] != "set" and w[1] not in d:
            return strict
        if w[0] == "set":
            v = json.loads(c.split(" to ", 1)[1])
            if w[1] in d or place == "end":
                return dump({**d, w[1]: v})
            return dump({w[1]: v, **d})
        if w[0] == "remove":
            return dump({k: v for k, v in d.items() if k != w[1]})
        if w[0] == "double":
            return dump({k: v * 2 if k == w[1] else v for k, v in d.items()})
        return dump({w[3] if k == w[1] else k: v for k, v in d.items()})

    def case(r):
        num = r.choice(["qty", "age", "id", "order_id"])
        d = obj(r, r.choice([2, 3]), avoid=avoid, need=[num] if "double" in act else [])
        a = r.choice(act)
        k = r.choice(list(d))
        new = r.choice([x for x in KEYS if x not in d and x not in avoid])
        if a == "set":
            k = r.choice([k, new])
            c = f"set {k} to {json.dumps(KEYS[k](r), ensure_ascii=False)}"
        elif strict and r.random() < .2:
            c = f"remove {new}" if a == "remove" else f"double {new}" if a == "double" else f"rename {new} to {r.choice(['x1', 'label', 'code'])}"
        else:
            c = f"remove {k}" if a == "remove" else f"double {num}" if a == "double" else f"rename {k} to {new}"
        return f"{json.dumps(d, ensure_ascii=False)} {mid} {c}", fn(d, c)

    def check(i, o):
        a, c = i.rsplit(f" {mid} ", 1)
        d = json.loads(a)
        w = c.split(" ")
        if o == strict:
            return w[0] != "set" and w[1] not in d
        e = json.loads(o)
        return {"remove": lambda: w[1] not in e and len(e) == len(d) - 1, "set": lambda: e[w[1]] == json.loads(c.split(" to ", 1)[1]) and all(e[k] == v for k, v in d.items() if k != w[1]),
                "rename": lambda: w[1] not in e and list(e.values()) == list(d.values()) and w[3] in e, "double": lambda: e[w[1]] == 2 * d[w[1]] and list(e) == list(d)}[w[0]]()
    cmds = either([say[a] for a in act], "or")
    heads = [f"Apply the change after '{mid}' to the JSON object and print it {form}.", f"json {mid} change -> changed json, {form}", f"Input: object, '{mid}', instruction. Carry out the instruction; output {form}.", f"What is the object after the edit that follows '{mid}'? Print it {form}.", f"Tiny patch tool: an object, {mid} and an edit. Print the new object {form}.", f"Execute the edit (written behind {mid}) on the object and print the JSON {form}."]
    rules = [[f"Edits: {cmds}.", f"Possible edits: {cmds}."]]
    if "set" in act:
        rules.append([f"A new key is put at the {place}; an existing one keeps its place.", f"Existing keys stay in place, new ones come at the {place}."])
    if strict and set(act) - {"set"}:
        rules.append([f"If a key to {either([a for a in act if a != 'set'])} does not exist, print {strict}.", f"A missing key (other than with set) gives {strict}."] if "set" in act else [f"If the key does not exist, print {strict}.", f"A missing key gives {strict}."])
    rules.append(["Everything else is unchanged.", "Leave all other members alone."])
    return Task(heads, rules, case, check, rare={strict} if strict else set())


@family("json-to-text", "rewrite")
def json_to_text(r):
    ks = r.sample(["name", "city", "age", "team", "country", "email", "item", "qty", "color", "sku"], r.choice([2, 3]))
    fm = r.choice(["kv;", "csv", "lines", "pairs", "tab"])
    sep = {"kv;": "; ", "csv": ",", "lines": " / ", "pairs": ", ", "tab": "|"}[fm]
    up = r.random() < .25 and fm in ("kv;", "pairs")
    miss = r.choice(["", "-", "n/a", "null"]) or "-"

    def fn(d):
        v = ["-" if d.get(k) is None and miss == "-" else miss if d.get(k) is None else str(d[k]) for k in ks]
        n = [k.upper() if up else k for k in ks]
        return sep.join(f"{a}={b}" for a, b in zip(n, v)) if fm == "kv;" else sep.join(f"{a}: {b}" for a, b in zip(n, v)) if fm == "pairs" else sep.join(v)

    def case(r):
        need = [k for k in ks if r.random() < .88]
        d = obj(r, len(need) + r.choice([0, 1, 2]), need=need, avoid=[k for k in ks if k not in need] + ["tags"])
        if r.random() < .12 and need:
            d[r.choice(need)] = None
        return spaced(r, d), fn(d)

    def check(i, o):
        d = json.loads(i)
        p = o.split(sep)
        v = [x.split("=", 1)[1] if fm == "kv;" else x.split(": ", 1)[1] if fm == "pairs" else x for x in p]
        return len(v) == len(ks) and all(x == (miss if d.get(k) is None else str(d[k])) for k, x in zip(ks, v))
    l = ", ".join(ks)
    sh = sep.join(f"{k.upper() if up else k}={'...' }" if fm == "kv;" else f"{k.upper() if up else k}: ..." if fm == "pairs" else f"<{k}>" for k in ks)
    heads = [f"Print the JSON record as {sh}.", f"json -> {sh}", f"Take {l} from the JSON and write them in the form {sh}.", f"How does the record read as {sh}?", f"Our old system wants lines like {sh}; convert the object.", f"Write out {l} of the object, form: {sh}."]
    return Task(heads, [[f"Absent or null values: {miss}.", f"Put {miss} where a key is missing or null."], ["Other keys are ignored.", "Skip all other keys."]], case, check)


@family("json-array-ops", "structured")
def json_array_ops(r):
    op = r.choice(["dedupe", "sort", "reverse", "first", "last", "len", "max", "join", "append", "upper"])
    nums = op in ("max",) or (op in ("sort", "dedupe") and r.random() < .4)
    pool = r.choice([P.FRUIT, P.FIRST, P.COLORS, P.CITIES, P.ANIMALS])
    sep = r.choice([", ", " / ", "-", " and "])
    empty = r.choice(["none", "empty", "-", "null"])
    x = r.choice(["other", "end", "total", "n/a"])
    fn = {"dedupe": lambda a: compact(list(dict.fromkeys(a))), "sort": lambda a: compact(sorted(a)), "reverse": lambda a: compact(a[::-1]), "first": lambda a: str(a[0]) if a else empty, "last": lambda a: str(a[-1]) if a else empty, "len": lambda a: str(len(a)),
          "max": lambda a: str(max(a)) if a else empty, "join": lambda a: sep.join(a) or empty, "append": lambda a: compact(a + [x]), "upper": lambda a: compact([y.upper() for y in a])}[op]

    def case(r):
        n = r.choice([2, 3, 4, 4, 5]) if op != "len" else r.randint(0, 8)
        if op in ("first", "last", "max", "join") and r.random() < .1:
            n = 0
        a = [r.randint(1, 60) for _ in range(n)] if nums else r.sample(pool, n)
        if op == "dedupe":
            a = a + r.sample(a, r.choice([0, 1, 2]))
            r.shuffle(a)
        return spaced(r, a), fn(a)

    def check(i, o):
        a = json.loads(i)
        if o == empty and not a:
            return True
        if op in ("dedupe", "sort", "reverse", "append", "upper"):
            b = json.loads(o)
            return {"dedupe": len(b) == len(set(a)) and set(b) == set(a), "sort": sorted(a) == b, "reverse": b[::-1] == a, "append": b[:-1] == a and b[-1] == x, "upper": b == [str(q).upper() for q in a]}[op]
        return o in [str(q) for q in a] or (op == "len" and int(o) == len(a)) or (op == "join" and o.split(sep) == a)
    say = {"dedupe": "the array without repeated elements (first occurrences stay)", "sort": "the array sorted " + ("from small to large" if nums else "alphabetically"), "reverse": "the array in reverse order", "first": "its first element, without quotes", "last": "its last element, without quotes", "len": "how many elements it has",
           "max": "the largest number in it", "join": f"its elements joined by '{sep}', without quotes", "append": f'the array with "{x}" added at the end', "upper": "the array with every string in upper case"}[op]
    heads = [f"Given a JSON array, print {say}.", f"json array -> {say}", f"Read the array and output {say}.", f"What is {say}? The input is a JSON array.", f"The field holds a JSON array; I need {say}.", f"Return {say}, for the JSON array in the input."]
    heads[3] = f"The input is a JSON array. Please print {say}. OK?"
    rules = [["Array output is compact, no spaces.", "Print arrays without spaces."]] if op in ("dedupe", "sort", "reverse", "append", "upper") else [[f"An empty array gives {empty}.", f"For [] print {empty}."]] if op != "len" else [["[] has 0.", "An empty array gives 0."]]
    return Task(heads, rules, case, check, rare={empty})
