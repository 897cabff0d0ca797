"""Sentences and words: pick, test, tidy, replace."""
import re
from ..registry import Task, family
from ..forms import Val, Lst, labels, yes_no, MISSING, either
from .. import pools as P

ALL = P.SENTENCES + P.QUESTIONS + P.PLAIN


def toks(s):
    return re.findall(r"[A-Za-z0-9'’-]+", s)


@family("sentence-word", "extraction")
def sentence_word(r):
    k = r.choice(["first", "last", "second", "lastbut", "longest", "firstlast", "count", "third"])
    post = r.choice(["keep", "lower", "upper"]) if k != "count" else "keep"
    f = {"keep": lambda s: s, "lower": str.lower, "upper": str.upper}[post]

    def fn(s):
        w = toks(s)
        return {"first": lambda: f(w[0]), "last": lambda: f(w[-1]), "second": lambda: f(w[1]), "third": lambda: f(w[2]), "lastbut": lambda: f(w[-2]), "longest": lambda: f(max(w, key=len)), "firstlast": lambda: f(w[0]) + " " + f(w[-1]), "count": lambda: str(len(w))}[k]()

    def case(r):
        s = r.choice(ALL)
        if k == "count":
            s = r.choice([x for x in ALL if len(toks(x)) < 9] + P.TASKS)
        if k == "longest":
            while sorted(map(len, toks(s)))[-1] == sorted(map(len, toks(s)))[-2]:
                s = r.choice(ALL)
        if r.random() < .2:
            s = s.upper() if r.random() < .4 else s.rstrip(".?!")
        return s, fn(s)

    def check(i, o):
        w = re.sub(r"[.,!?:;]", "", i).split()
        n = {"first": [w[0]], "last": [w[-1]], "second": [w[1]], "third": w[2:3], "lastbut": [w[-2]], "firstlast": [w[0], w[-1]], "count": [str(len(w))], "longest": [max(w, key=len)]}[k]
        return o.lower() == " ".join(n).lower()
    w = {"first": "the first word", "last": "the last word", "second": "the second word", "third": "the third word", "lastbut": "the word before the last", "longest": "the longest word", "firstlast": "the first and the last word, with a space between", "count": "the number of words"}[k]
    heads = [f"Print {w} of the sentence.", f"sentence -> {w}", f"What is {w} here?", f"Take the sentence and give {w}.", f"Exercise for kids: name {w}.", f"From each line I need {w}."]
    rules = [["Without punctuation; words with an apostrophe or a hyphen are one word.", "Punctuation does not belong to it; it's and tip-top are single words."]]
    if k != "count":
        rules.append({"keep": ["Spelling as in the text.", "Keep capital letters as they are."], "lower": ["In lower case.", "Lower-case it."], "upper": ["In capitals.", "Print it in upper case."]}[post])
    return Task(heads, rules, case, check)


@family("sentence-kind", "classification")
def sentence_kind(r):
    mode = r.choice(["mark", "mark", "yn"])
    L = labels(r, ["question", "statement", "exclamation"]) if mode == "mark" else None
    other = r.choice(["none", "open", "unfinished"])
    y, n = yes_no(r, ("question", "no question"))
    nomark = r.random() < .5
    qw = ["when", "can", "where", "who", "is", "how", "why", "do", "may", "which", "has", "what", "could", "are", "will", "did", "does"]

    def v(s):
        if mode == "yn":
            return y if s.endswith("?") or (nomark and s.split()[0].lower() in qw and not s.endswith((".", "!"))) else n
        return {"?": L[0], ".": L[1], "!": L[2]}.get(s[-1], other)

    def case(r):
        k = r.random()
        if k < .4:
            s = r.choice(P.QUESTIONS)
        else:
            s = r.choice(P.SENTENCES + P.PLAIN)
            if s.endswith("?"):
                s = r.choice(P.SENTENCES)
        if mode == "mark" and k > .7:
            s = s[:-1] + "!"
        if k < .4 and mode == "yn" and r.random() < .35:
            s = s[:-1]
        elif mode == "mark" and r.random() < .12:
            s = s[:-1]
        if r.random() < .25:
            s = r.choice([x for x in P.PLAIN if not x.endswith("?")]) + " " + s if mode == "mark" or s.endswith("?") or not nomark else s
        return s, v(s)

    def check(i, o):
        return o == v(i)
    if mode == "yn":
        heads = ["Is the message a question?", "message -> question or not", "Tell questions from other messages.", "Does the user ask something?", "Our bot only answers questions. Is this one?", "Decide whether the line is a question."]
        rules = [[f"Print {y} or {n}.", f"{y} for a question, {n} otherwise."], [f"It is one if it ends with a question mark" + (", or if it has no punctuation at the end and begins with a question word or a verb like can, is, do, will, has, may." if nomark else "; nothing else counts."), "A question ends with ?" + ("; one that starts with who, what, when, where, why, how, which or with can, could, is, are, do, does, did, will, may, has and has no mark at the end counts, too." if nomark else ". A missing question mark means no question.")]]
        return Task(heads, rules, case, check, choices=[y, n])
    heads = ["What kind of sentence does the text end with? Go by the last character.", "last punctuation mark -> kind of sentence", "Classify the text by its final mark.", "Look at the very last character and name the kind of sentence.", "Sort lines by their closing punctuation.", "Which kind is it, judged by the end mark only?"]
    return Task(heads, [[f"? is {L[0]}, a full stop {L[1]}, ! is {L[2]}, anything else {other}.", f"Print {L[0]} for ?, {L[1]} for a full stop, {L[2]} for !, {other} if there is no such mark."]], case, check, choices=L + [other], rare={other})


