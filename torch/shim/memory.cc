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

#include <algorithm>
#include <cstdlib>
#include <iterator>
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
  // Never destroyed: tensors may outlive whatever would do that.
  struct Store {
    std::mutex lock;
    std::map<size_t, std::vector<char*>> free;  // by size
    size_t used = 0, kept = 0, most = 0;        // bytes in tensors, in free, and the most ever in tensors
  };
  static Store& store() {
    static auto* s = new Store;
    return *s;
  }

  static void* take(size_t n) {
    Store& s = store();
    std::lock_guard<std::mutex> held(s.lock);
    s.used += n;
    s.most = std::max(s.most, s.used);
    auto found = s.free.find(n);
    if (found != s.free.end()) {
      char* base = found->second.back();
      found->second.pop_back();
      if (found->second.empty()) s.free.erase(found);
      s.kept -= n;
      return base + kHead;
    }
    shrink(s, s.most + s.most / 2);
    char* base = fresh(n);
    if (base == nullptr) {
      shrink(s, 0);
      base = fresh(n);
    }
    if (base == nullptr) s.used -= n;
    TORCH_CHECK(base != nullptr, "there is no memory left for ", n, " bytes: use a smaller device_batch or input");
    return base + kHead;
  }

  // Gives kept blocks back to the system, the largest first, until no more than limit
  // bytes are held: pictures of other sizes want other blocks.
  static void shrink(Store& s, size_t limit) {
    while (!s.free.empty() && s.used + s.kept > limit) {
      auto largest = std::prev(s.free.end());
      std::free(largest->second.back());
      s.kept -= largest->first;
      largest->second.pop_back();
      if (largest->second.empty()) s.free.erase(largest);
    }
  }

  static char* fresh(size_t n) {
    void* base = nullptr;
    size_t whole = n + kHead;
    if (posix_memalign(&base, whole >= kHuge ? kHuge : kHead, whole) != 0) return nullptr;
    if (whole >= kHuge) madvise(base, whole, MADV_HUGEPAGE);  // a hint
    *static_cast<size_t*>(base) = n;
    return static_cast<char*>(base);
  }

  static void give(void* p) {
    if (p == nullptr) return;
    char* base = static_cast<char*>(p) - kHead;
    size_t n = *reinterpret_cast<size_t*>(base);
    Store& s = store();
    std::lock_guard<std::mutex> held(s.lock);
    s.used -= n;
    s.kept += n;
    s.free[n].push_back(base);
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
