"""add_graph against the model itself, torch.export's graph and torch's own add_graph."""

from __future__ import annotations

import operator
from collections import Counter

import pytest
import torch
from torch.utils.tensorboard._pytorch_graph import graph as torch_graph

from tests.graph.graphs import by_name, check, model_graph, scope_of, scopes, source
from tests.graph.models import MODELS, TORCH_FAILS
from tests.support.tensorboard_server import TensorBoard

IN_PLACE = {"shape_flow"}


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """name → (model, inputs, graph, log dir), made once."""
    made = {}

    def get(name):
        if name not in made:
            model, inputs = MODELS[name]()
            directory = tmp_path_factory.mktemp("graphs") / name
            made[name] = (model, inputs, model_graph(directory, model, inputs), directory)
        return made[name]

    return get


@pytest.mark.parametrize("name", MODELS)
def test_graph_is_well_formed(logged, name):
    check(logged(name)[2])


@pytest.mark.parametrize("name", MODELS)
def test_every_module_is_a_scope(logged, name):
    model, _, graph, _ = logged(name)
    wanted = {scope_of(model, path) for path, _ in model.named_modules()}
    assert wanted <= scopes(graph)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_is_a_node_with_its_shape(logged, name):
    model, _, graph, _ = logged(name)
    nodes = by_name(graph)
    for path, parameter in model.named_parameters():
        owner, _, last = path.rpartition(".")
        node = nodes[f"{scope_of(model, owner)}/{last}"]
        assert node.op == "Parameter"
        assert [dim.size for dim in node.attr["_output_shapes"].list.shape[0].dim] == list(parameter.shape)
        assert node.attr["dtype"].type == 1
        assert any(source(edge)[0] == node.name for each in graph.node for edge in each.input)


# --- edges: held against torch.export's own graph, read here in another way -----------------------


class Tensors(torch.nn.Module):
    """The model with outputs that torch.export takes."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *args, **kwargs):
        result = self.model(*args, **kwargs)
        result = vars(result) if hasattr(result, "__dataclass_fields__") else result
        return [each for each in torch.utils._pytree.tree_leaves(result) if isinstance(each, torch.Tensor)]


def exported_edges(model, inputs):
    """Counts (scope and operation of the source, of the destination) over the tensor edges of the export."""
    args, kwargs = ((), inputs) if isinstance(inputs, dict) else (inputs, {})
    args = args if isinstance(args, tuple) else tuple(args) if isinstance(args, list) else (args,)
    model.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            program = torch.export.export(Tensors(model), args, kwargs, strict=False)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
        model.train()
    targets = {spec.arg.name: spec.target for spec in program.graph_signature.input_specs}
    first = {id(module): name for name, module in reversed(list(model.named_modules(remove_duplicate=False)))}
    parameters = {
        id(each): name for name, each in reversed(list(model.named_parameters(remove_duplicate=False)))
    }

    def label(node):
        if node.target is operator.getitem:
            return label(node.args[0])
        if node.op == "output":
            return "output"
        if node.op == "placeholder":
            target = (targets[node.name] or "input").removeprefix("model.")
            if target == "input" or target.startswith("lifted"):
                return target.partition("_")[0]
            tensor = operator.attrgetter(target)(model)
            return parameters.get(id(tensor), target)
        path = list(node.meta["nn_module_stack"].values())[-1][0].removeprefix("model").lstrip(".")
        path = first[id(operator.attrgetter(path)(model) if path else model)]
        return f"{scope_of(model, path)} {node.target._schema.name}"

    edges = Counter()
    for node in program.graph.nodes:
        if node.target is not operator.getitem:
            edges.update((label(each), label(node)) for each in arguments(node))
    return edges


def arguments(node):
    """The nodes among a node's arguments, as often as they stand there."""
    found = []
    torch.fx.node.map_arg((node.args, node.kwargs), lambda each: found.append(each) or each)
    return found