@family("keyword-which", "extraction")
def keyword_which(r):
    kw = r.sample(["parcel", "train", "printer", "battery", "router", "garden", "museum", "invoice", "soup", "choir", "ferry", "chair", "pool", "lock", "bread", "concert", "fence", "keys", "invoice", "tickets", "warranty", "breakfast"], r.choice([5, 6, 7]))
    kw = list(dict.fromkeys(kw))
    mode = r.choice(["first", "all", "count", "first"])
    l = Lst(r, "keywords", joins=[", ", ",", "; ", " + "])
    miss = r.choice(MISSING)
    up = r.random() < .3

    def hits(s):
        h = [w for w in (t.lower() for t in toks(s)) if w in kw]
        return list(dict.fromkeys(h))

    def fn(s):
        h = hits(s)
        h = [x.upper() if up else x for x in h]
        return (h[0] if h else miss) if mode == "first" else l.out(h) if mode == "all" else str(len(h))
    hitpool = [s for s in ALL if hits(s)]

    def case(r):
        n = r.choice([0, 1, 1, 2, 2])
        ss = r.sample(hitpool, min(n, len(hitpool)))
        if n == 0 or r.random() < .4:
            ss.append(r.choice([x for x in ALL if not hits(x)]))
        r.shuffle(ss)
        s = " ".join(ss)
        if r.random() < .12:
            s = s.upper()
        return s, fn(s)

    def check(i, o):
        h = sorted((m.start(), w) for w in kw for m in [re.search(rf"\b{w}\b", i, re.I)] if m)
        h = [w.upper() if up else w for _, w in h]
        return o == (str(len(h)) if mode == "count" else (h[0] if h else miss) if mode == "first" else l.out(h))
    k = ", ".join(kw)
    w = {"first": "the one that comes first", "all": "all that occur, in the order of the text", "count": "how many different ones occur"}[mode]
    heads = [f"Keywords: {k}. Which of them are there? Print {w}.", f"text -> {w} of: {k}", f"Search the message for these words: {k}. Output {w}.", f"Look for {k} in the text and print {w}.", f"Tagging: look for {k} and give {w}.", f"Does the text mention {either(kw)}? Print {w}."]
    rules = [["Whole words, any letter case.", "Only whole words count, upper or lower case alike."]]
    if mode != "count":
        rules.append(["Print it in capitals." if up else "Print it in lower case.", "Output in upper case." if up else "Output in small letters."])
    rules += [[f"If none occurs, print {miss}.", f"None of them: {miss}."]] if mode == "first" else l.rules() if mode == "all" else [["0 if none does.", "None: 0."]]
    return Task(heads, rules, case, check, rare={miss, "0"} | l.rare)


