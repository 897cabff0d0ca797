"""Output forms: how a value, a record, a list or a label is printed, what stands for nothing, and the sentences that say so."""
import json

MISSING = ["none", "n/a", "unknown", "-", "null", "NONE", "N/A", "missing", "not found", "nil", "NA", "?", "not_given", "UNKNOWN", "empty", "no value", "--", "absent"]


def compact(x):
    return json.dumps(x, ensure_ascii=False, separators=(",", ":"))


def num(x):
    """A number without useless zeros: 3.50 -> 3.5, 4.0 -> 4."""
    return f"{x:.6f}".rstrip("0").rstrip(".") if isinstance(x, float) else str(x)


def missing_rule(noun, v):
    return [f"If there is no {noun}, print {v}.", f"Print {v} when no {noun} is given.", f"No {noun}: {v}.", f"Without any {noun} the answer is {v}.",
            f"Answer {v} if the input has no {noun}.", f"When no {noun} can be found, return {v}."]


class Val:
    """One value, plain or wrapped. out(None) prints what stands for nothing."""

    def __init__(self, r, noun, key=None, numeric=False, plain=.62, can_miss=True):
        self.noun, self.numeric, self.can_miss = noun, numeric, can_miss
        key = key or noun.replace(" ", "_")
        self.key = r.choice([key, key, key.upper(), key.split("_")[-1], "value", "result"])
        self.form = "plain" if r.random() < plain else r.choice(["json", "json", "kv", "colon", "brackets", "tag"])
        self.missing = "null" if self.form == "json" else r.choice(MISSING)

    def out(self, v):
        if self.form == "json":
            x = v
            if v is not None and self.numeric:
                x = json.loads(v)
            return compact({self.key: x})
        s = self.missing if v is None else str(v)
        return {"plain": s, "kv": f"{self.key}={s}", "colon": f"{self.key}: {s}", "brackets": f"[{s}]", "tag": f"<{self.key}>{s}</{self.key}>"}[self.form]

    def parse(self, o):
        if self.form == "json":
            v = json.loads(o)[self.key]
            return v if v is None else str(v)
        k = len(self.key)
        s = {"plain": lambda: o, "kv": lambda: o[k + 1:], "colon": lambda: o[k + 2:], "brackets": lambda: o[1:-1], "tag": lambda: o[k + 2:-k - 3]}[self.form]()
        return None if self.can_miss and s == self.missing else s

    @property
    def rare(self):
        return {self.out(None)}

    def rules(self):
        k = self.key
        q = "" if self.numeric else '"'
        form = {"plain": None,
                "json": [f'Print it as compact JSON: {{"{k}":{q}...{q}}}.', f'Output form: {{"{k}":{q}<value>{q}}}, no spaces.', f'The answer is a one-line JSON object with the single key "{k}" and no blanks' + (", the value as a number." if self.numeric else ", the value as a string.")],
                "kv": [f"Print it as {k}=<value>.", f"Output form: {k}=..., no spaces around the equals sign.", f"Write {k}= and the value right after it."],
                "colon": [f"Print it as '{k}: <value>'.", f"Start the output with '{k}: '.", f"Form: {k}, colon, one space, value."],
                "brackets": ["Put the answer in square brackets.", "Print it in square brackets, like [this].", "Wrap the result in [ and ]."],
                "tag": [f"Wrap the answer as <{k}>...</{k}>.", f"Put the result between <{k}> and </{k}>.", f"Output form: <{k}>value</{k}>."]}[self.form]
        miss = None
        if self.can_miss:
            if self.form == "json":
                miss = [f"If there is no {self.noun}, the value is null.", f'No {self.noun}: {{"{k}":null}}.', f"Use null when no {self.noun} is given."]
            elif self.form == "plain":
                miss = missing_rule(self.noun, self.missing)
            else:
                m = self.out(None)
                miss = [f"If there is no {self.noun}, print {m}.", f"No {self.noun}: {m}.", f"When no {self.noun} is given, the answer is {m}."]
        return [x for x in (form, miss) if x]


