"""The usual way to train: YOLOX-nano in plain PyTorch, one full step after another.

    python3 bench/train_throughput.py BATCH.safetensors STEPS THREADS

BATCH is what bench/trainstep wrote: the weights to begin with, the pictures and
their truth. A step is forward, SimOTA and the loss, backward, SGD with momentum and
weight decay, and the running average of the weights. The first line printed is the
loss of the first step, term by term; the last is the number of pictures a second, and the
seconds that processors worked for each.
"""
import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

RADIUS, TOP, OUTSIDE = 2.5, 10, 1e5


def read(path):
    """The tensors of a safetensors file."""
    data = open(path, "rb").read()
    end = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, t in json.loads(data[8:end]).items():
        if name != "__metadata__":
            first, last = t["data_offsets"]
            values = numpy.frombuffer(data[end + first:end + last], dtype=numpy.float32)
            tensors[name] = torch.from_numpy(values.copy()).reshape(t["shape"])
    return tensors


class Base(nn.Module):
    def __init__(self, i, o, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(i, o, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)), inplace=True)


class Depthwise(nn.Module):
    def __init__(self, i, o, kernel, stride=1):
        super().__init__()
        self.dconv = Base(i, i, kernel, stride, groups=i)
        self.pconv = Base(i, o, 1)

    def forward(self, x):
        return self.pconv(self.dconv(x))


class Block(nn.Module):
    def __init__(self, c, shortcut):
        super().__init__()
        self.conv1, self.conv2, self.shortcut = Base(c, c, 1), Depthwise(c, c, 3), shortcut

    def forward(self, x):
        y = self.conv2(self.conv1(x))
        return y + x if self.shortcut else y


