// Any bytes come back from their columns; any columns, whoever made them, end with an error or with
// as many bytes as were asked for.
#include <algorithm>

#include "archive/block.h"
#include "archive/walk.h"
#include "fuzz.h"
#include "wire/event.h"

namespace ringboard::archive {
namespace {

using fuzz::Input;
using Vector = std::vector<uint8_t>;

Bytes View(const ByteBuffer& buffer) { return {buffer.data(), buffer.size()}; }

void Append(Vector* to, const Vector& bytes) { to->insert(to->end(), bytes.begin(), bytes.end()); }

// A field of a message: small sizes, so that they nest.
Vector Field(uint8_t key, const Vector& bytes) {
  Vector field{key, static_cast<uint8_t>(bytes.size() & 0x7f)};
  Append(&field, bytes);
  return field;
}

Vector Body(Input& input) {
  if (input.Below(8) == 0) return input.Bytes(input.Below(40));
  Vector summary;
  for (size_t values = input.Between(1, 2); values > 0; --values) {
    Vector value = Field(0x0a, {static_cast<uint8_t>('a' + input.Below(3))});
    switch (input.Below(4)) {
      case 0:
        Append(&value, Field(0x22, input.Bytes(input.Below(20))));
        break;
      case 1: {
        Vector tensor{0x08, 0x01};
        Append(&tensor, Field(input.Coin() ? 0x2a : 0x32, input.Bytes(input.Coin() ? 4 : 8)));
        Append(&value, Field(0x42, tensor));
        break;
      }
      default:
        value.push_back(0x15);
        Append(&value, input.Bytes(4));
    }
    Append(&summary, Field(0x0a, value));
  }
  return Field(0x2a, summary);
}

// Mostly records; mostly whole.
Vector Log(Input& input) {
  Vector log;
  Vector last_body = Body(input);
  while (!input.empty() && log.size() < 4096) {
    if (input.Below(8) == 0) Append(&log, input.Bytes(input.Below(30)));
    if (input.Coin()) last_body = Body(input);
    const int64_t step = input.Below(4) == 0 ? input.Any<int64_t>() : input.Any<int8_t>();
    const auto wall = input.Below(4) == 0 ? input.Any<double>() : 1.7e9 + input.Any<uint8_t>();
    Vector record(wire::EventRecordSize(step, last_body.size()));
    wire::PutEventRecord(record.data(), wall, step, last_body.data(), last_body.size());
    if (input.Below(16) == 0) record[input.Below(record.size())] ^= input.Any<uint8_t>();
    if (input.Below(16) == 0) record.resize(input.Below(record.size()));
    Append(&log, record);
  }
  return log;
}

void CheckRoundTrip(const Vector& log, Encoded* encoded) {
  CHECK(Encode({log.data(), log.size()}, encoded).ok());
  ByteBuffer out;
  std::vector<Run> runs;
  CHECK(Decode(View(encoded->columns), View(encoded->small_bodies), View(encoded->large_bodies),
               log.size(), &out, &runs)
            .ok());
  CHECK_EQ(out.size(), log.size());
  CHECK(std::equal(log.begin(), log.end(), out.data()));
  CHECK(Split(log.data(), log.size()) <= log.size());

  // Without the bodies, the very bytes of the places that the runs name.
  ByteBuffer part;
  CHECK(Decode(View(encoded->columns), std::nullopt, std::nullopt, log.size(), &part, &runs).ok());
  size_t at = 0, end = 0;
  for (const auto& [offset, size] : runs) {
    CHECK(offset >= end && offset + size <= log.size() && at + size <= part.size());
    CHECK(std::equal(part.data() + at, part.data() + at + size, log.data() + offset));
    at += size;
    end = offset + size;
  }
  CHECK_EQ(at, part.size());
}

// What decodes is the block of the size asked for; what is left out is told.
void CheckAnyColumns(const Vector& columns, Bytes small, Bytes large, size_t size) {
  for (const bool bodies : {true, false}) {
    ByteBuffer out;
    std::vector<Run> runs;
    const auto given = [&](Bytes each) {
      return bodies ? std::optional<Bytes>(each) : std::nullopt;
    };
    const Status status =
        Decode({columns.data(), columns.size()}, given(small), given(large), size, &out, &runs);
    CHECK(status.ok() || out.empty());
    CHECK(out.size() <= size);
    if (status.ok() && bodies) CHECK_EQ(out.size(), size);
  }
}

}  // namespace
}  // namespace ringboard::archive

FUZZ_TARGET(Input& input) {
  using namespace ringboard;
  using namespace ringboard::archive;
  if (input.Below(4) == 0) {
    const size_t size = input.Below(1 << 16);
    const Vector small = input.Bytes(input.Below(20)), large = input.Bytes(input.Below(20));
    const Vector columns = input.Bytes(input.left());
    return CheckAnyColumns(columns, small, large, size);
  }
  const size_t damages = input.Below(4);
  std::vector<std::pair<uint32_t, uint8_t>> damage(damages);
  for (auto& [at, bits] : damage) at = input.Any<uint16_t>(), bits = input.Any<uint8_t>();
  const Vector log = input.Coin() ? Log(input) : input.Bytes(input.left());
  Encoded encoded;
  CheckRoundTrip(log, &encoded);
  Vector columns(encoded.columns.data(), encoded.columns.data() + encoded.columns.size());
  for (const auto& [at, bits] : damage) columns[at % columns.size()] ^= bits;
  CheckAnyColumns(columns, View(encoded.small_bodies), View(encoded.large_bodies), log.size());
}
