#!/usr/bin/env python3
"""MaxN as CheckEM has it, from EventMeasure's text exports, with nothing but Python's own library.

It takes another road than Requin: every point becomes a tuple, the tuples are sorted, and runs of
equal tuples are summed. It prints, for each set that it is given (a prefix, or ZIP!PREFIX), what
the tests hold Requin's answer against:

    rows of points, sum of Number, rows of Lengths, of 3DPoints, sum of Number in both,
    rows of MovieSeq and Period, opcodes in all files; the samples that count, the taxa, the
    cells of the zero-filled table, those above zero, their sum, and the SHA-256 of the table.

    checkem.py DIR/2023-03_SwC_stereo-BRUVs examples.zip!examples/2024-05_Exmouth-Gulf_stereo-BRUVs
"""
import csv, hashlib, io, itertools, os, sys, zipfile


def load(where):
    """Gives a function from a file's ending to its rows, each a dict by lower-case header."""
    if "!" in where:
        archive, prefix = where.split("!", 1)
        z = zipfile.ZipFile(archive)
        names = {n.lower(): n for n in z.namelist()}
        get = lambda n: z.read(names[n.lower()]) if n.lower() in names else None
    else:
        prefix = where
        folder = os.path.dirname(prefix) or "."
        names = {os.path.join(os.path.dirname(prefix), n).lower(): n for n in os.listdir(folder)}
        get = lambda n: open(os.path.join(folder, names[n.lower()]), "rb").read() if n.lower() in names else None

    def rows(ending):
        data = get(prefix + ending)
        if data is None:
            return []
        text = data.decode("utf-8-sig", "replace")
        if ending.endswith(".csv"):
            table = list(csv.reader(io.StringIO(text)))
        else:
            table = [line.split("\t") for line in text.split("\n") if line.strip()]
        header = [h.strip().lower().replace(".", "_") for h in table[0]]
        return [dict(zip(header, [c.strip() for c in r])) for r in table[1:]]

    return rows


def whole(s):
    return int(s) if s.isdigit() else 0


def taxon(r):
    clean = lambda s, other: other if s.lower() in ("", "na", "n/a", "null", "unknown") else s
    return (clean(r["family"], "Unknown").capitalize(), clean(r["genus"], "Unknown").capitalize(), clean(r["species"], "spp").lower())


def main():
    for where in sys.argv[1:]:
        rows = load(where)
        points, lengths, points3d = rows("_Points.txt"), rows("_Lengths.txt"), rows("_3DPoints.txt")
        movies, periods, metadata = rows("_MovieSeq.txt"), rows("_Period.txt"), rows("_Metadata.csv")
        code = lambda r: r.get("opcode") or r.get("sample")
        opcodes = {code(r) for table in (points, lengths, points3d, movies, periods, rows("_Info.txt"), metadata) for r in table}
        good = {code(r) for r in metadata if r.get("successful_count") == "Yes"}
        seen = sorted(((r["opcode"], r["filename"], r["periodtime"], int(r["frame"])) + taxon(r), whole(r["number"])) for r in points)
        best = {}
        for key, run in itertools.groupby(seen, key=lambda x: x[0]):
            n, at = sum(number for _, number in run), (key[0],) + key[4:]
            if n > 0 and key[0] in good:
                best[at] = max(n, best.get(at, 0))
        taxa = sorted({at[1:] for at in best})
        table = sorted("\t".join((s,) + t + (str(best.get((s,) + t, 0)),)) for s in good for t in taxa)
        digest = hashlib.sha256("".join(line + "\n" for line in table).encode()).hexdigest()
        print(os.path.basename(where), len(points), sum(whole(r["number"]) for r in points), len(lengths), len(points3d),
              sum(whole(r["number"]) for r in lengths + points3d), len(movies), len(periods), len(opcodes),
              len(good), len(taxa), len(table), len(best), sum(best.values()), digest[:16])


main()
