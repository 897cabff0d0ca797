#!/usr/bin/env python3
"""Writes tokens.json: what Hugging Face's `tokenizers` makes of 1,000 varied strings.

    python make_tokens.py SmolLM2-135M-Instruct.Q4_1.gguf [tokens.json]

The reference is constructed from the GGUF: BPE over `tokenizer.ggml.tokens` and `.merges` (no unknown token: a byte
without a token is left out), the control tokens added as special ones, and, as in the models' own tokenizer.json,
  smollm  Digits(individual_digits) then ByteLevel(add_prefix_space=False, use_regex=True)
  gpt-2   ByteLevel(add_prefix_space=False, use_regex=True)
  qwen2   Split(Qwen2's expression, isolated) then ByteLevel(use_regex=False); without Qwen2's NFC normaliser, of
          which a GGUF says nothing and which llama.cpp does not apply
all over SmolLM2's vocabulary, since what differs is the splitting.

If llama-cpp-python is there, its tokens (pre-tokenizer smollm) are compared, and differences printed. Version 0.3.36 agrees
on all 1,000 strings. Over 12,000 strings made the same way from another seed it differed in three, all of one kind: where
a byte that has no token (0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, and the UTF-8 lead bytes 0xF1 and 0xF2) stands before others,
Hugging Face leaves it out first and may merge what is then neighbours; llama.cpp does not.
"""

import json
import random
import sys

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

SEED = 20251128
COUNT = 1000
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def split_into(name):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=name != "qwen2")
    before = {
        "smollm": [pre_tokenizers.Digits(individual_digits=True)],
        "gpt-2": [],
        "qwen2": [pre_tokenizers.Split(Regex(QWEN2), "isolated")],
    }[name]
    return pre_tokenizers.Sequence(before + [byte_level])


def read_vocabulary(path):
    fields = gguf.GGUFReader(path).fields
    get = lambda key: fields["tokenizer.ggml." + key].contents()
    return get("tokens"), [tuple(m.split(" ")) for m in get("merges")], get("token_type")


def make_tokenizer(path, pre, special):
    tokens, merges, types = read_vocabulary(path)
    t = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(tokens)}, merges=merges))
    t.pre_tokenizer = split_into(pre)
    t.decoder = decoders.ByteLevel()
    if special:
        names = [s for s, kind in zip(tokens, types) if kind == 3]
        t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in names])
    return t


# ---- the strings ----

LANGUAGES = """The quick brown fox jumps over the lazy dog.
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich; STRASSE, straße, ẞ.
Portez ce vieux whisky au juge blond qui fume. L'œuvre d'Éloïse n'était qu'à moitié achevée…
El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia. ¿Qué? ¡Año nuevo!
Pchnąć w tę łódź jeża lub ośm skrzyń fig. Zażółć gęślą jaźń.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Flygande bäckasiner söka hwila på mjuka tuvor. Þórður kæmi æðandi.
Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul ılık, IĞDIR.
Tiếng Việt có nhiều dấu: Trăm năm trong cõi người ta, chữ tài chữ mệnh khéo là ghét nhau.
Съешь же ещё этих мягких французских булок, да выпей чаю.
Жебракують філософи при ґанку церкви в Гадячі, ще й шатро їхнє п'яне знаємо.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Ἐν ἀρχῇ ἦν ὁ λόγος.
דג סקרן שט בים מאוכזב ולפתע מצא לו חברה. בְּרֵאשִׁית בָּרָא אֱלֹהִים
نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر. بِسْمِ ٱللَّهِ
یہ ایک جملہ ہے۔ قیمت ۱۲۳ روپے ہے۔ می‌خواهم کتاب‌ها
ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण। क्षत्रिय १२३
আমি বাংলায় গান গাই। ৪৫৬
ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ। ગુજરાતી ભાષા ૭૮૯
தமிழ் மொழி இனிது. ௧௨௩ తెలుగు భాష ఎంతో మధురం ౧౨౩
ಕನ್ನಡ ನುಡಿ ಮಲയാളം സുന്ദരം සිංහල අකුරු
ภาษาไทยไม่มีการเว้นวรรคระหว่างคำ ราคา ๑๒๓ บาท ພາສາລາວ ໑໒
မြန်မာဘာသာ ၁၂၃ ភាសាខ្មែរ ៤៥៦ བོད་སྐད་ ༧༨༩
ქართული ენა ძალიან ლამაზია. Հայերեն լեզու։ አማርኛ ቋንቋ። ፩፪፫
我能吞下玻璃而不伤身体。繁體中文：龍鳳呈祥，「引號」、頓號；全角！？
いろはにほへと ちりぬるを。カタカナ、ﾊﾝｶｸ、漢字交じり文。ｱｲｳ１２３
키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. ㄱㄴㄷ
ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᐃᓄᒃᑎᑐᑦ ⵜⴰⵎⴰⵣⵉⵖⵜ ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠎ᠡ
𐌰𐌱𐌲 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚 𓀀𓂀 𒀀𒁀 𐤀𐤁 𠮷野家 𪚥
Esperanto: eĥoŝanĝo ĉiuĵaŭde. Latviešu: glāžšķūņa rūķīši. Română: șț ăâî ŞŢ
ﬁrst ﬂight ﬀ ﬃ ﬆ ĳ Ǆ ŉ ẚ""".split("\n")