KEY_STYLES = [lambda k: k, lambda k: k, lambda k: k.upper(), lambda k: "".join(p.capitalize() if n else p for n, p in enumerate(k.split("_")))]


class Rec:
    """A small record with a fixed key order: JSON, key=value, pipes, ..."""

    def __init__(self, r, fields, spaces=True, can_miss=True, numeric=(), forms=None, shuffle=True):
        """fields: {internal key: what it means}. spaces: may values hold spaces (rules out forms that split at spaces)."""
        keys = list(fields)
        if shuffle:
            r.shuffle(keys)
        self.keys, self.fields, self.can_miss, self.numeric = keys, fields, can_miss, set(numeric)
        st = r.choice(KEY_STYLES)
        self.names = {k: st(k) for k in keys}
        self.form = r.choice(forms or ["json", "json", "json", "semi", "pipe", "array", "colon", "slash"] + ([] if spaces else ["space", "comma"]))
        self.missing = None if self.form in ("json", "array") else r.choice(["-", "none", "n/a", "?", "null", "unknown"])

    def out(self, d):
        if self.form in ("json", "array"):
            v = {self.names[k]: (d[k] if d[k] is None or k not in self.numeric else json.loads(str(d[k]))) for k in self.keys}
            return compact(v if self.form == "json" else list(v.values()))
        s = {k: self.missing if d[k] is None else str(d[k]) for k in self.keys}
        if self.form == "semi":
            return "; ".join(f"{self.names[k]}={s[k]}" for k in self.keys)
        if self.form == "space":
            return " ".join(f"{self.names[k]}={s[k]}" for k in self.keys)
        if self.form == "colon":
            return ", ".join(f"{self.names[k]}: {s[k]}" for k in self.keys)
        return {"pipe": " | ", "comma": ",", "slash": " / "}[self.form].join(s[k] for k in self.keys)

    def parse(self, o):
        if self.form == "json":
            d = json.loads(o)
            assert list(d) == [self.names[k] for k in self.keys]
            v = list(d.values())
        elif self.form == "array":
            v = json.loads(o)
        elif self.form in ("semi", "space", "colon"):
            sep, eq = {"semi": ("; ", "="), "space": (" ", "="), "colon": (", ", ": ")}[self.form]
            v = [p.split(eq, 1)[1] for p in o.split(sep)]
        else:
            v = o.split({"pipe": " | ", "comma": ",", "slash": " / "}[self.form])
        assert len(v) == len(self.keys)
        return {k: None if x is None or (self.can_miss and x == self.missing) else str(x) for k, x in zip(self.keys, v)}

    def rules(self, noun="part"):
        what = ", ".join(f"{self.names[k]} ({self.fields[k]})" if self.fields[k] and self.fields[k] != k else self.names[k] for k in self.keys)
        means = ", ".join(self.fields[k] or k for k in self.keys)
        skel = {"json": lambda: "{" + ",".join(f'"{self.names[k]}":...' for k in self.keys) + "}",
                "semi": lambda: "; ".join(f"{self.names[k]}=..." for k in self.keys), "space": lambda: " ".join(f"{self.names[k]}=..." for k in self.keys),
                "colon": lambda: ", ".join(f"{self.names[k]}: ..." for k in self.keys)}.get(self.form, lambda: "")()
        nums = [self.names[k] for k in self.keys if k in self.numeric]
        nn = f" {' and '.join(nums)} as number{'s' if len(nums) > 1 else ''}." if nums and self.form == "json" else ""
        form = {"json": [f"Compact JSON with the keys {what}, in this order.{nn}", f"Output {skel} without spaces, where the keys mean: {what}.{nn}", f"One-line JSON object, no blanks, keys in this order: {what}.{nn}"],
                "array": [f"Compact JSON array in the order {means}." + (" Numbers without quotes." if nums else ""), f"Print a JSON array without spaces holding {means}, in this order" + (", numbers unquoted." if nums else ".")],
                "semi": [f"Print {skel} with these keys: {what}.", f"key=value pairs joined by '; ', in this order: {what}."],
                "space": [f"Print {skel} with these keys: {what}.", f"key=value pairs with one space between pairs, in this order: {what}."],
                "colon": [f"Print {skel} with these keys: {what}.", f"'key: value' parts joined by a comma and a space, in this order: {what}."],
                "pipe": [f"Values joined by ' | ' in the order {means}.", f"Print {means}, in this order, with space-pipe-space between them."],
                "comma": [f"Values joined by a comma without space, in the order {means}.", f"Comma-separated, no spaces: {means}."],
                "slash": [f"Values joined by ' / ' in the order {means}.", f"Print {means}, in this order, with space-slash-space between them."]}[self.form]
        out = [form]
        if self.can_miss:
            m = "null" if self.missing is None else self.missing
            out.append([f"A missing {noun} is {m}.", f"Use {m} for whatever is not given.", f"What is absent becomes {m}.", f"Write {m} in place of any missing {noun}."])
        return out


