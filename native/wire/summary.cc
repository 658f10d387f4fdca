// See summary.h.
#include "wire/summary.h"

namespace ringboard::wire {
namespace {

size_t HistogramSize(size_t buckets) {
  const size_t packed = buckets * sizeof(double);
  return 5 * kDoubleFieldSize + (buckets == 0 ? 0 : 2 * BytesFieldSize(packed));
}

size_t ImageSize(const ImageShape& shape, size_t encoded_bytes) {
  return VarintFieldSize(shape.height) + VarintFieldSize(shape.width) +
         VarintFieldSize(shape.colorspace) + BytesFieldSize(encoded_bytes);
}

// The size of Event.summary around a value that holds the tag and one field of `field_bytes`.
size_t BodySize(std::string_view tag, size_t field_bytes) {
  return BytesFieldSize(BytesFieldSize(BytesFieldSize(tag.size()) + field_bytes));
}

uint8_t* PutBodyHead(uint8_t* to, std::string_view tag, size_t field_bytes) {
  const size_t value_bytes = BytesFieldSize(tag.size()) + field_bytes;
  to = PutBytesHead(to, event::kSummary, BytesFieldSize(value_bytes));
  to = PutBytesHead(to, summary::kValue, value_bytes);
  return PutBytesField(to, value::kTag, tag);
}

uint8_t* PutPackedDoubles(uint8_t* to, uint32_t field, std::span<const double> doubles) {
  to = PutBytesHead(to, field, doubles.size_bytes());
  if constexpr (std::endian::native == std::endian::little) {
    return PutBytes(to, doubles.data(), doubles.size_bytes());
  }
  for (double each : doubles) {
    StoreLittleDouble(to, each);
    to += sizeof(double);
  }
  return to;
}

}  // namespace

size_t HistogramBodySize(std::string_view tag, size_t buckets) {
  return BodySize(tag, BytesFieldSize(HistogramSize(buckets)));
}

uint8_t* PutHistogramBody(uint8_t* to, std::string_view tag, const HistogramStats& stats,
                          std::span<const double> limits, std::span<const double> counts) {
  const size_t histogram_bytes = HistogramSize(limits.size());
  to = PutBodyHead(to, tag, BytesFieldSize(histogram_bytes));
  to = PutBytesHead(to, value::kHistogram, histogram_bytes);
  to = PutDoubleField(to, histogram_proto::kMin, stats.min);
  to = PutDoubleField(to, histogram_proto::kMax, stats.max);
  to = PutDoubleField(to, histogram_proto::kNum, stats.num);
  to = PutDoubleField(to, histogram_proto::kSum, stats.sum);
  to = PutDoubleField(to, histogram_proto::kSumSquares, stats.sum_squares);
  if (limits.empty()) return to;
  to = PutPackedDoubles(to, histogram_proto::kBucketLimit, limits);
  return PutPackedDoubles(to, histogram_proto::kBucket, counts);
}

size_t ImageBodyHeadSize(std::string_view tag, const ImageShape& shape, size_t encoded_bytes) {
  return BodySize(tag, BytesFieldSize(ImageSize(shape, encoded_bytes))) - encoded_bytes;
}

uint8_t* PutImageBodyHead(uint8_t* to, std::string_view tag, const ImageShape& shape,
                          size_t encoded_bytes) {
  const size_t image_bytes = ImageSize(shape, encoded_bytes);
  to = PutBodyHead(to, tag, BytesFieldSize(image_bytes));
  to = PutBytesHead(to, value::kImage, image_bytes);
  to = PutVarintField(to, image::kHeight, shape.height);
  to = PutVarintField(to, image::kWidth, shape.width);
  to = PutVarintField(to, image::kColorspace, shape.colorspace);
  return PutBytesHead(to, image::kEncoded, encoded_bytes);
}

}  // namespace ringboard::wire
