"""Paths, file names and versions."""
import posixpath
import re
from ..registry import Task, family
from ..forms import Val, labels, yes_no, MISSING, Rec, either
from .. import pools as P

DIRS = "home anna docs projects src backup photos 2023 2024 invoices reports tmp var log data old client_a music drafts shared exports Q3 config assets".split()
STEMS = ["report", "invoice_0412", "holiday photo", "notes", "budget-2024", "readme", "backup.2023", "scan 12", "Meeting minutes", "logo_final", "data", "main", "contract v2", "team_list", "IMG_2041", "draft.3", "price list", "summary", "index", "map"]
EXTS = ["pdf", "docx", "jpg", "png", "csv", "txt", "zip", "mp3", "py", "xlsx", "html", "mp4", "json", "log"]


def path(r, win=None, depth=None):
    d = r.sample(DIRS, depth if depth is not None else r.choice([1, 2, 2, 3]))
    f = r.choice(STEMS) + "." + r.choice(EXTS)
    win = r.random() < .3 if win is None else win
    return ("C:\\" + "\\".join(d + [f])) if win else "/" + "/".join(d + [f])


def parts(p):
    return [x for x in re.split(r"[\\/]", p) if x]


@family("path-part", "extraction")
def path_part(r):
    w = r.choice(["name", "stem", "ext", "parent", "dir", "depth", "top"])
    none = r.choice(["none", "-", "n/a"])

    def fn(p):
        q = parts(p)
        f = q[-1]
        return {"name": f, "stem": f.rsplit(".", 1)[0], "ext": f.rsplit(".", 1)[1].lower() if "." in f else none, "parent": q[-2], "dir": p[:-len(f) - 1], "depth": str(len([x for x in q[:-1] if not x.endswith(":")])), "top": [x for x in q if not x.endswith(":")][0]}[w]

    def case(r):
        p = path(r)
        if w == "ext" and r.random() < .12:
            p = re.sub(r"\.[^.\\/]*$", "", path(r)).replace("backup.2023", "Makefile").replace("draft.3", "LICENSE")
        if w == "ext" and r.random() < .25 and "." in parts(p)[-1]:
            a, b = p.rsplit(".", 1)
            p = a + "." + b.upper()
        return p, fn(p)

    def check(i, o):
        j = i.replace("\\", "/")
        b = posixpath.basename(j)
        return {"name": o == b, "stem": o == posixpath.splitext(b)[0], "ext": o == (posixpath.splitext(b)[1][1:].lower() or none), "parent": j.split("/")[-2] == o, "dir": posixpath.dirname(j) == o.replace("\\", "/"), "depth": o == str(len([x for x in j.split("/")[:-1] if x and x != "C:"])), "top": j.removeprefix("C:").split("/")[1] == o}[w]
    say = {"name": "the file name with its extension", "stem": "the file name without its (last) extension", "ext": "the file extension in lower case, without the dot", "parent": "the name of the folder that directly holds the file", "dir": "the path of the folder, without the file name and without a slash at the end", "depth": "the number of folders in the path", "top": "the name of the topmost folder"}[w]
    heads = [f"Print {say}.", f"path -> {say}", f"From a file path give me {say}.", f"What is {say} in this path?", f"The input is one file path. Output {say}.", f"Split the path and return {say}."]
    rules = [["Paths may be Unix or Windows style.", "Both / and \\ occur as separators."]]
    if w == "ext":
        rules.append([f"Without an extension: {none}.", f"If there is none, print {none}."])
    if w in ("depth", "top"):
        rules.append(["The drive C: is no folder.", "C: does not count as a folder."])
    return Task(heads, rules, case, check, rare={none})


