# distutils: language = c++
"""PNG files from arrays."""
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset
from libcpp.string cimport string
from libcpp.string_view cimport string_view

from arrays cimport ArrayView
from base_byte_buffer cimport ByteBuffer
from base_status cimport Status
from errors cimport raise_if_error
from image_planes cimport FindPlanes
from png_effort cimport SetProcessEffort
from png_pixels cimport Pack, PackedShape, Packing, Planes, kGridColumns


cdef extern from "png/encode.h" namespace "ringboard::png" nogil:
    cdef cppclass Image:
        const uint8_t* pixels
        unsigned int width
        unsigned int height
        uint8_t channels
        uint8_t bit_depth
        size_t row_bytes

    cdef cppclass Encoder:
        Encoder() except +
        Status Encode(const Image& image, ByteBuffer* out)

    cdef cppclass Kernels:
        string Names()

cdef extern from "png/kernels.h" namespace "ringboard::png::Kernels" nogil:
    const Kernels& Active()

cdef extern from "png/apng.h" namespace "ringboard::png" nogil:
    cdef cppclass AnimationShape "ringboard::png::Animation":
        uint32_t frames
        uint32_t plays
        uint16_t delay_numerator
        uint16_t delay_denominator

    cdef cppclass AnimationEncoder:
        AnimationEncoder() except +
        Status Begin(const AnimationShape& animation)
        Status Add(const Image& image, ByteBuffer* out)
        Status End(ByteBuffer* out)

cdef enum:
    MAX_SIDE = 0x7fffffff


def set_effort(str name not None):
    """How much time this module's encoder takes; see ringboard.configure(png=...), which sets it."""
    cdef bytes encoded = name.encode("utf-8", "replace")
    if not SetProcessEffort(string_view(PyBytes_AS_STRING(encoded), len(encoded))):
        raise ValueError(f'effort {name!r}: expected "speed", "balanced" or "small"')


def pack(array, str dtype not None, str axes not None, uint32_t columns=kGridColumns, uint32_t rows=0):
    """The pixels that TensorBoard would be shown: (bytes, height, width, channels, bit depth).

    Args:
        array: a buffer of any strides; bfloat16 comes as its 16-bit patterns.
        dtype: numpy's name of the element type, or "bfloat16".
        axes: a letter for each axis: N, C, H, W.
        columns: how many pictures stand side by side, if there are so many.
        rows: the grid has so many rows at least; those without pictures are zero.
    """
    cdef ArrayView view
    cdef Planes planes
    cdef Packing packing
    cdef size_t packed_bytes
    cdef bytes letters = axes.encode("ascii")
    view.Acquire(array, dtype)
    FindPlanes(view, letters, &planes)
    raise_if_error(PackedShape(planes, columns, &packing))
    packed_bytes = packing.bytes
    height = max(int(packing.height), int(planes.height) * rows)
    cdef bytes pixels = PyBytes_FromStringAndSize(NULL, packing.bytes // packing.height * height)
    cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(pixels)
    cdef size_t blank_bytes = len(pixels) - packed_bytes
    with nogil:
        Pack(planes, packing, out)
        memset(out + packed_bytes, 0, blank_bytes)
    return pixels, height, packing.width, packing.channels, packing.bit_depth


def encode(array, str dtype not None, str axes not None, uint32_t columns=kGridColumns, uint32_t rows=0):
    """A whole PNG file of the same pixels as `pack`, as bytes."""
    pixels, height, width, channels, bit_depth = pack(array, dtype, axes, columns, rows)
    cdef Encoder encoder
    cdef ByteBuffer out
    cdef Image image
    cdef Status status
    image.pixels = <const uint8_t*>PyBytes_AS_STRING(pixels)
    image.width = width
    image.height = height
    image.channels = channels
    image.bit_depth = bit_depth
    image.row_bytes = <size_t>width * <size_t>channels * (<size_t>bit_depth // 8)
    with nogil:
        status = encoder.Encode(image, &out)
    raise_if_error(status)
    return PyBytes_FromStringAndSize(<char*>out.data(), out.size())


def active_kernels():
    """The implementations in use."""
    return Active().Names().decode("ascii")


cdef class Animation:
    """An APNG file that loops for ever, in the making: frames are compressed as they come."""

    cdef AnimationEncoder encoder
    cdef ByteBuffer file

    def __cinit__(self, uint32_t frames, uint16_t delay_numerator, uint16_t delay_denominator):
        """`frames` of them will be added, each of which stays for a fraction of a second."""
        cdef AnimationShape shape
        shape.frames = frames
        shape.plays = 0
        shape.delay_numerator = delay_numerator
        shape.delay_denominator = delay_denominator
        raise_if_error(self.encoder.Begin(shape))

    def add(self, frame):
        """The next frame: (H, W, C) uint8 or uint16, contiguous."""
        cdef ArrayView view
        cdef Image image
        cdef Status status
        cdef str dtype = frame.dtype.name
        if dtype not in ("uint8", "uint16"):
            raise ValueError(f"a frame has uint8 or uint16 samples, not {dtype}")
        view.Acquire(frame, dtype)
        image.bit_depth = 8 if dtype == "uint8" else 16
        cdef Py_ssize_t sample_bytes = image.bit_depth // 8
        if view.ndim() != 3 or not view.contiguous() or view.shape(2) > 4 or (
                max(view.shape(0), view.shape(1)) > MAX_SIDE):
            raise ValueError(f"a frame is a contiguous (H, W, C) array; got one of shape {frame.shape}")
        image.pixels = <const uint8_t*>view.data()
        image.height = view.shape(0)
        image.width = view.shape(1)
        image.channels = view.shape(2)
        image.row_bytes = view.shape(1) * view.shape(2) * sample_bytes
        with nogil:
            status = self.encoder.Add(image, &self.file)
        raise_if_error(status)

    def finish(self):
        """The whole file as bytes, once all frames are there."""
        raise_if_error(self.encoder.End(&self.file))
        return PyBytes_FromStringAndSize(<char*>self.file.data(), self.file.size())
