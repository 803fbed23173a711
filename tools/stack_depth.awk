# SPDX-License-Identifier: BSD-2-Clause
# Worst-case stack of one firmware stage from gcc's call graphs (*.ci).
#   -v stage -v room (bytes, or empty) -v list (file: functions that were linked)
#   -v indirect (lines "CALLER PATTERN-OF-CALLEES")
# Prints it; exits 1 on recursion, on a frame without bound, on a call through a
# pointer that no row knows, or when it does not fit.
function name_of(title)
{
    sub(/.*:/, "", title) # a static function is named FILE:FUNCTION
    sub(/\.(constprop|isra|part|cold).*/, "", title)
    return title
}
function complain(text) { print stage ": " text > "/dev/stderr"; bad = 1 }
function depth(n,    i, to, most, d)
{
    if (n in known) return known[n]
    if (n in open) { complain("recursion through " n); return 0 }
    open[n] = 1
    most = 0
    for (i = 1; i <= calls[n]; i++) {
        to = call[n, i]
        d = depth(to)
        if (d > most) { most = d; deepest[n] = to }
    }
    delete open[n]
    return known[n] = most + frame[n]
}
BEGIN {
    while ((getline line < list) > 0) linked[name_of(line)] = 1
    rows = split(indirect, row, "\n")
}
/^node:/ && / bytes \(/ {
    split($0, part, "\"")
    n = name_of(part[2])
    if (!(n in linked)) next
    size = $0; sub(/ bytes \(.*/, "", size); sub(/.*\\n/, "", size)
    if ($0 ~ /\(dynamic\)/) complain("frame of " n " has no bound")
    if (size + 0 > frame[n]) frame[n] = size + 0
    all[n] = 1
}
/^edge:/ {
    split($0, part, "\"")
    from = name_of(part[2]); to = name_of(part[4])
    if (part[4] == "__indirect_call") { through[from] = 1; next }
    if (!((from, to) in seen)) { seen[from, to] = 1; call[from, ++calls[from]] = to }
}
END {
    for (from in through) {
        if (!(from in linked)) continue
        found = 0
        for (i = 1; i <= rows; i++) {
            split(row[i], word, " ")
            if (word[1] != from) continue
            found = 1
            for (to in all) if (to ~ word[2]) call[from, ++calls[from]] = to
        }
        if (!found) complain(from " calls through a pointer")
    }
    worst = 0
    for (n in all) { d = depth(n); if (d > worst) { worst = d; start = n } }
    path = start
    for (n = start; n in deepest; n = deepest[n]) path = path " " deepest[n]
    printf "stack %d", worst
    if (room != "") printf " of %d", room
    print ""
    if (room != "" && worst > room) complain("the stack does not fit: " path)
    exit bad
}