@family("path-convert", "rewrite")
def path_convert(r):
    to = r.choice(["posix", "win", "base", "swap"])
    base = r.choice(["/mnt/data", "/srv/files", "/backup", "D:\\archive"])
    ext = r.choice(EXTS)

    def fn(p):
        if to == "posix":
            return "/" + p[0].lower() + "/" + p[3:].replace("\\", "/")
        if to == "win":
            return "C:" + p.replace("/", "\\")
        if to == "base":
            return base + ("\\" if "\\" in base else "/") + parts(p)[-1]
        return p.rsplit(".", 1)[0] + "." + ext

    def case(r):
        p = path(r, win={"posix": True, "win": False}.get(to))
        if to == "posix" and r.random() < .4:
            p = r.choice("DEF") + p[1:]
        return p, fn(p)

    def check(i, o):
        return {"posix": parts(i)[1:] == parts(o)[1:] and "\\" not in o, "win": parts(i) == parts(o)[1:] and "/" not in o, "base": o.startswith(base) and parts(i)[-1] == parts(o)[-1], "swap": o.endswith("." + ext) and i.rsplit(".", 1)[0] == o.rsplit(".", 1)[0]}[to]
    say = {"posix": "Windows path to Unix form: C:\\a\\b becomes /c/a/b", "win": "Unix path to Windows form: /a/b becomes C:\\a\\b", "base": f"move the file into the folder {base}: keep only the file name and put it after {base}", "swap": f"change the file's extension to .{ext}, whatever it was"}[to]
    heads = [f"Rewrite the path. Task: {say}.", say, f"Please convert the path as follows: {say}.", f"What is the new path? {say[0].upper() + say[1:]}.", f"Batch job, one path a line; {say}.", f"Change each path like this: {say}."]
    rules = {"posix": [["The drive letter becomes a lower-case folder.", "Drive letters in lower case."]], "win": [["Every slash becomes a backslash.", "Use backslashes throughout."]], "base": [["The old folders are dropped.", "Forget the old folders."]], "swap": [["Only the last extension is replaced.", "If the name holds several dots, only what follows the last one changes."]]}[to]
    return Task(heads, rules + [["Names of files and folders stay as they are.", "Do not alter names."]], case, check)


@family("file-type", "classification")
def file_type(r):
    groups = {"image": ["jpg", "png", "gif", "svg"], "document": ["pdf", "docx", "txt", "odt"], "table": ["csv", "xlsx", "tsv"], "audio": ["mp3", "wav", "flac"], "video": ["mp4", "mov", "mkv"], "archive": ["zip", "gz", "7z"], "code": ["py", "js", "c", "html"]}
    names = r.sample(list(groups), r.choice([3, 4, 5]))
    L = labels(r, names)
    other = r.choice(["other", "unknown", "skip"])
    tmp = r.choice([None, "draft", "temp"])
    lab_t = r.choice(["ignore", "hold"]) if tmp else None

    def case(r):
        k = r.randrange(len(names) + 1)
        if k < len(names):
            e, o = r.choice(groups[names[k]]), L[k]
        else:
            e, o = r.choice([x for g in groups for x in groups[g] if g not in names] + ["dat", "bin", "xyz"]), other
        s = r.choice(STEMS)
        if r.random() < .25:
            e = e.upper()
        if tmp and r.random() < .18:
            s, o = r.choice([f"{tmp}_{s}", f"{tmp}-{s}"]), lab_t
        f = f"{s}.{e}"
        return r.choice(["{f}", "uploads/{f}", "/home/anna/{f}", "{f} ({n} kB)", "received: {f}", "{p} shared {f}"]).format(f=f, n=r.randint(3, 900), p=r.choice(P.FIRST)), o

    def check(i, o):
        e = re.search(r"\.(\w+)(?: \(\d+ kB\))?$", i)[1].lower()
        if tmp and re.search(rf"(?:^|[/ ]){tmp}[_-]", i):
            return o == lab_t
        hit = [l for n, l in zip(names, L) if e in groups[n]]
        return o == (hit[0] if hit else other)
    tab = "; ".join(f"{', '.join(groups[n])}: {l}" for n, l in zip(names, L))
    heads = ["Sort files by extension.", "file name -> type", "What type of file is it?", "Give the category of the file by its extension.", "Our upload folder gets all sorts of files. Label each one.", "Classify the file name."]
    rules = [[f"{tab}; everything else: {other}.", f"Table: {tab}. Other extensions give {other}."], ["Upper or lower case of the extension does not matter.", "JPG counts like jpg."]]
    if tmp:
        rules.append([f"Names that start with {tmp}_ or {tmp}- are always {lab_t}.", f"But a file name beginning with {tmp}_ or {tmp}- gives {lab_t}."])
    return Task(heads, rules, case, check, choices=L + [other] + ([lab_t] if tmp else []))


