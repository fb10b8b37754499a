// What changes parameters: optimisers, clipping, the running average. Each is a few
// passes over lists of tensors, which CUDA runs as few kernels.
#include "shim.h"

#include <cmath>

namespace {

// The parameters that have a gradient, with it and what an optimiser keeps of each.
struct Learned {
  List params, gradients, decaying, their_gradients;
  std::vector<size_t> index;

  explicit Learned(const Model& m) {
    for (size_t i = 0; i < m.params.size(); i++) {
      Tensor g = m.params[i].grad();
      if (!g.defined()) continue;
      index.push_back(i);
      params.push_back(m.params[i]);
      gradients.push_back(g);
      if (!m.decays[i]) continue;
      decaying.push_back(m.params[i]);
      their_gradients.push_back(g);
    }
  }
};

}  // namespace

// One step of stochastic gradient descent as PyTorch has it. The gradients are used up.
ENTRY const char* rq_sgd(Model* m, List* momenta, double rate, double momentum, bool nesterov, double decay) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    Learned l(*m);
    if (l.params.empty()) return;
    if (decay != 0 && !l.decaying.empty()) at::_foreach_add_(l.their_gradients, l.decaying, decay);
    if (momentum != 0) {
      List kept, new_to_them, all;
      for (size_t k = 0; k < l.index.size(); k++) {
        Tensor& v = momenta->at(l.index[k]);
        if (v.defined()) {
          kept.push_back(v);
          new_to_them.push_back(l.gradients[k]);
        } else {
          v = l.gradients[k].clone();
        }
        all.push_back(v);
      }
      if (!kept.empty()) {
        at::_foreach_mul_(kept, momentum);
        at::_foreach_add_(kept, new_to_them, 1);
      }
      if (nesterov) {
        at::_foreach_add_(l.gradients, all, momentum);
      } else {
        l.gradients = all;
      }
    }
    at::_foreach_add_(l.params, l.gradients, -rate);
  });
}

// One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019) as PyTorch
// has it. steps, one of each parameter, counts those taken.
ENTRY const char* rq_adamw(Model* m, List* first, List* second, int64_t* steps, double rate, double beta1, double beta2,
                           double eps, double decay) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    Learned l(*m);
    if (l.params.empty()) return;
    if (decay != 0 && !l.decaying.empty()) at::_foreach_mul_(l.decaying, 1 - rate * decay);
    List mean, square;
    std::vector<at::Scalar> corrections, rates;
    for (size_t i : l.index) {
      for (List* kept : {first, second}) {
        if (!kept->at(i).defined()) kept->at(i) = at::zeros_like(m->params[i], m->params[i].options().requires_grad(false));
      }
      mean.push_back(first->at(i));
      square.push_back(second->at(i));
      double step = static_cast<double>(++steps[i]);
      corrections.push_back(std::sqrt(1 - std::pow(beta2, step)));
      rates.push_back(-rate / (1 - std::pow(beta1, step)));
    }
    at::_foreach_mul_(mean, beta1);
    at::_foreach_add_(mean, l.gradients, 1 - beta1);
    at::_foreach_mul_(square, beta2);
    at::_foreach_addcmul_(square, l.gradients, l.gradients, 1 - beta2);
    List root = at::_foreach_sqrt(square);
    at::_foreach_div_(root, corrections);
    at::_foreach_add_(root, eps);
    at::_foreach_addcdiv_(l.params, mean, root, rates);
  });
}

// Scales all gradients down together to a norm of at most most, where that is more
// than 0 and the norm is finite.
ENTRY const char* rq_clip(Model* m, double most, double* norm) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    *norm = 0;
    Learned l(*m);
    if (l.params.empty()) return;
    *norm = at::stack(at::_foreach_norm(l.gradients)).norm().item<double>();
    if (most > 0 && std::isfinite(*norm) && *norm > most) at::_foreach_mul_(l.gradients, most / (*norm + 1e-6));
  });
}

// average += (1 - decay) · (model - average): what does not change stays exactly.
ENTRY const char* rq_average(Model* m, List* average, double decay) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    List differences = at::_foreach_sub(m->params, *average);
    at::_foreach_add_(*average, differences, 1 - decay);
  });
}
