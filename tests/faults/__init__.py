"""What becomes of logged events when something goes wrong: the same small scripts against three libraries.

run.py         what a script has: the library's SummaryWriter, acknowledgements that survive its death, notes
scenarios/     the scripts, a module for each kind of trouble
library.py     the libraries, and the scenarios by name
patience.py    tells a process that hangs from one that is slow
stage.py       runs one scenario against one library in a process of its own, with a time limit
judge.py       what was acknowledged against what TensorBoard's two readers find
matrix.py      all scenarios against all libraries; writes docs/reliability-matrix.md
kill_storm.py  kills a process under full load, a thousand times (with storm_load, storm_judge, storm_count)

test_matrix.py holds ringboard to its column, test_kill_storm.py to a shorter storm.
"""