@family("sentence-pick", "extraction")
def sentence_pick(r):
    k = r.choice(["first", "last", "question", "second", "with", "short", "count"])
    word = r.choice(["the", "we", "not", "is", "was", "for"])
    miss = r.choice(MISSING)

    def split(s):
        return re.findall(r"[^.?!]+[.?!]", s)

    def fn(ss):
        if k in ("first", "last"):
            return ss[0 if k == "first" else -1]
        if k == "second":
            return ss[1] if len(ss) > 1 else miss
        if k == "question":
            q = [x for x in ss if x.endswith("?")]
            return q[0] if q else miss
        if k == "with":
            q = [x for x in ss if re.search(rf"\b{word}\b", x, re.I)]
            return q[0] if q else miss
        if k == "short":
            return min(ss, key=lambda x: len(x.split()))
        return str(len(ss))

    def case(r):
        n = r.choice([1, 2, 3]) if k in ("second", "count") else r.choice([2, 2, 3])
        if k == "count":
            n = r.choice([1, 2, 3, 4, 5])
        ss = r.sample(P.SENTENCES + P.PLAIN, n)
        ss = [s for s in ss if not re.search(r"e-mail|\.\.", s)] or ["Nobody came."]
        if k == "question" and r.random() < .85 or k != "question" and r.random() < .3:
            ss[r.randrange(len(ss))] = r.choice(P.QUESTIONS)
        if k == "short":
            ls = sorted(len(x.split()) for x in ss)
            if len(ls) > 1 and ls[0] == ls[1]:
                return case(r)
        return " ".join(ss), fn(ss)

    def check(i, o):
        ss = [x.strip() for x in split(i)]
        return o == fn(ss)
    w = {"first": "the first sentence", "last": "the last sentence", "second": "the second sentence", "question": "the first sentence that ends with a question mark", "with": f"the first sentence that contains the word '{word}' (any case)", "short": "the sentence with the fewest words", "count": "the number of sentences"}[k]
    heads = [f"Print {w} of the text.", f"text -> {w}", f"Find {w} and print it." if k != "count" else "Count the sentences and print the number.", f"What is {w}?", f"From a short message I need {w}.", f"Return {w}."]
    rules = [[f"If there is none, print {miss}.", f"No such sentence: {miss}."]] if k in ("second", "question", "with") else []
    rules.append(["With its punctuation, unchanged.", "Copy it exactly, including the mark at the end."] if k != "count" else ["A sentence ends with . or ? or !", "Each . ? or ! ends a sentence."])
    return Task(heads, rules, case, check, rare={miss})


@family("whitespace-fix", "repair")
def whitespace_fix(r):
    ops = r.sample(["double", "edge", "before", "after", "lines", "tabs"], r.choice([2, 3, 4]))
    if "double" not in ops:
        ops[0] = "double"
    say = {"double": "several spaces in a row become one", "edge": "spaces at both ends are removed", "before": "no space before . , ! ? : ;", "after": "one space after a comma or semicolon", "lines": "line breaks become spaces", "tabs": "tabs become spaces"}

    def case(r):
        s = r.choice(P.SENTENCES + P.PLAIN + P.QUESTIONS)
        if r.random() < .6 or "after" in ops:
            a = r.choice([x for x in P.SENTENCES])
            s = s[:-1] + r.choice([", but ", ", and ", "; "]) + a[0].lower() + a[1:] if r.random() < .6 else s + " " + a
        o = s
        if "before" in ops:
            s = re.sub(r"([.,!?;])", lambda m: (" " if r.random() < .5 else "") + m[1], s)
        if "after" in ops:
            s = re.sub(r"([,;]) ", lambda m: m[1] + ("" if r.random() < .6 else " "), s)
        s = re.sub(r" ", lambda m: "  " if r.random() < .2 else "\n" if "lines" in ops and r.random() < .08 else "\t" if "tabs" in ops and r.random() < .1 else " ", s)
        if "edge" in ops:
            s = s + "\t" if "tabs" in ops and r.random() < .2 else s
            s = "\n" + s if "lines" in ops and r.random() < .2 else s
        return s, o

    def check(i, o):
        return re.sub(r"\s", "", i) == re.sub(r"\s", "", o) and "  " not in o and o == o.strip() and not ("before" in ops and re.search(r" [.,!?;]", o)) and not re.search(r"[\t\n]", o)
    t = either([say[x] for x in ops], "and")
    heads = [f"Repair the spacing: {t}.", f"text -> spacing repaired ({t})", f"Clean up blanks in the text; {t}.", f"What does the text look like when {t}?", f"Scanned text has odd gaps. Fix it so that {t}.", f"Tidy white space: {t}."]
    return Task(heads, [["Words and punctuation stay.", "Do not change letters or punctuation."]], case, check)