EMOJI = [
    "😀",
    "👍🏽",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇩🇪🇫🇷",
    "👨🏿‍🚀",
    "❤️‍🔥",
    "1️⃣",
    "#️⃣",
    "🧑‍💻",
    "☺️",
    "☹︎",
    "🫠🫡",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "♾",
    "✌🏻✌🏼",
]

CODE = [
    "for (int i = 0; i < n; ++i) {\n\tsum += a[i] * 0x1F;\n}\n",
    'def f(x: int) -> str:\n    """Doc."""\n    return f"{x!r:>10}"  # it\'s\n\n\n',
    "SELECT a.id, COUNT(*) FROM t AS a WHERE name LIKE '%o''neil%' GROUP BY 1;",
    "<div class=\"a b\" data-x='1'>&nbsp;&#x41;</div>\r\n<!-- c -->\r\n",
    '{"key": [1, 2.5e-10, null, true], "s": "a\\n\\u00e9"}',
    "#!/bin/sh\nset -eu; x=${1:-'d'}; echo \"$x\" | sed 's/a/b/g' >&2",
    'fn main() -> Result<(), Box<dyn Error>> { let v: Vec<_> = (0..10).collect(); println!("{:?}", v); Ok(()) }',
    "x = (a <= b) && !(c != d) || e === f ? g ?? h : i?.j ** 2 >>> 3;",
    "\\begin{align} \\frac{a_1}{b^{2}} &\\le \\sum_{i=0}^{n} x_i \\\\ \\end{align}",
    '#include <stdio.h>\n\nint main(void)\n{\n    return printf("%d\\n", 42) < 0;\n}\n',
    "https://example.com:8080/a/b.c?d=e&f=%20g#h user.name+tag@sub.example.co.uk 192.168.0.1 2001:db8::1",
    "| a | b |\n|---|:-:|\n| 1 | `x` |\n\n* item\n  1. sub\n> quote\n\n---\n",
    'git commit -m "fix: don\'t" --no-verify && make -j$(nproc)',
    "\t\tif x:\n\t\t\ty()\n        z()\n  \t w()",
    "AAAA" * 20 + "==" + "-" * 79 + "\n" + "=" * 40 + "#" * 33,
]

