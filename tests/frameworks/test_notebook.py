"""A notebook, executed in a kernel of its own: the original's cells, then the same behind one cell more."""

from concurrent.futures import ThreadPoolExecutor

from tests.frameworks.both import LOGS, Both, environment, need

# The kernel's working directory is the notebook's.
CELLS = [
    """
import torch
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter("logs/notebook")
""",
    """
torch.manual_seed(0)
for step in range(20):
    writer.add_scalar("loss", torch.rand(()), step)
""",
    """
writer.add_histogram("noise", torch.randn(100), 1)
writer.add_text("note", "from *here*")
writer.flush()
""",
    "writer",
    """
writer.close()
writer.add_scalar("loss", 3.0, 20)  # a cell that is run once more opens a file of its own
writer.close()
""",
]
DROPPED_IN = "import ringboard\nringboard.install()"


def execute(directory, cells):
    """The outputs of each cell."""
    import nbformat
    from nbclient import NotebookClient

    directory.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(directory)}}
    )
    client.execute(env=environment())
    return [cell.outputs for cell in notebook.cells]


def test_notebook(tmp_path):
    need("nbclient", "ipykernel")
    both = Both(tmp_path / "ours", tmp_path / "theirs")
    with ThreadPoolExecutor(2) as pool:
        ours = pool.submit(execute, both.ours, [DROPPED_IN, *CELLS])
        theirs = pool.submit(execute, both.theirs, CELLS)
        outputs = ours.result()
        theirs.result()
    both.check_same()

    (shown,) = outputs[1 + CELLS.index("writer")]
    page = shown["data"]["text/html"]
    assert f"{LOGS}/notebook" in page
    assert "22 events" in page
    assert "tensorboard --logdir logs/notebook" in page
