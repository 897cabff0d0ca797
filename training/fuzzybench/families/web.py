"""URLs, query strings, mail addresses, HTML, Markdown, HTTP."""
import json
import re
from urllib.parse import urlsplit, parse_qsl
from ..registry import Task, family
from ..forms import Val, Lst, Rec, compact, labels, yes_no, missing_rule, MISSING, either
from .. import pools as P

HOSTS = ["shop.example.com", "www.northwind.example", "docs.kite.example", "api.lumen.test", "example.org", "www.acme.test", "blog.cedar.example", "status.halden.test", "m.tern.example", "www.example.com", "help.orchard.example", "cdn.vale.test", "my.riverside.test", "portal.uni.example"]
SEGS = "products orders help faq search users docs v2 images reports news en de archive login cart checkout blog about pricing items reviews".split()
TRACK = ["utm_source", "utm_medium", "utm_campaign", "fbclid", "gclid"]
QK = {"page": lambda r: str(r.randint(1, 40)), "q": lambda r: r.choice(["lamp", "tent", "rug", "blue+mug", "tea"]), "lang": lambda r: r.choice(["en", "de", "fr", "pl"]), "sort": lambda r: r.choice(["price", "name", "new"]), "id": lambda r: str(r.randint(100, 9999)), "ref": lambda r: r.choice(["mail", "home", "ad7", "qr"]),
      "size": lambda r: r.choice(["s", "m", "l"]), "color": lambda r: r.choice(P.COLORS), "user": lambda r: r.choice(P.FIRST).lower(), "token": lambda r: r.choice("abcdef") + "".join(r.choice("abcdef0123456789") for _ in range(5)), "tab": lambda r: r.choice(["all", "open", "mine"])}


def track(r):
    return {k: r.choice(["news", "mail", "spring", "x1", "ad"]) for k in r.sample(TRACK, r.choice([1, 2]))}


def url(r, q=None, host=None, segs=None, frag=None, scheme=None):
    s = f"{scheme or r.choice(['https', 'https', 'http'])}://{host or r.choice(HOSTS)}"
    segs = r.sample(SEGS, r.choice([0, 1, 2, 3])) if segs is None else segs
    s += "".join("/" + x for x in segs)
    if q is None:
        q = {k: QK[k](r) for k in r.sample(list(QK), r.choice([0, 1, 2]))}
    if q:
        s += ("/" if not segs and r.random() < .3 else "") + "?" + "&".join(f"{k}={v}" for k, v in q.items())
    if frag if frag is not None else r.random() < .15:
        s += "#" + r.choice(["top", "faq", "section-2", "reviews", "contact"])
    return s


NO_URL = ["The link is broken, sorry.", "I can't find the page anymore.", "Search for it on our site.", "Docs: not written yet", "Please open the portal and log in.", "The form is somewhere in the menu.", "He sent me a screenshot.", "Our new page goes live soon.", "Copied from a book", "The tracking page is down.", "I lost the bookmark."]
FIND_URL = re.compile(r"https?://\S+?(?=[.,!?]*(?:\s|$))")


@family("url-host", "extraction")
def url_host(r):
    kind = r.choice(["host", "nowww", "scheme", "hosttld", "port"])
    if kind == "port":
        kind = "host"
    v = Val(r, "URL", {"host": "host", "nowww": "domain", "scheme": "scheme", "hosttld": "tld"}[kind])
    fn, say = {"host": (lambda u: urlsplit(u).hostname, "the host name"), "nowww": (lambda u: urlsplit(u).hostname.removeprefix("www."), "the host name without a leading www."), "scheme": (lambda u: urlsplit(u).scheme, "the scheme (the part before ://)"), "hosttld": (lambda u: urlsplit(u).hostname.rsplit(".", 1)[1], "the last label of the host name (such as com)")}[kind]

    def case(r):
        if r.random() < .14:
            return P.around(r, r.choice(NO_URL), .4), v.out(None)
        u = url(r)
        return P.around(r, P.fill(r, P.URL_FRAMES, u), .3), v.out(fn(u))

    def check(i, o):
        x = v.parse(o)
        m = FIND_URL.search(i)
        return x is None if not m else x == fn(m[0]) and x in i
    heads = [f"Print {say} of the URL in the message.", f"URL in text -> {say}", f"Which URL is mentioned? I only want {say}.", f"Find the link and give {say}.", f"From the link in the text extract {say}.", f"For our blocklist: take the URL and return {say}."]
    return Task(heads, [["No path, no query.", "Leave out path, query and everything else."]] + v.rules(), case, check, rare=v.rare)


