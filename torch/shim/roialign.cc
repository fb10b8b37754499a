// RoIAlign (He et al. 2017), half-pixel corrected, made of libtorch's bilinear grid
// sampler, so that it runs on the CPU and on CUDA alike. Regions are worked on in
// chunks, since the samples are Samples² times what comes out.
#include "shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kBilinear = 0, kBorder = 1;
constexpr int64_t kMostSamples = int64_t{1} << 26;  // numbers of a chunk

// Which regions come out of which picture of which level.
struct Chunk {
  int64_t level, picture;
  Tensor boxes;  // n × 4: x0, y0, x1, y1 in cells of the level
  Tensor order;  // n: their places in the result
};

// runs is K × 3: level, picture, how many of boxes and order, which follow one another.
std::vector<Chunk> chunks(const Tensor& runs, const Tensor& boxes, const Tensor& order, int64_t numbers) {
  std::vector<Chunk> all;
  int64_t most = std::max<int64_t>(1, kMostSamples / std::max<int64_t>(1, numbers)), first = 0;
  for (int64_t k = 0; k < runs.size(0); k++) {
    const int64_t* run = runs.data_ptr<int64_t>() + 3 * k;
    for (int64_t left = run[2]; left > 0;) {
      int64_t n = std::min(left, most);
      all.push_back({run[0], run[1], boxes.narrow(0, first, n), order.narrow(0, first, n)});
      first += n;
      left -= n;
    }
  }
  return all;
}

// Where a chunk is sampled: the grid as the sampler wants it, and 0 for what lies more
// than a cell outside, else 1.
struct Samples {
  Tensor grid;    // 1 × n·P × P × 2
  Tensor inside;  // n × P × P

  Samples(const Tensor& boxes, int64_t side, int64_t h, int64_t w) {
    Tensor k = at::arange(side, boxes.options()).add_(0.5).div_(static_cast<double>(side));
    auto along = [&](int64_t from, int64_t to, int64_t cells, Tensor* in) {
      Tensor start = boxes.select(1, from).unsqueeze(1), length = boxes.select(1, to).unsqueeze(1) - start;
      Tensor at = start - 0.5 + length * k;  // n × P
      *in = (at >= -1).logical_and(at <= static_cast<double>(cells));
      return at * (2.0 / static_cast<double>(std::max<int64_t>(1, cells - 1))) - 1;
    };
    Tensor in_x, in_y;
    Tensor x = along(0, 2, w, &in_x).unsqueeze(1), y = along(1, 3, h, &in_y).unsqueeze(2);
    int64_t n = boxes.size(0);
    grid = at::stack({x.expand({n, side, side}), y.expand({n, side, side})}, -1).view({1, n * side, side, 2});
    inside = in_x.unsqueeze(1).logical_and(in_y.unsqueeze(2)).to(boxes.scalar_type());
  }
};

// The sampler shares pictures out among threads. Here each is alone, so its channels
// are: C × H × W as parts × C/parts × H × W.
Tensor shared_out(const Tensor& picture) {
  int64_t parts = picture.is_cpu() ? at::get_num_threads() : 1;
  if (picture.size(0) % parts != 0) parts = 1;
  return picture.reshape({parts, picture.size(0) / parts, picture.size(1), picture.size(2)});
}

struct RoIAlign : torch::autograd::Function<RoIAlign> {
  static Tensor forward(AutogradContext* ctx, at::TensorList features, Tensor runs, Tensor boxes, Tensor order, int64_t size,
                        int64_t samples) {
    variable_list saved = features.vec();
    saved.insert(saved.end(), {runs, boxes, order});
    ctx->save_for_backward(saved);
    ctx->saved_data["size"] = size;
    ctx->saved_data["samples"] = samples;
    int64_t side = size * samples, c = features[0].size(1);
    Tensor out = at::empty({boxes.size(0), c, size, size}, features[0].options().requires_grad(false));
    for (const Chunk& chunk : chunks(runs, boxes, order, c * side * side)) {
      Tensor picture = shared_out(features[chunk.level][chunk.picture]);
      int64_t n = chunk.boxes.size(0);
      Samples at(chunk.boxes, side, picture.size(2), picture.size(3));
      Tensor taken = at::grid_sampler_2d(picture, at.grid.expand({picture.size(0), -1, -1, -1}), kBilinear, kBorder, true);
      taken = taken.reshape({c, n, side, side}).mul_(at.inside).view({c, n, size, samples, size, samples});
      out.index_copy_(0, chunk.order, taken.mean(at::IntArrayRef{3, 5}).transpose(0, 1));
    }
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    variable_list saved = ctx->get_saved_variables();
    Tensor runs = saved[saved.size() - 3], boxes = saved[saved.size() - 2], order = saved[saved.size() - 1];
    int64_t size = ctx->saved_data["size"].toInt(), samples = ctx->saved_data["samples"].toInt();
    int64_t side = size * samples, c = saved[0].size(1);
    variable_list all;
    for (size_t l = 0; l + 3 < saved.size(); l++) all.push_back(at::zeros_like(saved[l], at::MemoryFormat::Contiguous));
    for (const Chunk& chunk : chunks(runs, boxes, order, c * side * side)) {
      Tensor picture = shared_out(saved[chunk.level][chunk.picture]);
      int64_t n = chunk.boxes.size(0);
      Samples at(chunk.boxes, side, picture.size(2), picture.size(3));
      Tensor g = gradients[0].index_select(0, chunk.order).transpose(0, 1).div(static_cast<double>(samples * samples));
      g = g.view({c, n, size, 1, size, 1}).expand({c, n, size, samples, size, samples}).reshape({c, n, side, side}).mul(at.inside);
      Tensor back = std::get<0>(at::grid_sampler_2d_backward(g.reshape({picture.size(0), picture.size(1), n * side, side}), picture,
                                                             at.grid.expand({picture.size(0), -1, -1, -1}), kBilinear, kBorder, true,
                                                             {true, false}));
      all[chunk.level][chunk.picture].add_(back.flatten(0, 1));
    }
    all.resize(all.size() + 5);  // none for the other arguments
    return all;
  }
};

}  // namespace

// Takes regions out of n levels of features. runs is K × 3 (level, picture, how many),
// boxes R × 4 in cells of the level, in the order of the runs; order says of each
// which row of the result it is.
ENTRY const char* rq_roi_align(Model* m, const int64_t* features, int64_t n, const int64_t* runs, int64_t k, const float* boxes,
                               const int64_t* order, int64_t r, int64_t size, int64_t samples, Made* made) {
  return making(m, made, [&] {
    List levels;
    for (int64_t i = 0; i < n; i++) levels.push_back(m->at(features[i]).to(at::kFloat));
    Tensor by = at::from_blob(const_cast<int64_t*>(runs), {k, 3}, at::kLong).clone();
    Tensor rows = at::from_blob(const_cast<int64_t*>(order), {r}, at::kLong).to(m->device, at::kLong, false, true);
    Tensor where = at::from_blob(const_cast<float*>(boxes), {r, 4}, at::kFloat).to(m->device, at::kFloat, false, true);
    return RoIAlign::apply(at::TensorList(levels), by, where, rows, size, samples);
  });
}
