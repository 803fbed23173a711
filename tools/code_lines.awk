# SPDX-License-Identifier: BSD-2-Clause
# C source on standard input: "lines code", code being neither blank nor comment.
{
    text = $0
    code = ""
    while (text != "") {
        if (inside) {
            end = index(text, "*/")
            if (!end) break
            text = substr(text, end + 2)
            inside = 0
        } else {
            begin = index(text, "/*")
            if (!begin) { code = code text; break }
            code = code substr(text, 1, begin - 1)
            text = substr(text, begin + 2)
            inside = 1
        }
    }
    sub(/\/\/.*/, "", code)
    if (code ~ /[^ \t]/) count++
}
END { print NR, count + 0 }