@family("file-rename", "rewrite")
def file_rename(r):
    ops = r.sample(["lower", "space", "date", "prefix", "ext"], r.choice([2, 2, 3]))
    sep = r.choice(["_", "-"])
    pre = r.choice(["new", "client", "2024", "acme"]) + sep
    alias = {"jpeg": "jpg", "htm": "html", "yml": "yaml", "text": "txt"}

    def fn(f):
        s, e = f.rsplit(".", 1)
        if "lower" in ops:
            s, e = s.lower(), e.lower()
        if "date" in ops:
            m = re.search(r"(\d\d)-(\d\d)-(\d{4})", s)
            if m:
                s = s.replace(m[0], f"{m[3]}-{m[2]}-{m[1]}")
        if "space" in ops:
            s = s.replace(" ", sep)
        if "ext" in ops:
            e = alias.get(e, e)
        return (pre if "prefix" in ops else "") + s + "." + e
    alone = {"lower": "lower-case the whole name", "space": f"replace every space by {'an underscore' if sep == '_' else 'a hyphen'}", "date": "turn a date DD-MM-YYYY into YYYY-MM-DD", "prefix": f"put {pre} in front", "ext": "shorten or unify extensions (" + ", ".join(f"{a} to {b}" for a, b in alias.items()) + ")"}

    def case(r):
        s = r.choice(["Report final", "invoice 12", "Holiday Photo", "team List", "Scan", "Meeting notes", "price list", "Logo", "budget Draft", "Letter to Anna", "Photo of roof", "Plan B"])
        if "date" in ops and r.random() < .7:
            s += " " + f"{r.randint(1, 28):02}-{r.randint(1, 12):02}-{r.randint(2019, 2025)}"
        e = r.choice(EXTS + (list(alias) * 3 if "ext" in ops else []))
        if "lower" in ops and "ext" not in ops and r.random() < .3:
            e = e.upper()
        f = f"{s}.{e}"
        return f, fn(f)

    def check(i, o):
        return ("lower" not in ops or "prefix" in ops or o == o.lower()) and ("space" not in ops or " " not in o) and ("prefix" not in ops or o.startswith(pre)) and re.sub(r"[^a-z]", "", i.rsplit(".", 1)[0].lower()) in re.sub(r"[^a-z]", "", o.lower()) and not ("date" in ops and re.search(r"\b\d\d-\d\d-\d{4}", o))
    st = either([alone[x] for x in ["lower", "date", "space", "ext", "prefix"] if x in ops], "and")
    heads = [f"Rename a file: {st}.", f"file name -> new name ({st})", f"Give the new file name. Steps: {st}.", f"What is the name after you {st}?", f"Tidying a folder. For each name, {st}; print the new name.", f"Apply our naming rule to the file: {st}."]
    return Task(heads, [["The rest of the name stays.", "Nothing else changes."]], case, check)


def ver(r, hi=12):
    return [r.randint(0, 6), r.randint(0, hi), r.randint(0, 15)]