@family("punctuation-fix", "repair")
def punctuation_fix(r):
    ops = r.sample(["final", "double", "cap", "quotes", "ellipsis", "i"], r.choice([2, 3]))
    say = {"final": "a sentence without a mark at the end gets a full stop", "double": "repeated marks (!!, ???, ,,) become one", "cap": "the first letter of every sentence is a capital", "quotes": "curly quotes and apostrophes become straight ones", "ellipsis": "the character … becomes three points", "i": "a lone lower-case i becomes I"}
    iS = ["I think i forgot it.", "Then i called the office.", "My sister and i waited.", "He said i was right.", "Can i pay in cash?", "Today i feel better."]

    def fn(s):
        if "quotes" in ops:
            s = s.translate(str.maketrans("“”‘’", "\"\"''"))
        if "ellipsis" in ops:
            s = s.replace("…", "...")
        if "double" in ops:
            s = re.sub(r"([!?,])\1+", r"\1", s)
        if "i" in ops:
            s = re.sub(r"\bi\b(?!')", "I", s)
        if "cap" in ops:
            s = re.sub(r"(^|[.!?]+ )([a-z])", lambda m: m[1] + m[2].upper(), s)
        if "final" in ops and s[-1] not in ".!?":
            s += "."
        return s

    def case(r):
        s = r.choice(P.SENTENCES + P.QUESTIONS + [x for x in P.PLAIN] + (iS * 6 if "i" in ops else []))
        if r.random() < .5:
            s += " " + r.choice(P.SENTENCES + P.QUESTIONS + (iS * 3 if "i" in ops else []))
        if "quotes" in ops and r.random() < .7:
            w = r.choice([t for t in re.findall(r"[a-z]{3,}", s)])
            s = s.replace(w, f"“{w}”", 1).replace("'", "’")
        if "ellipsis" in ops and r.random() < .5:
            s = re.sub(r"[.]$", "…", s)
        if "double" in ops and r.random() < .7:
            s = re.sub(r"[?]$", "???", re.sub(r"[.]$", r.choice(["!!", "!!!", "."]), s)).replace(",", ",,")
        if "cap" in ops and r.random() < .7:
            s = s[0].lower() + s[1:]
            s = re.sub(r"([.!?] )([A-Z])(?=[a-z])", lambda m: m[1] + m[2].lower(), s) if r.random() < .5 else s
        if "final" in ops and r.random() < .6:
            s = s.rstrip(".")
        return s, fn(s)

    def check(i, o):
        return re.sub(r"[^a-z0-9]", "", i.lower()) == re.sub(r"[^a-z0-9]", "", o.lower()) and not ("double" in ops and re.search(r"!!|\?\?|,,", o)) and not ("final" in ops and o[-1] not in ".!?") and not ("quotes" in ops and re.search("[“”‘’]", o)) and not ("cap" in ops and o[0].islower())
    order = [x for x in ["quotes", "ellipsis", "double", "i", "cap", "final"] if x in ops]
    t = either([say[x] for x in order], "and")
    heads = [f"Correct the text by these rules only: {t}.", f"text -> corrected ({t})", f"Light copy-editing: {t}.", f"How does the line read if {t}?", f"Fix what users type: {t}.", f"Apply these corrections: {t}."]
    return Task(heads, [["Everything else stays exactly as it is.", "Leave the rest alone, even if it looks wrong."]], case, check)


@family("brackets-content", "extraction")
def brackets_content(r):
    a, b, name = r.choice([("(", ")", "parentheses"), ("[", "]", "square brackets"), ('"', '"', "double quotes"), ("{", "}", "curly brackets"), ("<", ">", "angle brackets"), ("*", "*", "asterisks")])
    mode = r.choice(["get", "get", "cut", "only_first", "all"])
    miss = r.choice(MISSING)
    l = Lst(r, "passages", joins=["; ", " | ", ", "])
    bits = ["second floor", "see page nine", "draft", "no milk", "as of May", "blue one", "urgent", "for Anna", "new", "by post", "sold out", "behind the gate", "without sugar", "half price", "room B", "in German", "two pieces", "left side"]

    def case(r):
        s = r.choice(P.SENTENCES + P.PLAIN)
        w = s.split()
        n = r.choice([0, 1, 1, 2]) if mode != "cut" else r.choice([1, 1, 2])
        bs = r.sample(bits, n)
        pos = sorted(r.sample(range(1, len(w)), min(n, len(w) - 1)))
        bs = bs[:len(pos)]
        out = []
        for k, x in enumerate(w):
            if k in pos:
                out.append(a + bs[pos.index(k)] + b)
            out.append(x)
        i = " ".join(out)
        o = s if mode == "cut" else l.out(bs) if mode == "all" else (bs[0 if mode != "last" else -1] if bs else miss)
        return i, o

    def check(i, o):
        f = re.findall(re.escape(a) + "([^" + re.escape(b) + "]*)" + re.escape(b), i)
        if mode == "cut":
            return a not in o and len(o) == len(i) - sum(len(x) + 3 for x in f)
        return l.parse(o) == f if mode == "all" else o == (f[0] if f else miss)
    w = {"get": f"the text inside the first {name}", "only_first": f"what stands in {name} (the first if there are several)", "all": f"every passage in {name}, in order", "cut": f"the text without the passages in {name}"}[mode]
    heads = [f"Print {w}, without the {name} themselves.", f"text -> {w} (no {name} in the output)", f"Give me {w}; leave out the {name}.", f"What is {w}? Do not print the {name}.", f"From each note I need {w} (drop the {name}).", f"Return {w}, not the {name}."]
    if mode == "cut":
        heads = [f"Remove everything in {name} together with the {name}.", f"text minus passages in {name}", f"Delete the {name} and what is inside them.", f"How does the sentence read without what is in {name}?", f"Strip remarks in {name} from the line.", f"Cut out each passage in {name}, marks included."]
        rules = [["Also remove one space, so that single spaces remain.", "Leave exactly one space between the words around it."]]
    else:
        rules = l.rules() if mode == "all" else [[f"If there are none, print {miss}.", f"Nothing in {name}: {miss}."]]
    return Task(heads, rules, case, check, rare={miss} | l.rare)


