// Devices, parameters, steps and gradients.
#include "shim.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstring>

const char* keep_error(const std::string& text) {
  thread_local std::string kept;
  kept = text;
  return kept.c_str();
}

namespace {

// The names of CUDA's devices, one a line, as its driver tells them: libtorch's own
// way to them needs headers that come with CUDA's toolkit alone.
std::string device_names() {
  std::string names;
  int64_t count = static_cast<int64_t>(at::getNumGPUs());
  if (count == 0) return names;
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
  using Init = int (*)(unsigned);
  using Name = int (*)(char*, int, int);
  auto init = driver ? reinterpret_cast<Init>(dlsym(driver, "cuInit")) : nullptr;
  auto name = driver ? reinterpret_cast<Name>(dlsym(driver, "cuDeviceGetName")) : nullptr;
  for (int64_t i = 0; i < count; i++) {
    char text[256] = "CUDA device";
    if (init && name && init(0) == 0) name(text, sizeof text, static_cast<int>(i));
    names += std::string(text) + "\n";
  }
  return names;
}

Tensor like(const Model& m, int64_t i) {
  return at::empty_like(m.param(i), m.param(i).options().requires_grad(false));
}

void copy_out(const Tensor& t, float* values) {
  Tensor flat = t.detach().to(at::kCPU, at::kFloat).contiguous();
  std::memcpy(values, flat.data_ptr<float>(), flat.numel() * sizeof(float));
}

at::Device device_named(const char* name) {
  at::Device device{std::string(name)};
  if (!device.is_cuda()) return device;
  int64_t count = static_cast<int64_t>(at::getNumGPUs());
  TORCH_CHECK(count > 0, "no CUDA device is to be had of libtorch " TORCH_VERSION);
  if (!device.has_index()) device.set_index(0);
  TORCH_CHECK(device.index() < count, "there is no ", name, ": there are ", count, " CUDA devices, from cuda:0");
  at::globalContext().setBenchmarkCuDNN(true);  // every step has the same shapes
  return device;
}

}  // namespace

// The number of this interface; it changes with it.
ENTRY int64_t rq_interface() { return 1; }

ENTRY const char* rq_version() { return TORCH_VERSION; }

ENTRY const char* rq_devices() {
  thread_local std::string names;
  const char* failed = guarded([] { names = device_names(); });
  return failed ? "" : names.c_str();
}

ENTRY int64_t rq_threads() { return at::get_num_threads(); }

// OpenBLAS built with its own threads does not listen to OpenMP.
ENTRY const char* rq_set_threads(int64_t n) {
  return guarded([&] {
    at::set_num_threads(static_cast<int>(n));
    using Set = void (*)(int);
    if (auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(static_cast<int>(n));
  });
}

ENTRY const char* rq_model_new(const char* device, Model** made) {
  return guarded([&] { *made = new Model(device_named(device)); });
}

ENTRY void rq_model_free(Model* m) { delete m; }

// Adds a parameter; its values are written afterwards.
ENTRY const char* rq_model_add(Model* m, const int64_t* shape, int64_t dims, bool learned, bool decays) {
  return guarded([&] {
    Tensor p = at::zeros(at::IntArrayRef(shape, dims), at::TensorOptions(m->device).dtype(at::kFloat));
    m->params.push_back(p.set_requires_grad(learned));
    m->decays.push_back(decays);
  });
}

ENTRY List* rq_model_params(Model* m) { return &m->params; }

// A list of nothing yet for each parameter.
ENTRY List* rq_list_new(Model* m) { return new List(m->params.size()); }

ENTRY void rq_list_free(List* l) { delete l; }

ENTRY bool rq_list_has(List* l, int64_t i) { return l->at(i).defined(); }

ENTRY const char* rq_list_read(List* l, int64_t i, float* values) {
  return guarded([&] { copy_out(l->at(i), values); });
}

ENTRY const char* rq_list_write(Model* m, List* l, int64_t i, const float* values) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    Tensor& t = l->at(i);
    if (!t.defined()) t = like(*m, i);
    t.copy_(at::from_blob(const_cast<float*>(values), t.sizes(), at::kFloat));
  });
}

// Copies all of a list into another of the same shapes, on whatever device.
ENTRY const char* rq_list_copy(Model* m, List* to, const List* from) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    for (size_t i = 0; i < to->size(); i++) {
      if (!to->at(i).defined()) to->at(i) = like(*m, i);
      to->at(i).copy_(from->at(i));
    }
  });
}

ENTRY const char* rq_begin(Model* m, bool gradients, bool half) {
  return guarded([&] {
    at::init_num_threads();  // a thread's first step: oneDNN asks OpenMP, not libtorch
    m->step.clear();
    m->half = half;
    at::GradMode::set_enabled(gradients);
  });
}

ENTRY void rq_end(Model* m) {
  m->step.clear();
  at::GradMode::set_enabled(false);
}

// Numbers of the caller's; copied, or else (the CPU's) they have to stay where they
// are until rq_end.
ENTRY const char* rq_constant(Model* m, const float* values, const int64_t* shape, int64_t dims, bool copied, Made* made) {
  return making(m, made, [&] {
    Tensor t = at::from_blob(const_cast<float*>(values), at::IntArrayRef(shape, dims), at::kFloat);
    return t.to(m->device, at::kFloat, false, copied);
  });
}

ENTRY const char* rq_values(Model* m, int64_t x, float* values) {
  return guarded([&] { copy_out(m->at(x), values); });
}

// Runs backward from n tensors of the step, with the gradient at each times scale,
// and adds what arrives at the parameters to their gradients.
ENTRY const char* rq_backward(Model* m, const int64_t* of, const float* const* gradients, int64_t n, double scale) {
  return guarded([&] {
    List tensors, at_them;
    for (int64_t i = 0; i < n; i++) {
      const Tensor& t = m->at(of[i]);
      if (!t.requires_grad()) continue;
      Tensor g = at::from_blob(const_cast<float*>(gradients[i]), t.sizes(), at::kFloat);
      tensors.push_back(t);
      at_them.push_back(g.mul(scale).to(t.device(), t.scalar_type()));
    }
    if (!tensors.empty()) torch::autograd::backward(tensors, at_them);
  });
}

ENTRY void rq_gradients_drop(Model* m) {
  for (Tensor& p : m->params) p.mutable_grad() = Tensor();
}

ENTRY const char* rq_gradients_add(Model* m, Model* from) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    for (size_t i = 0; i < m->params.size(); i++) {
      Tensor g = from->params.at(i).grad();
      if (!g.defined()) continue;
      Tensor& sum = m->params[i].mutable_grad();
      if (sum.defined()) {
        sum.add_(g.to(m->device));
      } else {
        sum = g.to(m->device, at::kFloat, false, true);
      }
    }
  });
}
