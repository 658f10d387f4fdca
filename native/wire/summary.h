// The bodies of events whose Summary holds one histogram or one image: sizes first, then bytes, so
// that they can be written straight into the ring or a file's buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::wire {

struct HistogramStats {
  double min, max, num, sum, sum_squares;
};

// Event.summary{value{tag, histo}}.  `limits` and `counts` have one length.
size_t HistogramBodySize(std::string_view tag, size_t buckets);
uint8_t* PutHistogramBody(uint8_t* to, std::string_view tag, const HistogramStats& stats,
                          std::span<const double> limits, std::span<const double> counts);

struct ImageShape {
  uint32_t height, width, colorspace;  // colorspace: the number of channels
};

// Event.summary{value{tag, image}} up to the encoded bytes, which the caller appends.
size_t ImageBodyHeadSize(std::string_view tag, const ImageShape& shape, size_t encoded_bytes);
uint8_t* PutImageBodyHead(uint8_t* to, std::string_view tag, const ImageShape& shape,
                          size_t encoded_bytes);

}  // namespace ringboard::wire
