"""The 50 prompts of make_logits.py: [(kind, text)], 20 to 400 tokens each. Special tokens in them are parsed."""

PROSE = [
    "The lighthouse had stood on the rock for a hundred and forty years before anyone thought to ask who had paid for it. "
    "The parish records named a shipowner, the harbour records a widow, and the stones themselves, when somebody finally "
    "cleaned them, named a mason who had signed every course with a small fish.",
    "Photosynthesis converts light energy into chemical energy that is stored in glucose. In plants the process takes place "
    "in the chloroplasts, where chlorophyll absorbs mostly blue and red light. Water is split, oxygen is released, and the "
    "energy carriers made on the way drive the Calvin cycle, in which carbon dioxide is fixed into sugars.",
    "In the spring of 1848 the grain prices doubled within six weeks. Bakers in the capital closed at noon, then at ten, and "
    "then did not open at all. The council met four times and agreed on nothing except that the bridge should be guarded.",
    'She read the letter twice, folded it along its old creases, and put it back behind the clock. "Well?" asked her brother '
    'from the doorway. "Well nothing," she said. "He says the weather is fine, and that he won\'t be coming."',
    "A good bread dough is wetter than beginners expect. Flour takes time to drink, and what feels like paste after five minutes "
    "will feel like silk after forty. Fold it, do not punch it; keep it cool; and let the oven be hotter than you dare.",
    "Quarterly revenue rose 12.4% to $3.81 billion, ahead of the consensus estimate of $3.65 billion, while operating margin "
    "narrowed to 18.2% from 19.7% a year earlier. Management cited freight costs and a stronger dollar, and left its guidance "
    "for the full year unchanged.",
    "Die Katze saß am Fenster und sah dem Regen zu. Niemand hatte ihr gesagt, dass der Sommer vorbei war, aber sie wusste es.",
    "Le marché ouvrait à sept heures, mais les habitués arrivaient avant l'aube pour choisir les meilleures tomates et discuter du prix.",
    "Once upon a time there was a robot who was afraid of stairs. Every morning it rolled to the top of the hill, looked down "
    "at the city, and counted the steps: one, two, three, and so on up to two hundred and twelve. Then it rolled home again. One day",
    "The theorem says that every continuous function on a closed interval attains its maximum. To see why, suppose that it does "
    "not; then there is a sequence of points at which the values approach the supremum, and by compactness a subsequence converges to",
]

CODE = [
    'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n\n\ndef is_prime(n):\n    if n < 2:\n        return False\n    for d in range(2, int(n ** 0.5) + 1):\n        if n % d == 0:\n            return',
    '#include <stdio.h>\n\nint main(int argc, char **argv)\n{\n    for (int i = 1; i < argc; i++) {\n        printf("%d: %s\\n", i, argv[i]);\n    }\n    return',
    "SELECT c.name, COUNT(o.id) AS orders, SUM(o.total) AS revenue\nFROM customers AS c\nLEFT JOIN orders AS o ON o.customer_id = c.id\nWHERE o.created_at >= '2024-01-01'\nGROUP BY c.name\nHAVING COUNT(o.id) > 3\nORDER BY revenue",
    "import React, { useState } from 'react';\n\nexport default function Counter({ start = 0 }) {\n  const [count, setCount] = useState(start);\n  return (\n    <button onClick={() => setCount(count + 1)}>\n      Clicked {count} times\n    </button>\n  );\n}\n\nexport function Timer() {\n  const [seconds,",
    '#!/bin/sh\nset -eu\n\n# Back up every folder that is given, one archive each.\nfor dir in "$@"; do\n    name=$(basename "$dir")\n    tar -czf "/backup/$name-$(date +%Y%m%d).tar.gz" -C "$(dirname "$dir")" "$name"\ndone\n\necho "',
    '{\n  "name": "weather-station",\n  "version": "1.4.2",\n  "sensors": [\n    {"id": 17, "kind": "temperature", "unit": "C", "value": -3.5},\n    {"id": 18, "kind": "humidity", "unit": "%", "value": 81},\n    {"id": 19, "kind":',
    'use std::collections::HashMap;\n\nfn count_words(text: &str) -> HashMap<&str, usize> {\n    let mut counts = HashMap::new();\n    for word in text.split_whitespace() {\n        *counts.entry(word).or_insert(0) += 1;\n    }\n    counts\n}\n\nfn main() {\n    let text = "the cat and the dog";\n    let counts =',
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n  <title>Recipes</title>\n  <link rel="stylesheet" href="style.css">\n</head>\n<body>\n  <h1>Recipes</h1>\n  <ul>\n    <li><a href="bread.html">Bread</a></li>\n    <li><a href="soup.html">',
]

