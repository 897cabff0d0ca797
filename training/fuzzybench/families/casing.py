"""Letter case, identifier styles, slugs, acronyms."""
import re
import unicodedata
from ..registry import Task, family
from ..forms import Lst, labels, MISSING, either
from .. import pools as P

WORDS = "user order item total count name date price list city page file path line key value time zone start end max min load rate code type status group index cache token".split()
STY = {"snake_case": lambda p: "_".join(p), "camelCase": lambda p: p[0] + "".join(x.capitalize() for x in p[1:]), "PascalCase": lambda p: "".join(x.capitalize() for x in p), "kebab-case": lambda p: "-".join(p), "CONSTANT_CASE": lambda p: "_".join(p).upper(), "dot.case": lambda p: ".".join(p), "Title Case": lambda p: " ".join(x.capitalize() for x in p), "lower case with spaces": lambda p: " ".join(p)}
TITLES = ("the lord of the lake|a walk in the rain|how to bake bread|birds of the north|songs from a small town|the art of waiting|letters to my sister|on the road to oslo|a history of tea|night train to lisbon|cooking for two|the last light of summer|between the river and the sea|notes on growing old|"
          "a guide to alpine flowers|the man with no name|stories for the cold season|from here to the harbour|in praise of slow mornings|the cat and the clock|winter at the mill|a map of quiet places|the boy who sold maps|stars over the valley|life on the farm|gardens of the south").split("|")
SMALL = "a an the of in on to for and with from at or by".split()


