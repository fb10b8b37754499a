# COCO's own evaluation of the sets on standard input: AP of each set at each IoU, null without truth.
import contextlib, io, json, sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def coco(images, annotations):
    c = COCO()
    c.dataset = {"images": images, "categories": [{"id": 1}], "annotations": annotations}
    c.createIndex()
    return c


def annotations(images, which):
    out = []
    for i, image in enumerate(images):
        for b in image[which] or []:
            w, h = b["x1"] - b["x0"], b["y1"] - b["y0"]
            out.append({"id": len(out) + 1, "image_id": i + 1, "category_id": 1, "bbox": [b["x0"], b["y0"], w, h],
                        "area": w * h, "iscrowd": int(b.get("Crowd", False)), "score": b.get("Score", 0)})
    return out


answers = []
for one in json.load(sys.stdin):
    ids = [{"id": i + 1} for i in range(len(one["Images"]))]
    with contextlib.redirect_stdout(io.StringIO()):
        e = COCOeval(coco(ids, annotations(one["Images"], "Truth")), coco(ids, annotations(one["Images"], "Found")), "bbox")
        e.params.areaRng = [[one["MinArea"], one["MaxArea"]]]
        e.params.areaRngLbl = ["all"]
        e.params.maxDets = [one["Most"]]
        e.evaluate()
        e.accumulate()
    precision = e.eval["precision"][:, :, 0, 0, 0]
    answers.append([None if (at < 0).any() else at.mean() for at in precision])
json.dump(answers, sys.stdout)
