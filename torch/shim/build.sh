#!/bin/sh
# Builds the shim: build.sh OUT [TORCH_DIR]. Without a folder, against Debian's
# libtorch, which is installed where it is not there.
set -eu
out=$1 dir=${2:-}
here=$(dirname "$0")

if [ -z "$dir" ]; then
  if ! dpkg -s libtorch-dev g++ libopenblas0-pthread >/dev/null 2>&1; then
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get -o DPkg::Lock::Timeout=600 update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends \
      libtorch-dev g++ libopenblas0-pthread
  fi
  flags= libs="-ltorch -ltorch_cpu -lc10"
else
  [ -f "$dir/include/ATen/ATen.h" ] && [ -f "$dir/lib/libtorch_cpu.so" ] || {
    echo "TORCH_DIR=$dir has no include/ATen/ATen.h and lib/libtorch_cpu.so: name the folder of a libtorch, or of an installed Python package (python3 -c 'import torch; print(torch.__path__[0])')" >&2
    exit 1
  }
  dir=$(cd "$dir" && pwd)
  # Packages for Python were long built with the old ABI of std::string.
  abi=0
  grep -qaE '_ZN3c105ErrorC[12]ENS_14SourceLocationENSt7__cxx11' "$dir/lib/libc10.so" && abi=1
  flags="-isystem $dir/include -isystem $dir/include/torch/csrc/api/include -D_GLIBCXX_USE_CXX11_ABI=$abi"
  libs="-L$dir/lib -Wl,-rpath,$dir/lib -ltorch -ltorch_cpu -lc10"
  [ -f "$dir/lib/libtorch_cuda.so" ] && libs="$libs -ltorch_cuda -lc10_cuda"
fi

# libtorch's parts register themselves when they are loaded: nothing of the shim names
# what is CUDA's, so the linker must not leave it out.
echo "Building $out against ${dir:-Debian's libtorch} (about a minute) ..."
mkdir -p "$(dirname "$out")"
# shellcheck disable=SC2086 # lists of words
"${CXX:-g++}" -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -Wall $flags "$here"/*.cc \
  -o "$out.new" -Wl,--no-as-needed $libs -ldl
mv "$out.new" "$out"
