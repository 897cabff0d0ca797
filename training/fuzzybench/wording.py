"""Puts a spec together from a head (the task) and its rules, in one of several styles. Every style states every rule."""
import re

OPENERS = ["Hi, small helper wanted.", "This is for a spreadsheet column.", "We do this by hand today and it gets boring.",
           "Part of our import job.", "I paste one item at a time.", "Needed for a nightly script.", "For the team inbox.",
           "Quick one.", "I keep getting these wrong by hand.", "One line in, one line out.", "Our old macro did this.",
           "Please do exactly this.", "Used before data goes into the database."]
CLOSERS = ["Nothing else in the output.", "No explanation.", "Only the answer.", "Just the result, please.", "Do not add any other text.",
           "Print the result only.", "No quotes around the answer unless the form asks for them.", "Thanks!"]
EXAMPLES = ['Example: {i} -> {o}', 'e.g. {i} -> {o}', 'For instance {i} => {o}', 'Like this: {i} gives {o}', 'Example input: {i} Example output: {o}',
            '({i} becomes {o})']
CASUAL = [("please", "pls"), ("Please", "pls"), ("without", "w/o"), ("receive", "recieve"), ("following", "folowing"), ("separated", "seperated"),
          (" and ", " & "), ("because", "bc"), ("with ", "w/ "), ("you", "u")]
STARTERS = set("If Print No A An The When Without Answer With Write Use Join Put Separate Between Give Give Take Keep Drop Leave Ignore Only Names Name Dates Date Input Output Form One Two Three Compact Several Past "
               "Values Value In On At For From Find Get Return Extract Convert Turn Read Tell Show Check Compare Decide Sort Count Look Make Remove Replace Delete Strip Rewrite Repair Correct Change Fill Which What How Is Does Do "
               "Are Can Where Who It Each Every All Any Some Other Others Everything Anything Nothing Whatever Start Wrap Spell Round Units Numbers Number Text Words Word Letters Lines Line Records Items Empty Missing Given "
               "Order Treat Count Months Days Times Time Hours Add Cut Pick Select List Fix Normalise Reduce Resolve Work Compute Calculate Determine Assign Classify Say State Report Set Let You I'd Our My We They These Those This That "
               "Repeated Duplicates Upper Lower Spaces Existing Below Above Up Under Over Whole Lookups Look Apart But Also Then Else Otherwise Mark Never Always Just Skip Extra Capitals Small Titles Particles Same Signs Currencies Fees Orders Parcels Codes Valid Whole Claims Limits Prefixes Groups Everyone Copy Trim Put Half Halves Exact Digits Spelling Cells Columns Rows Pairs Lookups Links Of Paths Both Steps Decimals Decimal Start Amounts Already Plain Tens Day-first Mind Exactly Past Unknown Beside Later Wrap Versions Parts Lower-case Upper-case Single Double Strings Array Arrays Nulls True Keys Never Quote Quotes Query Entities Delete Punctuation First Second Third Last Don't Not Comma-separated Three-letter Weeks Day Slash Other Full".split())


def lower_first(s):
    """Lower the first letter of an ordinary opening word; names and labels stay as they are."""
    w = re.match(r"[A-Za-z'-]+", s)
    return s[0].lower() + s[1:] if w and w[0] in STARTERS and not s[w.end():].startswith(":") else s


def bare(s):
    """Without the full stop at the end."""
    if s.endswith("..."):
        return s[:-1] if s.endswith("....") else s
    return s[:-1] if s.endswith(".") else s


def stop(s):
    return s if s[-1] in ".?!:)" else s + "."


def shorter(r, group):
    return r.choice(sorted(group, key=len)[:2])


def show_example(r, ex):
    i, o = ex
    i = i.replace("\n", "\\n") if "\n" in i else i
    q = '"' if '"' not in i else "'" if "'" not in i else "`"
    if r.random() < .25 and not i.startswith(("{", "[")):
        q = ""
    return r.choice(EXAMPLES).format(i=q + i + q, o=o)


def assemble(r, style, head, groups, ex):
    pick = [r.choice(g) for g in groups]
    tail = [show_example(r, ex)] if ex else []
    if style == "terse":
        parts = [bare(head)] + [lower_first(bare(shorter(r, g))) for g in groups]
        if head.endswith((":", "?")):
            parts[0:2] = [" ".join(parts[0:2])]
        return "; ".join(parts) + (". " + tail[0] if tail else r.choice(["", "."]))
    if style == "bullets":
        mark = r.choice(["- ", "* ", "- "])
        return bare(head).rstrip(":") + (r.choice([":", ":", "."]) if not head.endswith("?") else "") + "".join("\n" + mark + lower_first(bare(p)) if mark == "- " else "\n" + mark + p for p in pick + tail)
    if style == "numbered":
        return stop(head) + "".join(f" {n}) {bare(p)}." if p[-1] != "?" else f" {n}) {p}" for n, p in enumerate(pick, 1)) + (" " + tail[0] if tail else "")
    if style == "chatty":
        parts = [r.choice(OPENERS), stop(head)] + [stop(p) for p in pick] + tail
        return " ".join(parts)
    if style == "strict":
        return " ".join([stop(head)] + [stop(p) for p in pick] + [r.choice(CLOSERS)] + tail)
    if style == "casual":
        t = ". ".join(lower_first(bare(p)) for p in [head] + pick).replace("?. ", "? ").replace("!. ", "! ")
        for a, b in r.sample(CASUAL, 3):
            t = re.sub(r"(?<![\w\"'{])" + re.escape(a) + r"(?![\w\"'}])" if a.strip() == a else re.escape(a), b, t) if r.random() < .5 and '"' not in t and "'" not in t else t
        return t + ("" if not tail else "\n" + tail[0])
    if style == "example_first" and tail:
        return "\n".join(x for x in (stop(head), tail[0], " ".join(stop(p) for p in pick)) if x)
    if style == "rules_first" and groups:
        return "Rules: " + " ".join(stop(p) for p in pick) + " Task: " + lower_first(stop(head)) + (" " + tail[0] if tail else "")
    return " ".join([stop(head)] + [stop(p) for p in pick] + tail)


STYLES = ["prose", "prose", "terse", "terse", "bullets", "numbered", "chatty", "strict", "casual", "example_first", "rules_first"]


def tidy(s):
    """A stop after an abbreviation's point is one stop."""
    return re.sub(r"(?<![.\d])\.\.(?=[\s;:)]|$)", ".", re.sub(r"\.{4}", "...", s))


def wordings(r, heads, rules, examples, count=4):
    """`count` different wordings of one function. examples: cases that may be shown inside a spec."""
    groups = [g if isinstance(g, (list, tuple)) else [g] for g in rules if g]
    hs = r.sample(heads, min(count, len(heads)))
    styles = r.sample(STYLES, len(STYLES))
    if not any(s == "terse" for s in styles[:count]):
        styles[r.randrange(count)] = "terse"
    out = []
    for n, (h, s) in enumerate(zip(hs, styles)):
        if s in ("rules_first", "numbered") and len(groups) < 2:
            s = "prose"
        ex = None
        if examples and (s == "example_first" or r.random() < .3):
            ex = r.choice(examples)
        t = assemble(r, s, h, groups, ex)
        if len(t) > 1150 and ex:
            t = assemble(r, s if s != "example_first" else "prose", h, groups, None)
        out.append(tidy(t))
    return out
