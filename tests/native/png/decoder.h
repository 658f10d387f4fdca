// A PNG decoder for the tests alone: small, slow, strict, and independent of the encoder (it shares
// no table with it).  Where the specifications leave a reader the choice to be lenient, it is not.
// In a header because the build compiles only the room's *_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace ringboard::png::testing {

struct Decoded {
  std::string error;  // empty: all is well
  uint32_t width = 0, height = 0;
  unsigned channels = 0, bit_depth = 0;
  std::vector<uint8_t> samples;  // as in the file: 16-bit samples are big-endian
  size_t file_bytes = 0;
  size_t data_chunks = 0;
  size_t stored_blocks = 0, dynamic_blocks = 0;
  size_t filters[5] = {};
  size_t longest_match = 0, farthest_match = 0;
};

// Bit by bit, from the definitions.
inline uint32_t SlowCrc32(const uint8_t* bytes, size_t count) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
  }
  return crc ^ 0xffffffff;
}

inline uint32_t SlowAdler32(const uint8_t* bytes, size_t count) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < count; ++i) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

class Inflater {
 public:
  Inflater(const std::vector<uint8_t>& bytes, Decoded* told) : bytes_(bytes), told_(*told) {}

  // The whole zlib stream; sets told.error when anything is off.
  std::vector<uint8_t> Run() {
    if (bytes_.size() < 6) return Fail("a zlib stream of less than 6 bytes");
    if ((bytes_[0] & 15) != 8 || bytes_[0] >> 4 > 7) return Fail("not deflate with a known window");
    if ((bytes_[0] * 256 + bytes_[1]) % 31 != 0) return Fail("zlib header check");
    if ((bytes_[1] & 0x20) != 0) return Fail("preset dictionary");
    window_ = size_t{256} << (bytes_[0] >> 4);
    at_ = 16;
    bool last = false;
    while (!last && told_.error.empty()) {
      last = Bits(1) != 0;
      const unsigned type = Bits(2);
      if (type == 0) {
        Stored();
      } else if (type == 2) {
        Dynamic();
      } else {
        return Fail("block of type " + std::to_string(type));
      }
    }
    if (!told_.error.empty()) return {};
    at_ = (at_ + 7) / 8 * 8;
    uint32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum = sum << 8 | Bits(8);
    if (at_ != bytes_.size() * 8) return Fail("the stream does not end where the data does");
    if (sum != SlowAdler32(out_.data(), out_.size())) return Fail("Adler-32");
    return out_;
  }

 private:
  struct Code {
    unsigned counts[16] = {};
    std::vector<unsigned> symbols;
  };

  std::vector<uint8_t> Fail(const std::string& error) {
    if (told_.error.empty()) told_.error = error;
    return {};
  }

  unsigned Bits(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) {
      if (at_ / 8 >= bytes_.size()) {
        Fail("the data ends early");
        return 0;
      }
      value |= (bytes_[at_ / 8] >> (at_ % 8) & 1u) << i;
    }
    return value;
  }

  void Stored() {
    ++told_.stored_blocks;
    at_ = (at_ + 7) / 8 * 8;
    const unsigned length = Bits(16), complement = Bits(16);
    if ((length ^ complement) != 0xffff) Fail("LEN and NLEN");
    for (unsigned i = 0; i < length && told_.error.empty(); ++i) {
      out_.push_back(static_cast<uint8_t>(Bits(8)));
    }
  }

  Code MakeCode(const std::vector<unsigned>& lengths) {
    Code code;
    long space = 1;
    for (unsigned length : lengths) ++code.counts[length];
    code.counts[0] = 0;
    for (unsigned bits = 1; bits < 16; ++bits) {
      space = 2 * space - static_cast<long>(code.counts[bits]);
      if (space < 0) Fail("over-subscribed code");
      for (unsigned symbol = 0; symbol < lengths.size(); ++symbol) {
        if (lengths[symbol] == bits) code.symbols.push_back(symbol);
      }
    }
    if (space != 0) Fail("incomplete code");
    return code;
  }

  unsigned Symbol(const Code& code) {
    unsigned value = 0, first = 0, index = 0;
    for (unsigned bits = 1; bits < 16; ++bits) {
      value |= Bits(1);
      if (value - first < code.counts[bits]) return code.symbols[index + value - first];
      index += code.counts[bits];
      first = (first + code.counts[bits]) * 2;
      value *= 2;
    }
    Fail("no such code");
    return 256;
  }

  void Dynamic() {
    ++told_.dynamic_blocks;
    const unsigned literal_count = Bits(5) + 257, distance_count = Bits(5) + 1;
    const unsigned precode_count = Bits(4) + 4;
    if (literal_count > 286 || distance_count > 30) Fail("too many codes");
    static const unsigned order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                       11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::vector<unsigned> lengths(19);
    for (unsigned i = 0; i < precode_count; ++i) lengths[order[i]] = Bits(3);
    const Code precode = MakeCode(lengths);
    lengths.clear();
    while (lengths.size() < literal_count + distance_count && told_.error.empty()) {
      const unsigned symbol = Symbol(precode);
      if (symbol < 16) {
        lengths.push_back(symbol);
      } else if (symbol == 16 && lengths.empty()) {
        Fail("nothing to repeat");
      } else {
        const unsigned value = symbol == 16 ? lengths.back() : 0;
        const unsigned count = symbol == 16   ? 3 + Bits(2)
                               : symbol == 17 ? 3 + Bits(3)
                                              : 11 + Bits(7);
        lengths.insert(lengths.end(), count, value);
      }
    }
    if (lengths.size() != literal_count + distance_count) Fail("too many code lengths");
    if (!told_.error.empty()) return;
    const auto middle = lengths.begin() + literal_count;
    const Code literals = MakeCode({lengths.begin(), middle});
    const Code distances = MakeCode({middle, lengths.end()});
    if (lengths[256] == 0) Fail("no end of block");
    while (told_.error.empty()) {
      const unsigned symbol = Symbol(literals);
      if (symbol == 256) return;
      if (symbol < 256) {
        out_.push_back(static_cast<uint8_t>(symbol));
      } else {
        Match(symbol, distances);
      }
    }
  }

  void Match(unsigned symbol, const Code& distances) {
    static const unsigned length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                             15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                             67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const unsigned length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                              2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const unsigned distance_base[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    const size_t length = length_base[symbol - 257] + Bits(length_extra[symbol - 257]);
    const unsigned slot = Symbol(distances);
    if (slot >= 30) {
      Fail("distance symbol");
      return;
    }
    const size_t distance = distance_base[slot] + Bits(slot < 4 ? 0 : slot / 2 - 1);
    if (distance > out_.size() || distance > window_) {
      Fail("a match reaches too far back");
      return;
    }
    for (size_t i = 0; i < length; ++i) out_.push_back(out_[out_.size() - distance]);
    if (length > told_.longest_match) told_.longest_match = length;
    if (distance > told_.farthest_match) told_.farthest_match = distance;
  }

  const std::vector<uint8_t>& bytes_;
  Decoded& told_;
  std::vector<uint8_t> out_;
  size_t window_ = 0;
  size_t at_ = 0;  // in bits
};

