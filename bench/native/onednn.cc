// A prediction with oneDNN's inner product: weights packed once in the layout it likes,
// bias and ReLU fused. Not for training, where the weights change in every step.
#include "softmax.h"
#include <oneapi/dnnl/dnnl.hpp>
#include <time.h>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using tag = memory::format_tag;

static double now() {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static inner_product_forward::primitive_desc describe(const engine &cpu, const memory::desc &x, const memory::desc &w,
                                                      const memory::desc &b, const memory::desc &y, bool relu) {
  primitive_attr attributes;
  post_ops after;
#if DNNL_VERSION_MAJOR >= 3
  if (relu) after.append_eltwise(algorithm::eltwise_relu, 0, 0);
  attributes.set_post_ops(after);
  return {cpu, prop_kind::forward_inference, x, w, b, y, attributes};
#else
  if (relu) after.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
  attributes.set_post_ops(after);
  return {{prop_kind::forward_inference, x, w, b, y}, attributes, cpu};
#endif
}

namespace {
struct Network {
  engine cpu{engine::kind::cpu, 0};
  stream queue{cpu};
  std::vector<primitive> layers;
  std::vector<std::unordered_map<int, memory>> arguments;
  std::vector<memory> values; // x, then the outputs of each layer
  int rows, outputs;

  memory plain(const memory::desc &d, const float *from) {
    memory m(d, cpu);
    float *to = static_cast<float *>(m.get_data_handle());
    for (size_t i = 0; i < d.get_size() / sizeof(float); i++) to[i] = from[i];
    return m;
  }

  // params: per layer W (in, out) and b (out).
  Network(int n, const int *dims, int rows, const float *params, const float *x) : rows(rows), outputs(dims[n]) {
    const auto f32 = memory::data_type::f32;
    values.push_back(plain({{rows, dims[0]}, f32, tag::nc}, x));
    for (int l = 0; l < n; l++) {
      int in = dims[l], out = dims[l + 1];
      memory::desc bd({out}, f32, tag::x), yd({rows, out}, f32, tag::nc), any({out, in}, f32, tag::any);
      auto d = describe(cpu, values[l].get_desc(), any, bd, yd, l < n - 1);
      memory from = plain({{out, in}, f32, tag::io}, params), w(d.weights_desc(), cpu);
      reorder(from, w).execute(queue, from, w);
      queue.wait();
      values.emplace_back(yd, cpu);
      arguments.push_back({{DNNL_ARG_SRC, values[l]}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_BIAS, plain(bd, params + (long)in * out)}, {DNNL_ARG_DST, values[l + 1]}});
      layers.push_back(inner_product_forward(d));
      params += (long)(in + 1) * out;
    }
  }

  void predict() {
    for (size_t l = 0; l < layers.size(); l++) layers[l].execute(queue, arguments[l]);
    queue.wait();
    float *y = result();
    for (int i = 0; i < rows; i++, y += outputs) softmax(y, y, outputs);
  }

  float *result() const { return static_cast<float *>(values.back().get_data_handle()); }
};
} // namespace

extern "C" void *packed_new(int layers, const int *dims, int rows, const float *params, const float *x) {
  try {
    return new Network(layers, dims, rows, params, x);
  } catch (...) {
    return nullptr;
  }
}

extern "C" void packed_free(void *p) { delete static_cast<Network *>(p); }

extern "C" double packed_predict(void *p, long reps) {
  double began = now();
  for (long r = 0; r < reps; r++) static_cast<Network *>(p)->predict();
  return now() - began;
}

extern "C" const float *packed_outputs(void *p) { return static_cast<Network *>(p)->result(); }
