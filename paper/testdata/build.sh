#!/bin/sh
# Sets the papers that the tests read, from the .tex beside them, by Debian's texlive-latex-base and qpdf:
#     paper/testdata/build.sh [columns.tex ...]
# The PDFs are committed, so that nobody needs LaTeX to run the tests.
set -e
cd "$(dirname "$0")"
export SOURCE_DATE_EPOCH=1767225600 FORCE_SOURCE_DATE=1
[ $# -gt 0 ] || set -- *.tex
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for f; do
    pdflatex -interaction=batchmode -halt-on-error -output-directory "$tmp" "$f" >/dev/null
    pdflatex -interaction=batchmode -halt-on-error -output-directory "$tmp" "$f" >/dev/null
    cp "$tmp/${f%.tex}.pdf" .
done
qpdf --encrypt secret secret 256 -- thanks.pdf encrypted.pdf