def our_edges(model, graph):
    parameters = {}
    for path, _ in [*model.named_parameters(), *model.named_buffers()]:
        owner, _, last = path.rpartition(".")
        parameters[f"{scope_of(model, owner)}/{last}"] = path

    def label(name):
        node = by_name(graph)[name]
        if node.op in ("Parameter", "Buffer"):
            return parameters[name]
        if node.op == "Constant":
            return "lifted"
        if node.op == "IO Node":
            return name.partition("/")[0]
        return f"{name.rpartition('/')[0]} {node.op}"

    return Counter((label(source(edge)[0]), label(node.name)) for node in graph.node for edge in node.input)


@pytest.mark.parametrize("name", MODELS)
def test_every_dependency_of_the_export_is_an_edge(logged, name):
    model, inputs, graph, _ = logged(name)
    theirs, ours = exported_edges(model, inputs), our_edges(model, graph)
    if name == "shared":  # a module that hands on its input is an operation of ours, not of the export's
        scope = "Shared/Identity[skip] aten::alias"
        (into,) = [key for key in ours if key[1] == scope]
        (out,) = [key for key in ours if key[0] == scope]
        ours = ours - Counter([into, out]) + Counter([(into[0], out[1])])
    assert len(theirs) > 3
    assert theirs - ours == Counter()
    if name not in IN_PLACE:
        assert ours - theirs == Counter()


def test_what_is_written_in_place_has_edges_to_its_readers(logged):
    graph = logged("shape_flow")[2]
    (output,) = [node for node in graph.node if node.name.startswith("output/")]
    ops = {by_name(graph)[source(edge)[0]].op for edge in output.input}
    assert ops & {"aten::copy_", "aten::add_"}


# --- torch's own ----------------------------------------------------------------------------------


def is_part(parts, whole):
    """Whether `parts` is a subsequence."""
    rest = iter(whole)
    return all(part in rest for part in parts)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("name", [name for name in MODELS if name not in TORCH_FAILS])
def test_torchs_scopes_are_ours(logged, name):
    model, inputs, graph, _ = logged(name)
    theirs, _ = torch_graph(model, inputs)
    ours = [scope.split("/") for scope in scopes(graph)]
    for node in theirs.node:
        parts = node.name.split("/")[:-1]
        while len(parts) > 1 and "[" not in parts[-1]:  # parameters are scopes there
            parts.pop()
        # Uncalled containers are left out there: Net/Linear[0] in Net/ModuleList[heads]/Linear[0].
        assert any(is_part(parts, whole) and parts[-1] == whole[-1] for whole in ours), node.name


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", sorted(TORCH_FAILS))
def test_torch_fails_where_we_say_so(name):
    model, inputs = MODELS[name]()
    with pytest.raises(Exception):
        torch_graph(model, inputs)


# --- ends of the graph ----------------------------------------------------------------------------

ENDS = {
    "mlp": ({"x"}, {"output.1"}),
    "lstm": ({"sequence"}, {"output.1", "output.2"}),
    "transformer": ({"x", "src_key_padding_mask"}, {"output.1"}),
    "autoencoder": ({"x"}, {"code", "image"}),
    "two_towers": (
        {"text", "image", "weights.a", "weights.b.0"},
        {"scores.left", "scores.right", "parts.0", "parts.1"},
    ),
    "dataclass": ({"x"}, {"mean", "deviation"}),
}


@pytest.mark.parametrize("name", ENDS)
def test_inputs_and_outputs_have_their_names(logged, name):
    graph = logged(name)[2]
    found = [
        {node.name.partition("/")[2] for node in graph.node if node.name.startswith(f"{end}/")}
        for end in ("input", "output")
    ]
    assert tuple(found) == ENDS[name]


@pytest.mark.parametrize("reader", ["rustboard", "python"])
def test_tensorboard_serves_it(logged, reader):
    _, _, graph, directory = logged("residual_cnn")
    with TensorBoard(directory.parent, reader) as board:
        text = board.wait_for(lambda: board.graph("residual_cnn"), 60)
    for node in graph.node:
        assert f'name: "{node.name}"' in text
