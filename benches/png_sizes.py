"""How large are ringboard's PNG files beside Pillow's, by class of content?

Workload: the kinds of pictures that training code logs (made here, seeded, so that every run has the same
pixels).  Each is encoded by the native encoder through build/native/release/png_bench, decoded with Pillow
and compared with the pixels BEFORE any number is printed; then Pillow encodes it at its default level (6)
and at level 1.  Left out: 16-bit RGB(A) and grey with alpha in 16 bits, which Pillow cannot represent.

Run:  make -C native bench && .venv/bin/python -m benches.png_sizes
      [--bench PATH] [--only NAME] [--effort speed|balanced|small] [--out benches/results] [--dump DIR]
"""

import argparse
import io
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from benches import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent


def smooth(rng, height=512, width=512, sigma=2.2):
    y, x = np.mgrid[0:height, 0:width]
    planes = [40 + 150 * x / width, 30 + 180 * y / height, 60 + 70 * (x + y) / (width + height)]
    return np.clip(np.stack(planes, -1) + rng.normal(0, sigma, (height, width, 3)), 0, 255).astype(np.uint8)


def one_over_f(rng, height=512, width=512):
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height)))
    f[0, 0] = 1
    planes = []
    for _ in range(3):
        spectrum = np.fft.fft2(rng.normal(size=(height, width))) / f
        plane = np.fft.ifft2(spectrum).real
        planes.append(128 + 40 * plane / plane.std())
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def digit_images():
    from sklearn.datasets import load_digits

    return (load_digits().images * (255 / 16)).astype(np.uint8)


def upscaled_digits(count, size):
    """8×8 scans brought to size×size by bilinear interpolation: what MNIST-like data looks like."""
    images = [Image.fromarray(image).resize((size, size), Image.BILINEAR) for image in digit_images()[:count]]
    return np.stack([np.asarray(image) for image in images])


