"""The README says of its list of differences that each has a test: here is which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEADING = "## Differences from torch's writer"

# The first words of a line of the list: the tests of what it says.
TESTS = {
    "`purge_step` works": [
        "test_readers.py::test_purge_step_hides_what_the_restart_repeats",
        "test_readers.py::test_purge_step_in_the_event_accumulator",
    ],
    "`add_tensor`:": [
        "parity/test_tensor.py::test_dtypes_that_torch_writes_unreadably_or_not_at_all",
        "parity/test_tensor.py::test_bfloat16_tensor",
        "parity/test_tensor.py::test_float8_tensor_is_widened_exactly",
    ],
    "Histograms: NaN": [
        "parity/test_histogram.py::test_values_that_are_not_finite_are_left_out_with_a_warning",
        "parity/test_histogram.py::test_nothing_finite_is_no_exception",
        "parity/test_histogram.py::test_all_outside_the_edges_is_logged",
    ],
    "bfloat16 values are exact": [
        "parity/test_scalar.py::test_bfloat16_is_exact",
        "parity/test_histogram.py::test_bfloat16_is_exact",
        "parity/test_image.py::test_bfloat16_is_exact",
        "kinds/test_audio.py::test_float16_and_bfloat16_are_exact",
        "kinds/test_pr_curve.py::test_bfloat16_is_exact",
        "kinds/test_mesh.py::test_bfloat16",
    ],
    "`uint16` images": ["parity/test_image.py::test_uint16_keeps_all_its_bits"],
    "A wall time that is not finite": ["test_bad_input.py::test_walltime"],
    "What can't be logged": [
        "parity/test_edges.py::test_both_refuse",
        "test_bad_input.py::test_more_than_one_element_is_torchs_assertion_error_too",
    ],
    "Lists and (nested) tuples": [
        "parity/test_edges.py::test_only_ours_takes",
        "test_values.py::test_scalars",
    ],
    "`..` and absolute paths": [
        "test_run_names.py::test_no_name_leads_out",
        "kinds/test_hparams.py::test_no_name_leads_out",
    ],
    "`add_scalar` and `log` are compiled": ["test_hot_methods.py::test_they_are_no_python_functions"],
    "Writers can be pickled": [
        "test_copies.py::test_both_log_each_to_a_file_of_its_own",
        "test_copies.py::test_as_an_argument_of_a_process",
    ],
    "Remote log dirs": [
        "test_remote.py::test_flush_brings_it_there",
        "test_remote.py::test_it_gets_there_by_itself",
        "test_remote.py::test_what_cannot_be_written_is_kept_and_told",
        "test_bad_input.py::test_log_dir_is_a_url_that_nothing_installed_writes_to",
    ],
    "The number at the end": [
        "test_readers.py::test_files_of_one_second_are_read_in_the_order_they_were_written",
        "test_header.py::test_the_header_names_ringboard_as_the_writer",
    ],
    "`FileWriter`: adding after": [
        "parity/test_file_writer.py::test_a_closed_one_opens_a_new_file_where_torchs_raises",
        "parity/test_file_writer.py::test_summaries_of_tensorboardx",
        "parity/test_file_writer.py::test_bytes_are_taken_for_messages",
        "parity/test_file_writer.py::test_the_event_that_is_passed_stays_as_it_is",
        "parity/test_file_writer.py::test_an_event_without_a_wall_time_gets_the_present_one",
    ],
    "Complex histograms and images": ["parity/test_edges.py::test_only_torch_takes"],
    "Videos:": [
        "kinds/test_video.py::test_delay_and_endless_loop",
        "kinds/test_video.py::test_axes_that_are_left_out",
        "kinds/test_video.py::test_a_gif_of_256_colours_is_exact",
    ],
    "Audio:": [
        "kinds/test_audio.py::test_stereo",
        "kinds/test_audio.py::test_integers_fill_their_range",
        "kinds/test_audio.py::test_out_of_range_is_clipped_as_torch_does_and_said",
        "kinds/test_audio.py::test_nan_is_silence_and_infinities_are_loud",
    ],
    "Boxes:": [
        "kinds/test_boxes.py::test_rescale_stores_the_size_that_the_picture_has",
        "kinds/test_boxes.py::test_another_number_of_labels_draws_those_there_are",
        "kinds/test_boxes.py::test_boxes_that_are_not_finite_are_left_out_with_their_labels",
    ],
    "Meshes:": [
        "kinds/test_mesh.py::test_floating_point_colours_from_0_to_1_are_not_black",
        "kinds/test_mesh.py::test_other_shapes_are_refused",
        "kinds/test_mesh.py::test_parts_that_do_not_fit_together",
    ],
    "PR curves:": [
        "kinds/test_pr_curve.py::test_predictions_outside_are_left_out_as_with_torch_and_said",
        "kinds/test_pr_curve.py::test_what_is_no_curve",
    ],
    "Custom scalars:": ["kinds/test_custom_scalars.py::test_one_tag_is_not_a_list_of_letters"],
    "Hyperparameters:": [
        "kinds/test_hparams.py::test_other_values",
        "kinds/test_hparams.py::test_booleans_as_tensorboardx_writes_them",
        "kinds/test_hparams.py::test_nested_dicts_are_flattened",
        "kinds/test_hparams.py::test_bad_input_leaves_nothing",
    ],
    "Embeddings:": [
        "projector/test_embedding_config.py::test_other_writers_and_libraries_keep_their_blocks",
        "projector/test_embedding_config.py::test_the_same_tag_and_step_again_replaces_it",
        "projector/test_embedding_config.py::test_a_damaged_config_is_kept_aside",
        "projector/test_embedding.py::test_float32_in_its_own_digits",
        "projector/test_embedding.py::test_every_dtype_exactly",
        "projector/test_embedding.py::test_what_the_projector_cannot_place_is_replaced_with_a_warning",
    ],
    "Labels:": [
        "projector/test_embedding.py::test_each_point_keeps_its_own_label",
        "projector/test_embedding.py::test_a_blank_header_is_no_label",
        "projector/test_embedding.py::test_labels_of_any_library_are_their_numbers",
    ],
    "Label pictures:": [
        "projector/test_embedding.py::test_values_as_in_add_image",
        "projector/test_embedding.py::test_every_point_gets_its_own_picture",
        "projector/test_embedding.py::test_too_large_sprites_are_scaled_down",
    ],
    "Embedding names:": [
        "projector/test_embedding.py::test_the_projector_serves_it",
        "projector/test_embedding.py::test_no_tag_leads_out",
        "projector/test_embedding.py::test_long_tags_keep_apart",
    ],
    "Graphs:": [
        "graph/test_add_graph.py::test_torch_fails_where_we_say_so",
        "graph/test_add_graph.py::test_every_parameter_is_a_node_with_its_shape",
        "graph/test_fallbacks.py::test_tree_where_nothing_works",
    ],
}


def listed() -> list[str]:
    section = (ROOT / "README.md").read_text().split(HEADING)[1].split("\n## ")[0]
    return re.findall(r"^- (.*)", section, re.MULTILINE)


@pytest.mark.parametrize("line", listed())
def test_a_difference_has_tests(line):
    assert [start for start in TESTS if line.startswith(start)], f"which tests show it?  {line}"


@pytest.mark.parametrize("start", TESTS)
def test_the_tests_are_there(start):
    assert any(line.startswith(start) for line in listed()), f"the README lists no {start!r}"
    for test in TESTS[start]:
        file, name = test.split("::")
        defined = {
            node.name
            for node in ast.parse((ROOT / "tests" / file).read_text()).body
            if isinstance(node, ast.FunctionDef)
        }
        assert name in defined, test
