// The operations that networks are made of (nn.Ops), with libtorch's gradients.
#include "shim.h"

#include <algorithm>
#include <limits>

namespace {

// Top, left, bottom, right, as nn.Padding has them.
struct Padding {
  int64_t top, left, bottom, right;

  explicit Padding(const int64_t* p) : top(p[0]), left(p[1]), bottom(p[2]), right(p[3]) {}

  bool none() const { return top == 0 && left == 0 && bottom == 0 && right == 0; }
  // Whether libtorch's own padding, the same on opposite sides and at most most, is enough.
  bool even(int64_t most) const { return top == bottom && left == right && top >= 0 && left >= 0 && top <= most && left <= most; }
  Tensor around(const Tensor& x, double value) const {
    return none() ? x : at::constant_pad_nd(x, {left, right, top, bottom}, value);
  }
};

Tensor halved(const Model& m, const Tensor& t) {
  return m.half && t.defined() ? t.to(at::kBFloat16) : t;
}

Tensor optional_param(const Model& m, int64_t i) { return i < 0 ? Tensor() : m.param(i); }

// Index, in a dimension of in, of what a nearest resize to out takes.
Tensor nearest(int64_t in, int64_t out, const at::Device& device) {
  Tensor index = at::empty({out}, at::kLong);
  for (int64_t i = 0; i < out; i++) index.data_ptr<int64_t>()[i] = i * in / out;
  return index.to(device);
}

// Whether libtorch's resize, which works with a float scale, is exact.
bool exact(int64_t in, int64_t out) { return in == out || out == 2 * in || out == 4 * in || in % out == 0; }

Tensor average(const Tensor& x, int64_t kernel, int64_t stride, const Padding& pad) {
  if (pad.even(kernel / 2)) return at::avg_pool2d(x, {kernel, kernel}, {stride, stride}, {pad.top, pad.left}, false, false);
  // Sums of the padded, over how many of each window are not padding.
  auto sum = [&](const Tensor& t) { return at::avg_pool2d(pad.around(t, 0), {kernel, kernel}, {stride, stride}, {0, 0}, false, true, 1); };
  Tensor ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options().requires_grad(false));
  return sum(x) / sum(ones).clamp_min(1);
}

Tensor greatest(const Tensor& x, int64_t kernel, int64_t stride, const Padding& pad) {
  if (pad.even(kernel / 2)) return at::max_pool2d(x, {kernel, kernel}, {stride, stride}, {pad.top, pad.left});
  return at::max_pool2d(pad.around(x, -std::numeric_limits<double>::infinity()), {kernel, kernel}, {stride, stride});
}

}  // namespace

// c: stride, dilation, groups, padding.
ENTRY const char* rq_conv(Model* m, int64_t x, int64_t weight, int64_t bias, const int64_t* c, Made* made) {
  return making(m, made, [&] {
    Tensor in = halved(*m, m->at(x));
    Padding pad(c + 3);
    std::vector<int64_t> inside{0, 0};
    if (pad.even(std::numeric_limits<int64_t>::max())) {
      inside = {pad.top, pad.left};
    } else {
      in = pad.around(in, 0);
    }
    return at::conv2d(in, halved(*m, m->param(weight)), halved(*m, optional_param(*m, bias)), {c[0], c[0]}, inside, {c[1], c[1]}, c[2]);
  });
}

// params: weight, bias, running mean, running variance.
ENTRY const char* rq_batch_norm(Model* m, int64_t x, const int64_t* params, bool training, double eps, double momentum, Made* made) {
  return making(m, made, [&] {
    return at::batch_norm(m->at(x), m->param(params[0]), m->param(params[1]), m->param(params[2]), m->param(params[3]), training,
                          momentum, eps, true);
  });
}