JOINS = {", ": ["a comma and a space", "', '"], ",": ["a comma without space", "commas, no spaces"], "; ": ["a semicolon and a space", "'; '"], " | ": ["space, pipe, space", "' | '"],
         " ": ["one space", "single spaces"], " > ": ["' > '", "space, greater-than sign, space"], "/": ["a slash without spaces", "slashes"], "|": ["a pipe without spaces", "'|'"], " + ": ["' + '", "a plus sign with spaces around it"]}


class Lst:
    """A list of strings: joined or a JSON array; empty has its own word."""

    def __init__(self, r, noun, spaces=True, can_miss=True, joins=None):
        self.noun, self.can_miss = noun, can_miss
        self.form = "json" if r.random() < .2 else r.choice(joins or [j for j in JOINS if spaces is False or j not in (" ", "/")])
        self.missing = "[]" if self.form == "json" else r.choice(MISSING)

    def out(self, items):
        if not items:
            return self.missing
        return compact(items) if self.form == "json" else self.form.join(items)

    def parse(self, o):
        if o == self.missing and self.can_miss:
            return []
        return json.loads(o) if self.form == "json" else o.split(self.form)

    @property
    def rare(self):
        return {self.missing}

    def rules(self):
        if self.form == "json":
            form = ["Print a compact JSON array of strings.", "Output: JSON array of strings, no spaces after commas.", "Give them as a one-line JSON array of strings without blanks between items."]
        else:
            a, b = JOINS[self.form]
            form = [f"Separate the items by {a}.", f"Join with {b}.", f"Between items: {a}."]
        out = [form]
        if self.can_miss:
            out.append(missing_rule(self.noun.rstrip("s") if not self.noun.endswith("ss") else self.noun, self.missing) if self.form != "json" else
                       ["If there are none, print [].", "Nothing found: [].", "An empty result is []."])
        return out


YES_NO = [("yes", "no"), ("yes", "no"), ("true", "false"), ("Y", "N"), ("1", "0"), ("YES", "NO"), ("True", "False"), ("y", "n"), ("T", "F")]


def yes_no(r, *more):
    return r.choice(YES_NO + list(more))


def labels(r, words):
    """Spellings for a closed set: as given, upper case, capitalised, letters, numbers or short codes. Returns one string a word, all different."""
    w = list(words)
    kinds = [w, w, w, [x.upper() for x in w], [x.upper().replace(" ", "_") for x in w], [x.replace(" ", "_").replace("-", "_") for x in w], [x[:1].upper() + x[1:] for x in w],
             [chr(65 + n) for n in range(len(w))], [str(n + 1) for n in range(len(w))], [x.replace(" ", "-") for x in w]]
    short = ["".join(c for c in x.upper() if c.isalpha())[:3] for x in w]
    if len(set(short)) == len(w) and all(len(s) > 1 for s in short):
        kinds.append(short)
    return list(r.choice(kinds))


def either(words, last="or"):
    w = list(words)
    return w[0] if len(w) == 1 else ", ".join(w[:-1]) + f" {last} " + w[-1]