def ident_words(s):
    return [x.lower() for x in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", s)]


@family("ident-case", "rewrite")
def ident_case(r):
    b = r.choice(list(STY))
    srcs = r.choice([r.sample([x for x in STY if x != b], 1), r.sample([x for x in STY if x != b], 2), [x for x in STY if x != b]])
    pre = r.choice([None, None, None, "get", "is", "my", "db"])
    suf = None if pre else r.choice([None, None, "id", "list"])

    def case(r):
        p = r.sample(WORDS, r.choice([2, 2, 3, 3, 4]))
        s = STY[r.choice(srcs)](p)
        return s, STY[b](([pre] if pre else []) + p + ([suf] if suf else []))

    def check(i, o):
        return ident_words(o) == ([pre] if pre else []) + ident_words(i) + ([suf] if suf else [])
    f = either(srcs, "or") if len(srcs) < 3 else "any common style"
    ex = STY[b](["max", "load", "rate"])
    heads = [f"Convert a name from {f} to {b} (like {ex}).", f"{f} -> {b}, e.g. {ex}", f"Rewrite the identifier in {b}; a model is {ex}.", f"What is this name in {b} ({ex})?", f"Names come in {f}. Our style is {b}, such as {ex}.", f"Change the naming style to {b} (model: {ex})."]
    rules = [["The words stay the same.", "Words and their order do not change."]] if not pre and not suf else []
    if pre:
        rules.append([f"Put the word '{pre}' in front, in the same style.", f"Add '{pre}' as first word."])
    if suf:
        rules.append([f"Add '{suf}' as last word, in the same style.", f"The word '{suf}' comes at the end."])
    return Task(heads, rules, case, check)


@family("title-case", "repair")
def title_case(r):
    st = r.choice(["title", "sentence", "all", "upper_first_word"])
    quote = r.choice([None, None, '"', "'"])
    sub = r.random() < .35 and st in ("title", "all")

    def fn(s):
        w = s.split()
        if st == "title":
            w = [x.capitalize() if n in (0, len(w) - 1) or x not in SMALL else x for n, x in enumerate(w)]
        elif st == "all":
            w = [x.capitalize() for x in w]
        elif st == "sentence":
            w = [w[0].capitalize()] + w[1:]
        else:
            w = [w[0].upper()] + w[1:]
        return " ".join(w)

    def case(r):
        t = r.choice([x for x in TITLES if st != "sentence" and st != "upper_first_word" or "oslo" not in x and "lisbon" not in x])
        x = r.choice([t, t.upper(), t.title(), "".join(r.choice([c, c.upper()]) for c in t)])
        o = fn(t)
        if sub and r.random() < .5:
            u = r.choice([y for y in TITLES if y != t])
            x, o = f"{x}: {u}", f"{o}: {fn(u)}"
        q = quote or ""
        return x, q + o + q

    def check(i, o):
        o = o.strip(quote) if quote else o
        return o.lower() == i.lower() and (st != "all" or o == " ".join(x.capitalize() for x in o.split()))
    say = {"title": "capital letter for the first and last word and all other words except " + ", ".join(SMALL), "all": "a capital letter for every word, the rest small", "sentence": "only the first word with a capital letter, everything else in lower case", "upper_first_word": "the first word in capitals, all others in lower case"}[st]
    heads = [f"Set the title in this style: {say}.", f"title -> {say}", f"Correct the capitals of the title; rule: {say}.", f"How is this title written with {say}?", f"Our catalogue wants titles so: {say}.", f"Fix upper and lower case of the book title ({say})."]
    rules = [["Words stay the same.", "Change nothing but the case of letters."]]
    if quote:
        rules.append([f"Put the result in {'double' if quote == chr(34) else 'single'} quotes.", f"Print it between {quote} and {quote}."])
    if sub:
        rules.append(["After a colon the rule starts afresh.", "A part behind a colon is treated like a new title."])
        if st == "title":
            rules.append(["The last word before a colon counts as a last word.", "Each part has its own first and last word."])
    return Task(heads, rules, case, check)


@family("slug", "structured")
def slug(r):
    sep = r.choice(["-", "-", "_"])
    stopw = r.random() < .4
    mx = r.choice([None, None, 3, 4, 5])
    pre = r.choice([None, None, "p" + sep, "2024" + sep, "post" + sep])
    acc = r.random() < .5
    amp = r.random() < .3
    sm = ["a", "an", "the", "of", "in", "on", "to", "for", "and"]

    def fn(s):
        s = s.replace("&", " and ") if amp else s
        s = unicodedata.normalize("NFKD", s).encode("ascii", "ignore").decode().lower().replace("'", "")
        w = re.findall(r"[a-z0-9]+", s)
        if stopw:
            w = [x for x in w if x not in sm]
        return (pre or "") + sep.join(w[:mx] if mx else w)
    extra = ["10 tips for small gardens", "New: tent sale!", "Why the bus was late (again)", "Open day, Saturday 4 May", "Step 2 - mix the flour", "What's new in version 3?", "Lost & found at the pool", "Bread & butter, but better"]
    accs = ["Café au lait at home", "Crème brûlée for two", "A weekend in Malmö", "São Paulo by night", "Piñata party ideas", "Zürich: where to eat", "Déjà vu in the museum", "Fjord trips from Ålesund", "Łódź photo walk".replace("Ł", "L").replace("ł", "l")]

    def case(r):
        t = r.choice(TITLES)
        t = r.choice([t.title(), t.capitalize(), t.capitalize() + r.choice(["!", "?", "...", " (2nd edition)", ", part 2"])]) if r.random() < .6 else r.choice(extra + (accs * 2 if acc else []))
        return t, fn(t)

    def check(i, o):
        body = o[len(pre):] if pre else o
        return re.fullmatch(rf"[a-z0-9]+({sep}[a-z0-9]+)*", body) is not None and (not mx or body.count(sep) < mx) and o.startswith(pre or "")
    d = "hyphens" if sep == "-" else "underscores"
    heads = [f"Make a slug of the title: lower case, words joined by {d}.", f"title -> slug (lower case, {d})", f"Turn the headline into a URL part in lower case with {d}.", f"What would the page address of this post be? Lower case, {d} between words.", f"Blog titles to slugs, please: small letters, {d}.", f"Create the slug, all lower case with {d} between the words."]
    rules = [["All other punctuation goes; apostrophes vanish without a gap (what's is whats)." if not amp else "Punctuation other than & goes; apostrophes vanish without a gap (what's is whats).", "Only letters a-z and digits remain besides the separator; an apostrophe leaves no gap (it's: its)."]]
    if acc:
        rules.append(["Accented letters lose their accent (ö is o).", "é becomes e, ö becomes o, and so on."])
    if stopw:
        rules.append([f"Leave out {', '.join(sm)}.", f"Drop these words: {', '.join(sm)}."])
    if amp:
        rules.append(["& becomes the word and" + (" (which is then dropped, too)." if stopw else "."), "Write 'and' for &" + (", which then falls under the dropped words." if stopw else ".")])
    if mx:
        rules.append([f"At most the first {mx} words{' that are left' if stopw else ''}.", f"Cut after {mx} words{' (counted after dropping)' if stopw else ''}."])
    if pre:
        rules.append([f"Put {pre} in front.", f"Every slug starts with {pre}"])
    return Task(heads, rules, case, check)


ORGS = ("world health organization|united nations|central bank of norway|royal society of chemistry|national park service|institute for applied physics|board of trade|international air transport association|department of public works|school of music|house of culture|society for the study of birds|union of railway workers|federal office for statistics|"
        "committee on food safety|museum of modern art|league of women voters|council for road safety|association of book sellers|centre for marine research|office of student affairs|bureau of weights and measures|guild of master bakers|academy of fine arts|trust for old houses|network of urban gardens|agency for energy|fund for rural schools").split("|")


@family("acronym", "structured")
def acronym(r):
    small = ["of", "the", "for", "and", "on"]
    keep = r.random() < .3
    dots = r.choice(["", "", "."])
    form = r.choice(["only", "only", "paren", "eq"])
    mode = r.choice(["all", "skip", "skip"])
    low = mode == "all" and keep

    def ac(t):
        w = [x for x in t.split() if mode == "all" or x not in small]
        return "".join((x[0].lower() if low and x in small else x[0].upper()) + dots for x in w)

    def case(r):
        t = r.choice(ORGS)
        i = " ".join(x if x in small else x.capitalize() for x in t.split())
        if r.random() < .3:
            i = r.choice([t, t.upper()])
        n = " ".join(x if x in small else x.capitalize() for x in t.split())
        return i, {"only": ac(t), "paren": f"{n} ({ac(t)})", "eq": f"{ac(t)} = {n}"}[form]

    def check(i, o):
        a = {"only": o, "paren": o.rsplit("(", 1)[-1].rstrip(")"), "eq": o.split(" = ")[0]}[form]
        w = [x for x in i.lower().split() if mode == "all" or x not in small]
        return a.replace(".", "").lower() == "".join(x[0] for x in w)
    say = {"only": "only the acronym", "paren": "the name, then the acronym in parentheses", "eq": "the acronym, ' = ', then the name"}[form]
    heads = [f"Build the acronym of the name. Print {say}.", f"name -> {say}", f"Take the first letters of the words; print {say}.", f"How is this organisation abbreviated by its first letters? Output {say}.", f"Make an acronym from the initial letters and print {say}.", f"Our glossary needs acronyms: give {say}."]
    s = ", ".join(small)
    rules = [[f"Skip {s}.", f"The words {s} give no letter."] if mode == "skip" else [f"{s} count, too, as {'small' if low else 'capital'} letters; all other letters are capitals." if low else f"Every word counts, also {s}; all letters are capitals.", f"Use all words; {s} give {'lower-case' if low else 'upper-case'} letters, the others upper-case ones."]]
    rules.append(["A point after each letter.", "Put a point behind every letter."] if dots else ["No points.", "Letters without points or spaces."])
    if form != "only":
        rules.append([f"In the name, words start with a capital, except {s}.", f"Write the name in title case with {s} in lower case."])
    return Task(heads, rules, case, check)


@family("case-mix", "repair")
def case_mix(r):
    op = r.choice(["lower", "sentence", "upper_key", "swap_shout", "first_letters"])
    keys = r.sample(["urgent", "stop", "free", "note", "sale", "invoice", "total", "cold"], 3)
    sents = P.SENTENCES + P.PLAIN + ["The invoice is urgent.", "Total is wrong, please stop the payment.", "Free coffee, but it is cold.", "Note the sale ends today.", "Stop using the old invoice.", "It was cold and urgent.", "The total looks free of errors.", "Sale items are not free."]

    def fn(s):
        if op == "lower":
            return s.lower()
        if op == "sentence":
            s = s.lower()
            s = re.sub(r"(^|[.!?] )([a-z])", lambda m: m[1] + m[2].upper(), s)
            return re.sub(r"\bi\b", "I", s)
        if op == "upper_key":
            return re.sub(r"\b(" + "|".join(keys) + r")\b", lambda m: m[0].upper(), s, flags=re.I)
        if op == "swap_shout":
            return re.sub(r"\b[A-Z]{2,}\b", lambda m: m[0].lower(), s)
        return "".join(w[0] for w in re.findall(r"[A-Za-z']+", s)).upper()

    def case(r):
        s = r.choice([x for x in sents if (op != "sentence" or not re.search(r"\b(Norway|Tuesday|Sunday|May|German|Anna)\b", x)) and (op != "upper_key" or re.search("|".join(keys), x, re.I) or r.random() < .1)])
        if op == "sentence":
            if r.random() < .5:
                t = r.choice([x for x in P.PLAIN if "German" not in x])
                s = s + " " + t
            s = r.choice([s.upper(), "".join(r.choice([c, c.upper()]) for c in s), s.lower()])
        elif op == "lower":
            s = r.choice([s.upper(), s.title(), s])
        elif op == "swap_shout":
            s = " ".join(w.upper() if r.random() < .3 else w for w in s.split())
        elif op == "upper_key":
            if r.random() < .5 :
                s = s + " " + r.choice(sents)
        return s, fn(s)

    def check(i, o):
        return o.lower() == i.lower() if op != "first_letters" else o == "".join(x[0] for x in i.upper().replace(".", "").replace(",", "").replace("-", " ").replace("?", "").replace("!", "").split() if x[0].isalpha())
    say = {"lower": "put everything in lower case", "sentence": "set it in normal sentence case: first letter of each sentence and the word I in capitals, everything else small", "upper_key": f"write the words {either(keys, 'and')} in capitals wherever they occur (whole words, in any case)", "swap_shout": "put every word that is completely in capitals (two letters or more) into lower case", "first_letters": "print the first letters of all words, in capitals and without spaces"}[op]
    heads = [f"Change the text: {say}.", f"text -> {say}", f"Take the sentence and {say}.", f"Could you {say}?", f"Please {say}.", f"Text clean-up, one rule: {say}."]
    return Task(heads, [["Nothing else changes.", "Leave everything else as it is."]] if op != "first_letters" else [["Digits and punctuation give nothing.", "Punctuation is skipped."]], case, check)


@family("hashtag", "structured")
def hashtag(r):
    d = r.choice(["make", "split", "extract"])
    st = r.choice(["Pascal", "lower", "camel"])
    l = Lst(r, "hashtags", joins=[", ", ",", " ", " | "])
    hs = r.random() < .5
    tags = ["summer sale", "slow food", "night train", "city garden", "open day", "book club", "rainy days", "coffee time", "lost cat", "bike to work", "new year", "home office", "local news", "old maps", "street art", "family fun", "tea party", "first snow", "winter hike", "farm life"]
    mk = {"Pascal": lambda w: "".join(x.capitalize() for x in w.split()), "lower": lambda w: w.replace(" ", ""), "camel": lambda w: (lambda p: p[0] + "".join(x.capitalize() for x in p[1:]))(w.split())}[st]

    def case(r):
        if d == "make":
            t = r.choice(tags + TITLES[:12] + P.TASKS)
            return r.choice([t, t.title(), t.capitalize(), t.upper()]), "#" + mk(t.lower())
        if d == "split":
            t = r.choice(tags + [x for x in P.TASKS if " a " not in x] + TITLES[4:16])
            t = re.sub(r"\b(\w) ", "", t)
            return "#" + "".join(x.capitalize() for x in t.split()), t
        n = r.choice([0, 1, 2, 2, 3])
        hs_ = ["#" + "".join(x.capitalize() for x in t.split()) for t in r.sample(tags, n)]
        s = r.choice(P.PLAIN)
        i = " ".join([s] + hs_) if r.random() < .6 else (" ".join(hs_[:1]) + " " + s + " " + " ".join(hs_[1:])).strip()
        return i, l.out([h if hs else h[1:] for h in hs_])

    def check(i, o):
        if d == "make":
            return o.lower() == "#" + i.lower().replace(" ", "")
        if d == "split":
            return "#" + o.title().replace(" ", "") == i
        return l.parse(o) == [h if hs else h[1:] for h in re.findall(r"#\w+", i)]
    sty = {"Pascal": "each word with a capital (#SummerSale)", "lower": "all in lower case (#summersale)", "camel": "first word small, others with a capital (#summerSale)"}[st]
    heads = {"make": [f"Make one hashtag of the phrase, {sty}.", f"phrase -> hashtag, {sty}", f"Write the phrase as a hashtag: {sty}.", f"What would the hashtag be, {sty}?", f"Social media desk: hashtag from the phrase, {sty}.", f"Join the words to a hashtag; {sty}."],
             "split": ["Split the hashtag into words, lower case, separated by spaces.", "#TwoWords -> two words", "Write the hashtag as normal lower-case words.", "Which words make up this hashtag? Lower case, spaces between.", "Undo the hashtag: no #, spaces, small letters.", "Turn a hashtag with capitals into plain lower-case text."],
             "extract": [f"List the hashtags of the post {'with' if hs else 'without'} the # sign.", f"post -> hashtags {'with' if hs else 'without'} #", f"Which hashtags are in the text? Print them {'with' if hs else 'without'} #.", f"Extract all hashtags, {'keeping' if hs else 'dropping'} the #.", f"Collect the tags of the post, {'including' if hs else 'leaving out'} #.", f"Find every hashtag and print it {'with' if hs else 'without'} its #."]}[d]
    rules = {"make": [["No spaces, one # in front.", "A single # at the start, no blanks."]], "split": [["A new word starts at each capital.", "Capitals mark where words begin."]], "extract": [["In order of appearance.", "Keep their order and spelling."]] + l.rules()}[d]
    return Task(heads, rules, case, check, rare=l.rare)