NUMBERS = [
    "0",
    "007",
    "3.14159",
    "1,234,567.89",
    "-42",
    "1e10",
    "0xDEADBEEF",
    "2024-02-29T23:59:60Z",
    "50%",
    "$19.99",
    "½ ¼ ¾",
    "x² y³ a₁",
    "Ⅷ ⅻ ↁ",
    "٠١٢٣٤٥٦٧٨٩",
    "۰۱۲",
    "०१२",
    "০১২",
    "௧௨",
    "๑๒๓",
    "１２３",
    "①②③ ⑽ ⒈ ⓿",
    "一二三 〇 十",
    "㊿ ㉈ 〡〢",
    "𝟎𝟏 𝟘 𝟢 𝟬 𝟶",
    "𐄇 𐡘 𐒠 𑁦",
    "𞤀𞥐",
    "1 2  3   4",
    "12ab34",
    "a1b2c3",
    "9" * 60,
    "1st 2nd 3rd 4th",
    "v1.2.3-rc.4",
    "10:30pm",
    "1/2",
    "5'10\"",
    "90's",
    "'90s",
    "(555) 123-4567",
    "١٢٣abc٤٥٦",
    "5️⃣",
    "  7",
    "\t8",
    "\n9\n",
    "a 1",
    "a  1 b",
]

CONTRACTIONS = [
    "I'm",
    "you're",
    "he's",
    "we've",
    "they'll",
    "she'd",
    "can't",
    "CAN'T",
    "I'M",
    "You'RE",
    "IT'S",
    "we'VE",
    "They'LL",
    "she'D",
    "o'clock",
    "rock'n'roll",
    "'tis",
    "'twas",
    "y'all'd've",
    "don''t",
    "don’t",
    "it’s",
    "x'ſ",
    "X'K",
    "'s",
    "'S",
    " 's",
    "'sup",
    "a's1",
    "1's",
    "!'s",
    "\n's",
    "' s",
    "'l",
    "'ll",
    "'lll",
    "'r",
    "'re",
    "'ree",
    "'v",
    "'ve'",
    "d'd",
    "é's",
    "中's",
    "''s",
    "'\u0301s",
    "isn't it? It's what's-his-name's, y'know; who'd've thought?",
    "'tmore 'demand 'remedy 'llama 'verse 'mum",
]

SPACES = [
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u00a0",
    "\u3000",
    "\u2003",
    "\u2009",
    "\u202f",
    "\u1680",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u180e",
    "\u200b",
    "\ufeff",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1f",
    "\u205f",
    "\u200d",
]

SPECIALS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<repo_name>",
    "<reponame>",
    "<file_sep>",
    "<filename>",
    "<gh_stars>",
    "<issue_start>",
    "<issue_comment>",
    "<issue_closed>",
    "<jupyter_start>",
    "<jupyter_text>",
    "<jupyter_code>",
    "<jupyter_output>",
    "<jupyter_script>",
    "<empty_output>",
]

BLOCKS = [
    (0x20, 0x7E),
    (0xA1, 0xFF),
    (0x100, 0x24F),
    (0x250, 0x2FF),
    (0x300, 0x36F),
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x530, 0x58F),
    (0x590, 0x5FF),
    (0x600, 0x6FF),
    (0x700, 0x7BF),
    (0x900, 0x97F),
    (0x980, 0xDFF),
    (0xE00, 0xEFF),
    (0xF00, 0xFFF),
    (0x1000, 0x109F),
    (0x10A0, 0x10FF),
    (0x1100, 0x11FF),
    (0x1200, 0x139F),
    (0x13A0, 0x167F),
    (0x1780, 0x18AF),
    (0x1C80, 0x1CFF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x218F),
    (0x2190, 0x23FF),
    (0x2460, 0x24FF),
    (0x2500, 0x27BF),
    (0x2C00, 0x2DFF),
    (0x2E00, 0x2E7F),
    (0x3000, 0x30FF),
    (0x3100, 0x33FF),
    (0x4E00, 0x9FFF),
    (0xA000, 0xA7FF),
    (0xA800, 0xABFF),
    (0xAC00, 0xD7A3),
    (0xE000, 0xE0FF),
    (0xF900, 0xFDFF),
    (0xFE00, 0xFFFF),
    (0x10000, 0x100FF),
    (0x10300, 0x105FF),
    (0x10800, 0x10FFF),
    (0x11000, 0x11FFF),
    (0x12000, 0x143FF),
    (0x16100, 0x16FFF),
    (0x1B000, 0x1B2FF),
    (0x1CC00, 0x1D37F),
    (0x1D400, 0x1D7FF),
    (0x1DF00, 0x1EFFF),
    (0x1F000, 0x1FAFF),
    (0x20000, 0x323AF),
    (0xE0000, 0xE01EF),
]