@family("replace-terms", "rewrite")
def replace_terms(r):
    m = {"parcel": ["package"], "train": ["coach"], "router": ["modem"], "soup": ["stew"], "museum": ["gallery"], "invoice": ["bill"], "garden": ["yard"], "battery": ["cell"], "printer": ["copier"], "waiter": ["server"], "ferry": ["boat"], "fence": ["wall"], "cat": ["dog"], "chair": ["stool"], "kids": ["children"], "pool": ["baths"], "teacher": ["tutor"], "bread": ["cake"], "bus": ["tram"], "pharmacy": ["chemist"], "lift": ["elevator"], "door": ["gate"], "driver": ["courier"], "phone": ["mobile"], "box": ["crate"], "food": ["meal"]}
    ks = r.sample(list(m), r.choice([4, 6, 7]))
    mp = {k: m[k][0] for k in ks}
    mark = r.choice(["{}", "{}", "[{}]", "_{}_"])
    kind = r.choice(["map", "map", "censor"])
    if kind == "censor":
        c = r.choice(["***", "[...]", "####"])
        mp = {k: c for k in ks}
        mark = "{}"
    same = r.choice([None, "unchanged", "no change"])
    hit = [s for s in ALL if any(re.search(rf"\b{k}\b", s, re.I) for k in ks)]

    def fn(s):
        def f(x):
            t = mp[x[0].lower()]
            return mark.format(t.capitalize() if x[0][0].isupper() else t)
        t = re.sub(r"\b(" + "|".join(ks) + r")\b", f, s, flags=re.I)
        return same if same and t == s else t

    def case(r):
        s = r.choice(hit) if r.random() < .88 else r.choice([x for x in ALL if x not in hit])
        if r.random() < .5:
            s += " " + r.choice(hit if r.random() < .5 else ALL)
        return s, fn(s)

    def check(i, o):
        return same == o and not any(re.search(rf"\b{k}\b", i, re.I) for k in ks) or not any(re.search(rf"\b{k}\b", o, re.I) for k in ks if k not in mp.values()) and len(o.split()) == len(i.split())
    t = ", ".join(f"{a} -> {mark.format(b)}" for a, b in mp.items()) if kind == "map" else f"{', '.join(ks)} -> {list(mp.values())[0]}"
    heads = [f"Replace words in the text: {t}.", f"replace {t}", f"House vocabulary: {t}. Rewrite the sentence.", f"How does the text read with these replacements: {t}?", f"Swap the following words and print the text: {t}.", f"Apply the word list ({t}) to the message."]
    rules = [["Whole words only, any letter case" + ("; a capital first letter stays a capital." if kind == "map" else "."), "Replace only complete words, in capitals or not" + (", keeping a capital first letter." if kind == "map" else ".")], ["The rest stays.", "Leave everything else unchanged."]]
    if same:
        rules.append([f"If no word has to be replaced, print {same}.", f"No such word in it: {same}."])
    return Task(heads, rules, case, check, rare={same} if same else set())


@family("truncate", "rewrite")
def truncate(r):
    n = r.choice([2, 3, 4, 5, 6])
    end = r.choice(["...", " ...", "…", "", " [more]"])
    side = r.choice(["start", "start", "end"])
    low = r.random() < .25

    def fn(s):
        w = s.split()
        if len(w) <= n:
            o = s
        elif side == "start":
            o = " ".join(w[:n]).rstrip(",;:") + end
        else:
            o = end.strip() + " " * bool(end) + " ".join(w[-n:]) if end else " ".join(w[-n:])
        return o.lower() if low else o

    def case(r):
        s = r.choice(ALL)
        if r.random() < .25:
            s = r.choice(P.TASKS + P.PRODUCTS)
        if r.random() < .25:
            s = s + " " + r.choice(ALL)
        return s, fn(s)

    def check(i, o):
        k = o.replace(end.strip(), "").split() if end.strip() else o.split()
        return len(k) == min(n, len(i.split())) or len(i.split()) <= n
    w = f"the first {n} words" if side == "start" else f"the last {n} words"
    tail = f"put '{end}' {'right after them' if side == 'start' and not end.startswith(' ') else 'after them' if side == 'start' else 'in front, with one space after it'}" if end else "add nothing"
    if side == "end" and end:
        tail = f"put '{end.strip()}' and one space in front"
    heads = [f"Shorten the text to {w}.", f"text -> {w}", f"Keep only {w} of the text.", f"What are {w}? Print them.", f"For the preview line we show {w}.", f"Cut the text down to {w}."]
    rules = [[f"If something was cut, {tail}; shorter texts stay as they are.", f"When words are dropped, {tail}. Texts of at most {n} words are not changed."]]
    if side == "start":
        rules.append(["A comma, semicolon or colon left at the cut is removed.", "Drop , ; or : at the cut."])
    if low:
        rules.append(["All in lower case.", "Lower-case the result."])
    return Task(heads, rules, case, check)