def grid(images, columns, padding=2, scale=1):
    count, height, width = images.shape
    rows = -(-count // columns)
    canvas = np.zeros((rows * (height + padding) + padding, columns * (width + padding) + padding), np.uint8)
    for i, image in enumerate(images):
        top, left = divmod(i, columns)
        top, left = top * (height + padding) + padding, left * (width + padding) + padding
        canvas[top : top + height, left : left + width] = image
    return canvas.repeat(scale, 0).repeat(scale, 1)


def rgb(grey):
    return np.repeat(grey[..., None], 3, axis=2)


def figure(kind="lines"):
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(5)
    fig = plt.figure(figsize=(6.4, 4.8), dpi=100)
    axes = fig.add_subplot()
    if kind == "lines":
        for i in range(4):
            axes.plot(np.cumsum(rng.normal(size=200)), label=f"run {i}")
        axes.legend()
        axes.grid(True)
    elif kind == "scatter":
        axes.scatter(rng.normal(size=800), rng.normal(size=800), c=rng.normal(size=800), s=12)
    else:
        confusion = rng.integers(0, 40, (10, 10))
        fig.colorbar(axes.imshow(confusion))
        for i in range(10):
            for j in range(10):
                axes.text(j, i, confusion[i, j], ha="center", va="center", color="w")
    axes.set_title("loss against step")
    axes.set_xlabel("step")
    fig.canvas.draw()
    pixels = np.asarray(fig.canvas.buffer_rgba()).copy()
    plt.close(fig)
    return pixels


def photo(name="china.jpg"):
    from sklearn.datasets import load_sample_image

    return np.ascontiguousarray(load_sample_image(name))


def terminal(rng, height=480, width=800):
    from PIL import ImageDraw, ImageFont

    image = Image.new("RGB", (width, height), (24, 24, 32))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    words = [
        "epoch",
        "loss",
        "step",
        "lr",
        "0.001",
        "acc",
        "val",
        "train",
        "grad",
        "norm",
        "nan",
        "warning:",
        "model.py",
        "line",
        "def",
        "return",
    ]
    colours = [(220, 220, 220), (120, 220, 120), (230, 180, 80), (110, 160, 240)]
    for y in range(4, height - 16, 15):
        text = " ".join(rng.choice(words, 14))
        draw.text((4, y), text, fill=colours[int(rng.integers(4))], font=font)
    return np.asarray(image)


def classes():
    rng = np.random.default_rng(1)
    china = photo()
    grey_china = np.asarray(Image.fromarray(china).convert("L"))
    digits28 = upscaled_digits(64, 28)
    y, x = np.mgrid[0:512, 0:512]
    yield "smooth", smooth(rng)
    yield "noise", rng.integers(0, 256, (512, 512, 3), dtype=np.uint8)
    yield "flat", np.full((512, 512, 3), 77, np.uint8)
    yield "digits28 grid", grid(digits28, 8)
    yield "digits28 grid rgb", rgb(grid(digits28, 8))
    yield "digits8x8 up8 rgb", rgb(grid(digit_images()[:64], 8, 1, 8))
    yield "figure lines", figure("lines")
    yield "figure scatter", figure("scatter")
    yield "figure matrix", figure("matrix")
    yield "photo", china
    yield "photo flower", photo("flower.jpg")
    yield "photo grey", grey_china
    yield "photo grey rgb", rgb(grey_china)
    yield "photo rgba", np.dstack([china, np.full(china.shape[:2], 255, np.uint8)])
    yield "photo on white", np.pad(china, ((40, 40), (60, 60), (0, 0)), constant_values=255)
    yield "1/f", one_over_f(rng)
    yield "1/f 1080p", one_over_f(rng, 1080, 1920)
    yield "terminal", terminal(rng)
    yield "clean gradient", np.stack([x // 2, y // 2, (x + y) // 4], -1).astype(np.uint8)
    yield (
        "labels",
        np.array([[0, 0, 0], [220, 20, 60], [70, 130, 180], [0, 142, 0]], np.uint8)[
            ((np.hypot(x - 200, y - 260) // 60 + (x * y // 9000)) % 4).astype(int)
        ],
    )
    yield "noise grey rgb", rgb(rng.integers(0, 256, (256, 256), dtype=np.uint8))
    yield "weights", np.clip(128 + rng.normal(0, 20, (256, 256)), 0, 255).astype(np.uint8)
    yield "binary mask", ((one_over_f(rng)[..., 0] > 128) * 255).astype(np.uint8)
    yield "tiny digit 28", digits28[3]
    yield "tiny digit 28 rgb", rgb(digits28[3])
    yield "tiny noise 28 rgb", rng.integers(0, 256, (28, 28, 3), dtype=np.uint8)
    yield "photo crop 32 rgb", china[200:232, 300:332]
    yield "photo crop 224 rgb", china[100:324, 200:424]
    yield "grey+alpha", np.dstack([grey_china, 255 - grey_china // 2])
    yield (
        "grey 16",
        (grey_china.astype(np.uint16) << 8) | rng.integers(0, 256, grey_china.shape, dtype=np.uint16),
    )
    yield "depth 16", (1000 + 20 * np.hypot(x, y) + rng.normal(0, 3, x.shape)).astype(np.uint16)


EFFORTS = ("speed", "balanced", "small")


def shape_of(pixels):
    return pixels.shape[0], pixels.shape[1], 1 if pixels.ndim == 2 else pixels.shape[2]


def ours(bench, pixels, folder, effort):
    """The PNG file and the encoder's median nanoseconds."""
    height, width, channels = shape_of(pixels)
    raw, png = folder / "in.raw", folder / "out.png"
    raw.write_bytes(np.ascontiguousarray(pixels).tobytes())
    told = subprocess.run(
        [
            bench,
            "--effort",
            effort,
            "--encode",
            raw,
            str(width),
            str(height),
            str(channels),
            str(8 * pixels.itemsize),
            png,
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return png.read_bytes(), float(told.split()[0])


def as_pillow(pixels):
    return Image.fromarray(pixels)


def pillow(pixels, level):
    image, out = as_pillow(pixels), io.BytesIO()
    started = time.perf_counter_ns()
    image.save(out, "PNG", compress_level=level)
    return len(out.getvalue()), time.perf_counter_ns() - started


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", default=ROOT / "build/native/release/png_bench")
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=pathlib.Path, help="write png_sizes.md and png_curve.png there")
    parser.add_argument("--effort", action="append", choices=EFFORTS, help="default: all three")
    parser.add_argument("--dump", type=pathlib.Path, help="write NAME_WxHxCxD.raw files there and stop")
    arguments = parser.parse_args()
    if arguments.dump:
        for name, pixels in classes():
            height, width, channels = shape_of(pixels)
            stem = name.replace("/", "_").replace(" ", "_").replace("+", "_")
            path = arguments.dump / f"{stem}_{width}x{height}x{channels}x{8 * pixels.itemsize}.raw"
            path.write_bytes(np.ascontiguousarray(pixels).tobytes())
        return
    efforts = arguments.effort or list(EFFORTS)
    head = [f"{effort}" for effort in efforts] + ["Pillow 1", "Pillow 6"]
    print(
        f"{'class':20}",
        *(f"{each:>14}" for each in head),
        "   bytes ÷ Pillow 6's, MB/s of pixels",
        flush=True,
    )
    table = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, pixels in classes():
            if arguments.only not in name:
                continue
            found = []
            for effort in efforts:
                png, ns = ours(arguments.bench, pixels, pathlib.Path(folder), effort)
                back = np.asarray(Image.open(io.BytesIO(png)))
                if back.shape != pixels.shape or not np.array_equal(back, pixels):
                    sys.exit(f"{name}, {effort}: Pillow does not read the pixels back")
                found.append((len(png), ns))
            found += [pillow(pixels, 1), pillow(pixels, 6)]
            six = found[-1][0]
            table[name] = [(size / six, pixels.nbytes * 1e3 / ns) for size, ns in found]
            print(f"{name:20}", *(f"{size:8.3f} {speed:5.0f}" for size, speed in table[name]), flush=True)
    if arguments.out:
        write_page(arguments.out, head, table)
        draw_curve(arguments.out / "png_curve.png", head, table)


def write_page(out, head, table):
    lines = [
        "# PNG: size and speed by class of content, and by `ringboard.configure(png=...)`",
        "",
        "Each cell: bytes ÷ those of Pillow at its default level 6 · MB of pixels a second (one thread;",
        "processor time for ringboard, wall time for Pillow). Every file was decoded with Pillow and",
        "compared first. What the classes are: `benches/png_sizes.py`, which made this page.",
        "",
        *(f"- {name}: {value}" for name, value in machine.describe(out).items() if name != "file system"),
        "",
        "![size against speed](png_curve.png)",
        "",
        "| class | " + " | ".join(head) + " |",
        "|---" * (1 + len(head)) + "|",
    ]
    for name, cells in table.items():
        shown = " | ".join(f"{size:.3f} · {speed:,.0f}" for size, speed in cells)
        lines.append(f"| {name} | {shown} |")
    (out / "png_sizes.md").write_text("\n".join(lines) + "\n")


def draw_curve(path, head, table):
    """A point for each class and encoder, and each encoder's geometric mean, large."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    colours = dict(zip((*EFFORTS, "Pillow 1", "Pillow 6"), pyplot.get_cmap("tab10").colors, strict=False))
    for column, name in enumerate(head):
        points = np.array([cells[column] for cells in table.values()])
        axes.scatter(points[:, 1], points[:, 0], s=14, alpha=0.5, color=colours[name])
        mean = np.exp(np.log(points).mean(axis=0))
        axes.scatter(mean[1], mean[0], s=160, color=colours[name], label=name, edgecolor="black", zorder=3)
    axes.set(
        xscale="log", yscale="log", xlabel="MB of pixels a second", ylabel="bytes ÷ Pillow 6's",
        title="A point for each class of content; the large ones are geometric means",
    )  # fmt: skip
    axes.set_yticks([0.6, 0.8, 1, 1.2, 1.5, 2, 3, 10, 40])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