def character(r, low=1, high=0x10FFFF):
    while True:
        c = r.randint(low, high)
        if not 0xD800 <= c <= 0xDFFF:
            return chr(c)


def random_utf8(r):
    """Every length of encoding is as likely."""
    bounds = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF)]
    return "".join(character(r, *r.choice(bounds)) for _ in range(r.randint(1, 40)))


def block_text(r):
    low, high = r.choice(BLOCKS)
    return "".join(
        character(r, low, high) if r.random() < 0.85 else r.choice(" ,.1'\n") for _ in range(r.randint(3, 40))
    )


def white_space(r):
    piece = lambda: r.choice(["a", "Word", "1", "42", ".", "()", "é", "中", "'s", "😀", "", ""])
    run = lambda: "".join(r.choices(SPACES, weights=[12, 4, 6, 3] + [1] * (len(SPACES) - 4), k=r.randint(1, 7)))
    return "".join(piece() + run() for _ in range(r.randint(1, 8))) + piece()


def combining(r):
    return "".join(
        r.choice("aeinoAEIN zk1'") + "".join(character(r, 0x300, 0x36F) for _ in range(r.randint(0, 4)))
        for _ in range(r.randint(2, 16))
    )


def with_special(r):
    parts = []
    for _ in range(r.randint(1, 6)):
        name = r.choice(SPECIALS)
        if r.random() < 0.25:
            cut = r.randint(1, len(name) - 1)
            name = name[:cut] + r.choice(["", " ", name])
        parts += [
            name,
            r.choice(
                [
                    "",
                    "",
                    " ",
                    "\n",
                    "  ",
                    "system\nYou are a helpful assistant",
                    "user\nHi!",
                    "it's 5",
                    "<",
                    "<|",
                    "|>",
                    "a ",
                ]
            ),
        ]
    return "".join(parts)