@family("version-compare", "matching")
def version_compare(r):
    L = labels(r, r.choice([["newer", "older", "equal"], ["upgrade", "downgrade", "same"], ["higher", "lower", "same"]]))
    only = r.choice([None, None, "minor"])
    rel = r.choice(["->", "vs", "installed/available"])

    def case(r):
        a = ver(r)
        k = r.randrange(3)
        b = list(a)
        if k:
            j = r.randrange(3)
            b[j] = r.choice([b[j] + 1, b[j] + 8, 10, 2, 0, 9, 11])
            if j < 2 and r.random() < .5:
                b[j + 1] = r.randint(0, 12)
        elif only and r.random() < .6:
            b[2] += r.choice([1, 3])
        s = lambda v: ".".join(map(str, v))
        if r.random() < .12 and a[2] == 0:
            pass
        p = r.choice(P.SERVICES)
        v = r.choice(["", "", "v"])
        i = {"->": f"{p} {v}{s(a)} -> {v}{s(b)}", "vs": f"{v}{s(a)} vs {v}{s(b)}" + r.choice(["", f" ({p})"]), "installed/available": f"{p}: installed {v}{s(a)}, available {v}{s(b)}"}[rel]
        return i, word(a, b)

    def word(a, b):
        a, b = (a[:2], b[:2]) if only else (a, b)
        return L[2] if a == b else L[0] if b > a else L[1]

    def check(i, o):
        vs = [tuple(map(int, m)) for m in re.findall(r"(\d+)\.(\d+)\.(\d+)", i)]
        a, b = [sum(x * k for x, k in zip(v, (10**6, 10**3, 0 if only else 1))) for v in vs[-2:]]
        return o == (L[2] if a == b else L[0 if b > a else 1])
    heads = ["Compare two version numbers: how does the second relate to the first?", "two versions -> relation of the second to the first", "Is the second version above or below the first one?", "Look at both version numbers and print what the second is, seen from the first.", "Release check: compare version two with version one.", "Which way does the version change from first to second?"]
    rules = [[f"{L[0]}: the second is higher. {L[1]}: it is lower. {L[2]}: no difference.", f"Print {L[0]} if the second version is higher, {L[1]} if lower, {L[2]} if there is no difference."],
             ["Compare part by part as numbers, so 1.10.0 is above 1.9.0.", "Parts are numbers, not text: 10 is more than 9."]]
    if only:
        rules.append(["Only the first two parts count; the third is ignored.", "Ignore the patch part (the third number)."])
    return Task(heads, rules, case, check, choices=L)


