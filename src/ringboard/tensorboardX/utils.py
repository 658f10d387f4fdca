"""tensorboardX.utils: pictures and videos as arrays of the layout that summaries want."""

from ringboard.dialect_layout import convert_to_HWC, convert_to_NTCHW, figure_to_image, make_grid
from ringboard.dialect_layout import prepare_video as _prepare_video

__all__ = ["_prepare_video", "convert_to_HWC", "convert_to_NTCHW", "figure_to_image", "make_grid"]
