// A scalar's record, whatever the tag, the clock, the step and the value, has the bytes that an
// encoder of nested strings writes, both of its checksums among them; so has that of many values.
#include <memory>

#include "fuzz.h"
#include "wire/reference.h"
#include "wire/scalar.h"

namespace ringboard::wire {
namespace {

using fuzz::Input;

std::string AnyTag(Input& input) {
  if (input.Below(4) != 0) return input.Text(input.Below(64));
  return std::string(input.Below(3000), static_cast<char>(input.Any<uint8_t>()));
}

// A step of any length on the wire.
int64_t AnyStep(Input& input) {
  const size_t shift = input.Below(64);
  return static_cast<int64_t>(input.Any<uint64_t>() >> shift);
}

// Into memory of exactly the room that was promised.
template <typename Encode>
std::string Encoded(size_t room, Encode encode) {
  const auto memory = std::make_unique<uint8_t[]>(room);
  const uint8_t* end = encode(memory.get());
  CHECK(end <= memory.get() + room);
  return std::string(memory.get(), memory.get() + (end - memory.get()));
}

void CheckStyle(const std::string& tag, ScalarStyle style, Input& input) {
  const ScalarTemplate scalar(tag, style);
  const int64_t step = AnyStep(input);
  const auto wall_time = input.Any<double>();
  const auto value = input.Any<double>();
  const std::string inner =
      style == ScalarStyle::kSimple
          ? reference::SimpleValue(tag, static_cast<float>(value))
          : reference::TensorValue(tag, value, style == ScalarStyle::kDoubleTensor);
  const std::string wanted =
      reference::Framed(reference::Event(wall_time, step, reference::Bytes(5, inner)));
  INFO("tag of ", tag.size(), " bytes, step ", step, ", value ", value);
  CHECK(Encoded(scalar.max_record_bytes(),
                [&](uint8_t* to) { return scalar.Encode(to, wall_time, step, value); }) == wanted);
  for (const auto& kernel : ScalarTemplate::kernels()) {
    if (style != ScalarStyle::kSimple || !kernel.RunsOn(cpu::Detected())) continue;
    INFO(kernel.name);
    CHECK(Encoded(scalar.max_record_bytes(), [&](uint8_t* to) {
            return kernel.function(scalar, to, wall_time, step, value);
          }) == wanted);
  }
}

void CheckLog(Input& input) {
  std::vector<std::unique_ptr<ScalarTemplate>> scalars;
  std::vector<TaggedValue> values;
  std::string inner;
  for (size_t i = input.Below(20); i != 0; --i) {
    const std::string tag = AnyTag(input);
    scalars.push_back(std::make_unique<ScalarTemplate>(tag, ScalarStyle::kSimple));
    values.push_back({scalars.back().get(), input.Any<float>()});
    inner += reference::SimpleValue(tag, values.back().value);
  }
  const int64_t step = AnyStep(input);
  const auto wall_time = input.Any<double>();
  CHECK(Encoded(LogRecordMaxBytes(values), [&](uint8_t* to) {
          return PutLogRecord(to, wall_time, step, values);
        }) == reference::Framed(reference::Event(wall_time, step, reference::Bytes(5, inner))));
}

}  // namespace
}  // namespace ringboard::wire

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace wire;
  if (input.Below(4) == 0) return CheckLog(input);
  const auto style = static_cast<ScalarStyle>(input.Below(8) < 6 ? 0 : input.Between(1, 2));
  const std::string tag = AnyTag(input);
  for (int call = 0; call < 8 && !input.empty(); ++call) CheckStyle(tag, style, input);
}

}  // namespace ringboard
