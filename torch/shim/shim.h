// What the files of the shim share. The shim is a thin C interface over libtorch
// (C++17; 1.13 to 2.x), loaded at run time by Requin's package torch: torch/shim.go
// declares the same functions in Go, in the same order.
//
// Every entry that can fail answers nullptr, or the text of the error, which is
// valid until the next entry on the same thread fails. Tensors that belong to a step
// are numbered from 0 in the order they were made and live until rq_end.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#define ENTRY extern "C" __attribute__((visibility("default")))

using Tensor = at::Tensor;

// Tensors in the order of a model's parameters; undefined where there is none.
using List = std::vector<Tensor>;

// A network's parameters on one device, and the tensors of the step being run.
struct Model {
  at::Device device;
  List params;
  std::vector<bool> decays;  // whether weight decay is for a parameter
  List step;
  bool half = false;  // convolutions and full connections in bfloat16

  explicit Model(at::Device d) : device(d) {}

  const Tensor& at(int64_t id) const { return step.at(id); }
  const Tensor& param(int64_t i) const { return params.at(i); }
};

// What an entry that makes a tensor tells of it. torch/shim.go has the same.
struct Made {
  int64_t id, dims, shape[8];
};

const char* keep_error(const std::string& text);

// Runs f, and turns what it throws into text.
template <class F>
const char* guarded(F f) {
  try {
    f();
    return nullptr;
  } catch (const c10::Error& e) {
    return keep_error(e.what_without_backtrace());
  } catch (const std::exception& e) {
    return keep_error(e.what());
  } catch (...) {
    return keep_error("libtorch failed without saying why");
  }
}

// Runs f and keeps the tensor that it makes among the step's.
template <class F>
const char* making(Model* m, Made* made, F f) {
  return guarded([&] {
    Tensor t = f();
    TORCH_CHECK(t.dim() <= 8, "a tensor of ", t.dim(), " dimensions");
    made->id = static_cast<int64_t>(m->step.size());
    made->dims = t.dim();
    for (int64_t i = 0; i < t.dim(); i++) made->shape[i] = t.size(i);
    m->step.push_back(std::move(t));
  });
}
