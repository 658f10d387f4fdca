// How fast does the PNG encoder turn pixels into a file in memory, one thread, everything warm?
//
//   png_bench --encode IN.raw WIDTH HEIGHT CHANNELS DEPTH OUT.png    prints median and least ns
//   png_bench --pictures NAME_WxHxCxD.raw …    all of them in turns, for comparing two builds
//   png_bench                                  a few built-in pictures
//   png_bench --effort speed|balanced|small …  any of these (balanced unless said)
//
// Left out: disk, the copy from the caller's array.  benches/png_sizes.py runs it over real
// content, beside Pillow, and checks every file with Pillow first; its --dump makes the raw files.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "png/effort.h"
#include "png/encode.h"

namespace ringboard::png {
namespace {

double ClockNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}
// Processor time, so that a busy machine changes the figures less.
double ThreadNs() { return ClockNs(CLOCK_THREAD_CPUTIME_ID); }
double WallNs() { return ClockNs(CLOCK_MONOTONIC); }

struct Times {
  double median_ns, least_ns;
};

Times Measure(const Image& image, ByteBuffer* out) {
  Encoder encoder;
  std::vector<double> times;
  const double end = ThreadNs() + 150e6;
  while (times.size() < 5 || ThreadNs() < end) {
    out->Clear();
    const double start = ThreadNs();
    const Status status = encoder.Encode(image, out);
    times.push_back(ThreadNs() - start);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.message().c_str());
      std::exit(1);
    }
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front()};
}

std::vector<char> ReadFile(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int EncodeFile(char** arguments) {
  const std::vector<char> raw = ReadFile(arguments[0]);
  Image image = {reinterpret_cast<const uint8_t*>(raw.data()),
                 static_cast<uint32_t>(std::atoll(arguments[1])),
                 static_cast<uint32_t>(std::atoll(arguments[2])),
                 static_cast<uint8_t>(std::atoi(arguments[3])),
                 static_cast<uint8_t>(std::atoi(arguments[4])),
                 0};
  image.row_bytes = image.width * image.pixel_bytes();
  if (raw.size() != image.row_bytes * image.height) {
    std::fprintf(stderr, "%s holds %zu bytes\n", arguments[0], raw.size());
    return 1;
  }
  ByteBuffer out;
  const Times times = Measure(image, &out);
  std::printf("%.0f %.0f\n", times.median_ns, times.least_ns);
  std::ofstream(arguments[5], std::ios::binary)
      .write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size()));
  return 0;
}

struct Picture {
  std::string name;
  std::vector<char> pixels;
  Image image;
  std::vector<double> times;
  size_t file_bytes;

  double Quantile(double q) {
    std::sort(times.begin(), times.end());
    return times[static_cast<size_t>(q * static_cast<double>(times.size() - 1))];
  }
};

// "DIR/NAME_640x480x4x8.raw"
bool Load(const char* path, Picture* picture) {
  const std::string file = path;
  const size_t slash = file.find_last_of('/') + 1, shape = file.find_last_of('_');
  unsigned width, height, channels, depth;
  if (shape == std::string::npos ||
      std::sscanf(path + shape, "_%ux%ux%ux%u.raw", &width, &height, &channels, &depth) != 4) {
    return false;
  }
  picture->name = file.substr(slash, shape - slash);
  picture->pixels = ReadFile(path);
  Image& image = picture->image;
  image = {reinterpret_cast<const uint8_t*>(picture->pixels.data()),
           width,
           height,
           static_cast<uint8_t>(channels),
           static_cast<uint8_t>(depth),
           0};
  image.row_bytes = width * image.pixel_bytes();
  return picture->pixels.size() == image.row_bytes * height;
}