@family("version-bump", "structured")
def version_bump(r):
    kind = r.choice(["given", "commit", "fixed"])
    fixed = r.choice(["major", "minor", "patch"])
    v = r.choice(["", "v"])
    mp = r.choice([{"feat": "minor", "fix": "patch", "break": "major"}, {"feature": "minor", "bugfix": "patch", "breaking": "major"}, {"add": "minor", "repair": "patch", "remove": "major"}])
    stay = r.choice(["docs", "chore", "style"])

    def bump(a, k):
        a = list(a)
        if k == "major":
            a = [a[0] + 1, 0, 0]
        elif k == "minor":
            a = [a[0], a[1] + 1, 0]
        elif k == "patch":
            a[2] += 1
        return v + ".".join(map(str, a))

    def case(r):
        a = ver(r)
        s = r.choice(["", "v"]) + ".".join(map(str, a))
        if kind == "fixed":
            return r.choice(["{s}", "version {s}", "{p} {s}", "current: {s}", "tag {s}", "{p} is at {s}"]).format(s=s, p=r.choice(P.SERVICES)), bump(a, fixed)
        if kind == "given":
            k = r.choice(["major", "minor", "patch"])
            return r.choice(["{s} {k}", "{k} release after {s}", "{s} + {k}", "bump {k}: {s}", "{p} {s}, {k} change"]).format(s=s, k=k, p=r.choice(P.SERVICES)), bump(a, k)
        w = r.choice(list(mp) + [stay])
        return f"{s} | {w}: {r.choice(P.ISSUE_BITS)}", bump(a, mp.get(w))

    def check(i, o):
        a = list(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", i).groups()))
        b = list(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", o).groups()))
        if a == b:
            return kind == "commit" and f"| {stay}:" in i
        k = next(n for n in range(3) if a[n] != b[n])
        return b[k] == a[k] + 1 and not any(b[k + 1:]) and o.startswith(v)
    if kind == "fixed":
        heads = [f"Print the next {fixed} version.", f"version -> next {fixed} version", f"Raise the {fixed} part of the version by one.", f"What comes next after this version if we do a {fixed} release?", f"Take the version in the input and bump {fixed}.", f"I type the current version and want the one after a {fixed} bump."]
        rules = []
    elif kind == "given":
        heads = ["Bump the version as the input says (major, minor or patch).", "version + kind of change -> next version", "The line has a version and the word major, minor or patch. Print the next version.", "What is the next version for this kind of release?", "Work out the new version number from the old one and the release type.", "Raise the named part of the version."]
        rules = []
    else:
        m = ", ".join(f"{a} raises {b}" for a, b in mp.items())
        heads = ["Version and commit message, split by '|'. Print the next version.", "version | commit -> next version", "Which version follows after this commit?", "Work out the version after the commit that is given behind the pipe.", "Our release script: old version, pipe, commit line. Return the new version.", "Bump the version according to the type at the start of the commit message."]
        rules = [[f"{m}, {stay} changes nothing.", f"By type: {m}; for {stay} the version stays."]]
    rules += [["Parts to the right of the raised one go back to 0.", "Lower parts are reset to zero (1.4.2 with a minor bump is 1.5.0)."], [f"Output {'with a leading v (v1.2.3)' if v else 'without a leading v'}.", f"{'Always put v in front.' if v else 'No v in front, even if the input has one.'}"]]
    return Task(heads, rules, case, check)


@family("version-extract", "extraction")
def version_extract(r):
    part = r.choice(["full", "major", "majmin", "full"])
    V = Val(r, "version number", "version")
    frames = ["The app crashes since {}.", "Upgraded to {} last night.", "Using {} on Windows 11.", "Bug is fixed in {}.", "{} breaks the export.", "Rolled back to {}.", "Driver {} installed.", "Still on {} here, 3 users affected.", "Works with {} only.", "Release {} is out.", "Tested {} with 20 files.", "Firmware {} on 4 routers.", "We skipped {}.", "Does {} support dark mode?", "Server reports {}.", "{} runs on port 8080.", "After {} the 2 printers stopped.", "Please install {} first."]
    none = ["The app crashes since yesterday.", "Upgraded last night.", "Using Windows 11 here.", "Bug is fixed.", "Rolled back.", "Driver installed, 3 users affected.", "Works again.", "Server reports 20 errors.", "Please install the update.", "It runs on port 8080.", "The 2 printers stopped.", "No idea which release it is."]
    fn = {"full": lambda s: s, "major": lambda s: s.split(".")[0], "majmin": lambda s: ".".join(s.split(".")[:2])}[part]

    def case(r):
        if r.random() < .14:
            return P.around(r, r.choice(none), .3), V.out(None)
        s = ".".join(map(str, ver(r)[:r.choice([2, 3, 3])]))
        w = r.choice(["v{}", "version {}", "{}", "Version {}", "v{}"]).format(s)
        t = P.fill(r, frames, w)
        return P.around(r, t[0].upper() + t[1:] if t[0] != "v" else t, .3), V.out(fn(s))

    def check(i, o):
        m = re.search(r"\d+\.\d+(\.\d+)?", i)
        x = V.parse(o)
        return x is None if not m else x == fn(m[0])
    say = {"full": "the version number, without v", "major": "the major version (the number before the first point)", "majmin": "major and minor version (the first two numbers, with the point)"}[part]
    heads = [f"Print {say}, that the message names.", f"message -> {say}", f"Which software version is mentioned? Give {say}.", f"Support notes: extract {say}.", f"Find the version in the text and output {say}.", f"I need {say} from each report."]
    return Task(heads, [["Versions have at least one point; plain numbers are something else.", "A number without a point (a count, a port) is no version."]] + V.rules(), case, check, rare=V.rare)


@family("version-require", "decision")
def version_require(r):
    n = r.choice([1, 2])
    mn = ver(r, 9)
    mx = [mn[0] + r.choice([1, 2]), 0, 0]
    y, no = yes_no(r, ("ok", "too old") if n == 1 else ("ok", "unsupported"), ("supported", "unsupported"), ("pass", "fail"))
    s = lambda v: ".".join(map(str, v))

    def ok(a):
        return a >= mn and (n == 1 or a < mx)

    def case(r):
        a = list(mn)
        k = r.randrange(4)
        j = r.randrange(3)
        if k == 1:
            a[j] += r.choice([1, 2, 10])
        elif k == 2:
            a[j] = max(0, a[j] - r.choice([1, 2]))
        elif k == 3:
            a = ver(r) if n == 1 else r.choice([mx, [mx[0], r.randint(0, 4), 1], [mx[0] - 1, 12, 9]])
        return r.choice(["{v}", "client {v}", "{p} {v}", "{p}: version {v}", "agent v{v} on {h}", "{h} runs {v}", "reported v{v}"]).format(v=s(a), p=r.choice(P.COMPANIES), h=r.choice(P.SERVICES)), y if ok(a) else no

    def check(i, o):
        a = list(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", i).groups()))
        return (o == y) == ok(a)
    rng = f"{s(mn)} or higher" if n == 1 else f"{s(mn)} or higher but below {s(mx)}"
    heads = [f"Is the version {rng}?", f"version {rng}: {y}, else {no}", f"We need {rng}. Check the version in the line.", f"Does this client meet the requirement ({rng})?", f"Gatekeeper: allowed versions are {rng}.", f"Test whether the version is {rng}."]
    return Task(heads, [[f"Print {y} or {no}.", f"{y} if it is, {no} if not.", f"Answer {y} for allowed versions and {no} for others."], ["Compare the parts as numbers from left to right.", "1.10 is higher than 1.9, as parts are numbers."]], case, check, choices=[y, no])


@family("size-human", "rewrite")
def size_human(r):
    to = r.choice(["human", "bytes", "mb"])
    sp = r.choice(["", " "])
    us = ["B", "kB", "MB", "GB"]

    def case(r):
        k = r.randrange(4) if to != "mb" else r.choice([1, 2, 3])
        x = r.choice([1, 2, 3, 4, 5, 8, 12, 20, 35, 64, 128, 250, 500, 700, 900] + ([1.5, 2.5, 4.2, 7.5] if k else []))
        if to == "mb" and k == 1:
            x = r.choice([100, 200, 500, 900, 50, 20])
        n = round(x * 1000 ** k)
        if to == "human":
            return r.choice(["{}", "{} bytes", "size={}", "file of {} bytes"]).format(n), (f"{x:g}" + sp + us[k])
        i = r.choice(["{}", "size {}", "{} free", "attachment ({})"]).format(f"{x:g}{r.choice(['', ' '])}{us[k]}")
        return i, str(n) if to == "bytes" else f"{n/10**6:g}"

    def check(i, o):
        def rd(s):
            m = re.search(r"([\d.]+) ?(B|kB|MB|GB)?\b", s)
            return round(float(m[1]) * 1000 ** (us.index(m[2]) if m[2] else 0))
        return rd(i) == (round(float(o) * 10**6) if to == "mb" else rd(o))
    heads = {"human": ["Print the number of bytes in a readable unit.", "bytes -> B, kB, MB or GB", "How big is the file in the best unit?", "Make the byte count readable.", "Convert bytes to the largest unit that gives at least 1.", "Show file sizes the way people read them."],
             "bytes": ["Print the file size in bytes.", "size with unit -> bytes", "How many bytes is that?", "Convert the size to a plain byte count.", "Expand kB, MB and GB to bytes.", "Give the exact number of bytes, digits only."],
             "mb": ["Print the file size in MB, number only.", "size -> MB (number)", "How many megabytes is that?", "Convert the size to MB and leave the unit out.", "All sizes have to be in MB. Convert, number only.", "Give the size as a number of MB."]}[to]
    rules = [["1 kB = 1000 B, 1 MB = 1000 kB, 1 GB = 1000 MB.", "Steps of 1000: B, kB, MB, GB."], ["No trailing zeros.", "Decimals only where needed."]]
    if to == "human":
        rules.append([f"Take the largest unit with a number of at least 1, {'one space' if sp else 'no space'} before it: 2.5{sp}MB.", f"Form: 2.5{sp}MB, using the largest unit that keeps the number at 1 or more."])
    return Task(heads, rules, case, check)
