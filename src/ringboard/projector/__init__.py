"""Embeddings for TensorBoard's Projector tab: files beside the event files, and no event.

    <log dir>/projector_config.pbtxt         which embeddings there are (config.py, text_format.py)
    <log dir>/<step>/<tag>/tensors.tsv       the points (points.py)
    <log dir>/<step>/<tag>/metadata.tsv      their labels (labels.py)
    <log dir>/<step>/<tag>/sprite.png        their pictures, in one (sprite.py)

names.py says what they are called, files.py makes them appear whole, embedding.py puts all of it together.
"""

from ringboard.projector.embedding import write_embedding

__all__ = ["write_embedding"]
