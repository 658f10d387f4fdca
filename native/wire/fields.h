// The field numbers of TensorBoard's messages that native code writes, beside the files that define
// them (tensorboard/compat/proto/*.proto).
#pragma once

#include <cstdint>

namespace ringboard::wire {

namespace event {  // event.proto, Event
inline constexpr uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5,
                          kSourceMetadata = 10;
}  // namespace event

namespace source_metadata {  // event.proto, SourceMetadata
inline constexpr uint32_t kWriter = 1;
}

namespace summary {  // summary.proto, Summary
inline constexpr uint32_t kValue = 1;
}

namespace value {  // summary.proto, Summary.Value
inline constexpr uint32_t kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kTensor = 8,
                          kMetadata = 9;
}

namespace image {  // summary.proto, Summary.Image
inline constexpr uint32_t kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4;
}

namespace histogram_proto {  // histogram.proto, HistogramProto
inline constexpr uint32_t kMin = 1, kMax = 2, kNum = 3, kSum = 4, kSumSquares = 5, kBucketLimit = 6,
                          kBucket = 7;
}

namespace tensor {  // tensor.proto, TensorProto
inline constexpr uint32_t kDtype = 1, kFloatVal = 5, kDoubleVal = 6;
inline constexpr uint64_t kDtFloat = 1, kDtDouble = 2;  // types.proto, DataType
}  // namespace tensor

namespace metadata {  // summary.proto, SummaryMetadata
inline constexpr uint32_t kPluginData = 1, kPluginName = 1;
}

}  // namespace ringboard::wire
