#!/bin/sh
# demo.sh PAW: compiles three specs and runs each on three inputs.
set -eu
paw=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\)\"\{0,1\}[,}].*/\1/p"; }

show() {
    name=$1 spec=$2
    shift 2
    printf '\nspec      %s\n' "$spec"
    "$paw" compile --spec "$spec" -o "$dir/$name.paw" --json >"$dir/$name.json"
    printf 'program   %s, %s bytes, compiled in %s s\n' "$(field program_id <"$dir/$name.json")" \
        "$(field size_bytes <"$dir/$name.json")" "$(field total <"$dir/$name.json")"
    for input in "$@"; do
        printf '%s\n' "$input"
    done >"$dir/$name.in"
    "$paw" run --program "$dir/$name.paw" --lines <"$dir/$name.in" --json >"$dir/$name.out"
    i=0
    while IFS= read -r input; do
        i=$((i + 1))
        sed -n "${i}p" "$dir/$name.out" >"$dir/one"
        # The answer is a JSON string: python3 is at hand (pip needs it) and unpacks it safely.
        python3 - "$input" "$dir/one" <<'PY'
import json, sys
answer = json.load(open(sys.argv[2]))
print(f"  {sys.argv[1]}\n      -> {answer['output']}   ({answer['latency_ms']:.0f} ms)")
PY
    done <"$dir/$name.in"
}

show triage "Label a support message with exactly one of: billing, bug, feature_request, praise. Charges, refunds and invoices are billing. Print only the label." \
    "I was charged twice for the March subscription, please refund one of them." \
    "The export button does nothing since yesterday's update, console shows a 500." \
    "Honestly the best note app I have used, thank you!"
show date "Find the date in the text and print it as YYYY-MM-DD. If there is no date, print none." \
    "The contract was signed on 4 March 2021 in Lyon." \
    "Please come to the meeting on July 19, 2024 at noon." \
    "Call me back when you have a minute."
show repair "Repair the broken JSON so that it parses. Keep keys, values and their order; print only the JSON." \
    "{'name': 'Ann', 'age': 31}" \
    '{"id": 7, "tags": ["a", "b",],}' \
    '{"ok": True, "count": 3'
