"""How long do pictures, videos and sound take, to the closed file and in the caller?

Workload: `add_image` of a float32 tensor (3×512×512) and of uint8 arrays (224×224×3, grey 28×28);
`add_images` of 32 and 64 float32 tensors (3×64×64); `add_image_with_boxes` of 8 boxes with labels on uint8
3×512×512; `add_video` of 16 uint8 frames 3×64×64 as a GIF, and as APNG beside the peers' GIF; `add_audio` of
1 s and 10 s of mono float32 at 44.1 kHz.  Pictures are gradients with a camera's noise, sound is a chord with
noise.
Rivals: torch.utils.tensorboard and tensorboardX.  Both want moviepy for videos (torch before 2.0),
tensorboardX soundfile for audio: without them their cells are empty.
Left out: PNG sizes by class of content (benches/png_sizes.py), large pictures (bench_image.py).

Run: pytest benches/bench_media.py [--bench-size full], or python -m benches.report --only media
"""

from functools import partial

import numpy as np

from benches import judge, methods
from benches.methods import Method
from benches.work import OURS
from benches.workloads import pictures

_NEEDS_MOVIEPY = {
    "torch": ("moviepy", "moviepy.editor", "imageio"),
    "tensorboardX": ("moviepy", "imageio"),
}
_LABELS = [f"class {index}" for index in range(8)]


def image(library: str, data, dataformats: str):
    return lambda writer, step: writer.add_image("sample", data, step, dataformats=dataformats)


def image_tensor(library: str):
    import torch

    tensor = torch.from_numpy(pictures(512, 1)[0]).permute(2, 0, 1).contiguous().float() / 255
    return image(library, tensor, "CHW")


def image_array(library: str):
    return image(library, pictures(224, 1)[0], "HWC")


def image_digit(library: str):
    return image(library, np.ascontiguousarray(pictures(28, 1)[0][..., 0]), "HW")


def images(library: str, count: int):
    import torch

    batch = np.stack(pictures(64, 8) * (count // 8)).transpose(0, 3, 1, 2)
    tensor = torch.from_numpy(np.ascontiguousarray(batch)).float() / 255
    return lambda writer, step: writer.add_images("batch", tensor, step)


def boxes(library: str):
    corners = np.random.default_rng(4).integers(0, 250, (8, 4)).astype(np.float32)
    corners[:, 2:] += corners[:, :2]
    picture = np.ascontiguousarray(pictures(512, 1)[0].transpose(2, 0, 1))
    return lambda writer, step: writer.add_image_with_boxes("boxed", picture, corners, step, labels=_LABELS)


def video(library: str, **options):
    import torch

    frames = np.stack([np.roll(pictures(64, 1)[0], shift, axis=1) for shift in range(16)])
    clip = torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)[np.newaxis]))
    ours = options if library == OURS else {}
    return lambda writer, step: writer.add_video("clip", clip, step, fps=8, **ours)


def audio(library: str, seconds: int):
    time = np.arange(44100 * seconds) / 44100
    chord = sum(0.2 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330))
    sound = (chord + np.random.default_rng(5).normal(0, 0.01, time.size)).astype(np.float32)
    return lambda writer, step: writer.add_audio("chord", sound, step)


WORK = methods.work(
    "media",
    "media",
    (
        Method("image_chw", "`add_image`, 3×512×512 float32 tensor", image_tensor, 200, 10),
        Method("image_hwc", "`add_image`, 224×224×3 uint8 array", image_array, 1_000, 40),
        Method("image_digit", "`add_image`, 28×28 uint8 array", image_digit, 5_000, 300),
        Method("images_32", "`add_images`, 32 tensors of 3×64×64", partial(images, count=32), 200, 10),
        Method("images_64", "`add_images`, 64 tensors of 3×64×64", partial(images, count=64), 200, 10),
        Method("boxes", "`add_image_with_boxes`, 3×512×512, 8 labels", boxes, 100, 10),
        Method(
            "video_gif",
            "`add_video`, 16 frames of 3×64×64, GIF",
            video,
            50,
            10,
            needs=_NEEDS_MOVIEPY,
            check=judge.check_like_events,
        ),
        Method(
            "video_apng",
            "`add_video`, the same, ours an APNG, theirs a GIF",
            partial(video, format="apng"),
            100,
            10,
            needs=_NEEDS_MOVIEPY,
            check=judge.check_like_events,
        ),
        Method(
            "audio_1s",
            "`add_audio`, 1 s of mono",
            partial(audio, seconds=1),
            1_000,
            300,
            needs={"tensorboardX": ("soundfile",)},
            check=judge.check_like_events,
        ),
        Method(
            "audio_10s",
            "`add_audio`, 10 s of mono",
            partial(audio, seconds=10),
            200,
            60,
            needs={"tensorboardX": ("soundfile",)},
            check=judge.check_like_events,
        ),
    ),
)


def test_media(publish):
    publish()