@family("subject-clean", "repair")
def subject_clean(r):
    pre = r.sample(["Re:", "Fwd:", "AW:", "FW:", "[EXT]", "[SPAM?]", "WG:"], r.choice([3, 4]))
    out = r.choice(["clean", "clean", "count", "kind"])
    empty = r.choice(["(no subject)", "none", "-"])
    ids = r.random() < .4 and out == "clean"
    subj = [b[0].upper() + b[1:] for b in P.ISSUE_BITS] + ["Minutes of Monday", "Offer for the roof", "Keys to the shed", "Photos from the trip", "Your order", "Lunch?", "Invoice for May", "Question about the lease", "New opening hours", "Team day"]

    def case(r):
        s = "" if r.random() < .08 else r.choice(subj)
        k = r.choice([0, 1, 1, 2, 3])
        ps = [r.choice(pre) for _ in range(k)]
        t = s
        if ids and r.random() < .5 and s:
            t = s + f" [#{r.randint(100, 9999)}]"
        i = "".join(r.choice([p, p.lower(), p.upper()]) + r.choice([" ", " ", ""]) for p in ps) + t
        if not i.strip():
            return case(r)
        return i.strip(), {"clean": s or empty, "count": str(k), "kind": "new" if k == 0 else ps[0].strip(":[]?").lower()}[out]

    def check(i, o):
        rx = re.compile(r"^\s*(" + "|".join(map(re.escape, pre)) + ")", re.I)
        k, f = 0, None
        while (m := rx.match(i)):
            f = f or m[1]
            k += 1
            i = i[m.end():]
        i = re.sub(r" \[#\d+\]$", "", i.strip()) if ids else i.strip()
        return o == {"clean": i or empty, "count": str(k), "kind": f.strip(":[]?").lower() if f else "new"}[out]
    p = ", ".join(pre)
    w = {"clean": "the bare subject", "count": "the number of such prefixes", "kind": "the first prefix in lower case, without its colon, brackets and question mark, or new if there is none"}[out]
    heads = [f"Mail subjects may start with {p}, once or several times, in any case. Print {w}.", f"subject (prefixes {p}) -> {w}", f"Strip reply and forward prefixes ({p}, any case, possibly repeated) and print {w}." if out == "clean" else f"Look at the prefixes of a subject ({p}, any case, possibly repeated) and print {w}.", f"What is {w}? Prefixes are {p}, in any case and number.", f"To thread our mails we need {w}; known prefixes: {p} (any case, repeated or not).", f"Subject line in, {w} out. Prefixes: {p}, upper or lower case, maybe several."]
    rules = []
    if ids:
        rules.append(["A ticket number like [#123] at the end goes, too.", "Also remove a trailing [#number]."])
    if out == "clean":
        rules.append([f"If nothing is left, print {empty}.", f"Empty subject: {empty}."])
    else:
        rules.append(["Only prefixes at the start count.", "Ignore such words further inside."])
    return Task(heads, rules, case, check, rare={empty})