// Gives a normalisation the mean and variance of x, and the weight and bias that
// leave its result as it was.
ENTRY const char* rq_unfold(Model* m, int64_t x, const int64_t* params, double eps) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    Tensor weight = m->param(params[0]), bias = m->param(params[1]), mean = m->param(params[2]), var = m->param(params[3]);
    Tensor factor = weight / (var + eps).sqrt();
    Tensor its_mean = m->at(x).mean(at::IntArrayRef{0, 2, 3});
    Tensor its_var = m->at(x).var(at::IntArrayRef{0, 2, 3}, true);
    bias.add_((its_mean - mean) * factor);
    weight.copy_(factor * (its_var + eps).sqrt());
    mean.copy_(its_mean);
    var.copy_(its_var);
  });
}

ENTRY const char* rq_linear(Model* m, int64_t x, int64_t weight, int64_t bias, Made* made) {
  return making(m, made, [&] { return at::linear(halved(*m, m->at(x)), halved(*m, m->param(weight)), halved(*m, m->param(bias))); });
}

// kind: relu, silu, leaky relu, sigmoid.
ENTRY const char* rq_activate(Model* m, int64_t x, int64_t kind, Made* made) {
  return making(m, made, [&] {
    const Tensor& in = m->at(x);
    switch (kind) {
      case 0: return at::relu(in);
      case 1: return at::silu(in);
      case 2: return at::leaky_relu(in, 0.1);  // nn.LeakySlope
      default: return at::sigmoid(in);
    }
  });
}

ENTRY const char* rq_softmax(Model* m, int64_t x, int64_t axis, Made* made) {
  return making(m, made, [&] { return at::softmax(m->at(x), axis, at::kFloat); });
}

// p: kernel, stride, padding.
ENTRY const char* rq_pool(Model* m, int64_t x, bool greatest_of, const int64_t* p, Made* made) {
  return making(m, made, [&] {
    Padding pad(p + 2);
    return greatest_of ? greatest(m->at(x), p[0], p[1], pad) : average(m->at(x), p[0], p[1], pad);
  });
}

ENTRY const char* rq_mean(Model* m, int64_t x, Made* made) {
  return making(m, made, [&] { return m->at(x).mean(at::IntArrayRef{2, 3}, true); });
}

ENTRY const char* rq_resize(Model* m, int64_t x, int64_t h, int64_t w, Made* made) {
  return making(m, made, [&] {
    const Tensor& in = m->at(x);
    if (exact(in.size(2), h) && exact(in.size(3), w)) return at::upsample_nearest2d(in, {h, w});
    return in.index_select(2, nearest(in.size(2), h, m->device)).index_select(3, nearest(in.size(3), w, m->device));
  });
}

ENTRY const char* rq_concat(Model* m, const int64_t* xs, int64_t n, int64_t axis, Made* made) {
  return making(m, made, [&] {
    List all;
    for (int64_t i = 0; i < n; i++) all.push_back(m->at(xs[i]));
    return at::cat(all, axis);
  });
}

ENTRY const char* rq_slice(Model* m, int64_t x, int64_t axis, int64_t from, int64_t to, int64_t step, Made* made) {
  return making(m, made, [&] { return m->at(x).slice(axis, from, to, step); });
}

ENTRY const char* rq_pad(Model* m, int64_t x, const int64_t* p, Made* made) {
  return making(m, made, [&] { return Padding(p).around(m->at(x), 0); });
}

ENTRY const char* rq_reshape(Model* m, int64_t x, const int64_t* shape, int64_t dims, Made* made) {
  return making(m, made, [&] { return m->at(x).reshape(at::IntArrayRef(shape, dims)); });
}

ENTRY const char* rq_transpose(Model* m, int64_t x, const int64_t* order, int64_t dims, Made* made) {
  return making(m, made, [&] { return m->at(x).permute(at::IntArrayRef(order, dims)); });
}

ENTRY const char* rq_add(Model* m, int64_t a, int64_t b, Made* made) {
  return making(m, made, [&] { return m->at(a) + m->at(b); });
}

ENTRY const char* rq_scale(Model* m, int64_t x, double by, Made* made) {
  return making(m, made, [&] { return m->at(x) * by; });
}