@family("url-param", "extraction")
def url_param(r):
    k = r.choice(list(QK))
    miss = r.choice(MISSING)
    dec = k == "q"
    dflt = r.random() < .3
    if dflt:
        miss = {"page": "1", "lang": "en", "sort": "default", "size": "any"}.get(k, miss)
    text = r.random() < .5

    def case(r):
        o = {x: QK[x](r) for x in r.sample([y for y in QK if y != k], r.choice([1, 2]))}
        if r.random() < .82:
            it = list(o.items())
            val = QK[k](r)
            it.insert(r.randint(0, len(it)), (k, val))
            o = dict(it)
            a = val.replace("+", " ") if dec else val
        else:
            a = miss
        u = url(r, o)
        return (P.fill(r, P.URL_FRAMES, u) if text else u), a

    def check(i, o):
        q = dict(parse_qsl(urlsplit(FIND_URL.search(i)[0]).query))
        return o == q.get(k, miss)
    heads = [f"Print the value of the query parameter {k} in the URL.", f"url -> {k}=?", f"What is {k} in the query string of the link?", f"Read the parameter '{k}' from the URL.", f"I need {k} from each link.", f"Extract ?{k}=... from the address and give only the value."]
    rules = [[f"If the URL has no {k}, print {miss}.", f"Parameter missing: {miss}.", f"Without {k} the answer is {miss}."]]
    if dec:
        rules.append(["A + stands for a space.", "Turn + into a space."])
    return Task(heads, rules, case, check, rare={miss})


@family("url-clean", "repair")
def url_clean(r):
    ops = r.sample(["track", "frag", "https", "slash", "lower", "www"], r.choice([1, 2, 2, 3]))
    al = r.choice(["utm", "all"]) if "track" in ops else None

    def fn(u):
        p = urlsplit(u)
        q = parse_qsl(p.query, keep_blank_values=True)
        if "track" in ops:
            q = [(k, v) for k, v in q if not (k.startswith("utm_") or (al == "all" and k in TRACK))]
        host, path, fr, sc = p.netloc, p.path, p.fragment, p.scheme
        if "https" in ops:
            sc = "https"
        if "slash" in ops:
            path = path.rstrip("/")
        if "lower" in ops:
            host = host.lower()
        if "www" in ops and host.lower().startswith("www."):
            host = host[4:]
        return f"{sc}://{host}{path}" + ("?" + "&".join(f"{k}={v}" for k, v in q) if q else "") + ("#" + fr if fr and "frag" not in ops else "")

    def case(r):
        q = {k: QK[k](r) for k in r.sample(["page", "lang", "id", "sort"], r.choice([0, 1, 2]))}
        if "track" in ops and r.random() < .75:
            it = list(q.items()) + list(track(r).items())
            r.shuffle(it)
            q = dict(it)
        h = r.choice(HOSTS)
        if "lower" in ops and r.random() < .6:
            h = r.choice([h.upper(), ".".join(x.capitalize() for x in h.split("."))])
        if "www" in ops and not h.lower().startswith("www.") and r.random() < .4:
            h = "www.example.org" if h.islower() else h
        segs = r.sample(SEGS, r.choice([1, 2]))
        if "slash" in ops and r.random() < .5:
            segs[-1] += "/"
        u = url(r, q, h, segs, frag=r.random() < (.6 if "frag" in ops else .15))
        return u, fn(u)

    def check(i, o):
        return not ("track" in ops and "utm_" in o) and not ("frag" in ops and "#" in o) and not ("https" in ops and not o.startswith("https://")) and not ("www" in ops and "//www." in o.lower()) and not ("slash" in ops and o.split("?")[0].split("#")[0].endswith("/")) and fn(o) == o
    say = {"track": "drop utm_ parameters" + (", fbclid and gclid" if al == "all" else ""), "frag": "drop the # part", "https": "make the scheme https", "slash": "remove a slash at the end of the path", "lower": "lower-case the host", "www": "remove a leading www."}
    s = either([say[x] for x in ops], "and")
    heads = [f"Clean the URL: {s}.", f"url cleaned ({s})", f"Normalise links. Steps: {s}. Print the link.", f"How does the URL look after you {s}?", f"Links from the newsletter need tidying; {s}, then print it.", f"Please {s} in the given URL."]
    return Task(heads, [["All else stays, order of parameters too.", "Keep everything else unchanged, including the other parameters and their order."]] + ([["If no parameter is left, drop the ? as well.", "No lonely ? at the end."]] if "track" in ops else []), case, check)