@family("abbrev-expand", "rewrite")
def abbrev(r):
    tab = {"asap": "as soon as possible", "fyi": "for your information", "eod": "end of day", "tbd": "to be decided", "eta": "expected arrival", "pls": "please", "thx": "thanks", "appt": "appointment", "qty": "quantity", "dept": "department", "mtg": "meeting", "govt": "government", "approx": "approximately", "w/o": "without", "incl": "including", "max": "maximum", "min": "minimum", "tel": "telephone", "no": "number", "st": "street"}
    tab = {k: v for k, v in tab.items() if k not in ("no", "st", "min", "max")}
    ks = r.sample(list(tab), r.choice([5, 6, 7]))
    fr = {"asap": "Send the file {}.", "fyi": "{} the gate is open.", "eod": "I need it by {}.", "tbd": "Room and time {}.", "eta": "The {} is noon.", "pls": "{} call me back.", "thx": "{} for the cake.", "appt": "My {} is on Tuesday.", "qty": "The {} is wrong.", "dept": "Ask the sales {} first.", "mtg": "The {} was moved.", "govt": "It's a {} form.", "approx": "It weighs {} two kilos.", "w/o": "Coffee {} milk.", "incl": "Price {} tax.", "tel": "By {} only."}
    back = r.random() < .3

    def case(r):
        k = r.sample(ks, r.choice([1, 2]))
        if r.random() < .3:
            k.append(r.choice([x for x in tab if x not in ks]))
            r.shuffle(k)
        a = " ".join(fr[x].format(x) for x in k)
        b = " ".join(fr[x].format(tab[x] if x in ks else x) for x in k)
        a, b = (re.sub(r"(^|\. )([a-z])", lambda m: m[1] + m[2].upper(), s) for s in (a, b))
        if back:
            a, b = b, a
            if a == b:
                return case(r)
        return a, b

    def check(i, o):
        i, o = (o, i) if back else (i, o)
        x = i
        for k in ks:
            x = re.sub(rf"(?<![\w/]){re.escape(k)}(?![\w/])", lambda m: tab[k] if m[0].islower() else tab[k].capitalize(), x, flags=re.I)
        return x.lower() == o.lower()
    t = ", ".join(f"{k} = {tab[k]}" for k in ks)
    if back:
        heads = [f"Abbreviate the note with this list: {t}.", f"long forms -> abbreviations ({t})", f"Replace the long forms by the short ones: {t}.", f"How short can this note be? Use {t}.", f"SMS style: put in our abbreviations ({t}).", f"Shorten the text with these abbreviations: {t}."]
    else:
        heads = [f"Spell out the abbreviations in the note: {t}.", f"abbreviations spelled out ({t})", f"Replace the short forms by the long ones: {t}.", f"What does the note say in full? Use {t}.", f"New colleagues don't know our short forms. Expand them: {t}.", f"Expand these abbreviations in the text: {t}."]
    return Task(heads, [["At the start of a sentence begin with a capital.", "Sentences still start with a capital letter."], ["Other abbreviations and words stay.", "Leave everything not in the list as it is."]], case, check)


@family("starts-ends", "classification")
def starts_ends(r):
    y, n = yes_no(r, ("match", "no match"))
    t = r.choice(["starts with a capital letter", "ends with a full stop", "contains a digit", "contains a comma", "has more than six words", "contains a word in capitals (two letters or more)", "starts and ends with the same letter (any case, punctuation at the end ignored)", "contains a hyphen"])
    neg = r.random() < .25
    f = {"starts with a capital letter": lambda s: s[0].isupper(), "ends with a full stop": lambda s: s.endswith("."), "contains a digit": lambda s: any(c.isdigit() for c in s), "contains a comma": lambda s: "," in s, "has more than six words": lambda s: len(s.split()) > 6, "contains a word in capitals (two letters or more)": lambda s: bool(re.search(r"\b[A-Z]{2,}\b", s)), "starts and ends with the same letter (any case, punctuation at the end ignored)": lambda s: s[0].lower() == s.rstrip(".?!")[-1].lower(), "contains a hyphen": lambda s: "-" in s}[t]
    u = r.choice(["{}", "{}"])

    def case(r):
        for _ in range(60):
            s = r.choice(ALL + P.TASKS + P.PRODUCTS + P.TASKS)
            k = r.random()
            if k < .2:
                s = s[0].lower() + s[1:]
            elif k < .35:
                s = s.rstrip(".")
            elif k < .5:
                s = s.rstrip(".?!") + f" {r.choice(['in room', 'at gate', 'on page', 'for table'])} {r.randint(2, 99)}."
            elif k < .62:
                w = s.split()
                j = r.randrange(len(w))
                w[j] = w[j].upper()
                s = " ".join(w)
            elif k < .7:
                s = s.replace(" ", "-", 1) if len(s.split()) < 4 else s
            elif k < .8:
                s = s.replace(" ", ", ", 1)
            if t.startswith("starts and") and r.random() < .5 and not f(s):
                continue
            break
        return s, (y if f(s) != neg else n)

    def check(i, o):
        return (o == y) == (f(i) != neg)
    a, b = (n, y) if neg else (y, n)
    heads = [f"Check whether the text {t}.", f"{t}? -> {y}/{n}", f"Does it hold that the text {t}?", f"Test: the text {t}.", f"Look at the line: is it true that it {t}?", f"Validate a single property: the text {t}."]
    return Task(heads, [[f"Print {a} if so and {b} if not.", f"{a} when it does, {b} when it doesn't.", f"Answer {a} (true) or {b} (false)."]], case, check, choices=[y, n])