class CSP(nn.Module):
    def __init__(self, i, o, n, shortcut):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = Base(i, o // 2, 1), Base(i, o // 2, 1), Base(o, o, 1)
        self.m = nn.Sequential(*[Block(o // 2, shortcut) for _ in range(n)])

    def forward(self, x):
        return self.conv3(torch.cat([self.m(self.conv1(x)), self.conv2(x)], 1))


class Focus(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.conv = Base(12, o, 3)

    def forward(self, x):
        return self.conv(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1))


class Pyramid(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.conv2 = Base(c, c // 2, 1), Base(c * 2, c, 1)

    def forward(self, x):
        x = self.conv1(x)
        return self.conv2(torch.cat([x] + [F.max_pool2d(x, k, 1, k // 2) for k in (5, 9, 13)], 1))


class Darknet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        self.stem = Focus(c)
        self.dark2 = nn.Sequential(Depthwise(c, 2 * c, 3, 2), CSP(2 * c, 2 * c, 1, True))
        self.dark3 = nn.Sequential(Depthwise(2 * c, 4 * c, 3, 2), CSP(4 * c, 4 * c, 3, True))
        self.dark4 = nn.Sequential(Depthwise(4 * c, 8 * c, 3, 2), CSP(8 * c, 8 * c, 3, True))
        self.dark5 = nn.Sequential(Depthwise(8 * c, 16 * c, 3, 2), Pyramid(16 * c), CSP(16 * c, 16 * c, 1, False))

    def forward(self, x):
        s8 = self.dark3(self.dark2(self.stem(x)))
        s16 = self.dark4(s8)
        return s8, s16, self.dark5(s16)


class Neck(nn.Module):
    def __init__(self, a=64, b=128, c=256):
        super().__init__()
        self.backbone = Darknet()
        self.lateral_conv0, self.C3_p4 = Base(c, b, 1), CSP(2 * b, b, 1, False)
        self.reduce_conv1, self.C3_p3 = Base(b, a, 1), CSP(2 * a, a, 1, False)
        self.bu_conv2, self.C3_n3 = Depthwise(a, a, 3, 2), CSP(2 * a, b, 1, False)
        self.bu_conv1, self.C3_n4 = Depthwise(b, b, 3, 2), CSP(2 * b, c, 1, False)

    def forward(self, x):
        s8, s16, s32 = self.backbone(x)
        down32 = self.lateral_conv0(s32)
        y = self.C3_p4(torch.cat([F.interpolate(down32, scale_factor=2), s16], 1))
        down16 = self.reduce_conv1(y)
        out8 = self.C3_p3(torch.cat([F.interpolate(down16, scale_factor=2), s8], 1))
        out16 = self.C3_n3(torch.cat([self.bu_conv2(out8), down16], 1))
        return out8, out16, self.C3_n4(torch.cat([self.bu_conv1(out16), down32], 1))


class Head(nn.Module):
    def __init__(self, classes, c=64):
        super().__init__()
        each = lambda make: nn.ModuleList(make(i) for i in range(3))
        twice = lambda _: nn.Sequential(Depthwise(c, c, 3), Depthwise(c, c, 3))
        self.stems = each(lambda i: Base((64, 128, 256)[i], c, 1))
        self.cls_convs, self.reg_convs = each(twice), each(twice)
        self.cls_preds = each(lambda _: nn.Conv2d(c, classes, 1))
        self.reg_preds = each(lambda _: nn.Conv2d(c, 4, 1))
        self.obj_preds = each(lambda _: nn.Conv2d(c, 1, 1))

    def forward(self, features):
        levels = []
        for i, x in enumerate(features):
            x = self.stems[i](x)
            box = self.reg_convs[i](x)
            levels.append(torch.cat([self.reg_preds[i](box), self.obj_preds[i](box), self.cls_preds[i](self.cls_convs[i](x))], 1).flatten(2))
        return torch.cat(levels, 2).transpose(1, 2)


class YOLOX(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone, self.head = Neck(), Head(classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def cells(h, w):
    """Column, row and stride of each cell."""
    all = []
    for s in (8, 16, 32):
        rows, columns = torch.meshgrid(torch.arange(h // s), torch.arange(w // s), indexing="ij")
        all.append(torch.stack([columns.flatten(), rows.flatten(), torch.full((rows.numel(),), s)], 1))
    return torch.cat(all).float()


def pairwise(a, b):
    """Width and height of what each box of a shares with each of b (corners)."""
    size = (torch.min(a[:, None, 2:], b[:, 2:]) - torch.max(a[:, None, :2], b[:, :2])).clamp(min=0)
    shared = size.prod(2)
    area = lambda v: (v[:, 2:] - v[:, :2]).prod(1)
    return shared / (area(a)[:, None] + area(b) - shared)


@torch.no_grad()
def assign(raw, boxes, truth, classes, grid):
    """SimOTA: which cells learn which truth. Gives cells, truths, IoUs."""
    centre = (grid[:, :2] + 0.5) * grid[:, 2:]
    near = (centre - (truth[:, None, :2] + truth[:, None, 2:]) / 2).abs().amax(2) < RADIUS * grid[:, 2]
    inside = torch.cat([centre - truth[:, None, :2], truth[:, None, 2:] - centre], 2).amin(2) > 0
    used = (near | inside).any(0).nonzero()[:, 0]
    near, inside = near[:, used], inside[:, used]
    iou = pairwise(truth, boxes[used]) * (near | inside)
    p = (raw[used, 5:].sigmoid() * raw[used, 4:5].sigmoid()).sqrt()
    none = -(1 - p).log().clamp(min=-100)
    cost = none.sum(1) + (-p.log().clamp(min=-100) - none).T[classes]
    cost = cost - 3 * (iou + 1e-8).log() + OUTSIDE * ~(near & inside)
    cost[~(near | inside)] = float("inf")
    many = iou.topk(min(TOP, len(used)), 1).values.sum(1).int().clamp(min=1)
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    for t, k in enumerate(many.tolist()):
        chosen[t, cost[t].topk(min(k, len(used)), largest=False).indices] = True
    cost[~chosen] = float("inf")
    taken = chosen.any(0)
    which = cost[:, taken].argmin(0)
    return used[taken], which, iou[which, taken.nonzero()[:, 0]]


def loss_of(out, truth, grid, l1):
    """The four terms of a batch, weighted."""
    xy, wh = (out[..., :2] + grid[:, :2]) * grid[:, 2:], out[..., 2:4].exp() * grid[:, 2:]
    boxes = torch.cat([xy - wh / 2, xy + wh / 2], 2)
    target = torch.zeros_like(out[..., 4])
    found, want, labels, raws, l1s = [], [], [], [], []
    for i, t in enumerate(truth):
        t = t[t[:, 4] >= 0]
        if len(t) == 0:
            continue
        cell, which, iou = assign(out[i], boxes[i], t[:, :4], t[:, 4].long(), grid)
        target[i, cell] = 1
        found.append(boxes[i, cell])
        want.append(t[which, :4])
        labels.append(F.one_hot(t[which, 4].long(), out.shape[2] - 5) * iou[:, None])
        raws.append(out[i, cell])
        if l1:
            b, g = t[which, :4], grid[cell]
            l1s.append(torch.cat([(b[:, :2] + b[:, 2:]) / 2 / g[:, 2:] - g[:, :2], ((b[:, 2:] - b[:, :2]) / g[:, 2:] + 1e-8).log()], 1))
    found, want, labels, raws = torch.cat(found), torch.cat(want), torch.cat(labels), torch.cat(raws)
    shared = (torch.min(found[:, 2:], want[:, 2:]) - torch.max(found[:, :2], want[:, :2])).clamp(min=0).prod(1)
    iou = shared / ((found[:, 2:] - found[:, :2]).prod(1) + (want[:, 2:] - want[:, :2]).prod(1) - shared + 1e-16)
    n = max(1, len(found))
    return [
        5 * (1 - iou ** 2).sum() / n,
        F.binary_cross_entropy_with_logits(out[..., 4], target, reduction="sum") / n,
        F.binary_cross_entropy_with_logits(raws[:, 5:], labels, reduction="sum") / n,
        (raws[:, :4] - torch.cat(l1s)).abs().sum() / n if l1 else out.sum() * 0,
    ]


def main(path, steps, threads):
    torch.set_num_threads(threads)
    file = read(path)
    images, truth = file.pop("images"), file.pop("truth")
    model = YOLOX(file["head.cls_preds.0.bias"].numel())
    model.load_state_dict(file, strict=False)
    missing = [n for n in model.state_dict() if n not in file and not n.endswith("num_batches_tracked")]
    assert not missing, missing
    model.train()
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimiser = torch.optim.SGD([{"params": decay, "weight_decay": 5e-4}, {"params": plain}], lr=1e-3, momentum=0.9, nesterov=True)
    tensors = [v for v in model.state_dict().values() if v.is_floating_point()]
    average = [v.clone() for v in tensors]
    grid = cells(*images.shape[2:])

    def step():
        optimiser.zero_grad(set_to_none=True)
        parts = loss_of(model(images), truth, grid, True)
        sum(parts).backward()
        optimiser.step()
        with torch.no_grad():
            torch._foreach_mul_(average, 0.9998)
            torch._foreach_add_(average, tensors, alpha=1 - 0.9998)
        return [p.item() for p in parts]

    print("loss", *("%.6f" % v for v in step()), flush=True)
    step()
    start, used = time.perf_counter(), time.process_time()
    for _ in range(steps):
        parts = step()
    print("last", *("%.6f" % v for v in parts))
    n = steps * len(images)
    print("%.3f %.4f" % (n / (time.perf_counter() - start), (time.process_time() - used) / n))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