// In turns, a few milliseconds each, so that a busy spell of the machine falls on all of them.  The
// quiet figure is the tenth of a hundred: what the code does while nobody else runs.
int ComparePictures(int count, char** paths) {
  std::vector<Picture> pictures(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (!Load(paths[i], &pictures[static_cast<size_t>(i)])) {
      std::fprintf(stderr, "%s: not NAME_WxHxCxD.raw, or of another size\n", paths[i]);
      return 1;
    }
  }
  Encoder encoder;
  ByteBuffer out;
  for (int round = 0; round < 12; ++round) {
    for (Picture& picture : pictures) {
      double spent = 0;
      for (int i = 0; i < 4 || spent < 4e6; ++i) {
        out.Clear();
        const double start = WallNs();
        if (!encoder.Encode(picture.image, &out).ok()) return 1;
        picture.times.push_back(WallNs() - start);
        spent += picture.times.back();
      }
      picture.file_bytes = out.size();
    }
  }
  for (Picture& picture : pictures) {
    const double bytes = static_cast<double>(picture.pixels.size());
    const double quiet = picture.Quantile(0.1), median = picture.Quantile(0.5);
    std::printf("%-22s %9zu bytes  %8.1f us  quiet %6.0f MB/s  median %6.0f MB/s\n",
                picture.name.c_str(), picture.file_bytes, quiet / 1e3, bytes * 1e3 / quiet,
                bytes * 1e3 / median);
  }
  return 0;
}

uint64_t Mix(uint64_t x) {  // splitmix64
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

void Report(const char* name, uint32_t side, uint8_t channels,
            uint8_t (*pixel)(uint32_t, uint32_t, uint64_t)) {
  std::vector<uint8_t> pixels(size_t{side} * side * channels);
  for (uint32_t y = 0; y < side; ++y) {
    for (uint32_t i = 0; i < side * channels; ++i) {
      const size_t at = size_t{y} * side * channels + i;
      pixels[at] = pixel(i / channels, y, Mix(at + 1));
    }
  }
  const Image image = {pixels.data(), side, side, channels, 8, size_t{side} * channels};
  ByteBuffer out;
  const Times times = Measure(image, &out);
  const double bytes = static_cast<double>(pixels.size());
  std::printf("%-8s %4u x %4u x %u  %9.1f us  %7.0f MB/s (best %7.0f)  %.3f of raw\n", name, side,
              side, channels, times.median_ns / 1e3, bytes * 1e3 / times.median_ns,
              bytes * 1e3 / times.least_ns, static_cast<double>(out.size()) / bytes);
}

uint8_t Smooth(uint32_t x, uint32_t y, uint64_t random) {
  return static_cast<uint8_t>(40 + (x + y) / 8 + random % 4 + (random >> 32) % 4);
}
uint8_t Noise(uint32_t, uint32_t, uint64_t random) { return static_cast<uint8_t>(random); }
uint8_t Flat(uint32_t, uint32_t, uint64_t) { return 77; }
uint8_t Disc(uint32_t x, uint32_t y, uint64_t) {
  const double radius = std::hypot(x % 32 - 15.5, y % 32 - 15.5);
  return static_cast<uint8_t>(std::clamp(255 - 60 * std::abs(radius - 9), 0.0, 255.0));
}

}  // namespace
}  // namespace ringboard::png

int main(int argc, char** argv) {
  using namespace ringboard::png;
  if (argc > 2 && std::strcmp(argv[1], "--effort") == 0) {
    if (!SetProcessEffort(argv[2])) return 2;
    argc -= 2;
    argv += 2;
  }
  if (argc == 8 && std::strcmp(argv[1], "--encode") == 0) return EncodeFile(argv + 2);
  if (argc > 2 && std::strcmp(argv[1], "--pictures") == 0) {
    return ComparePictures(argc - 2, argv + 2);
  }
  std::printf("%s: %s\n", ringboard::cpu::ActiveLevelName(), Kernels::Active().Names().c_str());
  for (const uint32_t side : {28u, 224u, 512u, 2048u}) {
    for (const uint8_t channels : {1, 3}) {
      Report("smooth", side, channels, Smooth);
      Report("noise", side, channels, Noise);
      Report("flat", side, channels, Flat);
      Report("disc", side, channels, Disc);
    }
  }
}