inline void Unfilter(const std::vector<uint8_t>& stream, Decoded* told) {
  const size_t pixel = told->channels * told->bit_depth / 8, line = told->width * pixel;
  if (stream.size() != (line + 1) * told->height) {
    told->error = "the stream has " + std::to_string(stream.size()) + " bytes";
    return;
  }
  std::vector<uint8_t>& out = told->samples;
  out.resize(line * told->height);
  for (size_t y = 0; y < told->height; ++y) {
    const uint8_t* in = &stream[y * (line + 1)];
    const unsigned filter = *in++;
    if (filter > 4) {
      told->error = "filter type";
      return;
    }
    ++told->filters[filter];
    for (size_t i = 0; i < line; ++i) {
      const size_t at = y * line + i;
      const int a = i >= pixel ? out[at - pixel] : 0, b = y > 0 ? out[at - line] : 0;
      const int c = i >= pixel && y > 0 ? out[at - line - pixel] : 0;
      const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
      const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const int predictions[5] = {0, a, b, (a + b) / 2, paeth};
      out[at] = static_cast<uint8_t>(in[i] + predictions[filter]);
    }
  }
}

inline Decoded Decode(const uint8_t* file, size_t count) {
  Decoded told;
  auto big = [&](size_t at) {
    return uint32_t{file[at]} << 24 | uint32_t{file[at + 1]} << 16 | uint32_t{file[at + 2]} << 8 |
           file[at + 3];
  };
  if (count < 8 || std::memcmp(file, "\x89PNG\r\n\x1a\n", 8) != 0)
    return told.error = "signature", told;
  std::vector<uint8_t> data;
  std::string order;
  for (size_t at = 8; at != count;) {
    if (count - at < 12 || big(at) > count - at - 12) return told.error = "chunk length", told;
    const size_t length = big(at);
    const std::string type(reinterpret_cast<const char*>(file) + at + 4, 4);
    if (big(at + 8 + length) != SlowCrc32(file + at + 4, length + 4))
      return told.error = "CRC", told;
    const uint8_t* body = file + at + 8;
    if (type == "IHDR" && length == 13) {
      told.width = big(at + 8);
      told.height = big(at + 12);
      told.bit_depth = body[8];
      static const unsigned channels[7] = {1, 0, 3, 0, 2, 0, 4};
      told.channels = body[9] < 7 ? channels[body[9]] : 0;
      if (told.channels == 0 || body[10] != 0 || body[11] != 0 || body[12] != 0) {
        return told.error = "IHDR", told;
      }
    } else if (type == "IDAT") {
      data.insert(data.end(), body, body + length);
      ++told.data_chunks;
    }
    if (order.empty() || type != "IDAT" || order.substr(order.size() - 4) != type) order += type;
    at += length + 12;
  }
  if (order != "IHDRIDATIEND") return told.error = "chunks: " + order, told;
  const std::vector<uint8_t> stream = Inflater(data, &told).Run();
  if (told.error.empty()) Unfilter(stream, &told);
  return told;
}

}  // namespace ringboard::png::testing