LISTS = [
    "Shopping list:\n- 2 kg of flour\n- 500 g of butter\n- 12 eggs\n- 1 bunch of parsley\n- 3 lemons\n-",
    "Steps to change a tyre:\n1. Park on level ground and switch on the hazard lights.\n2. Loosen the wheel nuts half a turn.\n3. Raise the car with the jack.\n4. Take off the nuts and the wheel.\n5.",
    "Country: France -> Capital: Paris\nCountry: Japan -> Capital: Tokyo\nCountry: Kenya -> Capital: Nairobi\nCountry: Peru -> Capital: Lima\nCountry: Norway -> Capital:",
    "1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,",
    "| Month | Rain (mm) | Sun (h) |\n|-------|-----------|---------|\n| Jan | 81.2 | 43 |\n| Feb | 60.5 | 67 |\n| Mar | 58.0 | 104 |\n| Apr | 41.7 | 151 |\n| May | 52.3 |",
    "apple: fruit\ncarrot: vegetable\nsalmon: fish\noak: tree\nsparrow: bird\ndaisy: flower\ntrout:",
    'Review: "Arrived broken, and nobody answers the phone." Sentiment: negative\nReview: "Exactly what I wanted, and a day early!" Sentiment: positive\nReview: "It\'s fine, I suppose." Sentiment: neutral\nReview: "Best kettle I\'ve ever had." Sentiment:',
]

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

QUESTIONS = [
    "What is the capital of Australia?",
    "Write a haiku about autumn rain.",
    "Extract the e-mail address: 'Write to jane.doe+news@example.org before Friday.'",
    "Translate to French: The train leaves at half past nine.",
    "Explain in two sentences why the sky is blue.",
    "What's 17 * 23? Answer with the number only.",
    "Correct the spelling: 'I definately recieved the seperate parcels yesturday.'",
    "Is 'the movie was a waste of two hours' positive or negative?",
    "Give me three names for a small black cat.",
    "Turn this date into ISO form: March 3rd, 2021.",
]


def chat(system, *turns):
    parts = [f"<|im_start|>system\n{system}<|im_end|>\n"]
    for i, turn in enumerate(turns):
        parts.append(f"<|im_start|>{'assistant' if i % 2 else 'user'}\n{turn}<|im_end|>\n")
    return "".join(parts) + "<|im_start|>assistant\n"


def function_prompt(task, examples, text):
    shown = "\n\n".join(f"Input: {a}\nOutput: {b}" for a, b in examples)
    return chat(SYSTEM, f"{task}\n\nExamples:\n{shown}\n\nInput: {text}\nOutput:")


FUNCTIONS = [
    (
        "Return the amount of money in the sentence as a plain number, or NONE.",
        [("It cost me 45 dollars.", "45"), ("We paid €1,200 for the roof.", "1200"), ("Nothing to pay.", "NONE")],
        "The bill came to $87.50 plus tip.",
    ),
    (
        "Classify the message as one of: bug, feature, question. Answer with the word only.",
        [
            ("The app crashes when I rotate the screen.", "bug"),
            ("Could you add dark mode?", "feature"),
            ("Where do I find my invoice?", "question"),
        ],
        "Export to PDF would be wonderful.",
    ),
    (
        "Rewrite the sentence in the past tense.",
        [
            ("She walks to school.", "She walked to school."),
            ("They are eating soup.", "They were eating soup."),
            ("I think it's broken.", "I thought it was broken."),
        ],
        "He buys bread and goes home.",
    ),
    (
        "Make a URL slug of the title: lower case, words joined by hyphens, no punctuation.",
        [
            ("Hello, World!", "hello-world"),
            ("10 Tips for Better Sleep", "10-tips-for-better-sleep"),
            ("What's New in C++20?", "whats-new-in-c20"),
        ],
        "The Quick & Dirty Guide to Sourdough (Part 2)",
    ),
    (
        "Say whether the log line is an error. Answer yes or no.",
        [("INFO started in 2.1 s", "no"), ("FATAL cannot bind port 8080", "yes"), ("WARN retry 2 of 5", "no")],
        "ERROR 503 upstream timed out after 30000 ms",
    ),
    (
        "Convert the list of names to initials, separated by commas.",
        [("Ada Lovelace; Alan Turing", "AL, AT"), ("Grace Brewster Hopper", "GBH")],
        "Donald Knuth; Barbara Jane Liskov; Edsger Dijkstra",
    ),
]


def make_prompts():
    out = [("prose", p) for p in PROSE] + [("code", c) for c in CODE] + [("list", x) for x in LISTS]
    out += [("chat", chat(SYSTEM, q)) for q in QUESTIONS[:7]]
    out += [("chat", chat("Answer briefly.", q)) for q in QUESTIONS[7:]]
    out += [
        ("chat", chat(SYSTEM, QUESTIONS[0], "Canberra.", "And how far is that from Sydney, roughly?")),
        ("chat", chat("Summarise what the user writes in one sentence.", PROSE[1] + "\n\n" + PROSE[4])),
        ("chat", chat("You review code.", "Is there a mistake in this?\n\n```c\n" + CODE[1] + " 0;\n}\n```")),
    ]
    out += [("function", function_prompt(*f)) for f in FUNCTIONS]
    long = ["\n\n".join(PROSE[:4]), "\n\n".join(PROSE[3:7]), CODE[0] + " False\n    return True\n\n\n" + CODE[0]]
    out += [
        ("long prose", long[0]),
        ("long prose", long[1]),
        ("long code", long[2]),
        ("long list", LISTS[1] + " Put on the spare wheel.\n\n" + LISTS[4] + " 177 |\n\n" + LISTS[6]),
    ]
    out += [
        (
            "long chat",
            chat(
                SYSTEM,
                *[x for q in QUESTIONS[1:5] for x in (q, "Of course. " + PROSE[4])],
                "Thanks! Now tell me a joke.",
            ),
        )
    ]
    out += [("long prose", "\n\n".join(PROSE[5:9]))]
    assert len(out) == 50, len(out)
    return out
