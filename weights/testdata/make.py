# Makes the PyTorch files of pytorch_test.go: /usr/bin/python3 make.py (PyTorch 1.13).
# Every tensor of a model holds 0.5, 1.5, 2.5 ... row by row, so that the test knows them.
import collections
import torch

def count(*shape, dtype=torch.float32):
    n = 1
    for d in shape:
        n *= d
    return (torch.arange(n) + 0.5).reshape(shape).to(dtype)

def model():
    weights = collections.OrderedDict()
    weights["conv.weight"] = torch.nn.Parameter(count(2, 3))
    weights["half"] = count(4, dtype=torch.float16)
    weights["bfloat16"] = count(4, dtype=torch.bfloat16)
    weights["double"] = count(3, dtype=torch.float64)
    weights["transposed"] = count(3, 2).t().contiguous().t()  # strides 1, 3
    every = torch.zeros(13)
    every[1::2] = count(6)
    weights["every second from 1"] = every[1:12:2]
    weights["scalar"] = torch.tensor(0.5)
    weights["none"] = torch.zeros(0, 3)
    weights["bn.num_batches_tracked"] = torch.tensor(7)
    return weights

class Mine(torch.nn.Module):
    pass

old = dict(_use_new_zipfile_serialization=False)
torch.save(model(), "zip.pth")
torch.save(model(), "stream.pth", **old)
other = {k: v * 0 for k, v in model().items()}
parameter = torch.nn.Parameter(torch.ones(2))
optimiser = torch.optim.Adam([parameter])
(parameter * 2).sum().backward()
optimiser.step()
nested = {"epoch": 3, "best": torch.tensor(0.5), "model": other, "ema": {"module": model(), "updates": 12},
          "optimizer": optimiser.state_dict(), "args": (1, "two", None, True, 2**70, b"bytes", {3, 4}, [1.5])}
torch.save(nested, "nested.pth")
torch.save(nested, "nested_stream.pth", pickle_protocol=4, **old)
torch.save([model(), 3], "list.pth")
Mine.__module__ = "ultralytics.nn.tasks"
import sys, types
sys.modules["ultralytics"] = types.ModuleType("ultralytics")
sys.modules["ultralytics.nn"] = types.ModuleType("ultralytics.nn")
tasks = sys.modules["ultralytics.nn.tasks"] = types.ModuleType("ultralytics.nn.tasks")
tasks.Mine = Mine
torch.save({"epoch": -1, "model": Mine()}, "object.pth")