@family("url-path", "extraction")
def url_path(r):
    kind = r.choice(["last", "first", "path", "depth", "section"])
    root = r.choice(["home", "root", "none", "/"])
    fn = {"last": lambda p: p[-1] if p else root, "first": lambda p: p[0] if p else root, "path": lambda p: "/" + "/".join(p) if p else root, "depth": lambda p: str(len(p)), "section": lambda p: p[1] if len(p) > 1 else root}[kind]

    def case(r):
        segs = r.sample(SEGS, r.choice([0, 1, 2, 3, 3] if kind == "depth" else [1, 2, 3, 2, 3, 0])) if r.random() < .7 else r.sample(SEGS, 1) + [f"{r.choice(P.COLORS)}-{r.choice(['lamp', 'tent', 'mug', 'rug'])}-{r.randint(10, 999)}"]
        u = url(r, segs=segs)
        return u, fn(segs)

    def check(i, o):
        p = [x for x in urlsplit(i).path.split("/") if x]
        return o == fn(p)
    say = {"last": "the last path segment", "first": "the first path segment", "path": "the whole path with its leading slash and without a slash at the end", "depth": "the number of path segments", "section": "the second path segment"}[kind]
    heads = [f"Print {say} of the URL.", f"url -> {say}", f"What is {say} of this link?", f"Take the link apart and return {say}.", f"For page statistics I need {say}.", f"Give {say}; the input is one URL."]
    rules = [["Query (?...) and fragment (#...) do not belong to the path.", "Ignore everything from ? or # on."]]
    if kind != "depth":
        rules.append([f"If there is no such segment, print {root}.", f"Without it the answer is {root}."] if kind != "path" else [f"An empty path gives {root}.", f"No path at all: {root}."])
    else:
        rules.append(["A URL without a path has 0.", "No path: 0."])
    return Task(heads, rules, case, check, rare={root})


@family("query-json", "structured")
def query_json(r):
    to = r.random() < .6
    nums = r.random() < .5 and to
    lead = r.random() < .4

    def case(r):
        d = {k: QK[k](r) for k in r.sample(list(QK), r.choice([1, 2, 2, 3]))}
        if r.random() < .15:
            d["flag"] = ""
        q = ("?" if lead and r.random() < .6 else "") + "&".join(f"{k}={v}" for k, v in d.items())
        e = {k: (int(v) if nums and v.isdigit() else v.replace("+", " ")) for k, v in d.items()}
        return (q, compact(e)) if to else (json.dumps({k: v.replace("+", " ") for k, v in d.items()}), "&".join(f"{k}={v}" for k, v in d.items()))

    def check(i, o):
        q, j = (i, o) if to else (o, i)
        return {k: v for k, v in parse_qsl(q.lstrip("?"), keep_blank_values=True)} == {k: str(v) for k, v in json.loads(j).items()}
    if to:
        heads = ["Turn the query string into compact JSON.", "a=1&b=2 -> json object, compact", "Parse the URL parameters to a JSON object without spaces.", "What does this query string say as minified JSON?", "Log lines hold query strings; I want minified JSON objects.", "Split at & and =, and print a JSON object (minified)."]
        rules = [["Values of digits only become numbers.", "Digit-only values are numbers without quotes, other values strings."] if nums else ["All values are strings.", "Values are always strings, also digits."], ["A + becomes a space; order as given.", "Keep the order and turn + into a space."], ['An empty value is "".', 'Nothing behind = gives "".']]
        if lead:
            rules.append(["A leading ? is dropped.", "Ignore a question mark at the start."])
    else:
        heads = ["Turn the JSON object into a query string.", "json object -> a=1&b=2", "Print the members as URL parameters.", "How is this object written as a query string?", "I build links from JSON; give me the part behind the ?.", "Serialise the object as key=value pairs joined by &."]
        rules = [["Spaces become +; keep the order; no leading ?.", "Order as given, + for a space, no ? in front."]]
    return Task(heads, rules, case, check)


