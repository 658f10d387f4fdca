"""Judges of what a SummaryWriter left on disk. Nothing here imports the project.

records.py             the TFRecord framing, walked by us; checksums by the `crc32c` package
events.py              the same files through TensorBoard's Python reader; the two must agree byte for byte
views.py               an event as a value that compares and prints; assert_same_events over two log dirs
payloads.py            tensors by TensorBoard, pixels by Pillow, samples by `wave`
png.py                 the PNG container: chunk CRCs and zlib stream, which Pillow does not check
accumulator.py         what a user of EventAccumulator / EventMultiplexer gets
processes.py           ends a child process together with everything that it started
rustboard.py           RustBoard, TensorBoard's default reader, asked directly which steps it shows
tensorboard_server.py  a real TensorBoard over HTTP, with either of its readers
browser.py             a real Chromium that looks at that TensorBoard
dashboard.py           the tabs of TensorBoard in that Chromium: which cards are there, and what they draw
"""
