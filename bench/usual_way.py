"""The usual way: OpenCV decodes every frame, PyTorch looks at one a second.

    python3 bench/usual_way.py VIDEO MODEL.onnx

The network is built in PyTorch from the ONNX file, node by node, so that both
programs run the same weights. Prints the number of frames looked at.
"""
import sys

import cv2
import numpy
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


class Network:
    """Runs the operators that YOLOX uses, eagerly."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.nodes = [(n.op_type, list(n.input), list(n.output),
                       {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}) for n in graph.node]
        self.weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()) for w in graph.initializer}
        self.input, self.outputs = graph.input[0].name, [o.name for o in graph.output]

    def __call__(self, picture):
        v = dict(self.weights)
        v[self.input] = picture
        for op, names, outs, a in self.nodes:
            x = [v.get(n) for n in names]
            v[outs[0]] = getattr(self, op)(x, a)
        return [v[o] for o in self.outputs]

    def Conv(self, x, a):
        pads = a.get("pads", [0, 0, 0, 0])
        return F.conv2d(x[0], x[1], x[2] if len(x) > 2 else None, stride=tuple(a.get("strides", [1, 1])),
                        padding=tuple(pads[:2]), dilation=tuple(a.get("dilations", [1, 1])), groups=a.get("group", 1))

    def Sigmoid(self, x, a): return torch.sigmoid(x[0])
    def Mul(self, x, a): return x[0] * x[1]
    def Add(self, x, a): return x[0] + x[1]
    def Concat(self, x, a): return torch.cat(x, a["axis"])
    def Transpose(self, x, a): return x[0].permute(*a["perm"])
    def Constant(self, x, a): return torch.from_numpy(numpy_helper.to_array(a["value"]).copy())
    def MaxPool(self, x, a): return F.max_pool2d(x[0], tuple(a["kernel_shape"]), tuple(a["strides"]), tuple(a["pads"][:2]))
    def Reshape(self, x, a): return x[0].reshape([int(d) for d in x[1]])
    def Shape(self, x, a): return torch.tensor(x[0].shape)
    def Gather(self, x, a): return x[0][x[1].long()] if x[0].dim() == 1 else torch.index_select(x[0], a.get("axis", 0), x[1])
    def Unsqueeze(self, x, a): return x[0].unsqueeze(int((a.get("axes") or x[1])[0]))
    def Cast(self, x, a): return x[0].float() if a["to"] == 1 else x[0].long()
    def Floor(self, x, a): return torch.floor(x[0].float())
    def Resize(self, x, a): return F.interpolate(x[0], scale_factor=2, mode="nearest")
    def Upsample(self, x, a): return F.interpolate(x[0], scale_factor=2, mode="nearest")

    def Slice(self, x, a):
        starts, ends, axes = x[1], x[2], x[3]
        steps = x[4] if len(x) > 4 and x[4] is not None else torch.ones_like(starts)
        out = x[0]
        for s, e, ax, st in zip(starts, ends, axes, steps):
            index = [slice(None)] * out.dim()
            index[int(ax)] = slice(int(s), min(int(e), out.shape[int(ax)]), int(st))
            out = out[tuple(index)]
        return out


def letterbox(picture, w, h):
    scale = min(w / picture.shape[1], h / picture.shape[0])
    small = cv2.resize(picture, (round(picture.shape[1] * scale), round(picture.shape[0] * scale)))
    out = numpy.full((h, w, 3), 114, numpy.uint8)
    out[:small.shape[0], :small.shape[1]] = small
    return torch.from_numpy(out.transpose(2, 0, 1).astype(numpy.float32)).unsqueeze(0)


def main(video, model):
    network = Network(model)
    capture = cv2.VideoCapture(video)
    rate = capture.get(cv2.CAP_PROP_FPS)
    n = looked = 0
    with torch.no_grad():
        while True:
            ok, picture = capture.read()
            if not ok:
                break
            if int(n / rate) > int((n - 1) / rate) or n == 0:
                network(letterbox(picture, 416, 416))
                looked += 1
            n += 1
    print(looked)


if __name__ == "__main__":
    main(*sys.argv[1:3])
