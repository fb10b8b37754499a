// Memory for tensors that is kept once it was used. A step of training asks for the
// same hundreds of large blocks as the one before; libtorch's own allocator takes each
// from the system and gives it back, and the system clears every page anew: a quarter
// of the time of a step on the machine where this was measured.
//
// Only for libtorch 1: in 2.3 the interface became another, and there the work is
// done on graphics processors, which have an allocator like this one.
#include "shim.h"

#if __has_include(<torch/csrc/api/include/torch/version.h>)
#include <torch/csrc/api/include/torch/version.h>
#endif

#if defined(TORCH_VERSION_MAJOR) && TORCH_VERSION_MAJOR == 1

#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>
#include <map>
#include <mutex>

namespace {

constexpr size_t kHead = 64;         // before each block: its size; keeps the alignment that vector units like
constexpr size_t kHuge = 2u << 20;   // a large page

// Rounded up so that at most an eighth is lost, and blocks of like sizes serve one another.
size_t rounded(size_t n) {
  size_t step = 64;
  while (step * 16 <= n) step *= 2;
  return (n + step - 1) / step * step;
}

class Keeping final : public at::Allocator {
 public:
  at::DataPtr allocate(size_t n) const override {
    void* p = n == 0 ? nullptr : take(rounded(n));
    return {p, p, &give, at::Device(at::DeviceType::CPU)};
  }
  at::DeleterFnPtr raw_deleter() const override { return &give; }

 private:
  // Never freed: tensors may outlive whatever would free them.
  struct Store {
    std::mutex lock;
    std::map<size_t, std::vector<char*>> free;  // by size
  };
  static Store& store() {
    static auto* s = new Store;
    return *s;
  }

  static void* take(size_t n) {
    Store& s = store();
    {
      std::lock_guard<std::mutex> held(s.lock);
      auto& list = s.free[n];
      if (!list.empty()) {
        char* base = list.back();
        list.pop_back();
        return base + kHead;
      }
    }
    void* base = nullptr;
    size_t whole = n + kHead;
    TORCH_CHECK(posix_memalign(&base, whole >= kHuge ? kHuge : kHead, whole) == 0, "there is no memory left for ", n, " bytes: use a smaller device_batch or input");
    if (whole >= kHuge) madvise(base, whole, MADV_HUGEPAGE);  // a hint
    *static_cast<size_t*>(base) = n;
    return static_cast<char*>(base) + kHead;
  }

  static void give(void* p) {
    if (p == nullptr) return;
    char* base = static_cast<char*>(p) - kHead;
    Store& s = store();
    std::lock_guard<std::mutex> held(s.lock);
    s.free[*reinterpret_cast<size_t*>(base)].push_back(base);
  }
};

// oneDNN takes its scratch memory from malloc, which is told to keep it too.
const bool installed = [] {
  static Keeping keeping;
  c10::SetCPUAllocator(&keeping, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return true;
}();

}  // namespace

#endif