@family("email-extract", "extraction")
def email_extract(r):
    part = r.choice(["full", "full", "domain", "local"])
    v = Val(r, "e-mail address", {"full": "email", "domain": "domain", "local": "user"}[part])
    low = r.random() < .6
    which = r.choice(["first", "last"])
    fn = {"full": lambda e: e, "domain": lambda e: e.split("@")[1], "local": lambda e: e.split("@")[0]}[part]

    def case(r):
        if r.random() < .13:
            return P.around(r, r.choice(P.NO_MAIL), .4), v.out(None)
        e = P.email(r)
        if r.random() < .35:
            e = r.choice([e.capitalize(), e.upper(), e.split("@")[0].title() + "@" + e.split("@")[1]])
        s = P.fill(r, P.MAIL_FRAMES, e)
        if r.random() < .3:
            f = P.email(r)
            if which == "first":
                s = s + " " + r.choice(["Or use {}.", "Copy to {} please.", "({} is the old one.)"]).format(f) if s[-1] in ".?!" else s + ", " + f
            else:
                s = r.choice(["Not {} anymore.", "From {}:", "The address {} is wrong."]).format(f) + " " + s
        o = fn(e)
        return P.around(r, s, .2), v.out(o.lower() if low else o)

    def check(i, o):
        x = v.parse(o)
        ms = re.findall(r"[\w.-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}", i)
        if not ms:
            return x is None
        y = fn(ms[0 if which == "first" else -1])
        return x == (y.lower() if low else y)
    w = {"full": "the e-mail address", "domain": "the domain of the e-mail address (the part after @)", "local": "the user part of the e-mail address (before the @)"}[part]
    heads = [f"Print {w} in the text.", f"text -> {w}", f"Find {w} that is mentioned.", f"Which address is given? I want {w}.", f"Extract {w} from the message.", f"From each note take {w}."]
    rules = [["All lower case.", "Lower-case it."] if low else ["Copy it as written.", "Keep upper and lower case as they are."], [f"If there are several, take the {which} one.", f"With more than one, the {which} counts."]]
    return Task(heads, rules + v.rules(), case, check, rare=v.rare)


@family("email-normalise", "repair")
def email_normalise(r):
    faults = r.sample(["spaces", "upper case", "(at) or [at] for @", "(dot) for a point", "mailto: in front", "angle brackets or a name around it", "a comma instead of the last point"], r.choice([2, 3, 4]))
    bad = r.choice(["invalid", "none", "?", "no address"])

    def brk(r, e, f):
        if f == "spaces":
            return e.replace("@", r.choice([" @", "@ ", " @ "]))
        if f == "upper case":
            return r.choice([e.upper(), e.title()])
        if f.startswith("(at)"):
            return e.replace("@", r.choice(["(at)", "[at]", " (at) "]))
        if f.startswith("(dot)"):
            a, b = e.rsplit(".", 1)
            return a + r.choice(["(dot)", " (dot) "]) + b
        if f.startswith("mailto"):
            return "mailto:" + e
        if f.startswith("angle"):
            return r.choice([f"<{e}>", f"{P.person(r)} <{e}>"])
        a, b = e.rsplit(".", 1)
        return a + "," + b

    def case(r):
        if r.random() < .1:
            return r.choice([P.person(r), r.choice(P.DOMAINS), r.choice(P.FIRST).lower() + "@", "none given", "see above", "@" + r.choice(P.DOMAINS)]), bad
        e = P.email(r)
        s = brk(r, e, r.choice(faults)) if r.random() < .9 else e
        if r.random() < .4 and "upper case" in faults:
            s = brk(r, s, "upper case") if "<" not in s and "mailto" not in s else s
        return s, e

    def check(i, o):
        if o == bad:
            return not re.search(r"\w@\w", i)
        return re.fullmatch(r"[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]+", o) is not None and o.split("@")[0] in i.lower()
    f = either(faults, "and")
    heads = [f"Repair a hand-typed e-mail address. It may have {f}. Print the plain address in lower case.", f"messy e-mail ({f}) -> user@domain, lower case", f"Normalise the mail address (lower case, nothing around it). Usual faults: {f}.", f"What is the proper address here? People enter {f}. Lower case please.", f"Our sign-up sheet has addresses with {f}; print the clean one in small letters.", f"Fix {f} and output just the address, lower-cased."]
    return Task(heads, [[f"If no complete address can be made, print {bad}.", f"Without both a user and a domain part: {bad}."]], case, check, rare={bad})


