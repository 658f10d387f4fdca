// The field numbers of TensorBoard's messages that native code writes or reads, beside the files
// that define them (tensorboard/compat/proto/*.proto).
#pragma once

#include <cstdint>
#include <string_view>

namespace ringboard::wire {

namespace event {  // event.proto, Event
inline constexpr uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kGraphDef = 4, kSummary = 5,
                          kLogMessage = 6, kSessionLog = 7, kTaggedRunMetadata = 8,
                          kMetaGraphDef = 9, kSourceMetadata = 10;
// What TensorBoard calls a run's graph, which has no tag in the file.
inline constexpr std::string_view kGraphTag = "__run_graph__", kMetaGraphTag = "__meta_graph__";
}  // namespace event

namespace session_log {  // event.proto, SessionLog
inline constexpr uint32_t kStatus = 1, kMessage = 3;
inline constexpr uint64_t kStart = 1;
}  // namespace session_log

namespace tagged_run_metadata {  // event.proto, TaggedRunMetadata
inline constexpr uint32_t kTag = 1;
}

namespace source_metadata {  // event.proto, SourceMetadata
inline constexpr uint32_t kWriter = 1;
}

namespace summary {  // summary.proto, Summary
inline constexpr uint32_t kValue = 1;
}

namespace value {  // summary.proto, Summary.Value
inline constexpr uint32_t kTag = 1, kSimpleValue = 2, kOldHistogram = 3, kImage = 4, kHistogram = 5,
                          kAudio = 6, kTensor = 8, kMetadata = 9;
}

namespace image {  // summary.proto, Summary.Image
inline constexpr uint32_t kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4;
}

namespace histogram_proto {  // histogram.proto, HistogramProto
inline constexpr uint32_t kMin = 1, kMax = 2, kNum = 3, kSum = 4, kSumSquares = 5, kBucketLimit = 6,
                          kBucket = 7;
}

namespace tensor {  // tensor.proto, TensorProto
inline constexpr uint32_t kDtype = 1, kShape = 2, kContent = 4, kFloatVal = 5, kDoubleVal = 6,
                          kIntVal = 7, kInt64Val = 10, kBoolVal = 11, kHalfVal = 13,
                          kUint32Val = 16, kUint64Val = 17;
inline constexpr uint64_t kDtFloat = 1, kDtDouble = 2;  // types.proto, DataType
}  // namespace tensor

namespace tensor_shape {  // tensor_shape.proto, TensorShapeProto and its Dim
inline constexpr uint32_t kDim = 2, kUnknownRank = 3;
inline constexpr uint32_t kSize = 1;
}  // namespace tensor_shape

namespace metadata {  // summary.proto, SummaryMetadata
inline constexpr uint32_t kPluginData = 1, kPluginName = 1;
}

}  // namespace ringboard::wire
