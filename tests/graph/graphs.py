"""Graphs as TensorBoard reads them, and checks on them."""

from __future__ import annotations

import warnings
from typing import Any

from tensorboard.compat.proto import config_pb2, graph_pb2

from ringboard import SummaryWriter
from tests.support.events import read_events


def logged(directory: Any, log: Any) -> tuple[graph_pb2.GraphDef, config_pb2.RunMetadata | None]:
    """What `log(writer)` left: the graph, and the run metadata if there are any."""
    with SummaryWriter(directory) as writer:
        log(writer)
    events = [event for event in read_events(directory) if not event.file_version]
    kinds = [event.WhichOneof("what") for event in events]
    assert kinds in (["graph_def"], ["graph_def", "tagged_run_metadata"])
    assert all(event.step == 0 and event.wall_time > 1e9 for event in events)
    graph = graph_pb2.GraphDef.FromString(events[0].graph_def)
    # Field by field what TensorBoard's own classes write.
    assert graph.SerializeToString(deterministic=True) == events[0].graph_def
    if len(events) == 1:
        return graph, None
    tagged = events[1].tagged_run_metadata
    assert tagged.tag == "step1"
    return graph, config_pb2.RunMetadata.FromString(tagged.run_metadata)


def model_graph(directory: Any, model: Any, inputs: Any, **arguments: Any) -> graph_pb2.GraphDef:
    """The graph that add_graph logs, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph, _ = logged(directory, lambda writer: writer.add_graph(model, inputs, **arguments))
    return graph


def source(edge: str) -> tuple[str, int]:
    """(node, output) that an edge comes from."""
    name, colon, port = edge.rpartition(":")
    return (name, int(port)) if colon else (edge, 0)


def shapes(node: Any) -> list[tuple[int, ...] | None]:
    """The shape of each output; None if it is unknown."""
    listed = node.attr["_output_shapes"].list.shape
    return [None if shape.unknown_rank else tuple(dim.size for dim in shape.dim) for shape in listed]


def by_name(graph: graph_pb2.GraphDef) -> dict[str, Any]:
    return {node.name: node for node in graph.node}


def check(graph: graph_pb2.GraphDef, *, unknown_shapes: bool = False) -> None:
    """Asserts what must hold for every graph, so that the Graphs tab can draw it."""
    assert graph.versions.producer == 22
    nodes = by_name(graph)
    assert len(nodes) == len(graph.node) > 0, "names are unique"
    seen: set[str] = set()
    for node in graph.node:
        assert node.name.isascii()
        assert not set(node.name) & set("'\"\\:^ "), node.name
        assert "//" not in f"/{node.name}/", node.name
        assert node.op
        assert node.device.startswith("/device:")
        assert shapes(node), f"{node.name} has shapes"
        assert unknown_shapes or None not in shapes(node) or node.op == "NoOp", node
        for name, port in map(source, node.input):
            assert name in seen, f"{node.name} reads {name}: sources come first, so there is no circle"
            assert port < len(shapes(nodes[name])), f"{node.name} reads output {port} of {name}"
        seen.add(node.name)
        scope = node.name.rpartition("/")[0]
        while scope:
            assert scope not in nodes, f"{scope} is a node and a scope"
            scope = scope.rpartition("/")[0]


def scopes(graph: graph_pb2.GraphDef) -> set[str]:
    """All directories of the names."""
    found = set()
    for node in graph.node:
        parts = node.name.split("/")
        found |= {"/".join(parts[:end]) for end in range(1, len(parts))}
    return found


def scope_of(model: Any, name: str) -> str:
    """torch's name for the scope of a submodule."""
    scope, module = type(model).__name__, model
    for part in filter(None, name.split(".")):
        module = getattr(module, part)
        scope += f"/{type(module).__name__}[{part}]"
    return scope
