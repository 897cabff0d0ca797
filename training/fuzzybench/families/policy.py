"""Decisions by tables, thresholds and exceptions that the spec states."""
import re
from ..registry import Task, family
from ..forms import labels, yes_no, MISSING, either
from .. import pools as P


@family("refund-window", "policy")
def refund_window(r):
    cats = r.sample(["clothing", "electronics", "books", "toys", "furniture", "shoes"], 3)
    d = dict(zip(cats, r.sample([7, 14, 21, 30, 45, 60, 90], 3)))
    never = r.choice(["gift cards", "food", "cosmetics"])
    L = labels(r, r.choice([["refund", "exchange", "refuse"], ["accept", "voucher", "deny"], ["full", "partial", "none"]]))
    grace = r.choice([None, 5, 7])
    fault = r.random() < .6

    def verdict(c, n, f):
        if fault and f:
            return L[0]
        if c == never:
            return L[2]
        if n <= d[c]:
            return L[0]
        return L[1] if grace and n <= d[c] + grace else L[2]

    def case(r):
        c = r.choice(cats * 2 + [never])
        b = d.get(c, 14)
        n = r.choice([b, b - 1, b + 1, max(1, b // 2), b + (grace or 3), b + (grace or 3) + 1, b + 20])
        f = fault and r.random() < .2
        s = r.choice(["{c}, bought {n} days ago", "{p} returns {c} after {n} days", "{n} days since purchase, {c}", "{c} / {n} days / {p}", "return of {c}: {n} days", "{p}: {c}, {n} days, no longer wanted" if not f else "{p}: {c}, {n} days"]).format(c=c, n=n, p=P.person(r))
        return s + (r.choice([", faulty", " (faulty)"]) if f else ""), verdict(c, n, f)

    def check(i, o):
        return o == verdict(next(c for c in cats + [never] if c in i), int(re.search(r"(\d+) days", i)[1]), "faulty" in i)
    tab = ", ".join(f"{c} {v} days" for c, v in d.items())
    heads = ["Decide about a return by category and days since purchase.", "return request -> decision", "Does the customer get the money back?", "Apply our return rules to the request.", "Returns desk: give the decision for each line.", "Check the return period and print the decision."]
    rules = [[f"Return periods: {tab}. Within the period (last day included) {L[0]}" + (f", up to {grace} days late {L[1]}" if grace else "") + f", after that {L[2]}.", f"{L[0]} up to and including {', '.join(f'{v} days for {c}' for c, v in d.items())}; " + (f"{L[1]} if at most {grace} days too late; " if grace else "") + f"otherwise {L[2]}."],
             [f"{never[0].upper() + never[1:]} cannot be returned: {L[2]}.", f"For {never} always {L[2]}."]]
    if fault:
        rules.append([f"Faulty goods are always {L[0]}, whatever else holds.", f"But 'faulty' beats all other rules and gives {L[0]}."])
    return Task(heads, rules, case, check, choices=L if grace or True else None)


@family("priority-matrix", "policy")
def priority_matrix(r):
    imp = r.choice([["one user", "a team", "everyone"], ["single", "group", "company"], ["minor", "normal", "major"]])
    urg = r.choice([["low", "medium", "high"], ["later", "this week", "today"]])
    L = labels(r, r.choice([["P1", "P2", "P3", "P4"], ["critical", "high", "normal", "low"], ["red", "orange", "yellow", "green"]]))
    m = [[3, 3, 2], [3, 2, 1], [2, 1, 0]] if r.random() < .5 else [[3, 2, 1], [2, 2, 1], [1, 1, 0]]
    vip = r.random() < .5

    def v(a, b, p):
        k = m[imp.index(a)][urg.index(b)]
        return L[max(0, k - 1) if p else k]

    def case(r):
        a, b = r.choice(imp), r.choice(urg)
        p = vip and r.random() < .25
        s = r.choice(["impact: {a}; urgency: {b}; {t}", "{t} (impact {a}, urgency {b})", "{t}. Impact: {a}. Urgency: {b}.", "[urgency {b}] [impact {a}] {t}", "urgency={b}, impact={a}, {t}"]).format(a=a, b=b, t=r.choice(P.ISSUE_BITS))
        return s + (" VIP" if p else ""), v(a, b, p)

    def check(i, o):
        g = lambda k: re.search(rf"{k}[:= ]+(\w+(?: (?:user|team|week))?)", i, re.I)[1]
        return o == v(g("impact"), g("urgency"), i.endswith(" VIP"))
    rows = "; ".join(f"impact {a}: " + ", ".join(f"{b} {L[m[x][y]]}" for y, b in enumerate(urg)) for x, a in enumerate(imp))
    flat = ", ".join(f"{a}/{b} = {L[m[x][y]]}" for x, a in enumerate(imp) for y, b in enumerate(urg))
    heads = ["Give the priority of a ticket from impact and urgency.", "ticket (impact, urgency) -> priority", "Which priority does the ticket get?", "Look up the priority in our matrix.", "Set the priority of each incident.", "Combine impact and urgency to a priority."]
    rules = [[f"Matrix (impact, then urgency): {rows}.", f"impact/urgency: {flat}."]]
    if vip:
        rules.append([f"A ticket marked VIP goes one step up in {', '.join(reversed(L))} (the top stays).", f"VIP at the end raises it by one level ({' > '.join(L)}); {L[0]} stays {L[0]}."])
    return Task(heads, rules, case, check, choices=L)


@family("grade-band", "policy")
def grade_band(r):
    L = r.choice([["A", "B", "C", "D", "F"], ["very good", "good", "fair", "poor"], ["1", "2", "3", "4", "5"], ["gold", "silver", "bronze", "none"], ["distinction", "merit", "pass", "fail"]])
    n = len(L)
    cuts = sorted(r.sample(range(40, 96, 5), n - 1), reverse=True)
    late = r.choice([None, 5, 10])
    absent = r.choice(["absent", "no grade", "-"])

    def g(x):
        return L[sum(x < c for c in cuts)]

    def case(r):
        p = P.person(r)
        if r.random() < .1:
            return r.choice(["{p}: did not attend", "{p}, ill", "{p} - no paper handed in"]).format(p=p), absent
        c = r.choice(cuts)
        x = r.choice([c, c - 1, c + 3, r.randint(30, 100), min(100, c + (late or 2)), c + 1])
        s = r.choice(["{p}: {x} points", "{p} scored {x}", "{x} of 100, {p}", "{p} | {s} | {x}", "{s}: {p} {x} points", "{p} got {x} in {s}"]).format(p=p, x=x, s=r.choice(["maths", "history", "biology", "music", "physics"]))
        if late and r.random() < .3:
            return s + ", late", g(x - late)
        return s, g(x)

    def check(i, o):
        m = re.findall(r"\b(\d+)\b", i.replace("of 100", ""))
        return o == absent if not m else o == g(int(m[0]) - (late if late and i.endswith("late") else 0))
    t = ", ".join(f"{l} from {c}" for l, c in zip(L, cuts)) + f", {L[-1]} below {cuts[-1]}"
    t2 = "; ".join(f">= {c}: {l}" for l, c in zip(L, cuts)) + f"; else {L[-1]}"
    heads = ["Turn the score (out of 100) into a grade.", "score -> grade", "Which grade does the student get?", "Grade each line by its points.", "Marks list: print the grade for the points.", "Look up the grade for the score."]
    rules = [[f"Grades: {t}.", f"Scale: {t2}."], [f"Without a score: {absent}.", f"No points given: {absent}."]]
    if late:
        rules.append([f"Late papers lose {late} points first.", f"If the line says late, subtract {late} points before grading."])
    return Task(heads, rules, case, check, choices=L + [absent], rare={absent})


@family("role-permission", "policy")
def role_permission(r):
    roles = r.sample(["admin", "editor", "viewer", "guest", "auditor", "manager"], 3)
    acts = ["read", "comment", "edit", "publish", "delete", "export", "invite"]
    perm = {}
    for k, q in enumerate(roles):
        perm[q] = r.sample(acts, [5, 3, 2][k])
    y, n = yes_no(r, ("allow", "deny"), ("ok", "forbidden"), ("permit", "refuse"))
    own = r.random() < .5
    act_own = r.choice([a for a in ("edit", "delete") ])
    susp = r.random() < .4
    objs = ["page", "invoice", "photo", "report", "calendar", "price list", "comment thread"]

    def v(q, a, o, s):
        if susp and s:
            return n
        return y if a in perm[q] or (own and o and a == act_own) else n

    def case(r):
        q, a = r.choice(roles), r.choice(acts)
        if r.random() < .4:
            a = r.choice(perm[q])
        o = own and r.random() < .35
        s = susp and r.random() < .15
        t = r.choice(["{p} ({q}) wants to {a} {w} {b}", "role={q} action={a} object={w} {b}", "{q} {p}: {a} {w} {b}", "{a} {w} {b}, requested by {q} {p}"]).format(p=r.choice(P.FIRST), q=q, a=a, w="own" if o else "a", b=r.choice(objs))
        return t + (" [suspended]" if s else ""), v(q, a, o, s)

    def check(i, o):
        q = next(x for x in roles if re.search(rf"\b{x}\b", i))
        a = re.search(rf"\b({'|'.join(acts)})\b(?! thread)", i)[1]
        return o == v(q, a, " own " in i or "=own" in i, "suspended" in i)
    tab = "; ".join(f"{q}: {', '.join(p)}" for q, p in perm.items())
    heads = ["May this user do this?", "role + action -> allowed or not", "Check the permission for the request.", "Access control: decide about the action by the role.", "Is the action allowed for that role?", "Look up the role's rights and decide."]
    rules = [[f"Rights: {tab}. Everything else is forbidden.", f"What a role may do: {tab}; nothing more."], [f"Print {y} or {n}.", f"Allowed: {y}. Not allowed: {n}."]]
    if own:
        rules.append([f"Everyone may {act_own} their own objects.", f"On own objects every role may also {act_own}."])
    if susp:
        rules.append([f"Suspended users are always {n}.", f"[suspended] means {n} in any case."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("stock-reorder", "policy")
def stock_reorder(r):
    mn = r.choice([5, 10, 20, 25, 50])
    kind = r.choice(["label", "qty", "qty"])
    mx = mn * r.choice([2, 3, 4])
    pack = r.choice([None, 5, 10])
    L = labels(r, ["order", "wait", "stop"])
    slow = r.random() < .5 or kind == "label"

    def v(x, tr, sl):
        if kind == "label":
            return L[2] if sl else L[0] if x + tr < mn else L[1]
        if sl and slow or x + tr >= mn:
            return "0"
        q = mx - x - tr
        return str(-(-q // pack) * pack if pack else q)

    def case(r):
        x = r.choice([0, mn, mn - 1, mn + 1, r.randint(0, mn), r.randint(0, mn), r.randint(mn, mn * 3)])
        tr = r.choice([0, 0, r.randint(1, mn)])
        sl = slow and r.random() < .18
        s = r.choice(["{i}: {x} in stock, {t} on the way", "{i} | stock {x} | incoming {t}", "stock={x} incoming={t} item={i}", "{i}, shelf {x}, ordered {t}", "{x} left of {i}, {t} arriving", "we have {x} and expect {t}: {i}"]).format(i=r.choice(P.PRODUCTS), x=x, t=tr)
        return s + (r.choice([" (discontinued)", ", discontinued"]) if sl else ""), v(x, tr, sl)

    def check(i, o):
        a = [int(n) for n in re.findall(r"(?<![\w-])\d+(?![\w-])", i)]
        return o == v(a[0], a[1], "discontinued" in i)
    if kind == "label":
        heads = ["Decide whether to reorder.", "stock line -> decision", "Do we have to order more?", "Check the stock line and print the decision.", "Warehouse rule for each item.", "Look at stock and incoming goods and decide."]
        rules = [[f"{L[0]} if stock plus incoming is below {mn}, otherwise {L[1]}.", f"Add stock and incoming: less than {mn} gives {L[0]}, {mn} or more {L[1]}."], [f"Discontinued items: {L[2]}.", f"For discontinued ones always {L[2]}."]]
    else:
        heads = ["How many pieces do we have to order?", "stock line -> order quantity", "Print the order quantity for the item.", "Compute the reorder quantity.", "Warehouse helper: number of pieces to order.", "Work out how much to order (a number)."]
        rules = [[f"If stock plus incoming is below {mn}, order up to {mx} (that is, {mx} minus both); otherwise 0.", f"Add stock and incoming. {mn} or more: 0. Less: fill up to {mx}."]]
        if pack:
            rules.append([f"Round the order up to packs of {pack}.", f"Orders come in multiples of {pack}; round up."])
        if slow:
            rules.append(["Discontinued items: 0.", "Never order discontinued items (0)."])
    return Task(heads, rules, case, check, choices=L if kind == "label" else None, rare={"0"})


@family("parcel-class", "policy")
def parcel_class(r):
    w = sorted(r.sample([1, 2, 5, 10, 15, 20, 25, 30], 3))
    lim = r.choice([60, 80, 100, 120])
    L = labels(r, r.choice([["small", "medium", "large", "freight"], ["S", "M", "L", "XL"], ["letter", "parcel", "heavy", "pallet"]]))
    frag = r.choice([None, "fragile", "liquid"])
    fl = r.choice(["special", "hand carry"])

    def v(kg, cm, f):
        if frag and f:
            return fl
        k = sum(kg > x for x in w)
        if cm > lim:
            k = min(3, k + 1)
        return L[k]

    def case(r):
        kg = r.choice(w + [x + 1 for x in w] + [max(1, x - 1) for x in w] + [40])
        cm = r.choice([lim, lim + 5, lim - 20, lim // 2, lim + 40, lim // 3])
        f = frag is not None and r.random() < .15
        return r.choice(["{k} kg, longest side {c} cm", "box for {p}: {c} cm, {k} kg", "{i}: {k} kg / {c} cm", "{c} cm long, {k} kg, {i}", "parcel {n}: weight {k} kg, length {c} cm"]).format(k=kg, c=cm, p=r.choice(P.FIRST), i=r.choice(P.PRODUCTS), n="ABCDEFG"[r.randrange(7)]) + (f", {frag}" if f else ""), v(kg, cm, f)

    def check(i, o):
        return o == v(int(re.search(r"(\d+) kg", i)[1]), int(re.search(r"(\d+) cm", i)[1]), frag is not None and i.endswith(frag))
    t = ", ".join(f"up to {x} kg {l}" for x, l in zip(w, L)) + f", heavier {L[3]}"
    heads = ["Give the shipping class of the parcel.", "weight + length -> class", "Which class is this parcel?", "Classify parcels by weight and length.", "Post room: print the class of each box.", "Work out the size class."]
    rules = [[f"By weight: {t}.", f"Weight classes: {t}."], [f"A longest side over {lim} cm moves it one class up ({L[3]} stays).", f"If it is longer than {lim} cm, take the next higher class; {L[3]} is the highest."]]
    if frag:
        rules.append([f"{frag} parcels are always {fl}.", f"If it is marked {frag}, print {fl}."])
    return Task(heads, rules, case, check, choices=L + ([fl] if frag else []))


@family("ticket-price-table", "policy")
def ticket_price(r):
    place = r.choice(["museum", "pool", "zoo", "tower", "cinema"])
    pr = {"child": r.choice([3, 4, 5]), "adult": r.choice([9, 10, 12, 14]), "student": r.choice([6, 7, 8]), "senior": r.choice([6, 7, 8])}
    free = r.choice([3, 4, 6])
    ca, sa = r.choice([12, 14, 16, 18]), r.choice([60, 65, 67])
    day = r.choice(P.WEEKDAYS)
    off = r.choice([1, 2])
    member = r.random() < .5

    def v(a, st, d, m):
        if member and m:
            return "0"
        p = 0 if a < free else pr["child"] if a < ca else pr["senior"] if a >= sa else pr["student"] if st else pr["adult"]
        return str(max(0, p - off) if d == day and p else p)

    def case(r):
        a = r.choice([free - 1, free, ca - 1, ca, sa - 1, sa, r.randint(19, 59), r.randint(19, 59), sa + 8])
        st = 18 <= a < sa - 20 and r.random() < .4
        d = day if r.random() < .35 else r.choice(P.WEEKDAYS)
        m = member and r.random() < .12
        return r.choice(["{w}: visitor aged {a}{x}", "age {a}{x}, {w}", "{p}, {a} years{x}, comes on {w}", "{w} ticket, {a} years{x}", "{a} years old{x}; {w}; {p}"]).format(w=d, a=a, x=", student" if st else "", p=P.person(r)) + (", member" if m else ""), v(a, st, d, m)

    def check(i, o):
        return o == v(int(re.search(r"\d+", i)[0]), "student" in i, next(w for w in P.WEEKDAYS if w in i), i.endswith("member"))
    heads = [f"Ticket price for the {place} (number only).", f"visitor -> {place} ticket price", f"What does the visitor pay at the {place}? Number only.", f"Cash desk of the {place}: print the price.", f"Look up the {place} price for the visitor.", f"Work out the entrance fee for the {place} (just the number)."]
    rules = [[f"Under {free} free (0), under {ca} {pr['child']}, from {sa} on {pr['senior']}, students {pr['student']}, all others {pr['adult']}.", f"Age below {free}: 0; below {ca}: {pr['child']}; {sa} or more: {pr['senior']}; in between {pr['adult']}, students {pr['student']}."],
             [f"On {day} everybody who pays gets {off} off.", f"{day}: {off} less on every price that is not 0."]]
    if member:
        rules.append(["Members enter free (0).", "For members the price is 0."])
    return Task(heads, rules, case, check)


@family("loyalty-tier", "policy")
def loyalty(r):
    L = r.choice([["basic", "silver", "gold"], ["blue", "plus", "prime"], ["starter", "regular", "star"]])
    L = labels(r, L)
    a = r.choice([100, 200, 300])
    b = a * r.choice([3, 4, 5])
    per = r.choice([1, 2])
    yr = r.random() < .6
    ny = r.choice([3, 5])

    def v(p, y, w):
        k = 0 if p < a else 1 if p < b else 2
        if yr and y >= ny:
            k = min(2, k + 1)
        return L[k]

    def case(r):
        p = r.choice([a, a - 1, b, b - 1, r.randint(0, a), r.randint(a, b), b + 100, a + 20])
        y = r.choice([0, 1, 2, ny, ny - 1, ny + 2])
        return r.choice(["{n}: {p} points, member for {y} years", "{p} points | {y} years | {n}", "{n}, {y} years, {p} points", "points={p}; years={y}; name={n}", "{n} has {p} points after {y} years"]).format(n=P.person(r), p=p, y=y), v(p, y, 0)

    def check(i, o):
        p = re.search(r"(\d+) points|points=(\d+)", i)
        y = re.search(r"(\d+) years|years=(\d+)", i)
        return o == v(int(p[1] or p[2]), int(y[1] or y[2]), 0)
    heads = ["Which tier does the member have?", "points and years -> tier", "Set the loyalty tier of the customer.", "Work out the member's level.", "Card desk: print the tier for the line.", "Assign the bonus tier."]
    rules = [[f"{L[0]} below {a} points, {L[1]} from {a}, {L[2]} from {b} points.", f"Points: less than {a} {L[0]}; {a} to {b-1} {L[1]}; {b} or more {L[2]}."]]
    rules.append([f"With {ny} years of membership or more, one tier higher ({L[2]} is the highest).", f"Members of {ny}+ years move up one tier; above {L[2]} there is nothing."] if yr else ["The years do not matter.", "Ignore the years."])
    return Task(heads, rules, case, check, choices=L)


@family("two-field-rule", "decision")
def two_field(r):
    y, n = yes_no(r, ("go", "no go"), ("accept", "reject"), ("alert", "fine"), ("OPEN", "SHUT"))
    f1, u1, h1 = r.choice([("temperature", " C", 40), ("wind", " km/h", 120), ("load", " %", 100), ("income", " k", 120), ("age", "", 90)])
    f2, u2, h2 = r.choice([("rain", " mm", 60), ("visitors", "", 300), ("debt", " k", 80), ("rating", "", 10), ("distance", " km", 200)])
    a, b = r.randint(h1 // 4, h1 * 3 // 4), r.randint(h2 // 4, h2 * 3 // 4)
    o1, o2 = r.choice(["over", "under"]), r.choice(["over", "under"])
    con = r.choice(["and", "or", "exactly one"])
    flag = r.choice([None, None, "test", "manual"])

    def t(x, o, c):
        return x > c if o == "over" else x < c

    def v(x, z, fl):
        if flag and fl:
            return n
        p, q = t(x, o1, a), t(z, o2, b)
        return y if {"and": p and q, "or": p or q, "exactly one": p != q}[con] else n

    def case(r):
        x, z = r.choice([a, a + 1, a - 1, r.randint(0, h1), r.randint(0, h1)]), r.choice([b, b + 1, b - 1, r.randint(0, h2), r.randint(0, h2)])
        fl = flag and r.random() < .15
        s = r.choice(["{c}: {f} {x}{u}, {g} {z}{w}", "{f} {x}{u}; {g} {z}{w} ({c})", "{g} {z}{w}, {f} {x}{u}, {c}", "{f}={x}{u} {g}={z}{w}", "{c} | {f} {x}{u} | {g} {z}{w}", "{c} reports {g} {z}{w} and {f} {x}{u}"]).format(c=r.choice(P.CITIES), f=f1, g=f2, x=x, z=z, u=u1, w=u2)
        return s + (f" [{flag}]" if fl else ""), v(x, z, fl)

    def check(i, o):
        return o == v(int(re.search(rf"{f1}[ =](\d+)", i)[1]), int(re.search(rf"{f2}[ =](\d+)", i)[1]), flag and i.endswith("]"))
    c1, c2 = f"{f1} is {o1} {a}{u1}", f"{f2} is {o2} {b}{u2}"
    cond = f"{c1} and {c2}" if con == "and" else f"{c1} or {c2} (or both)" if con == "or" else f"exactly one of these holds: {c1}; {c2}"
    heads = [f"Print {y} if {cond}; otherwise {n}.", f"{y} if {cond}, else {n}", f"Check {f1} and {f2}. The answer is {y} when {cond}, and {n} when not.", f"Is it true that {cond}? {y} if so, {n} if not.", f"Rule of the house: if {cond}, print {y}, in all other cases {n}.", f"Read both values; {y} when {cond}, {n} otherwise."]
    if con == "exactly one":
        heads[3] = f"Does exactly one of these hold: {c1}; {c2}? {y} if so, {n} if not."
    rules = [["The limits themselves do not count as over or under.", "A value equal to the limit is neither over nor under it."]]
    if flag:
        rules.append([f"Lines marked [{flag}] are always {n}.", f"[{flag}] at the end gives {n}."])
    return Task(heads, rules, case, check, choices=[y, n])


@family("first-match-rules", "routing")
def first_match(r):
    sets = [[("refund", ["refund", "money back"]), ("delivery", ["parcel", "delivery", "courier"]), ("login", ["password", "login", "locked"]), ("invoice", ["invoice", "receipt"]), ("cancel", ["cancel", "terminate"])],
            [("leak", ["leak", "dripping"]), ("heating", ["heating", "radiator", "cold"]), ("keys", ["key", "lock"]), ("noise", ["noise", "loud"]), ("lift", ["lift", "elevator"])],
            [("menu", ["menu", "vegan"]), ("table", ["table", "seat"]), ("hours", ["open", "close"]), ("parking", ["parking", "car"]), ("party", ["party", "group"])]]
    rs = r.choice(sets)
    rs = r.sample(rs, r.choice([3, 4]))
    L = labels(r, [a for a, _ in rs])
    dflt = r.choice(["other", "general", "human", "none"])
    kw = {"refund": ["I want a refund for the lamp.", "Please give me my money back."], "delivery": ["My parcel is not here.", "The courier never rang.", "Delivery came too late."], "login": ["My password does not work.", "The account is locked.", "Login fails on my phone."], "invoice": ["The invoice shows a wrong sum.", "I need a receipt."], "cancel": ["Please cancel my order.", "I want to terminate the contract."],
          "leak": ["There is a leak under the sink.", "The tap keeps dripping."], "heating": ["The heating makes me worry.", "My radiator is broken.", "It is cold in the bathroom."], "keys": ["I lost my key.", "The lock is stuck."], "noise": ["There is noise at night.", "The neighbours are loud."], "lift": ["The lift stopped again.", "The elevator door is bent."],
          "menu": ["Can you send the menu?", "Do you have vegan dishes?"], "table": ["I'd like a table by the window.", "Is there a seat outside?"], "hours": ["When do you open?", "Do you close early on Sunday?"], "parking": ["Is there parking nearby?", "Where can I leave my car?"], "party": ["We plan a party.", "We are a group of twelve."]}
    none = [s for s in P.PLAIN if not any(k in s.lower() for _, ks in [x for st in sets for x in st] for k in ks)]

    def v(s):
        for (a, ks), l in zip(rs, L):
            if any(re.search(rf"\b{k}\b", s, re.I) for k in ks):
                return l
        return dflt

    def case(r):
        q = r.random()
        if q < .15:
            s = " ".join(r.sample(none, 2))
        else:
            xs = [r.choice(kw[a]) for a, _ in r.sample(rs, 2 if q < .55 else 1)]
            s = " ".join(xs)
            if r.random() < .3:
                s = P.around(r, s, 1, none)
        return s, v(s)

    def check(i, o):
        return o == v(i)
    rules_txt = "; ".join(f"{l}: {', '.join(ks)}" for (a, ks), l in zip(rs, L))
    heads = ["Route the message by keywords; check the rules from first to last.", "message -> first matching label", "Which is the first rule that matches the message?", "Sort messages with this ordered keyword list.", "Go through the rules in order and print the label of the first that matches.", "Mail filter: label the message by the first keyword rule that applies."]
    return Task(heads, [[f"Rules in order of priority: {rules_txt}.", "Order: " + " then ".join(f"{l} if it has {either(ks)}" for (a, ks), l in zip(rs, L)) + "."], ["Whole words only, any letter case; if several match, the earlier rule wins.", "A keyword counts in capitals or small letters, but only as a whole word; the earlier rule wins."], [f"No rule matches: {dflt}.", f"Otherwise {dflt}."]], case, check, choices=L + [dflt], rare={dflt})


@family("rank-winner", "decision")
def rank_winner(r):
    n = r.choice([2, 3, 3])
    low = r.random() < .4
    f, u = r.choice([("price", " EUR"), ("time", " min"), ("points", ""), ("distance", " km"), ("offer", " k"), ("score", "")])
    tie = r.choice(["first", "tie"])
    bon = r.choice([None, None, "local", "member", "early"])
    bv = r.choice([5, 10])
    pool = r.choice([P.COMPANIES, P.FIRST, P.CITIES])
    tw = r.choice(["tie", "draw", "equal"])
    sep = r.choice(["; ", ", ", " | "])
    hi = 90

    def v(a):
        s = [x + ((-bv if low else bv) if b else 0) for _, x, b in a]
        best = min(s) if low else max(s)
        w = [q for (q, _, _), t in zip(a, s) if t == best]
        return w[0] if len(w) == 1 or tie == "first" else tw

    def case(r):
        ns = r.sample(pool, n)
        xs = [r.randint(10, hi) for _ in ns]
        if r.random() < .25:
            xs[1] = xs[0]
        bs = [bool(bon) and r.random() < .3 for _ in ns]
        if bon and r.random() < .4:
            xs[1] = xs[0] + r.choice([-bv, -2, 2, bv])
            xs[1] = max(11, xs[1])
        a = list(zip(ns, xs, bs))
        return sep.join(f"{q} {x}{u}" + (f" ({bon})" if b else "") for q, x, b in a), v(a)

    def check(i, o):
        a = [(m[1], int(m[2]), "(" in p) for p in i.split(sep) for m in [re.match(r"(.+?) (\d+)", p)]]
        return o == v(a)
    w = f"the {'lowest' if low else 'highest'} {f}"
    heads = [f"Who has {w}? Print the name.", f"entries with {f} -> name with {w}", f"Find the entry with {w} and print only its name.", f"The winner is whoever has {w}. Print the winner.", f"Compare the {f} values and name the one with {w}.", f"Pick the entry with {w}; name only."]
    rules = [[f"On equal values {'the one named first wins' if tie == 'first' else 'print ' + tw}.", f"If several are best, {'take the first of them' if tie == 'first' else 'the answer is ' + tw}."]]
    if bon:
        rules.append([f"Entries marked ({bon}) count as {bv} {'less' if low else 'more'}.", f"({bon}) {'takes ' + str(bv) + ' off' if low else 'adds ' + str(bv) + ' to'} the value before comparing."])
    return Task(heads, rules, case, check, rare={tw})


@family("retry-policy", "decision")
def retry_policy(r):
    errs = r.sample(["timeout", "refused", "reset", "not found", "forbidden", "bad request", "too many requests", "server error"], 5)
    ret, stop, wait = errs[:2], errs[2:4], errs[4]
    mx = r.choice([3, 4, 5])
    L = labels(r, ["retry", "give up", "wait"])

    def v(e, k):
        if e in stop or (k >= mx and e != wait):
            return L[1]
        return L[2] if e == wait else L[0]

    def case(r):
        e, k = r.choice(errs + ret), r.choice([1, 2, mx - 1, mx, mx + 1, 1])
        return r.choice(["{s}: {e}, attempt {k}", "attempt {k} to reach {s} failed ({e})", "{s} attempt {k}: {e}", "{e} from {s} on attempt {k}", "call to {s}, attempt {k}, {e}"]).format(s=r.choice(P.SERVICES), e=e, k=k), v(e, k)

    def check(i, o):
        e = next(x for x in errs if x in i)
        return o == v(e, int(re.search(r"attempt (\d+)", i)[1]))
    heads = ["What should the client do after this failure?", "failure line -> next step", "Decide on the next step after a failed call.", "Retry logic: print the decision.", "Should we try again?", "Apply our retry rules to the line."]
    return Task(heads, [[f"{either(ret, 'and')}: {L[0]} while the attempt number is below {mx}, from attempt {mx} on {L[1]}.", f"After {either(ret)} print {L[0]}, but {L[1]} if it was attempt {mx} or later."], [f"{either(stop, 'and')}: {L[1]} at once.", f"Always {L[1]} for {either(stop, 'and')}."], [f"{wait}: {L[2]}, whatever the attempt.", f"For {wait} the answer is {L[2]} at any attempt."]], case, check, choices=L)


@family("quiet-hours", "policy")
def quiet_hours(r):
    a, b = r.choice([(22, 7), (21, 6), (20, 8), (23, 5)])
    ch = labels(r, ["send", "hold", "drop"])
    urgent = r.choice(["alarm", "security", "payment"])
    kinds = ["newsletter", "reminder", "chat", "update", urgent]
    dropk = "newsletter"

    def v(k, m):
        q = m >= a * 60 or m < b * 60
        if k == urgent or not q:
            return ch[0]
        return ch[2] if k == dropk else ch[1]

    def case(r):
        k = r.choice(kinds + [dropk])
        m = r.choice([a * 60, a * 60 - 1, b * 60, b * 60 - 1, r.randrange(1440), r.randrange(b * 60, a * 60), (a * 60 + 45) % 1440, 120])
        t = f"{m//60:02}:{m%60:02}"
        return r.choice(["{t} {k} for {p}", "{k} at {t} to {p}", "{p}: {k}, {t}", "[{t}] {k} -> {p}", "{k} | {p} | {t}"]).format(t=t, k=k, p=P.person(r)), v(k, m)

    def check(i, o):
        m = re.search(r"(\d\d):(\d\d)", i)
        return o == v(next(k for k in kinds if k in i), int(m[1]) * 60 + int(m[2]))
    heads = [f"Quiet hours are {a:02}:00 to {b:02}:00. What happens to the notification?", f"notification -> decision (quiet {a:02}:00-{b:02}:00)", f"Decide about a push message; quiet hours run from {a:02}:00 to {b:02}:00.", f"Between {a:02}:00 and {b:02}:00 we don't disturb people. Print the decision for each message.", f"May this notification go out now? Quiet time: {a:02}:00-{b:02}:00.", f"Apply the night rules ({a:02}:00 to {b:02}:00) to the message."]
    return Task(heads, [[f"Outside quiet hours: {ch[0]}. In quiet hours: {dropk} {ch[2]}, {urgent} {ch[0]}, everything else {ch[1]}.", f"{urgent} is {ch[0]} at any time; all others are {ch[0]} by day, and in quiet hours {ch[1]}, except {dropk}, which is {ch[2]}."], [f"{a:02}:00 is already quiet, {b:02}:00 no longer.", f"Quiet time includes {a:02}:00 and ends just before {b:02}:00."]], case, check, choices=ch)


@family("fine-table", "policy")
def fine_table(r):
    lim = r.choice([30, 50, 70, 80, 100])
    c = r.choice([[10, 20, 30], [5, 15, 25], [10, 25, 40]])
    f = r.choice([[30, 70, 150, 400], [20, 50, 100, 250], [25, 60, 120, 300]])
    tol = r.choice([0, 3, 5])
    dbl = r.choice([None, "school zone", "road works"])

    def v(s, z):
        x = s - tol - lim
        k = 0 if x <= 0 else f[sum(x > q for q in c)]
        return str(k * (2 if z else 1))

    def case(r):
        x = r.choice([0, 1, tol, tol + 1] + [q + tol for q in c] + [q + tol + 1 for q in c] + [r.randint(-10, 60)])
        z = dbl and r.random() < .25
        return r.choice(["{s} km/h on {w}", "{w}: {s} km/h", "car {n}, {s} km/h, {w}", "measured {s} km/h ({w})", "{s} km/h, plate {n}"]).format(s=lim + x, w=r.choice(P.STREETS), n=f"{r.choice('ABKLM')}{r.choice('XYZ')} {r.randint(100, 999)}") + (f", {dbl}" if z else ""), v(lim + x, z)

    def check(i, o):
        return o == v(int(re.search(r"(\d+) km/h", i)[1]), dbl is not None and dbl in i)
    heads = [f"Fine for speeding; the limit is {lim} km/h. Print the number.", f"speed (limit {lim}) -> fine, number only", f"What is the fine? Limit {lim} km/h, answer as a number.", f"Compute the fine at a limit of {lim} km/h.", f"Speed camera, limit {lim}: print the fine (a number).", f"Work out the fine in EUR, number only; allowed are {lim} km/h."]
    t = f"up to {c[0]} over {f[0]}, up to {c[1]} over {f[1]}, up to {c[2]} over {f[2]}, more {f[3]}"
    rules = [[f"Not over the limit: 0. Fines: {t}.", f"0 if not too fast; otherwise {t}."], [f"First subtract {tol} km/h from the measured speed.", f"{tol} km/h are taken off the measured value before comparing."] if tol else ["Take the speed as measured.", "Nothing is subtracted from the measured speed."]]
    if dbl:
        rules.append([f"In a {dbl} the fine doubles.", f"Double it if the line says {dbl}."])
    return Task(heads, rules, case, check, rare={"0"})