@family("mention-extract", "extraction")
def mention_extract(r):
    kind = r.choice(["@", "/", "!", "$"])
    names = {"@": [f.lower() for f in P.FIRST], "/": ["help", "start", "stop", "list", "mute", "invite", "poll", "remind", "status", "leave"], "!": ["kick", "ban", "roll", "rank", "queue", "skip", "vote", "rules"], "$": ["user", "home", "path", "lang", "shell", "editor", "token", "port"]}[kind]
    noun = {"@": "mention", "/": "slash command", "!": "bang command", "$": "variable"}[kind]
    l = Lst(r, noun + "s", joins=[", ", ",", " ", "; "])
    keep = r.random() < .5
    sort = r.random() < .3
    first = r.random() < .4

    def fn(ns):
        ns = list(dict.fromkeys(ns))
        ns = [kind + x if keep else x for x in (sorted(ns) if sort and not first else ns)]
        return l.out(ns[:1] if first else ns) if not first or not ns else ns[0]

    def case(r):
        n = r.choice([0, 1, 2, 2, 3])
        ns = r.sample(names, n)
        if n and r.random() < .25:
            ns.append(ns[0])
        w = r.choice(P.SENTENCES + P.PLAIN).split()
        for x in ns:
            w.insert(r.randrange(len(w)), kind + x)
        # keep the order of the text
        s = " ".join(w)
        return s, fn(re.findall(re.escape(kind) + r"(\w+)", s))

    def check(i, o):
        ns = [t[1:] for t in i.split() if t.startswith(kind)]
        ns = list(dict.fromkeys(ns))
        if first:
            return o == ((kind if keep else "") + ns[0] if ns else l.missing)
        return l.parse(o) == [(kind if keep else "") + x for x in (sorted(ns) if sort else ns)]
    w = f"the first {noun}" if first else f"all {noun}s" + (", sorted alphabetically" if sort else ", in order of appearance")
    k = f"{'with' if keep else 'without'} the {kind}"
    heads = [f"Print {w} ({kind} directly followed by a word), {k}.", f"{kind}word -> {w}, {k}", f"Find {w}; the form is {kind}word. Print {k}.", f"Which {noun}s ({kind}word) are in the text? Give {w}, {k}.", f"Chat log: extract {w} of the form {kind}name, {k}.", f"Collect {w}, i.e. words that begin with {kind}; print {k}."]
    rules = [[f"If there are none, print {l.missing}.", f"No {noun}: {l.missing}."]] if first else [["Each only once.", "Drop repeats."]] + l.rules()
    return Task(heads, rules, case, check, rare=l.rare)


@family("line-ops", "rewrite")
def line_ops(r):
    op = r.choice(["join", "numbered", "nonempty", "first", "last", "prefix", "sortlines", "countlines", "quote"])
    sep = r.choice([" ", " / ", "; ", " | "])
    pre = r.choice(["> ", "- ", "# ", "  * ".strip() + " "])
    fn = {"join": lambda a: sep.join(x for x in a if x), "numbered": lambda a: "\n".join(f"{n}) {x}" for n, x in enumerate((x for x in a if x), 1)), "nonempty": lambda a: "\n".join(x for x in a if x), "first": lambda a: next(x for x in a if x), "last": lambda a: [x for x in a if x][-1], "prefix": lambda a: "\n".join(pre + x for x in a if x), "sortlines": lambda a: "\n".join(sorted((x for x in a if x), key=str.lower)), "countlines": lambda a: str(sum(bool(x) for x in a)), "quote": lambda a: ", ".join(f'"{x}"' for x in a if x)}[op]

    def case(r):
        a = r.sample(r.choice([P.TASKS, P.ISSUE_BITS, P.PRODUCTS, P.CITIES]), r.choice([2, 3, 4] if op != "countlines" else [1, 2, 3, 4, 5]))
        for _ in range(r.choice([0, 0, 1])):
            a.insert(r.randrange(1, len(a) + 1) if len(a) > 1 else 1, "")
        i = "\n".join(a).rstrip("\n")
        return i, fn(i.split("\n"))

    def check(i, o):
        a = [x for x in i.split("\n") if x]
        return o == str(len(a)) if op == "countlines" else o in a if op in ("first", "last") else all(x in o for x in a) and (op != "join" or o == sep.join(a))
    w = {"join": f"all lines joined to one, with '{sep}' between", "numbered": "the lines numbered 1), 2), 3) and so on", "nonempty": "the lines without the empty ones", "first": "only the first line", "last": "only the last line", "prefix": f"every line with '{pre}' in front", "sortlines": "the lines sorted alphabetically", "countlines": "the number of lines", "quote": "all lines in double quotes on one line, with ', ' between"}[op]
    heads = [f"Print {w}.", f"lines -> {w}", f"The input has one or more lines. Output {w}.", f"I paste some lines and want {w}.", f"Could you give me {w}?", f"Text with line breaks in, {w} out."]
    return Task(heads, [["Empty lines are dropped.", "Ignore empty lines."]] if op not in ("first", "last") else [["Unchanged.", "Exactly as written."]], case, check)
