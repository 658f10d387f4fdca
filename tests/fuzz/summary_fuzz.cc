// The bodies of histogram and image events, and the record around any body, have the bytes that an
// encoder of nested strings writes, and the sizes that were said before.
#include <memory>

#include "fuzz.h"
#include "wire/event.h"
#include "wire/reference.h"
#include "wire/summary.h"

namespace ringboard::wire {
namespace {

using fuzz::Input;

// Into memory of exactly `size` bytes, all of which must be written.
template <typename Put>
std::string Filled(size_t size, Put put) {
  const auto memory = std::make_unique<uint8_t[]>(size);
  CHECK(put(memory.get()) == memory.get() + size);
  return std::string(memory.get(), memory.get() + size);
}

std::string HistogramBody(Input& input) {
  const std::string tag = input.Text(input.Below(300));
  const HistogramStats stats = {input.Any<double>(), input.Any<double>(), input.Any<double>(),
                                input.Any<double>(), input.Any<double>()};
  std::vector<double> limits(input.Below(1600)), counts(limits.size());
  const std::vector<uint8_t> bytes = input.Stretch(limits.size() * sizeof(double));
  if (!limits.empty()) std::memcpy(limits.data(), bytes.data(), bytes.size());
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = limits[counts.size() - 1 - i];

  std::string packed_limits, packed_counts;
  for (const double limit : limits) packed_limits += reference::Raw(limit);
  for (const double count : counts) packed_counts += reference::Raw(count);
  std::string histogram = reference::Double(1, stats.min) + reference::Double(2, stats.max) +
                          reference::Double(3, stats.num) + reference::Double(4, stats.sum) +
                          reference::Double(5, stats.sum_squares);
  if (!limits.empty()) {
    histogram += reference::Bytes(6, packed_limits) + reference::Bytes(7, packed_counts);
  }
  const std::string wanted = reference::Bytes(
      5, reference::Bytes(1, reference::Bytes(1, tag) + reference::Bytes(5, histogram)));
  CHECK(Filled(HistogramBodySize(tag, limits.size()), [&](uint8_t* to) {
          return PutHistogramBody(to, tag, stats, limits, counts);
        }) == wanted);
  return wanted;
}

std::string ImageBody(Input& input) {
  const std::string tag = input.Text(input.Below(300));
  const ImageShape shape = {input.Any<uint32_t>(), input.Any<uint32_t>(), input.Any<uint32_t>()};
  const std::string encoded(input.Below(70'000), 'p');
  const std::string image = reference::Number(1, shape.height) + reference::Number(2, shape.width) +
                            reference::Number(3, shape.colorspace) + reference::Bytes(4, encoded);
  const std::string wanted = reference::Bytes(
      5, reference::Bytes(1, reference::Bytes(1, tag) + reference::Bytes(4, image)));
  const std::string head = Filled(ImageBodyHeadSize(tag, shape, encoded.size()), [&](uint8_t* to) {
    return PutImageBodyHead(to, tag, shape, encoded.size());
  });
  CHECK(head + encoded == wanted);
  return wanted;
}

}  // namespace
}  // namespace ringboard::wire

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace wire;
  const auto wall_time = input.Any<double>();
  const auto step = static_cast<int64_t>(input.Any<uint64_t>() >> input.Below(64));
  const size_t kind = input.Below(3);
  const std::string body = kind == 0   ? HistogramBody(input)
                           : kind == 1 ? ImageBody(input)
                                       : input.Text(input.left());
  CHECK(Filled(EventRecordSize(step, body.size()), [&](uint8_t* to) {
          return PutEventRecord(to, wall_time, step, body.data(), body.size());
        }) == reference::Framed(reference::Event(wall_time, step, body)));
}

}  // namespace ringboard