@family("email-valid", "classification")
def email_valid(r):
    y, n = yes_no(r, ("valid", "invalid"), ("ok", "bad"))
    only = r.choice([None, None, r.choice(P.DOMAINS)])

    def case(r):
        e = P.email(r)
        if only and r.random() < .6:
            e = e.split("@")[0] + "@" + only
        if r.random() < .5:
            return e, y if not only or e.endswith("@" + only) else n
        a, b = e.split("@")
        k = r.randrange(6)
        return [f"{a}{b}", f"{a}@@{b}", f"{a} {r.randint(1, 9)}@{b}", f"@{b}", f"{a}@", f"{a}@{b.split('.')[0]}"][k], n

    def check(i, o):
        g = re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", i) is not None and (not only or i.endswith("@" + only))
        return (o == y) == g
    d = f" at {only}" if only else ""
    heads = [f"Is the input a well-formed e-mail address{d}?", f"e-mail address{d}: {y} / {n}", f"Check the form of the e-mail address{' and that the domain is ' + only if only else ''}.", f"Would our form accept this as an e-mail address{d}?", f"Validate an address field{'; only addresses' + d + ' are allowed' if only else ''}.", f"Tell me whether this looks like a proper mail address{d}."]
    rules = [[f"Print {y} or {n}.", f"Good: {y}. Bad: {n}.", f"Answer {y} when it is fine, otherwise {n}."], ["It needs exactly one @, something before it, a domain with at least one point after it, and no spaces.", "Rule: one @, a user part, a domain containing a point, no blanks."]]
    if only:
        rules.append([f"Other domains are {n}.", f"Any domain but {only} is {n}."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("http-status", "logs")
def http_status(r):
    kind = r.choice(["class", "retry", "code", "group"])
    L = {"class": labels(r, ["success", "redirect", "client error", "server error"]), "retry": labels(r, ["retry", "give up", "done"]), "group": labels(r, ["fine", "ours", "theirs"]), "code": None}[kind]
    codes = {2: [200, 201, 202, 204, 206], 3: [301, 302, 304, 307, 308], 4: [400, 401, 403, 404, 405, 409, 410, 422, 429], 5: [500, 501, 502, 503, 504]}
    special = r.choice([408, 429])
    miss = r.choice(["none", "-", "n/a"])

    def fn(c):
        k = c // 100
        if kind == "class":
            return L[k - 2]
        if kind == "retry":
            return L[0] if k == 5 or c == special else L[1] if k == 4 else L[2]
        if kind == "group":
            return L[0] if k < 4 else L[2] if k == 4 else L[1]
        return str(c)

    def case(r):
        c = r.choice(codes[r.choice([2, 3, 4, 4, 5])] + ([special] if kind == "retry" and r.random() < .2 else []))
        p = "/" + "/".join(r.sample(SEGS, r.choice([1, 2])))
        m = r.choice(["GET", "POST", "PUT", "DELETE"])
        ms = r.randint(3, 900)
        if kind == "code" and r.random() < .12:
            return r.choice([f"{m} {p} timed out after {ms}ms", f"{m} {p} connection refused", f"{m} {p} aborted by client"]), miss
        return r.choice([f"{m} {p} {c} {ms}ms", f'10.0.{r.randint(0, 9)}.{r.randint(2, 99)} - "{m} {p} HTTP/1.1" {c} {r.randint(80, 99) * 10 + 1}{r.randint(1000, 9999)}', f"{r.choice(P.SERVICES)}: {m} {p} -> {c}", f"status={c} method={m} path={p} dur={ms}ms", f"[{r.choice(P.SERVICES)}] {m} {p} returned {c} in {ms} ms", f"HTTP {c} for {p}", f"upstream answered {c} ({m} {p})"]), fn(c)

    def check(i, o):
        hits = [int(x) for x in re.findall(r"(?:-> |status=|returned |HTTP |answered |HTTP/1\.1\" )([2-5]\d\d)\b", i)] or [int(x) for x in re.findall(r" ([2-5]\d\d) \d+ms$", i)]
        return o == (fn(hits[-1]) if hits else miss)
    if kind == "code":
        heads = ["Print the HTTP status code in the log line.", "log line -> HTTP status", "Which status did the request get? Number only.", "Extract the three-digit HTTP status.", "Find the response code of the request.", "I only need the HTTP status of each line."]
        return Task(heads, [[f"If no status was returned, print {miss}.", f"Lines without a status: {miss}."], ["Ignore sizes, addresses and durations.", "Byte counts and times are not the status."]], case, check, rare={miss})
    heads = ["Classify the request by its HTTP status.", "HTTP status in the line -> label", "What kind of answer was it? Use the status code.", "Look at the status code of the log line and label it.", "Group access-log lines by status.", "Decide from the HTTP status of the request."]
    if kind == "class":
        rules = [[f"2xx is {L[0]}, 3xx {L[1]}, 4xx {L[2]}, 5xx {L[3]}.", f"Print {L[0]} for 200-299, {L[1]} for 300-399, {L[2]} for 400-499 and {L[3]} for 500-599."]]
    elif kind == "retry":
        rules = [[f"5xx and {special}: {L[0]}. Other 4xx: {L[1]}. 2xx and 3xx: {L[2]}.", f"Print {L[0]} for 500 and above and for {special}, {L[1]} for every other 4xx, {L[2]} for anything below 400."]]
    else:
        rules = [[f"Below 400 {L[0]}; 4xx {L[2]}; 5xx {L[1]}.", f"Print {L[2]} for 400-499, {L[1]} for 500 and above, {L[0]} for all others."]]
    return Task(heads, rules, case, check, choices=L)


@family("http-request-line", "extraction")
def http_request_line(r):
    w = r.choice(["method", "path", "resource", "both"])
    low = w == "method" and r.random() < .4
    nq = r.random() < .6

    def case(r):
        m = r.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
        segs = r.sample(SEGS, r.choice([1, 2, 3]))
        p = "/" + "/".join(segs)
        q = "?" + "&".join(f"{k}={QK[k](r)}" for k in r.sample(list(QK), r.choice([1, 2]))) if r.random() < .4 else ""
        i = r.choice(["{m} {u} HTTP/1.1", "{m} {u} HTTP/2", '"{m} {u} HTTP/1.1" 200 {n}', "{m} {u}", "request: {m} {u} took {n} ms", "curl -X {m} https://" + r.choice(HOSTS) + "{u}", "{s} handled {m} {u}", "{n}ms {m} {u}"]).format(m=m, u=p + q, n=r.randint(20, 900), s=r.choice(P.SERVICES))
        full = p if nq else p + q
        return i, {"method": m.lower() if low else m, "path": full, "resource": segs[0], "both": f"{m} {full}"}[w]

    def check(i, o):
        m = re.search(r"(GET|POST|PUT|DELETE|PATCH|HEAD) (?:https://[^/ ]+)?(/\S*)", i)
        full = m[2].strip('"').split("?")[0] if nq else m[2].strip('"')
        return o == {"method": m[1].lower() if low else m[1], "path": full, "resource": full.split("?")[0].split("/")[1], "both": f"{m[1]} {full}"}[w]
    say = {"method": "the HTTP method" + (" in lower case" if low else ""), "path": "the path" + (" without query" if nq else " with its query, if any"), "resource": "the first path segment, without slashes", "both": "method, space, path" + (" (query cut off)" if nq else " (with query)")}[w]
    heads = [f"Print {say} of the request.", f"request -> {say}", f"From the request in the line extract {say}.", f"What was requested? Answer with {say}.", f"Read the HTTP request and return {say}.", f"For a traffic table I need {say}."]
    return Task(heads, [["Nothing else from the line (no host, no protocol).", "Leave out host, protocol, status and times."]], case, check)


@family("html-strip", "repair")
def html_strip(r):
    ops = r.sample(["ent", "br", "link"], r.choice([1, 2, 3]))
    tags = ["b", "i", "em", "strong", "span", "u", "code"]

    def case(r):
        s = r.choice(P.SENTENCES)
        ws = s.split()
        k = r.randrange(len(ws) - 1)
        t = r.choice(tags)
        html = list(ws)
        plain = list(ws)
        html[k] = f"<{t}>{ws[k]}</{t}>" if t != "span" else f'<span class="{r.choice(P.COLORS)}">{ws[k]}</span>'
        if "link" in ops and r.random() < .6:
            j = (k + 1) % len(ws)
            html[j] = f'<a href="{url(r)}">{ws[j]}</a>'
        h, p = " ".join(html), " ".join(plain)
        if "ent" in ops and r.random() < .6:
            e, c = r.choice([("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " ")])
            if c == " ":
                h = h.replace(" ", "&nbsp;", 1) if not re.search(r"<\w+ ", h.split(" ")[0] + " ") else h
            else:
                x, y = r.choice(["Tom {} Anna: ", "A {} B. ", "x {} 3: "]), None
                h, p = x.format(e) + h, x.format(c) + p
        if "br" in ops and r.random() < .5:
            s2 = r.choice(P.PLAIN)
            h, p = h + r.choice(["<br>", "<br/>", "<br />"]) + s2, p + " " + s2
        if r.random() < .5:
            h = f"<p>{h}</p>"
        return h, p

    def check(i, o):
        import html
        x = re.sub(r"<br ?/?>", " ", i)
        return html.unescape(re.sub(r"<[^>]+>", "", x)).replace("\xa0", " ") == o
    heads = ["Remove all HTML tags and print the plain text.", "html -> plain text", "Strip the markup from the snippet.", "What does a reader see? Print the text without tags.", "Our feed has HTML in it, we need bare text.", "Delete everything between < and >, brackets included, and output the text."]
    rules = [["The words between tags stay.", "Keep all text between the tags."]]
    if "ent" in ops:
        rules.append(["Decode &amp; &lt; &gt; &quot; and &nbsp; (a space).", "Entities (&amp; &lt; &gt; &quot; &nbsp;) become their characters, &nbsp; a normal space."])
    if "br" in ops:
        rules.append(["A <br> becomes one space.", "Replace line-break tags by a space."])
    if "link" in ops:
        rules.append(["Of links keep only the text.", "Links: keep the text, drop the address."])
    return Task(heads, rules, case, check)


@family("md-inline", "rewrite")
def md_inline(r):
    mode = r.choice(["html", "plain", "from_html"])
    M = [("**{}**", "<b>{}</b>", "bold"), ("*{}*", "<i>{}</i>", "italic"), ("`{}`", "<code>{}</code>", "code")]
    if r.random() < .4:
        M[0] = ("**{}**", "<strong>{}</strong>", "bold")
        M[1] = ("*{}*", "<em>{}</em>", "italic")
    use = r.sample(M, r.choice([1, 2, 3]))
    link = r.random() < .4

    def case(r):
        ws = r.choice(P.SENTENCES)[:-1].split()
        a, b = list(ws), list(ws)
        ks = r.sample(range(len(ws)), min(r.choice([1, 1, 2]), len(ws)))
        for k in ks:
            md, ht, _ = r.choice(use)
            if link and r.random() < .5:
                u = url(r, {}, frag=False)
                md, ht = "[{}](" + u + ")", f'<a href="{u}">' + "{}</a>"
            a[k], b[k] = md.format(ws[k]), ht.format(ws[k])
        m, h, p = " ".join(a) + ".", " ".join(b) + ".", " ".join(ws) + "."
        return {"html": (m, h), "plain": (m, p), "from_html": (h, m)}[mode]

    def check(i, o):
        def strip(s):
            return re.sub(r"<[^>]+>|\*|`", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", s))
        return strip(i) == strip(o) and (mode != "plain" or o == strip(o)) and (mode != "html" or not re.search(r"[*`]|\]\(", o))
    mp = ", ".join(f"{md.format('x')} {'->' if mode == 'html' else '<-'} {ht.format('x')}" for md, ht, _ in use)
    if link:
        mp += f", [x](url) {'->' if mode == 'html' else '<-'} <a href=\"url\">x</a>"
    if mode == "plain":
        mk = either([md.format("x") for md, _, _ in use] + (["[x](url)"] if link else []), "and")
        heads = [f"Remove Markdown marks ({mk}) and keep the text.", f"markdown ({mk}) -> plain text", f"Print the sentence without Markdown: {mk} all become x.", f"What is the bare text? Marks used: {mk}.", f"The SMS gateway can't do Markdown; strip {mk} down to x.", f"Delete the formatting ({mk}) and leave the words."]
        rules = [["Nothing else changes.", "Leave words and punctuation as they are."]]
    elif mode == "html":
        heads = [f"Convert inline Markdown to HTML: {mp}.", f"md -> html; {mp}", f"Replace the Markdown marks by tags ({mp}).", f"How is this line written in HTML? Use {mp}.", f"Our mails need tags, not Markdown. Convert: {mp}.", f"Turn the marks into HTML tags as follows: {mp}."]
        rules = [["No <p> around it; the rest stays.", "Everything else is copied; add no paragraph tags."]]
    else:
        heads = [f"Convert simple HTML tags to Markdown: {mp}.", f"html -> md; {mp}", f"Replace the tags by Markdown marks ({mp}, read right to left).", f"How is this line written in Markdown? Use {mp}.", f"The wiki takes Markdown only. Convert: {mp}.", f"Turn these tags into Markdown: {mp}."]
        rules = [["The rest stays.", "Everything else is copied."]]
    return Task(heads, rules, case, check)


@family("md-link", "extraction")
def md_link(r):
    w = r.choice(["url", "text", "swap", "count"])
    miss = r.choice(MISSING)
    if w == "count":
        miss = "0"
    heads_ = ["Read", "See", "Open", "Compare", "Sources:", "Please check", "More in", "Based on"]

    def case(r):
        n = r.choice([0, 1, 1, 1, 2] if w != "count" else [0, 1, 2, 3, 4])
        if n == 0:
            return r.choice([P.fill(r, P.URL_FRAMES, url(r)), r.choice(P.PLAIN), r.choice(P.SENTENCES) + " [sic]"]), miss
        ls = [(r.choice(P.PRODUCTS + P.TASKS), url(r, {}, frag=False)) for _ in range(n)]
        s = f"{r.choice(heads_)} " + " and ".join(f"[{t}]({u})" for t, u in ls) + r.choice([".", " for details.", " first.", ""])
        t, u = ls[0]
        return P.around(r, s, .3), {"url": u, "text": t, "swap": f"{u} {t}", "count": str(n)}[w]

    def check(i, o):
        ms = re.findall(r"\[([^\]]+)\]\((\S+?)\)", i)
        return o == (miss if not ms else {"url": ms[0][1], "text": ms[0][0], "swap": f"{ms[0][1]} {ms[0][0]}", "count": str(len(ms))}[w])
    say = {"url": "the address of the first Markdown link", "text": "the link text of the first Markdown link", "swap": "the address of the first Markdown link, a space, and its link text", "count": "how many Markdown links there are"}[w]
    heads = [f"Print {say} in the text.", f"[text](url) in a note -> {say}", f"Look for links of the form [text](address) and give {say}.", f"What is {say}?" if w != "count" else "Count the Markdown links. How many are there?", f"From the Markdown line extract {say}.", f"Return {say}."]
    rules = [[f"No such link: {miss}.", f"If there is no Markdown link, print {miss}."], ["A bare URL is no Markdown link.", "URLs outside [..](..) do not count."]]
    return Task(heads, rules, case, check, rare={miss})


@family("ip-class", "classification")
def ip_class(r):
    nets = r.choice([{"office": "10.1.", "guest": "10.9.", "lab": "172.16."}, {"red zone": "192.168.1.", "blue zone": "192.168.2.", "vpn": "10.8."}, {"north": "10.20.", "south": "10.30.", "west": "10.40.", "core": "10.0."}, {"printers": "192.168.50.", "phones": "192.168.60."}])
    names = labels(r, list(nets))
    pre = list(nets.values())
    other = r.choice(["external", "other", "unknown", "public"])
    bad = r.choice([None, "invalid"])
    inlog = r.random() < .6

    def rest(r, p):
        n = 4 - p.count(".")
        return p + ".".join(str(r.randint(1, 254)) for _ in range(n))

    def case(r):
        k = r.randrange(len(pre) + 1)
        ip = rest(r, pre[k]) if k < len(pre) else rest(r, r.choice(["8.8.", "203.0.113.", "10.77.", "192.168.99.", "198.51.100.", "172.31.", "10.21."]))
        o = names[k] if k < len(pre) else other
        if bad and r.random() < .12:
            ip, o = r.choice([f"{pre[0]}{r.randint(256, 400)}" + (".1" if pre[0].count(".") == 2 else ""), f"300.1.2.{r.randint(1, 99)}", f"10.20.{r.randint(1, 99)}"]), bad
        return (r.choice(["login from {}", "{} - GET /login", "src={} action=allow", "blocked {} after 3 tries", "{} joined", "DHCP lease {} renewed", "ping {} ok", "host {}", "client {} timed out", "scan seen from {}"]).format(ip) if inlog else ip), o

    def check(i, o):
        m = re.search(r"\b\d+(\.\d+)+", i)
        p = m[0].split(".")
        if bad and (len(p) != 4 or any(int(x) > 255 for x in p)):
            return o == bad
        hit = [n for n, q in zip(names, pre) if m[0].startswith(q)]
        return o == (hit[0] if hit else other)
    tab = ", ".join(f"{p}* {n}" for p, n in zip(pre, names))
    heads = ["Which network does the IP address belong to?", "IP -> network name", "Label the address by its prefix.", "Tell me the zone of the IP in the line.", "Map each IP address to our network plan.", "Look at the beginning of the IP address and name its network."]
    rules = [[f"Prefixes: {tab}; everything else is {other}.", "Plan: " + "; ".join(f"addresses that start with {p} are {n}" for p, n in zip(pre, names)) + f"; all others {other}."]]
    if bad:
        rules.append([f"Not four numbers from 0 to 255: {bad}.", f"If it is no correct IPv4 address (four parts, each 0-255), print {bad}."])
    return Task(heads, rules, case, check, choices=names + [other] + ([bad] if bad else []), rare={bad} if bad else set())