def long_word(r):
    kind, n = r.randrange(6), r.randint(100, 1200)
    if kind == 0:
        return r.choice("aeXz_-=中😀") * n
    if kind == 1:
        return "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(n // 2))
    if kind == 2:
        return "".join(
            r.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") for _ in range(n // 3)
        )
    if kind == 3:
        return "".join(
            r.choice(["inter", "national", "isation", "anti", "dis", "establish", "ment", "arian", "ism"])
            for _ in range(n // 10)
        )
    if kind == 4:
        return r.choice(["ab", "the", "  a", "\n\n ", "ha", "!?", "'s", "é"]) * (n // 3)
    return "".join(character(r, 0x4E00, 0x9FFF) for _ in range(n // 8))


def mixture(r, tokens):
    pools = [LANGUAGES, EMOJI, CODE, NUMBERS, CONTRACTIONS, SPACES]

    def piece():
        pool = r.choice(pools)
        s = r.choice(pool)
        if len(s) > 30:
            at = r.randrange(len(s) - 20)
            s = s[at : at + r.randint(5, 20)]
        return s

    def vocabulary():
        return bytearray(ALPHABET.get(c, 0x3F) for c in r.choice(tokens)).decode("utf-8", "ignore")

    return "".join(piece() if r.random() < 0.6 else vocabulary() for _ in range(r.randint(2, 12)))


def make_alphabet():
    printable = [b for b in range(256) if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or b >= 0xAE]
    other = [b for b in range(256) if b not in printable]
    return {**{chr(b): b for b in printable}, **{chr(256 + i): b for i, b in enumerate(other)}}


ALPHABET = make_alphabet()


def make_strings(tokens):
    """[(text, whether special tokens are parsed)]"""
    r = random.Random(SEED)
    out = [
        ("", False),
        ("", True),
        (" ", False),
        ("\n", False),
        ("a", False),
        ("\0", False),
        ("a\0b\x04c\x06\x13\x14\x16\x1d", False),
    ]
    out += [(s, False) for pool in (LANGUAGES, EMOJI, CODE, NUMBERS, CONTRACTIONS) for s in pool]
    out += [(s * n, False) for s in SPACES for n in (1, 3)] + [("a" + s + "b" + s + s + "1", False) for s in SPACES]
    out += [(s, special) for s in SPECIALS for special in (True, False)]
    out += [
        (s, True)
        for s in (
            "<|im_start|>user\nWhat's 2+2?<|im_end|>\n<|im_start|>assistant\n",
            "<<|im_end|>>",
            "<|im_end|",
            "|im_end|>",
            "<|im_end|><|im_end|>  <|im_end|>",
            "a <|im_start|> b",
            "<|IM_END|>",
            "<repo_name<reponame>>",
            "5<|im_end|>5",
        )
    ]
    makers = [(random_utf8, 150), (block_text, 150), (white_space, 120), (combining, 40), (long_word, 40)]
    for maker, n in makers:
        out += [(maker(r), False) for _ in range(n)]
    out += [(with_special(r), r.random() < 0.7) for _ in range(70)]
    while len(out) < COUNT:
        out.append((mixture(r, tokens), r.random() < 0.2))
    return out[:COUNT]


# ---- the file ----


def compare_llama(path, cases):
    try:
        import llama_cpp
    except ImportError:
        print("llama-cpp-python is not there: no comparison")
        return None
    llama = llama_cpp.Llama(path, vocab_only=True, verbose=False)
    different = []
    for text, special, ids, *_ in cases:
        other = llama.tokenize(text.encode(), add_bos=False, special=bool(special))
        if other != ids:
            different.append((text, special, ids, other))
    print(f"llama-cpp-python {llama_cpp.__version__}: {len(cases) - len(different)} of {len(cases)} agree")
    for text, special, ids, other in different:
        at = next((i for i, (a, b) in enumerate(zip(ids, other)) if a != b), min(len(ids), len(other)))
        print(f"  {text[:60]!a} special={special} at {at}: {ids[at:at + 6]} llama.cpp {other[at:at + 6]}")
    return len(different)


def main():
    path = sys.argv[1]
    out = sys.argv[2] if len(sys.argv) > 2 else __file__.rsplit("/", 1)[0] + "/tokens.json"
    makers = {
        (pre, special): make_tokenizer(path, pre, special)
        for pre in ("smollm", "gpt-2", "qwen2")
        for special in (False, True)
    }
    cases = []
    for text, special in make_strings(read_vocabulary(path)[0]):
        ids = {
            pre: makers[pre, special].encode(text, add_special_tokens=False).ids for pre in ("smollm", "gpt-2", "qwen2")
        }
        other = [None if ids[pre] == ids["smollm"] else ids[pre] for pre in ("gpt-2", "qwen2")]
        cases.append([text, int(special), ids["smollm"], *other])
    compare_llama(path, cases)
    about = "cases: text, special tokens parsed (0 or 1), tokens of smollm, of gpt-2, of qwen2 (null: those of smollm)"
    with open(out, "w", encoding="utf-8", newline="\n") as f:
        f.write('{"about":' + json.dumps(about) + ',"cases":[\n')
        f.write(",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in cases))
        f.write("\n]}\n")


if __name__ == "__main__":
    main()
